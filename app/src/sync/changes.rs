//! Changes made on the screens: stored in the outbox, shown, then sent.

use super::direct;
use crate::state::AppState;
use crate::state::screen::Deleted;
use crate::storage::entry_view::EntryView;
use crate::storage::ledger_view::ItemView;
use crate::storage::my_entries::{MyEntry, PendingDeletion};
use crate::storage::saving::{SaveOutcome, SaveRequest};
use crate::storage::user_db::UserDb;
use crate::storage::{StoreError, clock};
use jiedui_core::entry::{Fields, State, field};
use jiedui_core::sync::outbox::UNDO_PERIOD;
use jiedui_core::sync::{Input, Kind, Op, Path};
use jiedui_core::values::sort::collect_sorted;
use leptos::prelude::*;
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;
use web_sys::BroadcastChannel;

/// Channel on which tabs announce that the outbox or replica changed.
pub(super) const CHANNEL: &str = "jiedui";

/// Opens the storage of the signed-in user.
async fn user_db(app: AppState) -> Result<UserDb, StoreError> {
    UserDb::open(app.session.user.with_untracked(|user| user.as_ref().map(|user| user.id)).unwrap_or_default()).await
}

/// Shows a new item of the outbox on the screens and starts the sync.
async fn show_and_send(app: AppState, db: &UserDb) {
    // The change is saved even if it cannot be shown yet.
    match db.my_entries().await {
        Ok(mine) => app.show_my_entries(mine),
        Err(error) => {
            app.my_entries.is_stale.set_value(true);
            app.storage.error.set(Some(error));
        }
    }
    app.sync.notify(Input::Wake);
    notify_other_tabs();
}

/// A decision on an entry that can be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The entry.
    pub id: Uuid,
    /// Number of the decision in the outbox.
    pub seq: u64,
}

/// Saves decisions on entries (identifiers, revisions and fields), all or none. When this returns, they are on the phone; they are
/// sent after the undo period.
pub async fn decide(app: AppState, decisions: Vec<(Uuid, u64, Fields)>) -> Result<Vec<Decided>, StoreError> {
    let db = user_db(app).await?;
    let numbers = db.save_held(&decisions, clock::phone()).await?;
    show_and_send(app, &db).await;
    Ok(decisions.iter().zip(numbers).map(|((id, _, _), seq)| Decided { id: *id, seq }).collect())
}

/// Undoes decisions. One that may have been sent is undone by a further change, which submits the entry again.
pub async fn undo_decisions(app: AppState, decided: Vec<Decided>) -> Result<(), StoreError> {
    let db = user_db(app).await?;
    for Decided { id, seq } in decided {
        if db.undo_held(seq, clock::phone()).await? {
            continue;
        }
        // An edit since then has submitted it already.
        let view = db.entry_view_of(id).await?.map(|(view, _)| view);
        if let Some(view) = view.filter(|view| view.entry.state != State::Submitted) {
            let fields = Fields::from_iter([(field::STATE.to_owned(), json!(State::Submitted.code()))]);
            db.save(Kind::Entry, id, view.rev, Op::Put, fields).await?;
        }
    }
    show_and_send(app, &db).await;
    Ok(())
}

/// Deletes an entry, with the reasons given for it. When this returns, the deletion is on the phone; it is sent after the undo
/// period.
pub async fn delete(app: AppState, id: Uuid, rev: u64, fields: Fields, reasons: Fields) -> Result<Deleted, StoreError> {
    let db = user_db(app).await?;
    let seq = db.delete(Kind::Entry, id, rev, reasons, clock::phone()).await?;
    set_timeout(move || app.sync.notify(Input::Wake), Duration::from_millis(UNDO_PERIOD.unsigned_abs()));
    show_and_send(app, &db).await;
    Ok(Deleted { id, rev, fields, seq })
}

