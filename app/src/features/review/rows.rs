//! The queue as rows: columns of the table on a wide screen, lines of the list on a phone, and their order.

use super::facts::{FactsById, days_waited};
use crate::labels::entry::{activity_name, main_number};
use crate::labels::texts::{Texts, fill};
use crate::state::AppState;
use crate::storage::entry_view::EntryView;
use crate::ui::data_table::{Column, Sort, TableCell, TableRow, Width};
use crate::ui::entry::parts::{pairing, recorder, style};
use crate::ui::list_row::ListRow;
use crate::ui::photo::photo_address;
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::date::format_date;
use jiedui_core::values::sort::sort_by_key;
use maud::{Markup, html};

const ACTIVITY: &str = "activity";
const DATE: &str = "date";
const PLACE: &str = "place";
const VALUE: &str = "value";
const PAIRING: &str = "pairing";
const RECORDER: &str = "recorder";
const PHOTOS: &str = "photos";
const WAITING: &str = "waiting";

/// The order before the user has chosen one: the oldest entry first.
pub const OLDEST_FIRST: Sort = Sort { column: DATE, is_descending: false };

/// Returns the columns of the table.
pub fn columns(texts: &Texts) -> Vec<Column> {
    let column = |code, label, width| Column { code, label, width, is_sortable: true, is_shown: true };
    vec![
        column(ACTIVITY, texts.activity(), Width::Wide),
        column(DATE, texts.date(), Width::Date),
        column(PLACE, texts.place(), Width::Wide),
        column(VALUE, texts.value(), Width::Narrow),
        Column { is_shown: false, ..column(PAIRING, texts.pairing(), Width::Medium) },
        column(RECORDER, texts.recorder(), Width::Narrow),
        Column { is_shown: false, ..column(PHOTOS, texts.photos(), Width::Tiny) },
        column(WAITING, texts.waiting(), Width::Tiny),
    ]
}

/// A value by which rows are sorted. Rows without one come first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SortKey {
    Number(Option<i64>),
    Text(String),
}

/// Sorts entries, which are in the order of their dates.
pub fn sorted(app: AppState, overview: &Overview, mut views: Vec<EntryView>, sort: Sort) -> Vec<EntryView> {
    if sort.column != DATE {
        let mut keyed: Vec<(SortKey, EntryView)> =
            views.into_iter().map(|view| (sort_key(app, overview, &view, sort.column), view)).collect();
        sort_by_key(&mut keyed, |(key, _)| key.clone());
        views = keyed.into_iter().map(|(_, view)| view).collect();
    }
    if sort.is_descending {
        views.reverse();
    }
    views
}

fn sort_key(app: AppState, overview: &Overview, view: &EntryView, column: &str) -> SortKey {
    let entry = &view.entry;
    let number = |number: usize| SortKey::Number(i64::try_from(number).ok());
    match column {
        ACTIVITY => SortKey::Text(activity_name(app.labels(), overview, &entry.activity).to_owned()),
        // Codes of places follow their hierarchy.
        PLACE => SortKey::Text(entry.place.clone()),
        VALUE => {
            let value = main_number(app.labels(), overview, entry);
            SortKey::Number(value.map(|(value, _)| value.ten_thousandths()))
        }
        PAIRING => SortKey::Text(pairing(app, overview, &view.entry)),
        RECORDER => SortKey::Text(recorder(app, view)),
        PHOTOS => number(entry.attachments.len()),
        WAITING => SortKey::Number(days_waited(app, view)),
        _ => SortKey::Number(None),
    }
}

fn waiting(app: AppState, view: &EntryView) -> String {
    match days_waited(app, view) {
        None => String::new(),
        Some(0) => app.texts.waiting_since_today().to_owned(),
        Some(days) => fill(app.texts.waiting_days(), &[&days]),
    }
}

/// Renders the marks of an entry: a likely duplicate, an unusually large number, no photo.
pub fn marks(app: AppState, view: &EntryView, facts: &FactsById) -> Markup {
    let texts = app.texts;
    let facts = facts.get(&view.id);
    html! {
        @if facts.is_some_and(|facts| !facts.comparison.duplicates.is_empty()) {
            span class="mark" { (texts.mark_duplicate()) }
        }
        @if facts.is_some_and(|facts| !facts.comparison.unusual.is_empty()) {
            span class="mark" { (texts.mark_unusual()) }
        }
        @if view.entry.attachments.is_empty() { span class="review-mark" { (texts.mark_no_photo()) } }
    }
}

/// Returns the row of an entry in the table.
pub fn table_row(app: AppState, overview: &Overview, view: &EntryView, facts: &FactsById) -> TableRow {
    let entry = &view.entry;
    let labels = app.labels();
    let value = main_number(labels, overview, entry).map(|(_, text)| text).unwrap_or_default();
    let text = TableCell::text;
    TableRow {
        id: view.id,
        address: format!("/list/{}", view.id),
        style: style(overview, entry),
        cells: vec![
            TableCell::marked(
                activity_name(labels, overview, &entry.activity).to_owned(),
                marks(app, view, facts).into(),
            ),
            text(format_date(entry.date)),
            TableCell::place(app.place_label(&entry.place)),
            text(value),
            text(pairing(app, overview, entry)),
            text(recorder(app, view)),
            text(entry.attachments.len().to_string()),
            text(waiting(app, view)),
        ],
    }
}

/// Returns the row of an entry in the list of a phone.
pub fn list_row(app: AppState, overview: &Overview, view: &EntryView, facts: &FactsById) -> ListRow {
    let entry = &view.entry;
    let labels = app.labels();
    let value = main_number(labels, overview, entry).map(|(_, text)| text);
    let joined = |parts: Vec<String>| parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    ListRow {
        id: view.id,
        address: format!("/list/{}", view.id),
        style: style(overview, entry),
        title: activity_name(labels, overview, &entry.activity).to_owned(),
        marks: marks(app, view, facts).into(),
        lines: [
            joined(vec![app.place_label(&entry.place), value.unwrap_or_default()]),
            joined(vec![format_date(entry.date), recorder(app, view), waiting(app, view)]),
        ],
        thumbnail: entry.attachments.first().map(|hash| photo_address(app, hash)).unwrap_or_default(),
    }
}
