//! The browser's storage. IndexedDB has a database for each person, with outbox and replica, and a shared one. Local storage
//! holds drafts and the signed-in person. The rules of outbox, replica and lists are in [`jiedui_core::storage`].

pub mod clock;
mod connection;
pub mod draft_slots;
pub mod drafts;
mod error;
pub mod in_use;
mod indexed_db;
pub mod local_storage;
pub mod photo_db;
pub mod preferences;
pub mod profile;
pub mod shared_db;
pub mod tab_lock;
pub mod time_slice;
pub mod unsent_count;
pub mod user_db;

pub use connection::{Connection, Layout, commit, on_outdated, persistently};
pub use error::{Result, StoreError};
pub use jiedui_core::storage::views::{entries as entry_view, items as ledger_view};
pub use jiedui_core::storage::{lists, my_entries, replica_progress, saving};

use idb::{KeyRange, ObjectStore, Query};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;

async fn get<T: DeserializeOwned>(store: &ObjectStore, key: impl Into<JsValue>) -> Result<Option<T>> {
    let value = store.get(Query::Key(key.into()))?.await?;
    value.and_then(|value| value.as_string()).map(|text| Ok(local_storage::from_json(&text)?)).transpose()
}

/// Records read in one task, few enough for a slow phone to stay responsive.
const CHUNK: u32 = 250;

/// Reads a whole store in the order of its keys. A long one is read in chunks, and the browser can paint in between.
async fn all<T: DeserializeOwned>(store: &ObjectStore) -> Result<Vec<T>> {
    let (mut all, mut after) = (Vec::new(), None::<JsValue>);
    loop {
        let rest = || {
            let range = after.as_ref().map(|last| KeyRange::lower_bound(last, Some(true)));
            range.transpose().map(|range| range.map(Query::KeyRange))
        };
        let keys = store.get_all_keys(rest()?, Some(CHUNK))?.await?;
        let values = store.get_all(rest()?, Some(CHUNK))?.await?;
        for text in values.iter().filter_map(JsValue::as_string) {
            all.push(local_storage::from_json(&text)?);
        }
        if keys.len() < CHUNK as usize {
            return Ok(all);
        }
        after = keys.into_iter().next_back();
    }
}

async fn put(store: &ObjectStore, key: impl Into<JsValue>, value: &impl Serialize) -> Result<()> {
    let text = local_storage::to_json(value)?;
    store.put(&text.into(), Some(&key.into()))?.await?;
    Ok(())
}

async fn remove(store: &ObjectStore, key: impl Into<JsValue>) -> Result<()> {
    store.delete(Query::Key(key.into()))?.await?;
    Ok(())
}
