//! Selection of the sheet and of its heading rows.

use crate::api::imports;
use crate::features::import::panel::Panel;
use crate::labels::texts::fill;
use jiedui_core::api::imports::{ImportResponse, SheetName, StartRow};
use leptos::prelude::*;
use std::sync::Arc;

/// Row limit of a heading.
const MAX_ROWS: usize = 3;

/// Renders the selection of sheet and heading rows.
pub fn layout(panel: Panel, import: &Arc<ImportResponse>) -> impl IntoView + use<> {
    let texts = panel.app.texts;
    let at = import.clone();
    let is_open = import.missing().len() > 1;
    let heading = fill(texts.import_heading_at(), &[&rows_of(import.heading_row, import.heading_rows)]);
    let import = import.clone();
    view! {
        {(import.sheets.len() > 1).then(|| sheets(panel, &import))}
        {(!import.start.is_empty()).then(|| view! {
            <details class="import-heading" open=is_open>
                <summary>{heading}</summary>
                {start(panel, at)}
            </details>
        })}
    }
}

fn rows_of(first: usize, rows: usize) -> String {
    if rows > 1 { format!("{first}–{}", first + rows - 1) } else { first.to_string() }
}

fn sheets(panel: Panel, import: &Arc<ImportResponse>) -> impl IntoView + use<> {
    let texts = panel.app.texts;
    let (id, current) = (import.id, import.sheet);
    let option = |(at, sheet): (usize, &SheetName)| {
        let name =
            if sheet.hidden { format!("{}{}", sheet.name, texts.import_sheet_hidden()) } else { sheet.name.clone() };
        view! { <option value=at.to_string() selected=at == current>{name}</option> }
    };
    let set = move |event: leptos::ev::Event| {
        let Ok(sheet) = event_target_value(&event).parse::<usize>() else { return };
        let language = panel.app.language;
        panel.work(async move { imports::set_layout(id, Some(sheet), None, language).await });
    };
    view! {
        <div class="form-row">
            <label for="import-sheet">{texts.import_sheet()}</label>
            <select id="import-sheet" disabled=move || panel.busy.get() on:change=set>
                {import.sheets.iter().enumerate().map(option).collect_view()}
            </select>
        </div>
    }
}

/// Renders the first rows of the sheet. Each can become the heading.
fn start(panel: Panel, import: Arc<ImportResponse>) -> impl IntoView {
    let texts = panel.app.texts;
    let language = panel.app.language;
    let (first, rows) = (import.heading_row, import.heading_rows);
    let set = {
        let id = import.id;
        move |row: usize, rows: usize| {
            panel.work(async move { imports::set_layout(id, None, Some((row, rows)), language).await });
        }
    };
    let of_rows = move |event: leptos::ev::Event| {
        if let Ok(rows) = event_target_value(&event).parse() {
            set(first, rows);
        }
    };
    let line = |start_row: &StartRow| {
        let row = start_row.row;
        let is_heading = (first..first + rows).contains(&row);
        let cells = start_row.cells.iter().map(|cell| view! { <td>{cell.clone()}</td> }).collect_view();
        view! {
            <tr class:chosen=is_heading>
                <th scope="row">
                    <button type="button" class="button button-quiet" aria-pressed=is_heading.to_string()
                        disabled=move || panel.busy.get() on:click=move |_| set(row, 1)>{fill(texts.import_heading_here(), &[&row])}</button>
                </th>
                {cells}
            </tr>
        }
    };
    let option = |count: usize| view! { <option value=count.to_string() selected=count == rows>{count}</option> };
    view! {
        <p class="hint">{texts.import_heading_hint()}</p>
        <div class="form-row">
            <label for="import-heading-rows">{texts.import_heading_rows()}</label>
            <select id="import-heading-rows" disabled=move || panel.busy.get() on:change=of_rows>
                {(1..=MAX_ROWS).map(option).collect_view()}
            </select>
        </div>
        <div class="scroll" tabindex="0" role="region" aria-label=texts.import_heading_hint()>
            <table class="table-numbers start"><tbody>{import.start.iter().take(12).map(line).collect_view()}</tbody></table>
        </div>
    }
}
