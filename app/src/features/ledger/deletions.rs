//! Deletions of ledger items that wait to be sent, each with a button to undo it.

use crate::state::use_app_state;
use crate::storage::my_entries::PendingDeletion;
use crate::sync;
use jiedui_core::entry::field;
use leptos::prelude::*;
use serde_json::Value;
use wasm_bindgen_futures::spawn_local;

/// Renders the deletions; nothing if there are none.
#[component]
pub fn PendingItemDeletions() -> impl IntoView {
    let app = use_app_state();
    let deletions = RwSignal::new(Vec::new());
    Effect::new(move |_| {
        app.my_entries.summary.track();
        app.replica.version.track();
        if app.session.user.with(Option::is_some) {
            spawn_local(async move {
                match sync::item_deletions(app).await {
                    Ok(read) => drop(deletions.try_maybe_update(|old| (*old != read, *old = read))),
                    Err(error) => app.storage.error.set(Some(error)),
                }
            });
        }
    });
    move || {
        let deletions = deletions.get();
        (!deletions.is_empty()).then(|| {
            let rows = deletions.into_iter().map(|deletion| view! { <PendingItemDeletion deletion/> }).collect_view();
            view! { <ul class="entries deletions">{rows}</ul> }
        })
    }
}

/// Renders a deletion.
#[component]
fn PendingItemDeletion(deletion: PendingDeletion) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let text = |name: &str| deletion.fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (title, place) = (text(field::TITLE), text(field::PLACE));
    let place = move || app.geography.places.with(|places| places.label(&place));
    let id = deletion.id.to_string();
    let undo = move |_| {
        let deletion = deletion.clone();
        spawn_local(async move {
            if let Err(error) = sync::undo_delete_item(app, deletion).await {
                app.storage.error.set(Some(error));
            }
        });
    };
    view! {
        <li class="entry-deletion" data-deletion=id>
            <strong>{title}</strong>
            <span>{place}</span>
            <p class="state waiting">{texts.deletion_waits()}</p>
            <button type="button" class="button-quiet" on:click=undo>{texts.undo()}</button>
        </li>
    }
}
