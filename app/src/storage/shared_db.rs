//! The database that all people of a phone share: the last overview and the tree of places. Both may be large and are read and
//! written in chunks: in one task they would block a slow phone for half a second.

use crate::storage::local_storage;
use crate::storage::time_slice::TimeSlice;
use crate::storage::{Connection, Result, commit, remove};
use idb::{Query, TransactionMode};
use jiedui_core::directory::place::{Place, Places};
use jiedui_core::figures::chunk::SIZE;
use jiedui_core::figures::overview::Overview;
use serde::Serialize;
use wasm_bindgen::JsValue;

const KEPT: &str = "kept";

/// The database that is no person's.
pub struct SharedDb(Connection);

impl SharedDb {
    /// Opens it.
    pub async fn open() -> Result<Self> {
        Ok(Self(Connection::open("jiedui", &[KEPT]).await?))
    }

    /// The texts that are kept under a name: under the name itself is how many there are.
    async fn texts(&self, name: &str) -> Result<Option<Vec<String>>> {
        let transaction = self.0.begin(&[KEPT], TransactionMode::ReadOnly).await?;
        let store = transaction.object_store(KEPT)?;
        let Some(stored) = store.get(Query::Key(name.into()))?.await? else { return Ok(None) };
        if let Some(text) = stored.as_string() {
            // An older version of the app has kept all of it as one.
            return Ok(Some(vec![text]));
        }
        let mut texts = Vec::new();
        for number in 0..count(&stored) {
            let text = store.get(Query::Key(key(name, number)))?.await?;
            let Some(text) = text.and_then(|text| text.as_string()) else { return Ok(None) };
            texts.push(text);
        }
        Ok(Some(texts))
    }

    /// Keeps texts in place of those that are there, if there are any: all of them or none.
    async fn keep(&self, name: &str, texts: &[String]) -> Result<()> {
        let transaction = self.0.begin(&[KEPT], TransactionMode::ReadWrite).await?;
        let store = transaction.object_store(KEPT)?;
        let before = store.get(Query::Key(name.into()))?.await?.map(|stored| count(&stored)).unwrap_or_default();
        for number in texts.len()..before {
            remove(&store, key(name, number)).await?;
        }
        // One after the other: to hand all of them over at once would be a long task.
        for (number, text) in texts.iter().enumerate() {
            store.put(&text.into(), Some(&key(name, number)))?.await?;
        }
        if texts.is_empty() {
            remove(&store, name).await?;
        } else {
            store.put(&(texts.len() as f64).into(), Some(&name.into()))?.await?;
        }
        commit(transaction).await
    }

    /// The overview last received.
    pub async fn overview(&self) -> Result<Option<Overview>> {
        let Some(texts) = self.texts("overview").await? else { return Ok(None) };
        let mut slice = TimeSlice::begin().await;
        let mut texts = texts.iter();
        let mut overview: Overview = local_storage::from_json(texts.next().map(String::as_str).unwrap_or_default())?;
        for text in texts {
            slice.next().await;
            overview.add_chunk(local_storage::from_json(text)?);
        }
        Ok(Some(overview))
    }

    /// Whether there is one.
    pub async fn has_overview(&self) -> Result<bool> {
        let transaction = self.0.begin(&[KEPT], TransactionMode::ReadOnly).await?;
        Ok(transaction.object_store(KEPT)?.count(Some(Query::Key("overview".into())))?.await? > 0)
    }

    /// Keeps an overview if, once it is written down, it is `still` the one to be kept.
    pub async fn keep_overview(&self, overview: &Overview, still: impl Fn() -> bool) -> Result<()> {
        let mut texts = vec![local_storage::to_json(&overview.without_lists())?];
        write(&mut texts, overview.chunks()).await?;
        // A newer one that has come meanwhile is kept by whoever received it.
        if still() { self.keep("overview", &texts).await } else { Ok(()) }
    }

    /// Forgets it.
    pub async fn forget_overview(&self) -> Result<()> {
        self.keep("overview", &[]).await
    }

    /// The tree, if it has been received.
    pub async fn places(&self) -> Result<Option<Places>> {
        let Some(texts) = self.texts("places").await? else { return Ok(None) };
        let (mut places, mut slice) = (Vec::new(), TimeSlice::begin().await);
        for text in texts {
            slice.next().await;
            places.extend(local_storage::from_json::<Vec<Place>>(&text)?);
        }
        Ok(Some(Places::new(places)))
    }

    /// Keeps the tree.
    pub async fn keep_places(&self, places: &Places) -> Result<()> {
        let mut texts = Vec::new();
        write(&mut texts, places.all().chunks(SIZE)).await?;
        self.keep("places", &texts).await
    }
}

/// Where a text of those under a name is kept.
fn key(name: &str, number: usize) -> JsValue {
    format!("{name} {number}").into()
}

/// Returns the number of chunks, by the value under their name.
fn count(stored: &JsValue) -> usize {
    stored.as_f64().unwrap_or_default() as usize
}

async fn write(texts: &mut Vec<String>, pieces: impl Iterator<Item = impl Serialize>) -> Result<()> {
    let mut slice = TimeSlice::begin().await;
    for piece in pieces {
        texts.push(local_storage::to_json(&piece)?);
        slice.next().await;
    }
    Ok(())
}
