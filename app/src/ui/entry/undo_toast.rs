//! Toast at the bottom of the screen that offers to undo a deletion.

use crate::state::use_app_state;
use crate::sync;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// Shows the toast as long as the last deletion can be undone.
#[component]
pub fn UndoToast() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let undo = move |_| {
        let Some(deleted) = app.screen.deleted.get_untracked() else { return };
        spawn_local(async move {
            if let Err(error) = sync::undo_delete(app, deleted).await {
                app.storage.error.set(Some(error));
            }
        });
    };
    view! {
        <div role="status">
            {move || app.screen.deleted.with(Option::is_some).then(|| view! {
                <div class="snackbar">
                    <span>{texts.deleted_entry()}</span>
                    <button type="button" id="undo" on:click=undo>{texts.undo()}</button>
                </div>
            })}
        </div>
    }
}
