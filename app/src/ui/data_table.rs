//! A data table for wide screens. Columns can be sorted and hidden, rows can be chosen. The detail pane shows the current row.
//! The table receives the rows of one page, already sorted.

use crate::state::use_app_state;
use crate::storage::local_storage;
use crate::ui::html::Html;
use leptos::ev::MouseEvent;
use leptos::prelude::*;
use maud::html;
use std::collections::BTreeSet;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use web_sys::{Element, ScrollIntoViewOptions, ScrollLogicalPosition};

/// Share of a column in the width of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// A small number.
    Tiny,
    /// An amount or the name of a person.
    Narrow,
    /// A date.
    Date,
    /// A state or marks.
    Medium,
    /// A text; such columns share the rest of the width.
    Wide,
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Code, unique in the table.
    pub code: &'static str,
    /// Heading.
    pub label: &'static str,
    /// Width.
    pub width: Width,
    /// Whether the rows can be sorted by it.
    pub is_sortable: bool,
    /// Whether it is shown before the user has chosen columns.
    pub is_shown: bool,
}

/// Order of the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// Code of the column.
    pub column: &'static str,
    /// Whether the greatest value comes first.
    pub is_descending: bool,
}

/// Content of a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TableCell {
    html: Html,
    /// Marks below it; empty for none.
    marks: Html,
    /// Full text, for a cell that is cut.
    title: String,
}

impl TableCell {
    /// Creates a cell with a text.
    pub fn text(text: String) -> Self {
        Self { html: Html::text(&text), title: text, ..Self::default() }
    }

    /// Creates a cell with a text and marks below it.
    pub fn marked(text: String, marks: Html) -> Self {
        Self { marks, ..Self::text(text) }
    }

    /// Creates a cell with a place: the last two levels of its label.
    pub fn place(label: String) -> Self {
        let levels: Vec<&str> = label.split(" · ").collect();
        let short = levels.get(levels.len().saturating_sub(2)..).unwrap_or_default().join(" · ");
        Self { html: Html::text(&short), title: label, ..Self::default() }
    }

    /// Creates a cell with HTML.
    pub fn html(html: Html) -> Self {
        Self { html, ..Self::default() }
    }
}

/// A row. Its first cell is a link to the record.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TableRow {
    /// Identifier of the record.
    pub id: Uuid,
    /// Address of the record's page.
    pub address: String,
    /// Style attribute, with the colour of a programme.
    pub style: String,
    /// A cell for each column.
    pub cells: Vec<TableCell>,
}

/// Returns the codes of the shown columns of a table: those that the user has chosen on this phone, or the default ones.
pub fn use_columns(table: &'static str, columns: &[Column]) -> RwSignal<BTreeSet<String>> {
    let shown =
        RwSignal::new(columns.iter().filter(|column| column.is_shown).map(|column| column.code.into()).collect());
    Effect::new(move |_| {
        if let Some(stored) = local_storage::get::<BTreeSet<String>>(&storage_key(table)) {
            shown.set(stored);
        }
    });
    shown
}

fn storage_key(table: &str) -> String {
    format!("jiedui-columns-{table}")
}

