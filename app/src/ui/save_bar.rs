//! The bar with the save button at the foot of a form. It says which required fields are empty and leads to the first of them.

use crate::labels::texts::fill;
use crate::state::use_app_state;
use crate::ui::form_row::focus_field;
use leptos::prelude::*;

/// An empty field that the form requires.
#[derive(Clone, Debug, PartialEq)]
pub struct Missing {
    /// Path of the field.
    pub field: String,
    /// Name of the field.
    pub name: String,
}

/// The bar.
#[component]
pub fn SaveBar(
    /// Text of the button.
    #[prop(into)]
    label: Signal<&'static str>,
    /// Whether the button is disabled.
    #[prop(into)]
    disabled: Signal<bool>,
    /// Empty required fields.
    #[prop(into)]
    missing: Signal<Vec<Missing>>,
    /// Note where nothing is missing.
    #[prop(into)]
    hint: Signal<&'static str>,
) -> impl IntoView {
    let texts = use_app_state().texts;
    let go = move |_| {
        if let Some(first) = missing.get_untracked().first() {
            focus_field(&first.field);
        }
    };
    view! {
        <div class="form-save">
            {move || {
                let missing = missing.get();
                if missing.is_empty() {
                    return view! { <span class="hint">{hint.get()}</span> }.into_any();
                }
                let names: Vec<&str> = missing.iter().map(|missing| missing.name.as_str()).collect();
                let words = fill(texts.still_missing(), &[&names.join("、")]);
                view! { <button type="button" class="form-missing" on:click=go>{words}</button> }.into_any()
            }}
            <button class="button button-primary" id="save" disabled=move || disabled.get()>{move || label.get()}</button>
        </div>
    }
}
