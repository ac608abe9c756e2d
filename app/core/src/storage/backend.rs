//! The few operations that the storage needs of a database: IndexedDB in the browser, [`Memory`](super::Memory) in tests.

use super::columns;
use std::collections::BTreeMap;
use std::future::Future;

/// A key of a store or an index. Variants and values are ordered as IndexedDB orders keys; texts must be ASCII.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A number up to 2^53.
    Number(u64),
    /// A text.
    Text(String),
    /// A compound key.
    List(Vec<Key>),
}

impl From<u64> for Key {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<uuid::Uuid> for Key {
    fn from(id: uuid::Uuid) -> Self {
        Self::Text(id.to_string())
    }
}

/// An end of a range of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The key.
    pub key: Key,
    /// Whether the range excludes the key itself.
    pub is_open: bool,
}

/// A range of keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyRange {
    /// The lower end; `None` for no limit.
    pub lower: Option<Bound>,
    /// The upper end; `None` for no limit.
    pub upper: Option<Bound>,
}

impl KeyRange {
    /// Returns the range of all keys.
    pub fn all() -> Self {
        Self::default()
    }

    /// Returns the range of one key.
    pub fn only(key: impl Into<Key>) -> Self {
        let bound = Bound { key: key.into(), is_open: false };
        Self { lower: Some(bound.clone()), upper: Some(bound) }
    }

    /// Returns the range from one key to another, both included.
    pub fn between(lower: impl Into<Key>, upper: impl Into<Key>) -> Self {
        let bound = |key| Some(Bound { key, is_open: false });
        Self { lower: bound(lower.into()), upper: bound(upper.into()) }
    }

    /// Returns the range of all compound keys that begin with `prefix` and are longer.
    pub fn below(prefix: Vec<Key>) -> Self {
        // A list is greater than every number and text.
        let mut upper = prefix.clone();
        upper.push(Key::List(Vec::new()));
        Self::between(Key::List(prefix), Key::List(upper))
    }

    /// Returns the rest of the range after a key.
    #[must_use]
    pub fn after(self, key: impl Into<Key>) -> Self {
        Self { lower: Some(Bound { key: key.into(), is_open: true }), ..self }
    }

    /// Returns whether IndexedDB accepts the range: its ends are in order.
    pub fn is_valid(&self) -> bool {
        match (&self.lower, &self.upper) {
            (Some(lower), Some(upper)) => {
                lower.key < upper.key || lower.key == upper.key && !lower.is_open && !upper.is_open
            }
            _ => true,
        }
    }

    /// Returns whether the range contains a key.
    pub fn contains(&self, key: &Key) -> bool {
        let is_above = |bound: &Bound| if bound.is_open { *key > bound.key } else { *key >= bound.key };
        let is_below = |bound: &Bound| if bound.is_open { *key < bound.key } else { *key <= bound.key };
        self.lower.as_ref().is_none_or(is_above) && self.upper.as_ref().is_none_or(is_below)
    }
}

/// A value in a store: a text, and the columns by which indexes find it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Columns by name. A read returns only those of [`Store::flags`].
    pub columns: BTreeMap<&'static str, Key>,
    /// The value as compact JSON.
    pub body: String,
}

impl Row {
    /// Creates a row without columns.
    pub fn new(body: String) -> Self {
        Self { columns: BTreeMap::new(), body }
    }

    /// Returns whether a flag is set.
    pub fn has(&self, column: &str) -> bool {
        self.columns.contains_key(column)
    }
}

/// A store of a person's database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Store {
    /// Single values by name.
    Meta,
    /// Outbox items by sequence number.
    Outbox,
    /// Records by identifier, each with its place in the lists.
    Replica,
}

impl Store {
    /// All stores.
    pub const ALL: [Self; 3] = [Self::Meta, Self::Outbox, Self::Replica];

    /// Returns the name in the database.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Outbox => "outbox",
            Self::Replica => "replica",
        }
    }

    /// Returns the columns that a read returns.
    pub fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Replica => &[columns::WAITS, columns::ACCEPTED, columns::OUTSIDE],
            Self::Meta | Self::Outbox => &[],
        }
    }
}

/// An index of a store: rows in the order of one or more columns. Rows that lack one of them are not in it.
#[derive(Clone, Copy, Debug)]
pub struct Index {
    /// Store.
    pub store: Store,
    /// Name in the database.
    pub name: &'static str,
    /// Columns that make up the key.
    pub columns: &'static [&'static str],
    /// Whether each member of a compound column is a key of its own.
    pub is_multi: bool,
}

/// Rows in the order of their keys or of an index.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// In the order of the keys.
    Store(Store),
    /// In the order of an index.
    Index(&'static Index),
}

/// A transaction: all of its writes take effect, or none.
///
/// Writes are not waited for. Their errors surface when the caller commits the transaction. Reads see the writes before
/// them. Between two operations nothing else may be awaited, since IndexedDB commits a transaction that has nothing to
/// do.
pub trait Transaction {
    /// Error of the database.
    type Error: From<serde_json::Error>;

    /// Returns the rows of some keys, in one round trip.
    fn get(&self, store: Store, keys: &[Key]) -> impl Future<Output = Result<Vec<Option<Row>>, Self::Error>>;

    /// Returns the first rows of a range.
    fn scan(
        &self,
        source: Source,
        range: &KeyRange,
        limit: Option<u32>,
    ) -> impl Future<Output = Result<Vec<Row>, Self::Error>>;

    /// Returns the number of rows in each of some ranges, in one round trip.
    fn count(&self, source: Source, ranges: &[KeyRange]) -> impl Future<Output = Result<Vec<usize>, Self::Error>>;

    /// Inserts or replaces a row.
    fn put(&self, store: Store, key: Key, row: Row) -> Result<(), Self::Error>;

    /// Removes the rows of a range.
    fn delete(&self, store: Store, range: &KeyRange) -> Result<(), Self::Error>;
}
