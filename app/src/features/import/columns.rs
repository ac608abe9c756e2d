//! Table that maps the columns of a spreadsheet to fields.

use crate::api::imports;
use crate::features::import::panel::Panel;
use crate::features::import::preview::omitted_reason;
use crate::labels::texts::fill;
use jiedui_core::api::imports::column::UNIT;
use jiedui_core::api::imports::{ColumnChoice, ColumnReason, ImportResponse};
use jiedui_core::entry::field::PLACE;
use leptos::prelude::*;
use std::sync::Arc;

/// Renders the mapping of columns to fields.
pub fn columns(panel: Panel, import: &Arc<ImportResponse>) -> impl IntoView + use<> {
    let texts = panel.app.texts;
    let missing = import.missing();
    let official = import.official;
    let rows: Vec<_> = (0..import.heading.len()).map(|at| row(panel, import, at)).collect();
    view! {
        <h3>{texts.import_columns()}</h3>
        {(!missing.is_empty()).then(|| view! { <p class="notice bad">{fill(texts.import_missing(), &[&missing.join("、")])}</p> })}
        <p class="hint">{if official { texts.import_official() } else { texts.import_place_hint() }}</p>
        <table class="table-amounts import-columns">
            <thead><tr><th scope="col">{texts.import_column()}</th><th scope="col">{texts.import_field()}</th></tr></thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

fn row(panel: Panel, import: &Arc<ImportResponse>, at: usize) -> impl IntoView + use<> {
    let (app, texts) = (panel.app, panel.app.texts);
    let path = import.columns.get(at).cloned().flatten();
    let heading = import.heading.get(at).cloned().unwrap_or_default();
    let heading = if heading.is_empty() { fill(texts.import_column_number(), &[&(at + 1)]) } else { heading };
    let sample = import.sample(at);
    let unit = import.units.get(at).cloned().flatten();
    let official = import.official;
    let omitted = import.omitted_columns.iter().find(|column| column.column == at);
    let is_asked = |why: ColumnReason| !matches!(why, ColumnReason::Unknown | ColumnReason::Deselected);
    let question = omitted.filter(|column| is_asked(column.why)).map(|column| omitted_reason(texts, column));
    let set = {
        let import = import.clone();
        move |event: leptos::ev::Event| {
            let chosen = Some(event_target_value(&event)).filter(|path| !path.is_empty());
            let mut columns = import.columns.clone();
            // A field has one column, except a place, which can combine several.
            let moves = chosen.as_deref().is_some_and(|path| path != PLACE && path != UNIT);
            columns.iter_mut().filter(|column| moves && **column == chosen).for_each(|column| *column = None);
            if let Some(column) = columns.get_mut(at) {
                *column = chosen;
            }
            let id = import.id;
            panel.work(async move { imports::set_columns(id, columns, app.language).await });
        }
    };
    let option = |target: &ColumnChoice| {
        let is_selected = path.as_ref() == Some(&target.path);
        view! { <option value=target.path.clone() selected=is_selected>{target.label.clone()}</option> }
    };
    let label = fill(texts.import_column_of(), &[&heading]);
    view! {
        <tr>
            <th scope="row">
                {heading}
                {(!sample.is_empty()).then(|| view! { <small class="source">{fill(texts.import_sample(), &[&sample])}</small> })}
            </th>
            <td>
                <select aria-label=label disabled=move || official || panel.busy.get() on:change=set>
                    <option value="">{texts.import_no_field()}</option>
                    {import.choices.iter().map(option).collect_view()}
                </select>
                {question.map(|words| view! { <small class="bad">{words}</small> })}
                {unit.map(|unit| view! { <small class="source">{fill(texts.import_unit(), &[&unit])}</small> })}
            </td>
        </tr>
    }
}
