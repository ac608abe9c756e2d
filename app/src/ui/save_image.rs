//! Takes the pictures of a screen away, as SVG or PNG. `public/picture.js` does it: the browser alone knows how they look.

use crate::state::use_app_state;
use leptos::prelude::*;

/// Two buttons.
#[component]
pub fn SaveImage(
    /// Which pictures, as a selector.
    pictures: &'static str,
) -> impl IntoView {
    let texts = use_app_state().texts;
    view! {
        <p class="actions scripted-only take-away">
            <button type="button" class="quiet" data-save="png" data-pictures=pictures>{texts.save_png}</button>
            <button type="button" class="quiet" data-save="svg" data-pictures=pictures>{texts.save_svg}</button>
        </p>
    }
}
