//! What has just been deleted, and the way to bring it back.

use crate::state::use_app_state;
use crate::sync;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// A bar at the foot of the screen, as long as a deletion can be undone.
#[component]
pub fn UndoBar() -> impl IntoView {
    let model = use_app_state();
    let texts = model.texts;
    let undo = move |_| {
        let Some(deleted) = model.deleted.get_untracked() else { return };
        spawn_local(async move {
            if let Err(error) = sync::undo_delete(model, deleted).await {
                model.storage_error.set(Some(error));
            }
        });
    };
    view! {
        <div role="status">
            {move || model.deleted.with(Option::is_some).then(|| view! {
                <div class="snackbar">
                    <span>{texts.deleted_entry}</span>
                    <button type="button" id="undo" on:click=undo>{texts.undo}</button>
                </div>
            })}
        </div>
    }
}
