//! Listeners that stay until the page is closed.

use wasm_bindgen::prelude::*;
use web_sys::EventTarget;

/// Calls `handle` at each event of this name, until the page is closed.
pub fn listen(target: &EventTarget, event: &str, handle: impl Fn() + 'static) {
    let handle = Closure::<dyn Fn()>::new(handle);
    let _ = target.add_event_listener_with_callback(event, handle.as_ref().unchecked_ref());
    handle.forget();
}
