//! Short lists of entries from this phone's replica: below a figure, in a pairing's sheet, on the wall screen.

use super::photo::photos;
use crate::labels::entry::{activity_name, answers_line};
use crate::state::{AppState, use_app_state};
use crate::storage::StoreError;
use crate::storage::entry_view::EntryView;
use crate::storage::replica_progress::ReplicaProgress;
use crate::storage::user_db::UserDb;
use crate::ui::loading::guard_replica;
use jiedui_core::entry::Entry;
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::{date::format_date, month::Month};
use leptos::prelude::*;
use maud::{Markup, html};
use std::sync::Arc;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

/// Characters of the answers in a short row: two lines on the narrowest wall screen.
const SHORT: usize = 60;

/// Reads this phone's replica of the entries, the newest first, while `wanted` returns true. `None` until it has been read,
/// and for visitors without an account.
pub fn use_entries(wanted: impl Fn() -> bool + 'static) -> Signal<Option<Arc<Vec<EntryView>>>> {
    let app = use_app_state();
    let entries = RwSignal::new(None);
    let is_complete = app.replica.is_complete;
    Effect::new(move |_| {
        // The overview and the replica are updated at different times.
        app.overviews.local.track();
        app.journal.entries.track();
        app.replica.version.track();
        is_complete.track();
        if wanted() {
            spawn_local(async move {
                match read_entries(app).await {
                    Ok(read) => drop(entries.try_set(read.map(|(entries, progress)| (Arc::new(entries), progress)))),
                    Err(error) => app.storage.error.set(Some(error)),
                }
            });
        }
    });
    guard_replica(app, entries)
}

async fn read_entries(app: AppState) -> Result<Option<(Vec<EntryView>, ReplicaProgress)>, StoreError> {
    let Some(user) = app.session.user.with_untracked(|user| user.as_ref().map(|user| user.id)) else { return Ok(None) };
    Ok(Some(UserDb::open(user).await?.visible_entries().await?))
}

/// Renders the first `limit` entries that match, or why there are none. Returns the number of matching entries too; 0 while
/// an incomplete replica cannot be counted.
pub fn entry_list(
    app: AppState,
    overview: &Overview,
    entries: Option<&Vec<EntryView>>,
    matches: impl Fn(&Entry) -> bool,
    limit: usize,
) -> (Markup, usize) {
    let Some(entries) = entries else {
        let signed_in = app.session.user.with_untracked(Option::is_some);
        let reason = if signed_in { app.replica_notice() } else { Some(app.texts.entries_with_account().to_owned()) };
        return (html! { p { (reason.as_deref().unwrap_or(app.texts.loading())) } }, 0);
    };
    let matching: Vec<&EntryView> = entries.iter().filter(|view| matches(&view.entry)).collect();
    let notice = app.replica_notice();
    if matching.is_empty() {
        return (html! { p { (notice.as_deref().unwrap_or(app.texts.no_entries())) } }, 0);
    }
    let count = if app.replica.state.get().is_countable() { matching.len() } else { 0 };
    let list = html! {
        @if let Some(notice) = notice { p class="partial" { (notice) } }
        ul class="latest" {
            @for view in matching.iter().take(limit) { (entry_row(app, overview, Some(view.id), &view.entry)) }
        }
    };
    (list, count)
}

/// Renders an entry as a list item: date and activity, place, answers, photos. With an identifier, it links to the entry.
pub fn entry_row(app: AppState, overview: &Overview, id: Option<Uuid>, entry: &Entry) -> Markup {
    row_up_to(app, overview, id, entry, None)
}

/// Renders an entry as a list item of limited length. Long answers are cut; the whole text is in the title, and on the screen
/// of the entry, to which the row links.
pub fn short_entry_row(app: AppState, overview: &Overview, id: Uuid, entry: &Entry) -> Markup {
    row_up_to(app, overview, Some(id), entry, Some(SHORT))
}

fn row_up_to(app: AppState, overview: &Overview, id: Option<Uuid>, entry: &Entry, limit: Option<usize>) -> Markup {
    let labels = app.labels();
    let title = format!("{} {}", format_date(entry.date), activity_name(labels, overview, &entry.activity));
    let answers = answers_line(labels, overview, entry, "；");
    let shortened = limit.and_then(|limit| shortened(&answers, limit));
    html! {
        li {
            strong {
                @if let Some(id) = id { a href={ "/list/" (id) } { (title) } } @else { (title) }
            }
            span { (app.place_label(&entry.place)) }
            span title=[shortened.as_ref().map(|_| answers.as_str())] { (shortened.as_ref().unwrap_or(&answers)) }
            @if is_closed(overview, entry) { span class="state closed" { (app.texts.state_closed()) } }
            (photos(app, entry))
        }
    }
}

/// Cuts a text that is longer than `limit` characters, and marks the cut.
fn shortened(text: &str, limit: usize) -> Option<String> {
    let (end, _) = text.char_indices().nth(limit)?;
    Some(format!("{}…", text.get(..end)?))
}

/// Returns whether an entry's month is closed.
pub fn is_closed(overview: &Overview, entry: &Entry) -> bool {
    overview.closed.contains(&Month::from(entry.date))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortened_cuts_long_texts_only() {
        assert_eq!(shortened("主题：春耕", 5), None);
        assert_eq!(shortened("主题：春耕生产", 5).as_deref(), Some("主题：春耕…"));
    }
}
