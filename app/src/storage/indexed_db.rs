//! A transaction on IndexedDB. A row without columns is stored as a text. Any other is an object with the text, and with the
//! columns as properties, which the browser's indexes read.

use super::connection::{Layout, commit};
use super::error::{Result, StoreError};
use futures::FutureExt;
use idb::{IndexParams, KeyPath, KeyRange as IdbRange, Query, Transaction as IdbTransaction};
use jiedui_core::storage::schema::{self, INDEXES};
use jiedui_core::storage::{Key, KeyRange, Row, Source, Store, Transaction};
use js_sys::{Array, Object, Reflect};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::{Future, IntoFuture};
use uuid::Uuid;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

/// Property that holds the text of a row.
const BODY: &str = "body";

thread_local! {
    /// Names of properties as the browser's strings, since each row has the same ones.
    static NAMES: RefCell<BTreeMap<&'static str, JsValue>> = const { RefCell::new(BTreeMap::new()) };
}

fn name(name: &'static str) -> JsValue {
    NAMES.with_borrow_mut(|names| names.entry(name).or_insert_with(|| name.into()).clone())
}

/// Names of the stores of a person's database.
pub const STORES: [&str; 3] = [Store::Meta.name(), Store::Outbox.name(), Store::Replica.name()];

/// Returns the layout of a person's database.
pub fn layout(owner: Uuid) -> Layout {
    Layout { version: schema::VERSION, stores: &STORES, upgrade: Some((owner, upgrade)) }
}

/// Creates the missing indexes of a database, and converts the rows of an older version. An error rolls the upgrade
/// back: the database stays as it was, and the opening fails.
fn upgrade(owner: Uuid, transaction: IdbTransaction, from: u32) {
    let mut work = Box::pin(async move {
        let transaction = IndexedDb(transaction);
        let converted = async {
            transaction.create_indexes()?;
            match from {
                0 => Ok(()),
                from => schema::upgrade(&transaction, owner, from).await,
            }
        };
        if converted.await.is_err() {
            transaction.abort();
        }
    });
    // The first requests have to be made before the event ends.
    if (&mut work).now_or_never().is_none() {
        spawn_local(work);
    }
}

/// A transaction of a person's database.
pub struct IndexedDb(IdbTransaction);

impl IndexedDb {
    /// Wraps an open transaction.
    pub fn new(transaction: IdbTransaction) -> Self {
        Self(transaction)
    }

    /// Creates the missing indexes of the stores, in an upgrade.
    fn create_indexes(&self) -> Result<()> {
        for index in INDEXES {
            let store = self.0.object_store(index.store.name())?;
            if store.index_names().iter().any(|name| name == index.name) {
                continue;
            }
            let path = match index.columns {
                [column] => KeyPath::new_single(column),
                columns => KeyPath::new_array(columns.iter().copied()),
            };
            let mut params = IndexParams::new();
            params.multi_entry(index.is_multi);
            store.create_index(index.name, path, Some(params))?;
        }
        Ok(())
    }

    /// Commits the transaction. After `Ok` all its writes are in the database; after an error none are.
    pub async fn commit(self) -> Result<()> {
        commit(self.0).await
    }

    /// Rolls the transaction back.
    pub fn abort(self) {
        // Fails if the browser has already rolled it back.
        let _ = self.0.abort();
    }
}

impl Transaction for IndexedDb {
    type Error = StoreError;

    async fn get(&self, store: Store, keys: &[Key]) -> Result<Vec<Option<Row>>> {
        let source = self.0.object_store(store.name())?;
        let requests = keys.iter().map(|key| Ok(source.get(Query::Key(value_of(key)))?.into_future()));
        let values = all(requests).await?;
        Ok(values.into_iter().map(|value| value.map(|value| row_of(store, &value))).collect())
    }

