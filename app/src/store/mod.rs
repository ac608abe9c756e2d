//! The browser's storage. IndexedDB holds entries, outbox and replica, a database for each person, and one for what all
//! of them see; local storage holds the draft being typed and who has signed in.

pub mod draft;
pub mod journal;
pub mod known;
pub mod ledger;
pub mod person;
pub mod photos;
pub mod profile;
pub mod shared;

use crate::json;
use idb::{
    Database, DatabaseEvent, Factory, KeyRange, ObjectStore, ObjectStoreParams, Query, Transaction, TransactionMode,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen::JsValue;

/// What the browser's storage did not do.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StoreError {
    /// There is no room left.
    #[error("the phone's storage is full")]
    Full,
    /// Anything else, as the browser says it.
    #[error("{0}")]
    Failed(String),
}

impl From<idb::Error> for StoreError {
    fn from(error: idb::Error) -> Self {
        let text = error.to_string();
        if text.contains("Quota") { Self::Full } else { Self::Failed(text) }
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Shorthand of this folder.
pub type Result<T> = std::result::Result<T, StoreError>;

thread_local! {
    /// The databases that are open. Each opening leaves something behind in the page's memory (idb lets go of its callbacks
    /// without freeing them), which on a screen that runs for days would add up.
    static OPEN: RefCell<BTreeMap<String, Rc<Database>>> = const { RefCell::new(BTreeMap::new()) };
}

/// Opens a database and makes the stores that it lacks.
async fn open(name: &str, stores: &'static [&'static str]) -> Result<Rc<Database>> {
    if let Some(database) = OPEN.with_borrow(|open| open.get(name).cloned()) {
        return Ok(database);
    }
    let mut request = Factory::new()?.open(name, Some(1))?;
    request.on_upgrade_needed(move |event| {
        // What fails here makes the opening itself fail.
        if let Ok(database) = event.database() {
            for name in stores {
                let _ = database.create_object_store(name, ObjectStoreParams::new());
            }
        }
    });
    let database = Rc::new(request.await?);
    OPEN.with_borrow_mut(|open| open.insert(name.to_owned(), database.clone()));
    Ok(database)
}

fn begin(database: &Database, stores: &[&str], mode: TransactionMode) -> Result<Transaction> {
    Ok(database.transaction(stores, mode).inspect_err(|_| {
        // A browser closes it when somebody clears its data; the next who needs it opens it again.
        OPEN.with_borrow_mut(|open| open.remove(&database.name()));
    })?)
}

async fn get<T: DeserializeOwned>(store: &ObjectStore, key: impl Into<JsValue>) -> Result<Option<T>> {
    let value = store.get(Query::Key(key.into()))?.await?;
    value.and_then(|value| value.as_string()).map(|text| Ok(json::read(&text)?)).transpose()
}

/// How many records are read in one task: what a slow phone reads while nobody notices.
const CHUNK: u32 = 250;

/// All that is in a store, in the order of its keys. A long one comes piece by piece, and the browser can paint in between.
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
            all.push(json::read(&text)?);
        }
        if keys.len() < CHUNK as usize {
            return Ok(all);
        }
        after = keys.into_iter().next_back();
    }
}

async fn put(store: &ObjectStore, key: impl Into<JsValue>, value: &impl Serialize) -> Result<()> {
    let text = json::write(value)?;
    store.put(&text.into(), Some(&key.into()))?.await?;
    Ok(())
}

async fn remove(store: &ObjectStore, key: impl Into<JsValue>) -> Result<()> {
    store.delete(Query::Key(key.into()))?.await?;
    Ok(())
}

async fn commit(transaction: Transaction) -> Result<()> {
    transaction.commit()?.await?;
    Ok(())
}
