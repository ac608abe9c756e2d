//! The screen for unknown addresses.

use crate::state::use_app_state;
use leptos::prelude::*;
use leptos_router::components::A;

/// Reports that the page does not exist, and links to the shared view.
#[component]
pub fn NotFound() -> impl IntoView {
    let texts = use_app_state().texts;
    crate::ui::page::title(texts.not_found());
    view! {
        <section class="narrow">
            <h1>{texts.not_found()}</h1>
            <A href="/" attr:class="button button-primary">{texts.back_to_view()}</A>
        </section>
    }
}
