//! Database that all users of a phone share: the last overview, year packs and the tree of places. Texts may be large and are read
//! and written in chunks: in one task they would block a slow phone for half a second.

use crate::storage::local_storage;
use crate::storage::time_slice::TimeSlice;
use crate::storage::{Connection, Layout, Result, commit, get, remove};
use idb::{KeyRange, Query, TransactionMode};
use jiedui_core::directory::place::{Place, Places};
use jiedui_core::figures::chunk::SIZE;
use jiedui_core::figures::overview::Overview;
use jiedui_core::figures::pack::YearPack;
use js_sys::{Array, Uint8Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

/// Name of the only store.
const STORE: &str = "kept";

/// Start of the key of a year pack; its year follows.
const PACK: &str = "pack ";

/// The database.
pub struct SharedDb(Connection);

impl SharedDb {
    /// Opens the shared database.
    pub async fn open() -> Result<Self> {
        Ok(Self(Connection::open("jiedui", Layout::plain(&[STORE])).await?))
    }

    /// Returns the texts of a value; `None` if it is not stored. The key `name` holds their number.
    async fn texts(&self, name: &str) -> Result<Option<Vec<String>>> {
        let transaction = self.0.begin(&[STORE], TransactionMode::ReadOnly).await?;
        let store = transaction.object_store(STORE)?;
        let Some(stored) = store.get(Query::Key(name.into()))?.await? else { return Ok(None) };
        if let Some(text) = stored.as_string() {
            // An older version of the app stored the whole value as one text.
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

    /// Replaces the texts of a value in one transaction.
    async fn replace(&self, name: &str, texts: &[String]) -> Result<()> {
        let transaction = self.0.begin(&[STORE], TransactionMode::ReadWrite).await?;
        let store = transaction.object_store(STORE)?;
        let before = store.get(Query::Key(name.into()))?.await?.map(|stored| count(&stored)).unwrap_or_default();
        for number in texts.len()..before {
            remove(&store, key(name, number)).await?;
        }
        // One after the other: passing all of them at once would be a long task.
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

    /// Returns the last received overview.
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

    /// Returns whether an overview is stored.
    pub async fn has_overview(&self) -> Result<bool> {
        let transaction = self.0.begin(&[STORE], TransactionMode::ReadOnly).await?;
        Ok(transaction.object_store(STORE)?.count(Some(Query::Key("overview".into())))?.await? > 0)
    }

    /// Stores an overview if it `is_current` after it has been serialised.
    pub async fn put_overview(&self, overview: &Overview, is_current: impl Fn() -> bool) -> Result<()> {
        let mut texts = vec![local_storage::to_json(&overview.without_lists())?];
        serialise(&mut texts, overview.chunks()).await?;
        // A newer one that arrived meanwhile is stored by its own call.
        if is_current() { self.replace("overview", &texts).await } else { Ok(()) }
    }

    /// Returns edition and change of the stored overview.
    pub async fn overview_version(&self) -> Result<Option<(String, i64)>> {
        #[derive(Deserialize)]
        struct Version {
            edition: String,
            change: i64,
        }
        let transaction = self.0.begin(&[STORE], TransactionMode::ReadOnly).await?;
        let head = get::<Version>(&transaction.object_store(STORE)?, key("overview", 0)).await?;
        Ok(head.map(|Version { edition, change }| (edition, change)))
    }

    /// Stores what changes with each entry: an overview without its lists, whose figures are in year packs. The lists stay.
    pub async fn put_overview_head(&self, overview: &Overview) -> Result<()> {
        let transaction = self.0.begin(&[STORE], TransactionMode::ReadWrite).await?;
        let text = local_storage::to_json(&overview.without_lists())?;
        transaction.object_store(STORE)?.put(&text.into(), Some(&key("overview", 0)))?.await?;
        commit(transaction).await
    }

    /// Removes the overview and the year packs.
    pub async fn remove_overview(&self) -> Result<()> {
        self.replace("overview", &[]).await?;
        let transaction = self.0.begin(&[STORE], TransactionMode::ReadWrite).await?;
        transaction.object_store(STORE)?.delete(Query::KeyRange(packs()?))?.await?;
        commit(transaction).await
    }

    /// Returns the stored year packs, encoded.
    pub async fn packs(&self) -> Result<Vec<Vec<u8>>> {
        let transaction = self.0.begin(&[STORE], TransactionMode::ReadOnly).await?;
        let stored = transaction.object_store(STORE)?.get_all(Some(Query::KeyRange(packs()?)), None)?.await?;
        Ok(stored.iter().map(|row| Uint8Array::new(&Array::from(row).get(2)).to_vec()).collect())
    }

    /// Stores a year pack, unless another tab has stored a newer one. Its row holds edition, change and bytes.
    pub async fn put_pack(&self, pack: &YearPack) -> Result<()> {
        let bytes = Uint8Array::from(pack.encode().as_slice());
        let transaction = self.0.begin(&[STORE], TransactionMode::ReadWrite).await?;
        let store = transaction.object_store(STORE)?;
        let key = JsValue::from(format!("{PACK}{}", pack.year));
        let stored = store.get(Query::Key(key.clone()))?.await?.map(|row| Array::from(&row));
        let is_newer = |row: Array| {
            row.get(0).as_string().as_ref() == Some(&pack.edition)
                && row.get(1).as_f64().is_some_and(|change| change > pack.change as f64)
        };
        if !stored.is_some_and(is_newer) {
            let row = Array::of3(&pack.edition.as_str().into(), &(pack.change as f64).into(), &bytes);
            store.put(&row, Some(&key))?.await?;
        }
        commit(transaction).await
    }

    /// Returns the tree of places, if it has been received.
    pub async fn places(&self) -> Result<Option<Places>> {
        let Some(texts) = self.texts("places").await? else { return Ok(None) };
        let (mut places, mut slice) = (Vec::new(), TimeSlice::begin().await);
        for text in texts {
            slice.next().await;
            places.extend(local_storage::from_json::<Vec<Place>>(&text)?);
        }
        Ok(Some(Places::new(places)))
    }

    /// Stores the tree of places.
    pub async fn put_places(&self, places: &Places) -> Result<()> {
        let mut texts = Vec::new();
        serialise(&mut texts, places.all().chunks(SIZE)).await?;
        self.replace("places", &texts).await
    }
}

/// Returns the range of the keys of year packs.
fn packs() -> Result<KeyRange> {
    Ok(KeyRange::bound(&PACK.into(), &format!("{PACK}~").into(), None, None)?)
}

/// Returns the key of one of the texts of a value.
fn key(name: &str, number: usize) -> JsValue {
    format!("{name} {number}").into()
}

/// Returns the number of texts of a value.
fn count(stored: &JsValue) -> usize {
    stored.as_f64().unwrap_or_default() as usize
}

/// Serialises chunks; the browser can paint in between.
async fn serialise(texts: &mut Vec<String>, chunks: impl Iterator<Item = impl Serialize>) -> Result<()> {
    let mut slice = TimeSlice::begin().await;
    for chunk in chunks {
        texts.push(local_storage::to_json(&chunk)?);
        slice.next().await;
    }
    Ok(())
}
