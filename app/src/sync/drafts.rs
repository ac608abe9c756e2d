//! Drafts that were saved, but not removed because the page was closed in between.

use super::changes::{entry_view_of, item_view_of, my_entry_of};
use crate::state::AppState;
use crate::storage::StoreError;
use crate::storage::draft_slots::claim_empty;
use crate::storage::drafts::{AbandonedDraft, form_of_new, unfinished};
use jiedui_core::entry::Fields;
use jiedui_core::sync::{Kind, path};
use uuid::Uuid;

/// Returns the abandoned drafts of the user's new entries. Removes those that the phone has as entries.
pub async fn unfinished_drafts(app: AppState, user: Uuid) -> Vec<AbandonedDraft> {
    let mut drafts = Vec::new();
    for abandoned in unfinished(user) {
        if is_saved(app, &Kind::Entry, abandoned.draft.id, abandoned.begun_changes()).await {
            abandoned.clear();
        } else {
            drafts.push(abandoned);
        }
    }
    drafts
}

/// Stores a discarded draft of a user's new entry again, in an empty slot.
pub async fn restore_draft(user: Uuid, abandoned: AbandonedDraft) -> Result<AbandonedDraft, StoreError> {
    let slot = claim_empty(&form_of_new(user, &abandoned.draft.activity)).await;
    slot.store(&abandoned.draft).map_err(|_| StoreError::Full)?;
    Ok(AbandonedDraft { name: slot.name().to_owned(), ..abandoned })
}

/// Returns whether the phone has all changes of a record that a form had begun to save.
pub async fn is_saved(app: AppState, kind: &Kind, id: Uuid, begun: Option<Fields>) -> bool {
    let Some(begun) = begun else { return false };
    // Unreadable storage has nothing to compare with: the draft stays.
    let stored = match kind {
        Kind::LedgerItem => item_view_of(app, id).await.ok().flatten().map(|(item, _)| item.fields),
        _ => match my_entry_of(app, id).await.ok().flatten() {
            Some((entry, _)) => Some(entry.fields),
            None => entry_view_of(app, id).await.ok().flatten().map(|(entry, _)| entry.fields),
        },
    };
    stored.is_some_and(|stored| path::has_all(&stored, &begun))
}
