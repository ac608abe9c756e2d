//! Names of the fields of a ledger item, and the notice of a rejected change.

use crate::state::AppState;
use jiedui_core::entry::field;
use jiedui_core::values::field_error::FieldError;
use leptos::prelude::*;

/// Renders the reasons why the server rejected a change.
pub fn refused(app: AppState, why: &[FieldError]) -> impl IntoView + use<> {
    let reasons: Vec<String> = why
        .iter()
        .map(|error| format!("{}：{}", name_of(app, &error.field), error.clone().in_language(app.language).message))
        .collect();
    view! { <p class="notice bad">{format!("{} {}", app.texts.state_refused(), reasons.join("；"))}</p> }
}

/// Returns the name of a field on the screen.
pub fn name_of(app: AppState, field: &str) -> &'static str {
    let texts = app.texts;
    match field {
        field::LEDGER => texts.ledger(),
        field::TITLE => texts.need_title(),
        field::PLACE => texts.place(),
        field::YEAR => texts.year(),
        field::PROGRAMME => texts.need_category(),
        field::AMOUNT => texts.need_amount(),
        field::UNIT => texts.need_unit(),
        field::DUE => texts.need_due(),
        field::RESPONSIBLE => texts.need_responsible(),
        field::STATUS | field::DATES => texts.need_status(),
        field::PAIRING => texts.pairing(),
        field::ENTRIES => texts.need_entries(),
        field::NOTE => texts.note(),
        _ => texts.nav_needs(),
    }
}
