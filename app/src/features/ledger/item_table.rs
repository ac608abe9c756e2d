//! The ledger on a wide screen: a table that can be sorted by each column, with the current item next to it.

use crate::labels::code::ledger_status;
use crate::labels::directory::pairing_name;
use crate::labels::programme_color::programme_style;
use crate::labels::texts::Texts;
use crate::state::{AppState, use_app_state};
use crate::storage::ledger_view::ItemView;
use crate::ui::data_table::{Column, ColumnChoice, DataTable, Sort, TableCell, TableRow, Width, use_columns};
use crate::ui::detail_pane::{DetailPane, Neighbour};
use crate::ui::ledger_row::{amount, status_class};
use crate::ui::selection::{use_keys, use_selection};
use jiedui_core::figures::overview::Overview;
use jiedui_core::ledger::Status;
use jiedui_core::values::date::format_date;
use jiedui_core::values::sort::sort_by_key;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use maud::html;
use time::Date;
use uuid::Uuid;

/// Name of the table in local storage.
const TABLE: &str = "needs";

const TITLE: &str = "title";
const PLACE: &str = "place";
const PROGRAMME: &str = "programme";
const AMOUNT: &str = "amount";
const DUE: &str = "due";
const RESPONSIBLE: &str = "responsible";
const STATUS: &str = "status";
const YEAR: &str = "year";
const PAIRING: &str = "pairing";
const NOTE: &str = "note";

fn columns(texts: &Texts) -> Vec<Column> {
    let column = |code, label, width| Column { code, label, width, is_sortable: true, is_shown: true };
    let hidden = |code, label, width| Column { is_shown: false, ..column(code, label, width) };
    vec![
        column(TITLE, texts.need_title(), Width::Wide),
        column(PLACE, texts.place(), Width::Wide),
        column(PROGRAMME, texts.programme(), Width::Narrow),
        column(AMOUNT, texts.need_amount(), Width::Narrow),
        column(DUE, texts.need_due(), Width::Date),
        column(RESPONSIBLE, texts.need_responsible(), Width::Narrow),
        column(STATUS, texts.need_status(), Width::Medium),
        hidden(YEAR, texts.year(), Width::Tiny),
        hidden(PAIRING, texts.pairing(), Width::Medium),
        hidden(NOTE, texts.note(), Width::Medium),
    ]
}

/// A value by which items are sorted. Items without a due date come last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SortKey {
    Number(i64),
    Date(Date),
    Text(String),
}

fn sort_key(app: AppState, overview: &Overview, view: &ItemView, column: &str) -> SortKey {
    let item = &view.item;
    match column {
        TITLE => SortKey::Text(item.title.clone()),
        // Codes of places follow their hierarchy.
        PLACE => SortKey::Text(item.place.clone()),
        PROGRAMME => SortKey::Text(programme(app, overview, view)),
        AMOUNT => SortKey::Number(item.amount.map_or(i64::MIN, |amount| amount.ten_thousandths())),
        RESPONSIBLE => SortKey::Text(item.responsible.clone()),
        STATUS => {
            let at = Status::ALL.iter().position(|status| *status == item.status);
            SortKey::Number(at.and_then(|at| i64::try_from(at).ok()).unwrap_or_default())
        }
        YEAR => SortKey::Number(item.year.into()),
        PAIRING => SortKey::Text(pairing(app, overview, view)),
        NOTE => SortKey::Text(item.note.clone()),
        _ => SortKey::Date(item.due.unwrap_or(Date::MAX)),
    }
}

fn programme(app: AppState, overview: &Overview, view: &ItemView) -> String {
    let programme = overview.catalogue.programme(&view.item.programme);
    programme.map(|programme| app.pick(&programme.name, &programme.name_en).to_owned()).unwrap_or_default()
}

fn pairing(app: AppState, overview: &Overview, view: &ItemView) -> String {
    let pairing = view.item.pairing.and_then(|id| overview.directory().pairing(id));
    pairing.map(|pairing| pairing_name(app.labels(), overview, pairing)).unwrap_or_default()
}

