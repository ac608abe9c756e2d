//! List of the errors in a spreadsheet.

use crate::labels::texts::fill;
use crate::state::AppState;
use jiedui_core::api::imports::{CellError, ImportResponse};
use leptos::prelude::*;
use std::sync::Arc;

/// Number of errors listed at first.
pub const LISTED: usize = 100;

/// Renders the errors, row by row.
pub fn errors(app: AppState, import: Arc<ImportResponse>) -> impl IntoView {
    let texts = app.texts;
    let listed = RwSignal::new(LISTED);
    let rows = {
        let import = import.clone();
        move || {
            let row = |error: &CellError| {
                view! {
                    <tr>
                        <th scope="row">{error.row}</th>
                        <td>{error.column.clone()}</td>
                        <td>{error.value.clone()}</td>
                        <td>{error.error.clone().in_language(app.language).message}</td>
                    </tr>
                }
            };
            import.errors.iter().take(listed.get()).map(row).collect_view()
        }
    };
    let all = import.errors.len();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=texts.import_mistakes()>
            <table class="table-numbers table-errors">
                <caption>{texts.import_mistakes()}</caption>
                <thead>
                    <tr>
                        <th scope="col">{texts.import_row()}</th>
                        <th scope="col">{texts.import_column()}</th>
                        <th scope="col">{texts.import_value()}</th>
                        <th scope="col">{texts.import_what()}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {move || (all > listed.get()).then(|| view! {
            <button type="button" class="button" on:click=move |_| listed.update(|listed| *listed += LISTED)>{texts.more()}</button>
        })}
        {(import.wrong > all as i64).then(|| view! { <p class="hint">{fill(texts.import_told(), &[&all])}</p> })}
    }
}
