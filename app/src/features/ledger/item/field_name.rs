//! Names of the fields of a ledger item, and the notice of a refused change.

use crate::state::AppState;
use jiedui_core::values::field_error::FieldError;
use leptos::prelude::*;

/// Renders the reasons why the server refused a change.
pub fn refused(model: AppState, why: &[FieldError]) -> impl IntoView + use<> {
    let reasons: Vec<String> = why
        .iter()
        .map(|error| format!("{}：{}", name_of(model, &error.field), error.clone().in_language(model.language).message))
        .collect();
    view! { <p class="notice bad">{format!("{} {}", model.texts.state_refused, reasons.join("；"))}</p> }
}

/// Returns the name of a field on the screen.
pub fn name_of(model: AppState, field: &str) -> &'static str {
    let texts = model.texts;
    match field {
        "ledger" => texts.ledger,
        "title" => texts.need_title,
        "place" => texts.place,
        "year" => texts.year,
        "programme" => texts.need_category,
        "amount" => texts.need_amount,
        "unit" => texts.need_unit,
        "due" => texts.need_due,
        "responsible" => texts.need_responsible,
        "status" | "dates" => texts.need_status,
        "pairing" => texts.pairing,
        "entries" => texts.need_entries,
        "note" => texts.note,
        _ => texts.nav_needs,
    }
}
