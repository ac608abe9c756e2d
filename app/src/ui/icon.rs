//! Outline icons. Their shapes are in the sprite of the document, `shell/icons.svg`.

use leptos::prelude::*;
use maud::{Markup, html};

/// Returns an icon of the sprite as HTML. Screen readers skip it.
pub fn icon_html(name: &str) -> Markup {
    html! { svg class="icon" aria-hidden="true" { use href={ "#icon-" (name) } {} } }
}

/// An icon of the sprite.
#[component]
pub fn Icon(
    /// Name of the icon.
    name: &'static str,
) -> impl IntoView {
    view! { <svg class="icon" aria-hidden="true" inner_html=html! { use href={ "#icon-" (name) } {} }.into_string()></svg> }
}
