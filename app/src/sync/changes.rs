//! Changes that the screens make: stored in the outbox, shown, and then sent.

use super::direct;
use crate::state::AppState;
use crate::state::screen::Deleted;
use crate::storage::entry_view::EntryView;
use crate::storage::ledger_view::ItemView;
use crate::storage::my_entries::{MyEntry, PendingDeletion};
use crate::storage::saving::{SaveOutcome, SaveRequest};
use crate::storage::user_db::UserDb;
use crate::storage::{StoreError, clock};
use jiedui_core::entry::Fields;
use jiedui_core::sync::outbox::UNDO_PERIOD;
use jiedui_core::sync::{Input, Kind, Op, Path};
use leptos::prelude::*;
use std::time::Duration;
use uuid::Uuid;
use web_sys::BroadcastChannel;

/// Channel on which tabs tell each other that there is something new on the phone.
pub(super) const CHANNEL: &str = "jiedui";

/// Opens the storage of the signed-in user.
async fn user_db(model: AppState) -> Result<UserDb, StoreError> {
    UserDb::open(model.session.user.with_untracked(|user| user.as_ref().map(|user| user.id)).unwrap_or_default()).await
}

/// Shows a new item of the outbox on the screens and starts the sync.
async fn is_saved(model: AppState, db: &UserDb) {
    // What was saved is saved, whether or not it can be shown yet.
    match db.journal().await {
        Ok(journal) => model.show_my_entries(journal),
        Err(error) => {
            model.journal.is_stale.set_value(true);
            model.storage.error.set(Some(error));
        }
    }
    model.sync.notify(Input::Wake);
    notify_other_tabs();
}

/// Puts changes of entries (identifiers, revisions and fields) into the outbox and starts the sync. When it returns, they are on
/// the phone. Changes stored before one fails are sent.
pub async fn save_all(model: AppState, op: Op, changes: Vec<(Uuid, u64, Fields)>) -> Result<(), StoreError> {
    let db = user_db(model).await?;
    let mut saved = Ok(());
    for (id, base_rev, fields) in changes {
        saved = db.save(Kind::Entry, id, base_rev, op, fields).await;
        if saved.is_err() {
            break;
        }
    }
    is_saved(model, &db).await;
    saved
}

/// Deletes an entry: the deletion is on the phone when this returns, and is sent once it can no longer be undone.
pub async fn delete(model: AppState, id: Uuid, rev: u64, fields: Fields, said: Fields) -> Result<(), StoreError> {
    let db = user_db(model).await?;
    let seq = db.delete(Kind::Entry, id, rev, said, clock::phone()).await?;
    model.screen.deleted.set(Some(Deleted { id, rev, fields, seq }));
    let over = move || {
        model.screen.deleted.update(|deleted| drop(deleted.take_if(|deleted| deleted.seq == seq)));
        model.sync.notify(Input::Wake);
    };
    set_timeout(over, Duration::from_millis(UNDO_PERIOD.unsigned_abs()));
    is_saved(model, &db).await;
    Ok(())
}

/// Restores a deleted entry, whether or not the deletion has been sent.
pub async fn undo_delete(model: AppState, deleted: Deleted) -> Result<(), StoreError> {
    let db = user_db(model).await?;
    model.screen.deleted.set(None);
    if !db.undo_delete(deleted.seq, clock::phone()).await? {
        let decided = ["state", "review_note", "review_fields"];
        let fields = deleted.fields.into_iter().filter(|(name, _)| !decided.contains(&name.as_str())).collect();
        db.save(Kind::Entry, deleted.id, deleted.rev, Op::Put, fields).await?;
    }
    is_saved(model, &db).await;
    Ok(())
}

/// Puts what a form has made into the outbox and starts the sync. When it says that it is done, it is on the phone.
pub async fn save_made(model: AppState, made: &SaveRequest) -> Result<SaveOutcome, StoreError> {
    let db = match user_db(model).await {
        Err(StoreError::Refused) => return direct::send(model, made).await.map(|()| SaveOutcome::Done),
        db => db?,
    };
    let saved = db.save_request(made).await?;
    if saved == SaveOutcome::Done {
        is_saved(model, &db).await;
    }
    Ok(saved)
}

/// Returns one of this person's entries with unsent changes, and the number of its last change by a form.
pub async fn my_entry_of(model: AppState, id: Uuid) -> Result<Option<(MyEntry, u64)>, StoreError> {
    user_db(model).await?.my_entry_of(id).await
}

/// Anybody's entry as this phone knows it, and the same number.
pub async fn entry_view_of(model: AppState, id: Uuid) -> Result<Option<(EntryView, u64)>, StoreError> {
    user_db(model).await?.entry_view_of(id).await
}

/// The same for an item of a ledger.
pub async fn item_view_of(model: AppState, id: Uuid) -> Result<Option<(ItemView, u64)>, StoreError> {
    user_db(model).await?.item_view_of(id).await
}

/// Deletes a ledger item: the deletion is on the phone when this returns, and is sent after the undo period.
pub async fn delete_item(model: AppState, id: Uuid, rev: u64) -> Result<(), StoreError> {
    let db = user_db(model).await?;
    db.delete(Kind::LedgerItem, id, rev, Fields::new(), clock::phone()).await?;
    is_saved(model, &db).await;
    Ok(())
}

/// Returns the deletions of ledger items that wait to be sent.
pub async fn item_deletions(model: AppState) -> Result<Vec<PendingDeletion>, StoreError> {
    user_db(model).await?.item_deletions().await
}

/// Restores a deleted ledger item, whether or not the deletion has been sent.
pub async fn undo_delete_item(model: AppState, deletion: PendingDeletion) -> Result<(), StoreError> {
    let db = user_db(model).await?;
    if !db.undo_delete(deletion.seq, clock::phone()).await? {
        db.save(Kind::LedgerItem, deletion.id, deletion.rev, Op::Put, deletion.fields).await?;
    }
    is_saved(model, &db).await;
    Ok(())
}

/// Takes back a change that the server has refused.
pub async fn discard_refused(model: AppState, id: Uuid) -> Result<(), StoreError> {
    let db = user_db(model).await?;
    db.discard_refused(id).await?;
    model.show_my_entries(db.journal().await?);
    Ok(())
}

/// The person has seen that an entry of theirs was deleted by others.
pub async fn forget_gone(model: AppState, id: Uuid) -> Result<(), StoreError> {
    let db = user_db(model).await?;
    db.forget_gone(id).await?;
    model.show_my_entries(db.journal().await?);
    Ok(())
}

/// Settles a conflict as the person has chosen, and starts the sync.
pub async fn choose(model: AppState, id: Uuid, rev: u64, seq: u64, take: Vec<Path<'static>>) -> Result<(), StoreError> {
    let db = user_db(model).await?;
    db.choose(id, rev, seq, take).await?;
    is_saved(model, &db).await;
    Ok(())
}

/// Returns the unsent mutations as the body of a push. The server accepts it from a session of the same person, once, whether
/// or not the phone sends the mutations too.
pub async fn outbox_as_push(app: AppState) -> Result<String, StoreError> {
    user_db(app).await?.outbox_as_push(clock::phone()).await
}

pub(super) fn notify_other_tabs() {
    if let Ok(channel) = BroadcastChannel::new(CHANNEL) {
        let _ = channel.post_message(&"saved".into());
        channel.close();
    }
}
