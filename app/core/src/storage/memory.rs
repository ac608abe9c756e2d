//! In-memory implementation of a phone's database, for tests and the simulation.

use super::backend::{Index, Key, KeyRange, Row, Source, Store, Transaction};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// The rows of each store.
type Stores = BTreeMap<Store, BTreeMap<Key, Row>>;

/// A database in memory. A clone is a copy.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    stores: Stores,
}

/// Error of the in-memory database: a text that is not the JSON it should be.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct MemoryError(#[from] serde_json::Error);

impl Memory {
    /// Runs a transaction. Its writes take effect if `work` succeeds and `commits` is set; otherwise none does.
    pub fn run<T, E>(
        &mut self,
        commits: bool,
        work: impl AsyncFnOnce(&MemoryTransaction) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction = MemoryTransaction { stores: RefCell::new(self.stores.clone()) };
        let result = block_on(work(&transaction))?;
        if commits {
            self.stores = transaction.stores.into_inner();
        }
        Ok(result)
    }

    /// Returns the rows of a store, in the order of their keys.
    pub fn rows(&self, store: Store) -> impl Iterator<Item = (&Key, &Row)> {
        self.stores.get(&store).into_iter().flatten()
    }

    /// Puts a row into a store, as an older version of the app or another program would.
    pub fn insert(&mut self, store: Store, key: impl Into<Key>, row: Row) {
        self.stores.entry(store).or_default().insert(key.into(), row);
    }
}

/// Polls a future that never waits.
fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("every operation of the database in memory is ready at once"),
    }
}

/// A transaction on a [`Memory`].
#[derive(Debug)]
pub struct MemoryTransaction {
    stores: RefCell<Stores>,
}

impl MemoryTransaction {
    /// Returns keys and rows of a range in its order: an index may have several keys for a row, or none.
    fn select(&self, source: Source, range: &KeyRange) -> Vec<Row> {
        assert!(range.is_valid(), "IndexedDB rejects {range:?}");
        let stores = self.stores.borrow();
        let store = match source {
            Source::Store(store) => store,
            Source::Index(index) => index.store,
        };
        let rows = stores.get(&store).into_iter().flatten();
        let mut selected: Vec<(Key, &Key, &Row)> = match source {
            Source::Store(_) => rows.map(|(key, row)| (key.clone(), key, row)).collect(),
            Source::Index(index) => rows
                .flat_map(|(key, row)| index_keys(index, row).into_iter().map(move |index_key| (index_key, key, row)))
                .collect(),
        };
        selected.retain(|(key, _, _)| range.contains(key));
        selected.sort_by(|left, right| (&left.0, left.1).cmp(&(&right.0, right.1)));
        selected.into_iter().map(|(_, _, row)| row.clone()).collect()
    }
}

/// Returns the keys under which an index has a row: none if the row lacks a column.
fn index_keys(index: &Index, row: &Row) -> Vec<Key> {
    let columns: Option<Vec<Key>> = index.columns.iter().map(|name| row.columns.get(name).cloned()).collect();
    match (columns, index.is_multi) {
        (None, _) => Vec::new(),
        (Some(columns), true) => columns
            .into_iter()
            .flat_map(|key| match key {
                Key::List(keys) => keys,
                key => vec![key],
            })
            .collect(),
        (Some(mut columns), false) if columns.len() == 1 => columns.split_off(0),
        (Some(columns), false) => vec![Key::List(columns)],
    }
}

impl Transaction for MemoryTransaction {
    type Error = MemoryError;

    fn get(&self, store: Store, keys: &[Key]) -> impl Future<Output = Result<Vec<Option<Row>>, MemoryError>> {
        let stores = self.stores.borrow();
        let rows = keys.iter().map(|key| stores.get(&store).and_then(|rows| rows.get(key)).cloned()).collect();
        ready(Ok(rows))
    }

    fn scan(
        &self,
        source: Source,
        range: &KeyRange,
        limit: Option<u32>,
    ) -> impl Future<Output = Result<Vec<Row>, MemoryError>> {
        let mut rows = self.select(source, range);
        rows.truncate(limit.map_or(usize::MAX, |limit| limit as usize));
        ready(Ok(rows))
    }

    fn count(&self, source: Source, ranges: &[KeyRange]) -> impl Future<Output = Result<Vec<usize>, MemoryError>> {
        ready(Ok(ranges.iter().map(|range| self.select(source, range).len()).collect()))
    }

    fn put(&self, store: Store, key: Key, row: Row) -> Result<(), MemoryError> {
        self.stores.borrow_mut().entry(store).or_default().insert(key, row);
        Ok(())
    }

    fn delete(&self, store: Store, range: &KeyRange) -> Result<(), MemoryError> {
        if let Some(rows) = self.stores.borrow_mut().get_mut(&store) {
            rows.retain(|key, _| !range.contains(key));
        }
        Ok(())
    }
}
