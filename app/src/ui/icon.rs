//! Outline icons. Their shapes are in the sprite of the document, `shell/icons.svg`.

use leptos::prelude::*;

/// Returns an icon of the sprite as HTML. Screen readers skip it.
pub fn icon_html(name: &str) -> String {
    format!("<svg class=\"icon\" aria-hidden=\"true\"><use href=\"#icon-{name}\"/></svg>")
}

/// An icon of the sprite.
#[component]
pub fn Icon(
    /// Name of the icon.
    name: &'static str,
) -> impl IntoView {
    view! { <svg class="icon" aria-hidden="true" inner_html=format!("<use href=\"#icon-{name}\"/>")></svg> }
}
