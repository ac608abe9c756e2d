//! A row of a form: label, control and error.

use crate::state::AppState;
use jiedui_core::values::field_error::FieldError;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Returns the error message of a field.
pub fn error_of(app: AppState, errors: RwSignal<Vec<FieldError>>, field: &str) -> Signal<Option<String>> {
    let field = field.to_owned();
    Signal::derive(move || {
        errors.with(|errors| {
            let error = errors.iter().find(|error| error.field == field)?;
            Some(error.clone().in_language(app.language).message)
        })
    })
}

/// Renders a row. Its control must have the id `field-` followed by the field's path, with hyphens for points.
pub fn form_row(field: &str, label: String, error: Signal<Option<String>>, control: AnyView) -> impl IntoView + use<> {
    let id = field.replace('.', "-");
    view! {
        <div class="form-row" class:wrong=move || error.get().is_some()>
            <label id=format!("label-{id}") for=format!("field-{id}")>{label}</label>
            {control}
            <p class="error" id=format!("error-{id}")>{move || error.get()}</p>
        </div>
    }
}

/// Returns whether an input holds an incomplete value, such as a date without its day. Its value is then empty.
pub fn is_half_typed(id: &str) -> bool {
    let input = document().get_element_by_id(id).and_then(|input| input.dyn_into::<web_sys::HtmlInputElement>().ok());
    input.is_some_and(|input| input.value().is_empty() && !input.check_validity())
}

/// Focuses the control of a field. Returns whether there is one.
pub fn focus_field(field: &str) -> bool {
    let id = format!("field-{}", field.replace('.', "-"));
    let element = document().get_element_by_id(&id).and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok());
    element.is_some_and(|element| element.focus().is_ok())
}