/// The table.
#[component]
pub fn DataTable(
    /// Name of the table for screen readers.
    label: &'static str,
    /// All columns. The first is always shown.
    columns: Vec<Column>,
    /// Codes of the shown columns.
    shown: RwSignal<BTreeSet<String>>,
    /// Rows of the page.
    #[prop(into)]
    rows: Signal<Vec<TableRow>>,
    /// Order of the rows.
    sort: RwSignal<Sort>,
    /// The row that the detail pane shows.
    #[prop(into)]
    current: Signal<Option<Uuid>>,
    /// Receives the row that is pressed.
    on_open: Callback<Uuid>,
    /// Chosen rows; without it, rows cannot be chosen.
    #[prop(optional)]
    chosen: Option<RwSignal<BTreeSet<Uuid>>>,
) -> impl IntoView {
    let texts = use_app_state().texts;
    let columns = StoredValue::new(columns);
    let visible = Memo::new(move |_| {
        columns.with_value(|columns| {
            let is_visible =
                |(at, column): &(usize, &Column)| *at == 0 || shown.with(|shown| shown.contains(column.code));
            columns.iter().enumerate().filter(is_visible).map(|(at, column)| (at, *column)).collect::<Vec<_>>()
        })
    });
    // The row that was chosen last, from which a press with the shift key chooses a range.
    let last = StoredValue::new(None::<Uuid>);
    let choose = move |id: Uuid, with_range: bool| {
        let Some(chosen) = chosen else { return };
        let adds = !chosen.with_untracked(|chosen| chosen.contains(&id));
        let of_range = rows.with_untracked(|rows| {
            let position = |id: Uuid| rows.iter().position(|row| row.id == id);
            let from = last.get_value().filter(|_| with_range).and_then(position);
            let range = from.zip(position(id)).map(|(from, to)| from.min(to)..=from.max(to));
            range
                .and_then(|range| rows.get(range))
                .map_or_else(|| vec![id], |rows| rows.iter().map(|row| row.id).collect())
        });
        chosen.update(|chosen| {
            for id in of_range {
                if adds {
                    chosen.insert(id)
                } else {
                    chosen.remove(&id)
                };
            }
        });
        last.set_value(Some(id));
    };
    Effect::new(move |before: Option<Option<Uuid>>| {
        let now = current.get();
        if let Some(id) = now.filter(|_| before.is_some_and(|before| before.is_some() && before != now)) {
            request_animation_frame(move || show_row(id));
        }
        now
    });
    let heading = move |column: Column| {
        let direction = move || {
            let sort = sort.get();
            let name = if sort.is_descending { "descending" } else { "ascending" };
            (sort.column == column.code).then_some(name)
        };
        let press = move |_| {
            sort.update(|sort| {
                let is_descending = sort.column == column.code && !sort.is_descending;
                *sort = Sort { column: column.code, is_descending };
            });
        };
        let content = match column.is_sortable {
            true => view! {
                <button type="button" on:click=press>{column.label}</button>
                <span class="data-table-printed" aria-hidden="true">{column.label}</span>
            }
            .into_any(),
            false => column.label.into_any(),
        };
        view! { <th scope="col" class=class_of(column.width) aria-sort=direction>{content}</th> }
    };
    let row = move |row: TableRow| {
        let TableRow { id, address, style, cells } = row;
        let open = move |event: MouseEvent| {
            let has_modifier = event.ctrl_key() || event.meta_key() || event.shift_key();
            if has_modifier || event.button() != 0 || is_within(&event, ".data-table-check") {
                return;
            }
            event.prevent_default();
            on_open.run(id);
        };
        let checkbox = chosen.map(|chosen| {
            view! {
                <td class="data-table-check">
                    <label>
                        <input type="checkbox" aria-label=texts.choose_this()
                            prop:checked=move || chosen.with(|chosen| chosen.contains(&id))
                            on:click=move |event| choose(id, event.shift_key())/>
                    </label>
                </td>
            }
        });
        let cells = StoredValue::new(cells);
        let cell = move |(at, column): (usize, Column)| {
            let TableCell { html, marks, title } = cells.with_value(|cells| cells.get(at).cloned())?;
            let title = Some(title).filter(|title| !title.is_empty());
            let html = match at {
                0 => html! { a href=(address) { (html) } @if !marks.is_empty() { small { (marks) } } }.into(),
                _ => html,
            };
            Some(view! { <td class=class_of(column.width) title=title inner_html=html.into_string()></td> })
        };
        let is_current = move || (current.get() == Some(id)).then_some("true");
        view! {
            <tr data-entry=id.to_string() style=style aria-current=is_current on:click=open>
                {checkbox}
                {move || visible.get().into_iter().map(cell.clone()).collect_view()}
            </tr>
        }
    };
    view! {
        <table class="data-table" aria-label=label>
            <thead>
                <tr>
                    {chosen.map(|_| view! { <th class="data-table-check"><span class="unseen">{texts.choose_this()}</span></th> })}
                    {move || visible.get().into_iter().map(|(_, column)| heading(column)).collect_view()}
                </tr>
            </thead>
            <tbody><For each=move || rows.get() key=TableRow::clone children=row/></tbody>
        </table>
    }
}

/// The choice of columns. It is kept on this phone.
#[component]
pub fn ColumnChoice(
    /// Name of the table in local storage.
    table: &'static str,
    /// All columns. The first is always shown.
    columns: Vec<Column>,
    /// Codes of the shown columns.
    shown: RwSignal<BTreeSet<String>>,
) -> impl IntoView {
    let texts = use_app_state().texts;
    let option = move |Column { code, label, .. }: Column| {
        let toggle = move |_| {
            shown.update(|shown| {
                if !shown.remove(code) {
                    shown.insert(code.to_owned());
                }
            });
            // It fails only where nothing is stored. The columns are chosen until the page is left.
            let _ = shown.with_untracked(|shown| local_storage::set(&storage_key(table), shown));
        };
        view! {
            <label class="choose">
                <input type="checkbox" prop:checked=move || shown.with(|shown| shown.contains(code)) on:change=toggle/>
                {label}
            </label>
        }
    };
    view! {
        <details class="data-table-columns">
            <summary>{texts.columns()}</summary>
            <div>{columns.into_iter().skip(1).map(option).collect_view()}</div>
        </details>
    }
}

fn class_of(width: Width) -> &'static str {
    match width {
        Width::Tiny => "data-table-tiny",
        Width::Narrow => "data-table-narrow",
        Width::Date => "data-table-date",
        Width::Medium => "data-table-medium",
        Width::Wide => "",
    }
}

/// Returns whether an event happened within an element that matches a selector.
pub fn is_within(event: &MouseEvent, selector: &str) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    target.is_some_and(|target| target.closest(selector).is_ok_and(|element| element.is_some()))
}

/// Scrolls a row into view.
fn show_row(id: Uuid) {
    let row = document().query_selector(&format!("tr[data-entry='{id}']")).ok().flatten();
    if let Some(row) = row {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        row.scroll_into_view_with_scroll_into_view_options(&options);
    }
}
