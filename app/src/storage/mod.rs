//! The browser's storage. IndexedDB has a database for each person, with outbox and replica, and a shared one. Local storage
//! holds drafts and the signed-in person.

mod connection;
pub mod deletion;
pub mod draft_slots;
pub mod drafts;
pub mod entry_view;
pub mod ledger_view;
pub mod local_storage;
pub mod my_entries;
pub mod photo_db;
pub mod profile;
pub mod replica_progress;
pub mod saving;
pub mod shared_db;
pub mod tab_lock;
pub mod time_slice;
pub mod unsent_count;
pub mod user_db;

pub use connection::{Connection, commit, on_outdated, persistently};

use crate::labels::texts::{Texts, fill};
use idb::{KeyRange, ObjectStore, Query};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;

/// An error of the browser's storage.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StoreError {
    /// There is no room left.
    #[error("the phone's storage is full")]
    Full,
    /// The browser has closed the database or broken a transaction off, and goes on doing so.
    #[error("the browser has closed the phone's storage")]
    Closed,
    /// A newer version of the app has changed the database.
    #[error("the page is of an older version than the phone's storage")]
    Outdated,
    /// Another tab holds the database and does not let go.
    #[error("another tab holds the phone's storage")]
    Blocked,
    /// The browser refuses it to this site.
    #[error("the browser refuses the site its storage")]
    Refused,
    /// There is no storage, and the server did not accept the change that was sent at once, for this reason.
    #[error("not sent: {0}")]
    NotSent(String),
    /// The browser has emptied the phone's storage, and this many unsent changes are lost with it.
    #[error("the phone's storage was emptied with {0} unsent changes")]
    Emptied(usize),
    /// Anything else, as the browser says it.
    #[error("{0}")]
    Failed(String),
}

impl StoreError {
    /// By what the browser says.
    fn of(text: &str) -> Self {
        let says = |one: &&str| text.contains(*one);
        if says(&"Quota") {
            Self::Full
        } else if says(&"VersionError") {
            Self::Outdated
        } else if ["AbortError", "InvalidStateError", "TransactionInactiveError", "server lost"].iter().any(says) {
            Self::Closed
        } else {
            Self::Failed(text.to_owned())
        }
    }

    /// Returns the message on the screen.
    pub fn words(&self, texts: &Texts) -> String {
        match self {
            Self::Full => texts.storage_full.to_owned(),
            Self::Closed => texts.storage_closed.to_owned(),
            Self::Outdated => texts.storage_outdated.to_owned(),
            Self::Blocked => texts.storage_blocked.to_owned(),
            Self::Refused => texts.storage_refused.to_owned(),
            Self::NotSent(why) => fill(texts.not_sent, &[why]),
            Self::Emptied(lost) => fill(texts.storage_emptied, &[lost]),
            Self::Failed(why) => fill(texts.storage_failed, &[why]),
        }
    }
}

impl From<idb::Error> for StoreError {
    fn from(error: idb::Error) -> Self {
        match error {
            idb::Error::IndexedDbNotFound(_) | idb::Error::IndexedDbOpenFailed(_) => Self::Refused,
            error => Self::of(&error.to_string()),
        }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Shorthand of this folder.
pub type Result<T> = std::result::Result<T, StoreError>;

async fn get<T: DeserializeOwned>(store: &ObjectStore, key: impl Into<JsValue>) -> Result<Option<T>> {
    let value = store.get(Query::Key(key.into()))?.await?;
    value.and_then(|value| value.as_string()).map(|text| Ok(local_storage::from_json(&text)?)).transpose()
}

/// How many records are read in one task: what a slow phone reads while nobody notices.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn store_error_is_read_from_the_browsers_message() {
        let of = |text: &str| StoreError::of(text);
        assert_eq!(of("DOM exception: QuotaExceededError: no room"), StoreError::Full);
        assert_eq!(
            of("VersionError: The requested version (1) is less than the existing version (2)."),
            StoreError::Outdated
        );
        for text in [
            "InvalidStateError: Failed to execute 'transaction' on 'IDBDatabase': The database connection is closing.",
            "AbortError: The transaction was aborted, so the request cannot be fulfilled.",
            "UnknownError: Connection to Indexed Database server lost. Refresh the page to try again",
        ] {
            assert_eq!(of(text), StoreError::Closed, "{text}");
        }
        assert_eq!(of("DataError: a key"), StoreError::Failed("DataError: a key".to_owned()));
    }
}
