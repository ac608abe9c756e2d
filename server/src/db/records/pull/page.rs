//! A page that is being filled, within bounds of records, rows and bytes.

use super::feed_page::FeedItem;
use crate::db::Result;
use crate::db::records::stored;
use jiedui_core::entry::State;
use jiedui_core::sync::Kind;
use jiedui_core::sync::window::Facts;
use jiedui_core::values::date::parse_date;
use sqlx::FromRow;
use uuid::Uuid;

/// Rows read at a time.
pub(super) const ROWS: usize = 1_000;
/// The most bytes of fields in one answer, but for the last record's.
const BYTES: usize = 4 << 20;

/// Columns of a record that an answer contains or depends on.
pub(super) const COLUMNS: &str =
    "r.change, r.id, r.kind, r.rev, r.fields, r.deleted, r.author, r.programme, r.place, r.former, r.day, r.state";

/// A record as it is read.
#[derive(FromRow)]
pub(super) struct Row {
    pub change: i64,
    pub id: Uuid,
    #[sqlx(try_from = "String")]
    pub kind: Kind,
    pub rev: i64,
    pub fields: String,
    pub deleted: bool,
    pub author: Option<Uuid>,
    pub programme: String,
    pub place: String,
    pub former: String,
    pub day: String,
    pub state: String,
}

impl Row {
    /// Returns the properties on which the window depends.
    pub fn facts(&self) -> Facts<'_> {
        let states = [State::Verified, State::Returned];
        Facts {
            kind: &self.kind,
            id: self.id,
            author: self.author,
            place: &self.place,
            programme: Some(&self.programme),
            day: parse_date(&self.day),
            state: states.into_iter().find(|state| state.code() == self.state).unwrap_or_default(),
        }
    }

    /// Returns the scopes (place and programme) in which the record stood before.
    pub fn former(&self) -> Vec<(String, String)> {
        stored::read(self.kind.as_str(), self.id, &self.former).unwrap_or_default()
    }

    /// Returns the record; `None` if it cannot be read, which would make the page unreadable.
    pub fn record(self) -> Option<FeedItem> {
        let rev = self.rev()?;
        let Self { kind, id, fields, .. } = self;
        stored::is_object(kind.as_str(), id, &fields).then_some(FeedItem { kind, id, rev, fields: Some(fields) })
    }

    /// Returns the record's deletion; `None` if its revision cannot be read.
    pub fn deletion(self) -> Option<FeedItem> {
        let rev = self.rev()?;
        Some(FeedItem { kind: self.kind, id: self.id, rev, fields: None })
    }

    fn rev(&self) -> Option<u64> {
        stored::omit_unreadable(stored::unsigned(self.kind.as_str(), self.id, "rev", self.rev)).ok().flatten()
    }
}

/// How much of a page is filled.
pub(super) struct Room {
    limit: usize,
    bytes: usize,
    /// Rows that fit into the bytes by the size of the last ones: large records are read a few at a time.
    rows: usize,
}

impl Room {
    pub fn new(limit: usize) -> Self {
        Self { limit, bytes: 0, rows: ROWS / 10 }
    }

    /// Returns whether a page with this number of records is full.
    pub fn is_full(&self, records: usize) -> bool {
        records >= self.limit || self.bytes > BYTES
    }

    /// Returns the number of rows to read next. One more than is wanted tells whether there is more.
    pub fn rows(&self, records: usize) -> usize {
        (self.limit.saturating_sub(records) + 1).clamp(ROWS / 10, ROWS).min(self.rows)
    }

    /// Adapts to the size of rows.
    pub fn adapt(&mut self, rows: &[Row]) {
        let average = rows.iter().map(|row| row.fields.len()).sum::<usize>() / rows.len().max(1);
        self.rows = (BYTES / average.max(1)).clamp(ROWS / 60, ROWS);
    }

    /// Counts a row.
    pub fn add(&mut self, row: &Row) {
        self.bytes += row.fields.len();
    }
}

/// A number of rows as the database takes it.
pub(super) fn signed(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// A result whose rows are read in full.
pub(super) type Rows = Result<Vec<Row>>;
