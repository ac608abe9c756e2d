//! Short lists of entries from this phone's replica: below a figure, in a pairing's sheet, on the wall screen.

use super::photo::photos;
use crate::labels::entry::{activity_name, answers_line};
use crate::state::AppState;
use crate::ui::stored::FoundEntries;
use jiedui_core::entry::Entry;
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::{date::format_date, month::Month};
use leptos::prelude::*;
use maud::{Markup, html};
use uuid::Uuid;

/// Characters of the answers in a short row: two lines on the narrowest wall screen.
const SHORT: usize = 60;

/// Renders entries that were found, or why there are none. `is_open` is whether the server may have further ones. Returns the
/// number of all of them too; 0 while they are being counted, and while this phone does not have all of them.
pub fn entry_list(app: AppState, overview: &Overview, found: Option<&FoundEntries>, is_open: bool) -> (Markup, usize) {
    let Some(found) = found else {
        let signed_in = app.session.user.with_untracked(Option::is_some);
        let reason = if signed_in { app.replica_notice() } else { Some(app.texts.entries_with_account().to_owned()) };
        return (html! { p { (reason.as_deref().unwrap_or(app.texts.loading())) } }, 0);
    };
    let notice = app.replica_notice();
    if found.count == 0 && found.is_whole {
        let none = if is_open { app.texts.nothing_found_on_phone() } else { app.texts.no_entries() };
        return (html! { p { (notice.as_deref().unwrap_or(none)) } }, 0);
    }
    let count = if app.replica.state.get().is_countable() && found.is_whole && !is_open { found.count } else { 0 };
    let list = html! {
        @if let Some(notice) = notice { p class="partial" { (notice) } }
        ul class="latest" {
            @for view in &found.entries { (entry_row(app, overview, Some(view.id), &view.entry)) }
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
