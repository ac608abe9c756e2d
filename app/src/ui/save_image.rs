//! Buttons that download the pictures of a screen as SVG or PNG. A script does it, since only the browser knows the styles.

use crate::state::use_app_state;
use leptos::prelude::*;

/// Renders a button for each format.
#[component]
pub fn SaveImage(
    /// CSS selector of the pictures.
    pictures: &'static str,
) -> impl IntoView {
    let texts = use_app_state().texts;
    view! {
        <p class="actions scripted-only take-away">
            <button type="button" class="button-quiet" data-save="png" data-pictures=pictures>{texts.save_png()}</button>
            <button type="button" class="button-quiet" data-save="svg" data-pictures=pictures>{texts.save_svg()}</button>
        </p>
    }
}