/// Restores a deleted entry, whether or not the deletion has been sent.
pub async fn undo_delete(app: AppState, deleted: Deleted) -> Result<(), StoreError> {
    let db = user_db(app).await?;
    if !db.undo_held(deleted.seq, clock::phone()).await? {
        let review = [field::STATE, field::REVIEW_NOTE, field::REVIEW_FIELDS];
        let fields = collect_sorted(deleted.fields.into_iter().filter(|(name, _)| !review.contains(&name.as_str())));
        db.save(Kind::Entry, deleted.id, deleted.rev, Op::Put, fields).await?;
    }
    show_and_send(app, &db).await;
    Ok(())
}

/// Puts a form's change into the outbox and starts the sync. `SaveOutcome::Done` means that the change is on the phone.
pub async fn save_made(app: AppState, request: &SaveRequest) -> Result<SaveOutcome, StoreError> {
    let db = match user_db(app).await {
        Err(StoreError::Refused) => return direct::send(app, request).await.map(|()| SaveOutcome::Done(request.id)),
        db => db?,
    };
    let saved = db.save_request(request).await?;
    if matches!(saved, SaveOutcome::Done(_)) {
        show_and_send(app, &db).await;
    }
    Ok(saved)
}

/// Returns an entry of the user with unsent changes, and the number of its last change by a form.
pub async fn my_entry_of(app: AppState, id: Uuid) -> Result<Option<(MyEntry, u64)>, StoreError> {
    user_db(app).await?.my_entry_of(id).await
}

/// Returns an entry of any author with unsent changes, and the number of its last change by a form.
pub async fn entry_view_of(app: AppState, id: Uuid) -> Result<Option<(EntryView, u64)>, StoreError> {
    user_db(app).await?.entry_view_of(id).await
}

/// Returns a ledger item with unsent changes, and the number of its last change by a form.
pub async fn item_view_of(app: AppState, id: Uuid) -> Result<Option<(ItemView, u64)>, StoreError> {
    user_db(app).await?.item_view_of(id).await
}

/// Deletes a ledger item: the deletion is on the phone when this returns, and is sent after the undo period.
pub async fn delete_item(app: AppState, id: Uuid, rev: u64) -> Result<(), StoreError> {
    let db = user_db(app).await?;
    db.delete(Kind::LedgerItem, id, rev, Fields::new(), clock::phone()).await?;
    show_and_send(app, &db).await;
    Ok(())
}

/// Returns the deletions of ledger items that wait to be sent.
pub async fn item_deletions(app: AppState) -> Result<Vec<PendingDeletion>, StoreError> {
    user_db(app).await?.item_deletions().await
}

/// Restores a deleted ledger item, whether or not the deletion has been sent.
pub async fn undo_delete_item(app: AppState, deletion: PendingDeletion) -> Result<(), StoreError> {
    let db = user_db(app).await?;
    if !db.undo_held(deletion.seq, clock::phone()).await? {
        db.save(Kind::LedgerItem, deletion.id, deletion.rev, Op::Put, deletion.fields).await?;
    }
    show_and_send(app, &db).await;
    Ok(())
}

/// Discards a change that the server rejected.
pub async fn discard_refused(app: AppState, id: Uuid) -> Result<(), StoreError> {
    let db = user_db(app).await?;
    db.discard_refused(id).await?;
    app.show_my_entries(db.my_entries().await?);
    Ok(())
}

/// Removes the notice that another user deleted an entry of this user.
pub async fn forget_gone(app: AppState, id: Uuid) -> Result<(), StoreError> {
    let db = user_db(app).await?;
    db.forget_gone(id).await?;
    app.show_my_entries(db.my_entries().await?);
    Ok(())
}

/// Resolves a conflict with the paths whose values the user chose, and starts the sync.
pub async fn choose(app: AppState, id: Uuid, rev: u64, seq: u64, chosen: Vec<Path<'static>>) -> Result<(), StoreError> {
    let db = user_db(app).await?;
    db.choose(id, rev, seq, chosen).await?;
    show_and_send(app, &db).await;
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
