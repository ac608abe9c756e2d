//! Rows of records, as a pull reads them.

use super::feed_page::FeedItem;
use crate::db::Result;
use crate::db::records::stored;
use jiedui_core::entry::State;
use jiedui_core::sync::Kind;
use jiedui_core::sync::window::Facts;
use jiedui_core::values::date::parse_date;
use sqlx::FromRow;
use uuid::Uuid;

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

    /// Returns the previous scopes (place and programme) of the record.
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

/// A result whose rows are read in full.
pub(super) type Rows = Result<Vec<Row>>;
