//! Which field each column of a table is.

use super::desk::Desk;
use crate::sync::import::{self, Import, Target};
use crate::texts::fill;
use leptos::prelude::*;
use std::sync::Arc;

/// Which field each column is.
pub fn columns(desk: Desk, import: &Arc<Import>) -> impl IntoView + use<> {
    let (model, texts) = (desk.model, desk.model.texts);
    let missing: Vec<String> = import
        .choices
        .iter()
        .filter(|own| own.required && !is_said(import, &own.path))
        .map(|own| own.label.clone())
        .collect();
    let import = import.clone();
    let row = {
        let import = import.clone();
        move |at: usize| {
            let (own, heading) =
                (import.columns.get(at).cloned().flatten(), import.heading.get(at).cloned().unwrap_or_default());
            let set = {
                let import = import.clone();
                move |event: leptos::ev::Event| {
                    let chosen = Some(event_target_value(&event)).filter(|path| !path.is_empty());
                    let mut columns = import.columns.clone();
                    // A field is one column's.
                    columns
                        .iter_mut()
                        .filter(|other| chosen.is_some() && **other == chosen)
                        .for_each(|other| *other = None);
                    if let Some(column) = columns.get_mut(at) {
                        *column = chosen;
                    }
                    let id = import.id.clone();
                    desk.work(async move { import::set_columns(&id, &columns, model.language).await });
                }
            };
            let option = |target: &Target| {
                let is_own = own.as_ref() == Some(&target.path);
                view! { <option value=target.path.clone() selected=is_own>{target.label.clone()}</option> }
            };
            let label = fill(texts.import_column_of, &[&heading]);
            view! {
                <tr>
                    <th scope="row">{heading}</th>
                    <td>
                        <select aria-label=label disabled=move || desk.busy.get() on:change=set>
                            <option value="">{texts.import_no_field}</option>
                            {import.choices.iter().map(option).collect_view()}
                        </select>
                    </td>
                </tr>
            }
        }
    };
    let rows: Vec<_> = (0..import.heading.len()).map(row).collect();
    view! {
        <details open=!missing.is_empty()>
            <summary>{texts.import_columns}</summary>
            {(!missing.is_empty()).then(|| view! { <p class="notice bad">{fill(texts.import_missing, &[&missing.join("、")])}</p> })}
            <table class="amounts">
                <thead><tr><th scope="col">{texts.import_column}</th><th scope="col">{texts.import_field}</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </details>
    }
}

fn is_said(import: &Import, path: &str) -> bool {
    import.columns.iter().flatten().any(|own| own == path)
}
