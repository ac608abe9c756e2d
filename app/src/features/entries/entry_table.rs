//! All entries on a wide screen: a table, newest first, with the current entry next to it.

use crate::labels::code::entry_state;
use crate::labels::entry::{activity_name, main_number};
use crate::labels::texts::Texts;
use crate::state::{AppState, use_app_state};
use crate::storage::entry_view::EntryView;
use crate::ui::data_table::{Column, ColumnChoice, DataTable, Sort, TableCell, TableRow, Width, use_columns};
use crate::ui::detail_pane::DetailPane;
use crate::ui::detail_pane::Neighbour;
use crate::ui::entry::card::EntryCard;
use crate::ui::entry::history::History;
use crate::ui::entry::parts::{pairing, recorder, style};
use crate::ui::selection::{use_keys, use_selection};
use jiedui_core::access::rights::may_edit;
use jiedui_core::entry::State;
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::date::format_date;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use maud::html;
use std::sync::Arc;
use uuid::Uuid;

/// Name of the table in local storage.
const TABLE: &str = "entries";
/// The index has the entries in this order.
const NEWEST_FIRST: Sort = Sort { column: "date", is_descending: true };

fn columns(texts: &Texts) -> Vec<Column> {
    let column = |code, label, width| Column { code, label, width, is_sortable: false, is_shown: true };
    vec![
        column("activity", texts.activity(), Width::Wide),
        column("date", texts.date(), Width::Date),
        column("place", texts.place(), Width::Wide),
        column("value", texts.value(), Width::Narrow),
        Column { is_shown: false, ..column("pairing", texts.pairing(), Width::Medium) },
        column("recorder", texts.recorder(), Width::Narrow),
        Column { is_shown: false, ..column("photos", texts.photos(), Width::Tiny) },
        Column { is_shown: false, ..column("note", texts.note(), Width::Medium) },
        column("state", texts.state(), Width::Medium),
    ]
}

fn table_row(app: AppState, overview: &Overview, view: &EntryView) -> TableRow {
    let (entry, labels) = (&view.entry, app.labels());
    let state = match entry.state {
        State::Submitted => "state received",
        State::Verified => "state done",
        State::Returned => "state bad",
    };
    let state = html! { span class=(state) { (entry_state(app.texts, entry.state)) } };
    let text = TableCell::text;
    TableRow {
        id: view.id,
        address: format!("/list/{}", view.id),
        style: style(overview, entry),
        cells: vec![
            text(activity_name(labels, overview, &entry.activity).to_owned()),
            text(format_date(entry.date)),
            TableCell::place(app.place_label(&entry.place)),
            text(main_number(labels, overview, entry).map(|(_, text)| text).unwrap_or_default()),
            text(pairing(app, overview, entry)),
            text(recorder(app, view)),
            text(entry.attachments.len().to_string()),
            text(entry.note.clone()),
            TableCell::html(state.into()),
        ],
    }
}

/// The table with its detail pane.
#[component]
pub fn EntryTable(
    /// Entries of the page, newest first.
    page: Memo<Arc<Vec<EntryView>>>,
    /// Number of all entries; `None` while they cannot be counted.
    count: Signal<Option<usize>>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let all = columns(texts);
    let shown = use_columns(TABLE, &all);
    let rows = Memo::new(move |_| {
        app.geography.places.track();
        let overview = app.overviews.server.get().unwrap_or_default();
        page.with(|page| page.iter().map(|view| table_row(app, &overview, view)).collect::<Vec<_>>())
    });
    let ids = Memo::new(move |_| page.with(|page| page.iter().map(|view| view.id).collect::<Vec<_>>()));
    let selection = use_selection(ids);
    let navigate = use_navigate();
    use_keys(move |key| {
        match (key, selection.current.get_untracked()) {
            ("j", _) => selection.step(Neighbour::Next),
            ("k", _) => selection.step(Neighbour::Previous),
            ("o", Some(id)) => navigate(&format!("/list/{id}"), Default::default()),
            _ => return false,
        }
        true
    });
    let position = Signal::derive(move || selection.position());
    let length = Signal::derive(move || page.with(|page| page.len()));
    let pane = move || {
        selection.current.get().map(|id| {
            let on_step = Callback::new(move |step| selection.step(step));
            let content = move || page.with(|page| page.iter().find(|view| view.id == id).cloned()).map(entry_pane);
            view! {
                <DetailPane label=texts.entry() position rows=length count on_step on_close=Callback::new(|()| {}) is_wide=Signal::stored(true)>
                    {content}
                </DetailPane>
            }
        })
    };
    let on_open = Callback::new(move |id: Uuid| selection.select(id));
    view! {
        <ColumnChoice table=TABLE columns=all.clone() shown/>
        <div class="pane-list">
                <DataTable label=texts.nav_list() columns=all shown rows sort=RwSignal::new(NEWEST_FIRST) current=selection.current on_open/>
        </div>
        {pane}
        <p class="note">{texts.list_keys()}</p>
    }
}

/// Renders an entry with its history, and links to its page and its form.
fn entry_pane(record: EntryView) -> impl IntoView {
    let app = use_app_state();
    let (id, history) = (record.id, record.clone());
    let edits = app.session.user.with(|user| {
        let overview = app.overviews.server.get()?;
        Some(may_edit(&record.fields, user.as_ref()?, &overview.catalogue))
    });
    view! {
        <EntryCard record all=Arc::default()/>
        <History record=history/>
        <p class="pane-foot actions">
            <a class="button" href=format!("/list/{id}")>{app.texts.open_entry()}</a>
            {(edits == Some(true)).then(|| view! { <a class="button" href=format!("/entries/{id}")>{app.texts.edit()}</a> })}
        </p>
    }
}
