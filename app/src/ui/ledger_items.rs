//! The ledger items of this phone's replica, for every screen that lists them.

use crate::state::use_app_state;
use crate::storage::Result;
use crate::storage::ledger_view::ItemView;
use crate::storage::replica_progress::ReplicaProgress;
use crate::storage::user_db::UserDb;
use crate::ui::loading::guard_replica;
use leptos::prelude::*;
use std::sync::Arc;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

/// Reads the ledger items from this phone's replica. `None` until they have been read, and for visitors without an account.
pub fn use_ledger() -> Signal<Option<Arc<Vec<ItemView>>>> {
    let app = use_app_state();
    let items = RwSignal::new(None);
    let is_complete = app.replica.is_complete;
    Effect::new(move |_| {
        app.journal.entries.track();
        app.replica.version.track();
        is_complete.track();
        if let Some(user) = app.session.user.with(|user| user.as_ref().map(|user| user.id)) {
            spawn_local(async move {
                match read_items(user).await {
                    Ok((read, progress)) => drop(items.try_set(Some((Arc::new(read), progress)))),
                    Err(error) => app.storage.error.set(Some(error)),
                }
            });
        }
    });
    guard_replica(app, items)
}

async fn read_items(user: Uuid) -> Result<(Vec<ItemView>, ReplicaProgress)> {
    UserDb::open(user).await?.ledger().await
}
