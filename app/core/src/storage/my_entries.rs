//! Types of a person's own entries on their phone.

use crate::entry::{Entry, Fields, State, field};
use crate::sync::{Kind, OutboxItem, Record};
use crate::values::field_error::FieldError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// State of an entry, as its recorder sees it.
#[derive(Clone, Debug, PartialEq)]
pub enum EntryProgress {
    /// On this phone only; the number of its first unsent mutation.
    OnPhone(u64),
    /// The server rejected it, for these reasons.
    Refused(Vec<FieldError>),
    /// Others had changed the same fields: both values are stored until the person chooses.
    Conflict(Box<Conflict>),
    /// The server has it, and a reviewer has or has not decided.
    Received(State),
}

/// A change of this person that conflicts with a change of another.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// The change, with the server's answer.
    pub outgoing: OutboxItem,
    /// The entry as the server has it, and its revision; `None` where it is deleted there.
    pub theirs: Option<(u64, Fields)>,
}

/// An entry of this person.
#[derive(Clone, Debug, PartialEq)]
pub struct MyEntry {
    /// Identifier.
    pub id: Uuid,
    /// The revision that the server is known to have; 0 for none.
    pub rev: u64,
    /// All fields, with unsent changes.
    pub fields: Fields,
    /// All fields without rejected changes.
    pub confirmed: Fields,
    /// The fields, parsed.
    pub entry: Entry,
    /// State.
    pub progress: EntryProgress,
}

/// Counts of a person's own entries, and the parts that other screens show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MyEntries {
    /// Number of entries.
    pub count: usize,
    /// Number of entries that wait for the person: returned, rejected, or in conflict.
    pub to_settle: usize,
    /// New entries that the overview does not count yet.
    pub not_in_overview: Vec<(Uuid, Entry)>,
    /// Number of mutations that wait to be sent.
    pub unsent: usize,
    /// Entries that others have deleted, until the person has seen it.
    pub gone: Vec<Gone>,
    /// Deletions that wait to be sent, of others' entries too.
    pub deletions: Vec<PendingDeletion>,
    /// Whether the replica that they come from has been received to its end.
    pub is_complete: bool,
    /// Number of unsent changes that were lost when the browser emptied the database, until the person has seen it.
    pub lost: usize,
    /// Next sequence number. It never falls in a database that still exists.
    pub next_seq: u64,
}

/// A deletion in the outbox. The entry is in no list any more; this row explains what waits to be sent.
#[derive(Clone, Debug, PartialEq)]
pub struct PendingDeletion {
    /// The entry.
    pub id: Uuid,
    /// The revision that is deleted.
    pub rev: u64,
    /// The fields of the entry.
    pub fields: Fields,
    /// The number of the deletion in the outbox.
    pub seq: u64,
}

/// An entry of this person that was deleted elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gone {
    /// Identifier.
    pub id: Uuid,
    /// Its last fields.
    pub fields: Fields,
}

impl Gone {
    /// Creates it from a record of the replica; `None` unless it was an entry of the person.
    pub fn of(user: Uuid, record: Record) -> Option<Self> {
        (is_author(user, &record.fields) && record.kind == Kind::Entry)
            .then_some(Self { id: record.id, fields: record.fields })
    }
}

impl MyEntry {
    /// Returns whether the entry waits for the person: it was returned, rejected, or is in conflict.
    pub fn is_to_settle(&self) -> bool {
        matches!(
            self.progress,
            EntryProgress::Refused(_) | EntryProgress::Conflict(_) | EntryProgress::Received(State::Returned)
        )
    }
}

/// Returns whether the author of fields is `user`.
pub(super) fn is_author(user: Uuid, fields: &Fields) -> bool {
    let author = fields.get(field::AUTHOR).and_then(Value::as_str);
    author.and_then(|author| Uuid::parse_str(author).ok()) == Some(user)
}