fn table_row(app: AppState, overview: &Overview, view: &ItemView, today: Date) -> TableRow {
    let item = &view.item;
    let status = html! {
        span class=(status_class(item.status)) { (ledger_status(app.texts, item.status)) }
        @if item.is_overdue(today) { " " span class="state bad" { (app.texts.need_overdue()) } }
    };
    let text = TableCell::text;
    TableRow {
        id: view.id,
        address: format!("/needs/{}", view.id),
        style: programme_style(&overview.catalogue, &item.programme),
        cells: vec![
            text(item.title.clone()),
            TableCell::place(app.place_label(&item.place)),
            text(programme(app, overview, view)),
            text(amount(item)),
            text(item.due.map(format_date).unwrap_or_default()),
            text(item.responsible.clone()),
            TableCell::html(status.into()),
            text(item.year.to_string()),
            text(pairing(app, overview, view)),
            text(item.note.clone()),
        ],
    }
}

/// The table with its detail pane.
#[component]
pub fn ItemTable(
    /// Items that pass the filter.
    #[prop(into)]
    items: Signal<Vec<ItemView>>,
    /// Number of rows shown.
    listed: RwSignal<usize>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let all = columns(texts);
    let shown = use_columns(TABLE, &all);
    let sort = RwSignal::new(Sort { column: DUE, is_descending: false });
    let page = Memo::new(move |_| {
        let (sort, mut views) = (sort.get(), items.get());
        let overview = app.overviews.server.get().unwrap_or_default();
        sort_by_key(&mut views, |view| sort_key(app, &overview, view, sort.column));
        if sort.is_descending {
            views.reverse();
        }
        views.truncate(listed.get());
        views
    });
    let rows = Memo::new(move |_| {
        app.geography.places.track();
        let overview = app.overviews.server.get().unwrap_or_default();
        page.with(|page| page.iter().map(|view| table_row(app, &overview, view, app.today)).collect::<Vec<_>>())
    });
    let selection = use_selection(Memo::new(move |_| page.with(|page| page.iter().map(|view| view.id).collect())));
    let navigate = use_navigate();
    use_keys(move |key| {
        match (key, selection.current.get_untracked()) {
            ("j", _) => selection.step(Neighbour::Next),
            ("k", _) => selection.step(Neighbour::Previous),
            ("o", Some(id)) => navigate(&format!("/needs/{id}"), Default::default()),
            _ => return false,
        }
        true
    });
    let position = Signal::derive(move || selection.position());
    let length = Signal::derive(move || page.with(Vec::len));
    let count = Signal::derive(move || {
        let count = items.with(Vec::len);
        Some(count).filter(|_| app.replica.state.get().is_countable())
    });
    let pane = move || {
        selection.current.get().map(|id| {
            let on_step = Callback::new(move |step| selection.step(step));
            let content = move || page.with(|page| page.iter().find(|view| view.id == id).cloned()).map(item_pane);
            view! {
                <DetailPane label=texts.nav_needs() position rows=length count on_step on_close=Callback::new(|()| {})
                    is_wide=Signal::stored(true)>{content}</DetailPane>
            }
        })
    };
    let on_open = Callback::new(move |id: Uuid| selection.select(id));
    view! {
        <ColumnChoice table=TABLE columns=all.clone() shown/>
        <div class="pane-list">
                <DataTable label=texts.nav_needs() columns=all shown rows sort current=selection.current on_open/>
        </div>
        {pane}
        <p class="note">{texts.list_keys()}</p>
    }
}

/// Renders an item with all of its fields, and a link to its form.
fn item_pane(view: ItemView) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let overview = app.overviews.server.get().unwrap_or_default();
    let item = &view.item;
    let rows = [
        (texts.place(), app.place_label(&item.place)),
        (texts.year(), item.year.to_string()),
        (texts.programme(), programme(app, &overview, &view)),
        (texts.need_amount(), amount(item)),
        (texts.need_due(), item.due.map(format_date).unwrap_or_default()),
        (texts.need_responsible(), item.responsible.clone()),
        (texts.pairing(), pairing(app, &overview, &view)),
        (texts.note(), item.note.clone()),
    ];
    let rows = rows.into_iter().filter(|(_, text)| !text.is_empty());
    let rows = rows.map(|(name, text)| view! { <tr><th scope="row">{name}</th><td>{text}</td></tr> }).collect_view();
    let late = item.is_overdue(app.today).then(|| view! { " "<span class="state bad">{texts.need_overdue()}</span> });
    view! {
        <div class="entry-whole" style=programme_style(&overview.catalogue, &item.programme)>
            <h2>{item.title.clone()}</h2>
            <p><span class=status_class(item.status)>{ledger_status(texts, item.status)}</span>{late}</p>
            <table class="table-amounts">{rows}</table>
        </div>
        <p class="pane-foot actions"><a class="button" href=format!("/needs/{}", view.id)>{texts.open_entry()}</a></p>
    }
}
