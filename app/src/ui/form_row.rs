//! A field of a form: its label above, its mistake below.

use crate::state::AppState;
use jiedui_core::values::field_error::FieldError;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// What is wrong with a field, in words.
pub fn mistake(model: AppState, errors: RwSignal<Vec<FieldError>>, field: &str) -> Signal<Option<String>> {
    let field = field.to_owned();
    Signal::derive(move || {
        errors.with(|errors| {
            let error = errors.iter().find(|error| error.field == field)?;
            Some(error.clone().in_language(model.language).message)
        })
    })
}

/// The field, around what it is filled in with; that has the identifier `field-` and its name, points as hyphens.
pub fn form_row(field: &str, label: String, error: Signal<Option<String>>, control: AnyView) -> impl IntoView + use<> {
    let id = field.replace('.', "-");
    view! {
        <div class="row" class:wrong=move || error.get().is_some()>
            <label for=format!("field-{id}")>{label}</label>
            {control}
            <p class="error" id=format!("error-{id}")>{move || error.get()}</p>
        </div>
    }
}

/// Whether what stands in an input, found by its identifier, is only a part of what it takes, as a date without its day: its
/// value is then empty, as if nothing were there.
pub fn is_half_typed(id: &str) -> bool {
    let input = document().get_element_by_id(id).and_then(|input| input.dyn_into::<web_sys::HtmlInputElement>().ok());
    input.is_some_and(|input| input.value().is_empty() && !input.check_validity())
}
