//! The user's recent entries on this phone. Forms offer the places, partners and answers that they have.

use crate::storage::my_entries::MyEntry;
use crate::storage::user_db::UserDb;
use crate::ui::stored::use_stored;
use leptos::prelude::*;
use std::sync::Arc;

/// Recent own entries, newest first; `None` until they have been read.
pub type Recent = Signal<Option<Arc<Vec<MyEntry>>>>;

/// Reads the user's recent entries.
pub fn use_recent() -> Recent {
    use_stored(|reading| Some(async move { Ok(Arc::new(UserDb::open(reading.user).await?.recent_entries().await?)) }))
}
