//! Requests for what changed on the server.

use super::overview;
use crate::state::AppState;
use jiedui_core::sync::Input;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// Asks the server for changes: through the engine for a signed-in user, otherwise for the overview only.
pub fn look_for_news(app: AppState) {
    if app.session.user.with_untracked(Option::is_some) && !app.storage.is_refused.get_untracked() {
        app.sync.notify(Input::Wake);
    } else {
        spawn_local(async move {
            overview::refresh(app).await;
        });
    }
}