    async fn scan(&self, source: Source, range: &KeyRange, limit: Option<u32>) -> Result<Vec<Row>> {
        let query = query_of(range)?;
        let (store, values) = match source {
            Source::Store(store) => (store, self.0.object_store(store.name())?.get_all(query, limit)?.await?),
            Source::Index(index) => {
                let rows = self.0.object_store(index.store.name())?.index(index.name)?;
                (index.store, rows.get_all(query, limit)?.await?)
            }
        };
        Ok(values.iter().map(|value| row_of(store, value)).collect())
    }

    async fn count(&self, source: Source, ranges: &[KeyRange]) -> Result<Vec<usize>> {
        let requests = ranges.iter().map(|range| {
            let query = query_of(range)?;
            let request = match source {
                Source::Store(store) => self.0.object_store(store.name())?.count(query)?,
                Source::Index(index) => self.0.object_store(index.store.name())?.index(index.name)?.count(query)?,
            };
            Ok(request.into_future())
        });
        Ok(all(requests).await?.into_iter().map(|count| count as usize).collect())
    }

    fn put(&self, store: Store, key: Key, row: Row) -> Result<()> {
        // The request is not awaited: its error aborts the transaction.
        self.0.object_store(store.name())?.put(&value_of_row(row), Some(&value_of(&key)))?;
        Ok(())
    }

    fn delete(&self, store: Store, range: &KeyRange) -> Result<()> {
        let store = self.0.object_store(store.name())?;
        match query_of(range)? {
            Some(query) => drop(store.delete(query)?),
            None => drop(store.clear()?),
        }
        Ok(())
    }
}

/// Makes requests and waits for all of them, even if one fails: their callbacks must exist when they end.
async fn all<T, F>(requests: impl Iterator<Item = Result<F>>) -> Result<Vec<T>>
where
    F: Future<Output = std::result::Result<T, idb::Error>>,
{
    let (mut made, mut failed) = (Vec::new(), None);
    for request in requests {
        match request {
            Ok(request) => made.push(request),
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    let mut values = Vec::with_capacity(made.len());
    for request in made {
        match request.await {
            Ok(value) => values.push(value),
            Err(error) => failed = failed.or_else(|| Some(error.into())),
        }
    }
    failed.map_or(Ok(values), Err)
}

fn value_of(key: &Key) -> JsValue {
    match key {
        Key::Number(number) => (*number as f64).into(),
        Key::Text(text) => text.as_str().into(),
        Key::List(keys) => keys.iter().map(value_of).collect::<Array>().into(),
    }
}

fn value_of_row(row: Row) -> JsValue {
    if row.columns.is_empty() {
        return row.body.into();
    }
    let object = Object::new();
    let set = |column, value| {
        // Cannot fail: the object is plain and new.
        let _ = Reflect::set(&object, &name(column), &value);
    };
    for (column, key) in &row.columns {
        set(column, value_of(key));
    }
    set(BODY, row.body.into());
    object.into()
}

fn row_of(store: Store, value: &JsValue) -> Row {
    if let Some(text) = value.as_string() {
        return Row::new(text);
    }
    let property = |column| Reflect::get(value, &name(column)).unwrap_or_default();
    let mut row = Row::new(property(BODY).as_string().unwrap_or_default());
    for column in store.flags() {
        let value = property(column);
        let number = || value.as_f64().map(|number| Key::Number(number as u64));
        row.columns.extend(value.as_string().map(Key::Text).or_else(number).map(|key| (*column, key)));
    }
    row
}

/// Returns the browser's range; `None` for all keys.
fn query_of(range: &KeyRange) -> Result<Option<Query>> {
    let query = match (&range.lower, &range.upper) {
        (None, None) => return Ok(None),
        (Some(lower), None) => IdbRange::lower_bound(&value_of(&lower.key), Some(lower.is_open))?,
        (None, Some(upper)) => IdbRange::upper_bound(&value_of(&upper.key), Some(upper.is_open))?,
        (Some(lower), Some(upper)) => {
            let open = (Some(lower.is_open), Some(upper.is_open));
            IdbRange::bound(&value_of(&lower.key), &value_of(&upper.key), open.0, open.1)?
        }
    };
    Ok(Some(Query::KeyRange(query)))
}
