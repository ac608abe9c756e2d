//! Entries as the phone holds them, in short: behind a figure, under a pairing, in a list, on the wall.

use crate::features::dashboard::indicator_cards::qualified;
use crate::labels::texts::{Texts, fill};
use crate::labels::time_format::in_china;
use crate::state::{AppState, use_app_state};
use crate::storage::StoreError;
use crate::storage::entry_view::EntryView;
use crate::storage::photo_db::UploadState;
use crate::storage::replica_progress::ReplicaProgress;
use crate::storage::user_db::UserDb;
use crate::svg::escaped;
use crate::ui::loading::guard_replica;
use jiedui_core::catalogue::Field;
use jiedui_core::entry::Cell;
use jiedui_core::entry::{Entry, Fields, State};
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::{date::format_date, month::Month};
use leptos::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

/// This person's copy of the entries, the newest first, while it is `wanted`; `None` until it has been read, and where
/// nobody has signed in.
pub fn use_entries(wanted: impl Fn() -> bool + 'static) -> Signal<Option<Arc<Vec<EntryView>>>> {
    let model = use_app_state();
    let entries = RwSignal::new(None);
    let is_complete = model.replica_is_complete;
    Effect::new(move |_| {
        // The overview may count what a pull has yet to bring, and the other way round.
        model.local_overview.track();
        model.my_entries.track();
        model.replica_version.track();
        is_complete.track();
        if wanted() {
            spawn_local(async move {
                match known(model).await {
                    Ok(known) => drop(entries.try_set(known.map(|(entries, progress)| (Arc::new(entries), progress)))),
                    Err(error) => model.storage_error.set(Some(error)),
                }
            });
        }
    });
    guard_replica(model, entries)
}

async fn known(model: AppState) -> Result<Option<(Vec<EntryView>, ReplicaProgress)>, StoreError> {
    let Some(user) = model.user.with_untracked(|user| user.as_ref().map(|user| user.id)) else { return Ok(None) };
    Ok(Some(UserDb::open(user).await?.known().await?))
}

/// The first `listed` of the entries that are `wanted`, or why there are none; and how many are.
pub fn entry_list(
    model: AppState,
    overview: &Overview,
    entries: Option<&Vec<EntryView>>,
    wanted: impl Fn(&Entry) -> bool,
    listed: usize,
) -> (String, usize) {
    let texts = model.texts;
    let Some(entries) = entries else {
        let signed_in = model.user.with_untracked(Option::is_some);
        let why = if signed_in { model.replica_notice() } else { Some(texts.entries_with_account.to_owned()) };
        return (format!("<p>{}</p>", why.as_deref().unwrap_or(texts.loading)), 0);
    };
    let own: Vec<&EntryView> = entries.iter().filter(|own| wanted(&own.entry)).collect();
    let notice = model.replica_notice();
    if own.is_empty() {
        return (format!("<p>{}</p>", notice.as_deref().unwrap_or(texts.no_entries)), 0);
    }
    let count = if model.replica_state.get().is_countable() { own.len() } else { 0 };
    let notice = notice.map(|notice| format!("<p class=\"partial\">{notice}</p>")).unwrap_or_default();
    let row = |own: &&EntryView| entry_row(model, overview, Some(own.id), &own.entry);
    let rows: String = own.iter().take(listed).map(row).collect();
    (format!("{notice}<ul class=\"latest\">{rows}</ul>"), count)
}

/// What an entry says at each field of its form, with the field's name.
pub fn answers_of(model: AppState, overview: &Overview, entry: &Entry) -> Vec<(String, String)> {
    let Some(activity) = overview.catalogue.form(&entry.activity, entry.version) else { return Vec::new() };
    let answer = |field: &Field| {
        let name = model.pick(&field.name, &field.name_en).to_owned();
        if let Some(value) = entry.values.get(&field.code) {
            let qualifier = entry.qualifiers.get(&field.code).copied().unwrap_or_default();
            let amount = qualified(model.texts, *value, qualifier);
            return Some((name, format!("{amount} {}", model.pick(&field.unit, &field.unit_en))));
        }
        let words = |own: &String| {
            field.choice(own).map_or(own.as_str(), |choice| model.pick(&choice.name, &choice.name_en)).to_owned()
        };
        let answer = entry.details.get(&field.code)?;
        let cell = |column: &Field, own: &Cell| match own {
            Cell::Number(number) => format!("{number} {}", model.pick(&column.unit, &column.unit_en)),
            Cell::Text(text) => {
                let choice = column.choice(text);
                choice.map_or(text.as_str(), |choice| model.pick(&choice.name, &choice.name_en)).to_owned()
            }
        };
        let row = |row: &BTreeMap<String, Cell>| {
            let cells = field.columns.iter().filter_map(|column| Some(cell(column, row.get(&column.code)?)));
            cells.collect::<Vec<_>>().join(" ")
        };
        let all: Vec<String> = answer.all().iter().map(words).chain(answer.rows().iter().map(row)).collect();
        Some((name, all.join("、")))
    };
    activity.fields.iter().filter_map(answer).collect()
}

