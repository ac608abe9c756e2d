//! Whether the screen is wide enough for a table with a detail pane.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

/// Media query of wide screens. `style/components/pane.css` has the same limit.
const WIDE: &str = "(min-width: 64rem)";

/// Returns whether the screen is wide. It follows the size of the window; on the server it is false.
pub fn use_is_wide() -> Signal<bool> {
    let is_wide = RwSignal::new(false);
    Effect::new(move |_| {
        let Some(query) = window().match_media(WIDE).ok().flatten() else { return };
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
