//! The ledger items of this phone's replica, for every screen that lists them.

use crate::storage::ledger_view::ItemView;
use crate::storage::user_db::UserDb;
use crate::ui::stored::use_stored;
use leptos::prelude::*;
use std::sync::Arc;

/// Reads the ledger items from this phone's replica. `None` until they have been read, and for visitors without an account.
pub fn use_ledger() -> Signal<Option<Arc<Vec<ItemView>>>> {
    use_stored(|reading| Some(async move { Ok(Arc::new(UserDb::open(reading.user).await?.ledger().await?)) }))
}