/// The same in a line, with something between one and the next.
pub fn answers_line(model: AppState, overview: &Overview, entry: &Entry, between: &str) -> String {
    let answers = answers_of(model, overview, entry).into_iter().map(|(name, value)| format!("{name} {value}"));
    answers.collect::<Vec<_>>().join(between)
}

/// An activity's name.
pub fn activity_name<'a>(model: AppState, overview: &'a Overview, code: &'a str) -> &'a str {
    overview.catalogue.activity(code).map_or(code, |own| model.pick(&own.name, &own.name_en))
}

/// Where an entry stands, in a word.
pub fn state_word(texts: &Texts, state: State) -> &'static str {
    match state {
        State::Submitted => texts.state_received,
        State::Verified => texts.state_verified,
        State::Returned => texts.state_returned,
    }
}

/// Whether an entry lies in a closed month.
pub fn is_closed(overview: &Overview, entry: &Entry) -> bool {
    overview.closed.contains(&Month::from(entry.date))
}

/// Of an entry that was sent back, who did so, when and why; nothing of others.
pub fn returned_words(model: AppState, fields: &Fields) -> Option<String> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    text("state").filter(|state| *state == State::Returned.code())?;
    let why = text("review_note").unwrap_or_default();
    let at = text("reviewed_at").map(in_china).unwrap_or_default();
    // The year is said where it is another one.
    let at = at.strip_prefix(&format!("{:04}-", model.today.year())).unwrap_or(&at).to_owned();
    let by: Vec<&str> = text("reviewed_by").into_iter().chain(Some(at.as_str()).filter(|at| !at.is_empty())).collect();
    Some(match by.is_empty() {
        true => fill(model.texts.returned_because, &[&why]),
        false => fill(model.texts.returned_banner, &[&by.join(" · "), &why]),
    })
}

/// An entry in two lines: when and what, and its numbers; a way to the whole of it, where it has an identifier; its photos.
pub fn entry_row(model: AppState, overview: &Overview, id: Option<Uuid>, entry: &Entry) -> String {
    let title = format!("{} {}", format_date(entry.date), activity_name(model, overview, &entry.activity));
    let title = match id {
        Some(id) => format!("<a href=\"/list/{id}\">{}</a>", escaped(&title)),
        None => escaped(&title),
    };
    let place = model.places.with(|places| places.label(&entry.place));
    let mut row = format!(
        "<li><strong>{title}</strong><span>{}</span><span>{}</span>",
        escaped(&place),
        escaped(&answers_line(model, overview, entry, "；"))
    );
    if is_closed(overview, entry) {
        row.push_str(&format!("<span class=\"state closed\">{}</span>", model.texts.state_closed));
    }
    row.push_str(&photos(model, entry));
    row.push_str("</li>");
    row
}

/// Where a photo can be seen: on this phone, or at the server.
pub fn photo_address(model: AppState, sha256: &str) -> String {
    let here = model.photos.with(|photos| photos.get(sha256).map(|own| own.address.clone()));
    here.unwrap_or_else(|| format!("/api/v1/attachments/{sha256}"))
}

/// How many of an entry's photos are on this phone only, and how many the server would not have.
pub fn unsent_photos(model: AppState, entry: &Entry) -> (usize, usize) {
    model.photos.with(|photos| {
        let sent = || entry.attachments.iter().filter_map(|own| photos.get(own)).map(|own| own.sent);
        (
            sent().filter(|sent| *sent == UploadState::Not).count(),
            sent().filter(|sent| *sent == UploadState::Refused).count(),
        )
    })
}

/// An entry's photos, small; they come from the server once they are looked at.
pub fn photos(model: AppState, entry: &Entry) -> String {
    let mut text = String::new();
    for photo in &entry.attachments {
        let address = escaped(&photo_address(model, photo));
        // Writing to a text does not fail.
        let _ = write!(
            text,
            "<a class=\"photo\" href=\"{address}\" rel=\"external\" target=\"_blank\"><img src=\"{address}\" alt=\"{}\" loading=\"lazy\"></a>",
            model.texts.photo
        );
    }
    text
}
