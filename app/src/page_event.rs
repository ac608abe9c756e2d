//! Events between the app and the scripts of the page (`public/*.js`).

use leptos::prelude::document;

/// A file failed to load; an upgraded server no longer has it.
pub const NOT_LOADED: &str = "jiedui-not-loaded";
/// The person asked for the newest build.
pub const UPDATE: &str = "jiedui-update";
/// The button for push notifications is on the page.
pub const NOTIFY: &str = "jiedui-notify";
/// The service worker has stored all files of the build. The scripts dispatch it.
pub const OFFLINE: &str = "jiedui-offline";

/// Dispatches an event to the scripts.
pub fn dispatch(event: &str) {
    if let Ok(event) = web_sys::Event::new(event) {
        let _ = document().dispatch_event(&event);
    }
}
