//! Whether the screen is wide enough for a table with a detail pane.

use crate::storage::preferences::{Preference, look_attribute};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

/// Minimum width of a wide screen, in standard font sizes.
const WIDE: f64 = 80.0;

/// Returns whether the screen is wide. It follows the size of the window; on the server it is false.
pub fn use_is_wide() -> Signal<bool> {
    let is_wide = RwSignal::new(false);
    Effect::new(move |_| {
        let Some(query) = window().match_media(&format!("(min-width: {}rem)", WIDE * text_scale())).ok().flatten()
        else {
            return;
        };
        is_wide.set(query.matches());
        let current = query.clone();
        let changed = Closure::<dyn Fn()>::new(move || {
            is_wide.try_set(current.matches());
        });
        let listener = changed.as_ref().unchecked_ref::<js_sys::Function>();
        let _ = query.add_event_listener_with_callback("change", listener);
        let registered = StoredValue::new_local((query, changed));
        on_cleanup(move || {
            registered.try_with_value(|(query, changed)| {
                query.remove_event_listener_with_callback("change", changed.as_ref().unchecked_ref())
            });
        });
    });
    is_wide.into()
}

/// Returns the factor of the text size that the user has chosen, which media queries do not follow.
fn text_scale() -> f64 {
    let look = look_attribute(&Preference::Look.current().unwrap_or_default());
    let has = |token: &str| look.split(' ').any(|chosen| chosen == token);
    // As in `style/tokens.css`.
    match (has("large"), has("largest")) {
        (_, true) => 1.4,
        (true, _) => 1.2,
        _ => 1.0,
    }
}
