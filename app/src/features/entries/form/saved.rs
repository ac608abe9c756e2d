//! The message after a save, and its buttons.

use crate::state::AppState;
use crate::storage::StoreError;
use crate::storage::draft_slots::claim_empty;
use crate::storage::drafts::{Draft, form_of_new};
use crate::storage::user_db::new_id;
use crate::sync;
use crate::ui::snackbar::{self, Action};
use jiedui_core::entry::Fields;
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

/// Shows that an entry is saved under `id`. A new entry offers another one of its kind and to undo the save.
pub fn show(
    app: AppState,
    draft: Draft,
    id: Uuid,
    is_new: bool,
    navigate: impl Fn(&str, NavigateOptions) + Clone + Send + Sync + 'static,
) {
    let texts = app.texts;
    let is_stored = !app.storage.is_refused.get_untracked();
    let text = match (is_stored, app.sync.online.get_untracked()) {
        (false, _) => texts.saved_on_server(),
        (true, true) => texts.saved_online(),
        (true, false) => texts.saved_offline(),
    };
    let mut actions = Vec::new();
    if is_new {
        let (to_form, address) = (navigate.clone(), format!("/entries/new/{}?again={}", draft.activity, draft.date));
        actions.push(Action::new("another", texts.another(), move || to_form(&address, NavigateOptions::default())));
    }
    if is_new && is_stored {
        actions.push(Action::new("undo", texts.undo(), move || undo(app, draft.clone(), id, navigate.clone())));
    }
    snackbar::show(app, text.to_owned(), actions, None);
}

/// Deletes a saved entry and opens its form again with the typed answers.
fn undo(app: AppState, draft: Draft, id: Uuid, navigate: impl Fn(&str, NavigateOptions) + 'static) {
    spawn_local(async move {
        let address = format!("/entries/new/{}", draft.activity);
        match undo_save(app, draft, id).await {
            Ok(number) => {
                navigate(&format!("{address}?draft={number}"), NavigateOptions::default());
                snackbar::show(app, app.texts.save_undone().to_owned(), Vec::new(), None);
            }
            Err(error) => app.storage.error.set(Some(error)),
        }
    });
}

/// Stores the draft again, then deletes the entry. Returns the number of the draft's slot.
async fn undo_save(app: AppState, draft: Draft, id: Uuid) -> Result<u32, StoreError> {
    let user = app.session.user.with_untracked(|user| user.as_ref().map(|user| user.id)).unwrap_or_default();
    let saved = sync::my_entry_of(app, id).await?;
    let slot = claim_empty(&form_of_new(user, &draft.activity)).await;
    // The identifier of a deleted entry is not used again.
    slot.store(&Draft { id: new_id(), copy_of: None, ..draft }).map_err(|_| StoreError::Full)?;
    if let Some((entry, _)) = saved {
        sync::delete(app, id, entry.rev, entry.fields, Fields::new()).await?;
    }
    Ok(slot.number())
}
