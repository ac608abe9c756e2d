//! Types of a person's own entries on their phone.

use jiedui_core::entry::{Entry, Fields, State, field};
use jiedui_core::sync::{Kind, OutboxItem, Record};
use jiedui_core::values::field_error::FieldError;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// Where an entry stands, as its recorder sees it.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// On this phone only; the number of its first unsent mutation.
    OnPhone(u64),
    /// The server rejected it, for these reasons.
    Refused(Vec<FieldError>),
    /// Others had changed the same: both are kept until the person chooses.
    Conflict(Box<Conflict>),
    /// The server has it, and a reviewer has or has not decided.
    Received(State),
}

/// A change of this person's that ran against others'.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// The change, and who had changed what.
    pub outgoing: OutboxItem,
    /// The entry as the server has it, and its revision; `None` where it is deleted there.
    pub theirs: Option<(u64, Fields)>,
}

/// An entry of this person's.
#[derive(Clone, Debug, PartialEq)]
pub struct MyEntry {
    /// Identifier.
    pub id: Uuid,
    /// The revision that the server is known to have; 0 for none.
    pub rev: u64,
    /// All fields, with unsent changes.
    pub fields: Fields,
    /// The same without rejected changes.
    pub confirmed: Fields,
    /// The same, as an entry.
    pub entry: Entry,
    /// Where it stands.
    pub progress: Progress,
}

/// All of them, the newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MyEntries {
    /// The entries.
    pub entries: Vec<MyEntry>,
    /// New entries that the overview does not count yet.
    pub not_in_overview: Vec<(Uuid, Entry)>,
    /// How many mutations wait to be sent.
    pub unsent: usize,
    /// Entries that others have deleted, until the person has seen it.
    pub gone: Vec<Gone>,
    /// Deletions that wait to be sent, of others' entries too.
    pub deletions: Vec<PendingDeletion>,
    /// Whether the replica that they come from has been received to its end.
    pub is_complete: bool,
    /// The number of unsent changes that were lost when the browser emptied the database, until the person has seen it.
    pub lost: usize,
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

/// An entry of this person's that has been deleted elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gone {
    /// Identifier.
    pub id: Uuid,
    /// Its last fields.
    pub fields: Fields,
}

impl Gone {
    /// Of a record that the replica held, where it was an entry of the person's own.
    pub fn of(user: Uuid, record: Record) -> Option<Self> {
        let is_own = record.fields.get(field::AUTHOR).and_then(Value::as_str) == Some(&user.to_string());
        (is_own && record.kind == Kind::Entry).then_some(Self { id: record.id, fields: record.fields })
    }
}

impl MyEntries {
    /// How many entries wait for the person themselves: returned, refused, or in conflict.
    pub fn to_settle(&self) -> usize {
        self.entries.iter().filter(|entry| entry.is_to_settle()).count()
    }
}

impl MyEntry {
    /// Whether it waits for the person: it was returned, refused, or is in conflict.
    pub fn is_to_settle(&self) -> bool {
        matches!(self.progress, Progress::Refused(_) | Progress::Conflict(_) | Progress::Received(State::Returned))
    }
}
