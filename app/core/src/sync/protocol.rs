//! What travels between phone and server. The shapes are the HTTP contract's.

use crate::entry::Fields;
use crate::values::field_error::{ErrorCode, FieldError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// The kind of record that an entry is.
pub const ENTRY: &str = "entry";
/// The kind of record that an item of a ledger is.
pub const LEDGER_ITEM: &str = "need";
/// Not a record but a command: a person's choice between the values of a conflict. Its `id` is the record's, its
/// `base_rev` what they saw of it, its fields those of a [`crate::sync::Choice`].
pub const RESOLUTION: &str = "choice";
/// The version of all that is in this file. A phone names it, and a server that no longer understands it says so. Fields
/// may come new without it: what is not known is carried along.
pub const PROTOCOL_VERSION: u32 = 2;
/// The header in which a phone names it.
pub const PROTOCOL_HEADER: &str = "x-jiedui-schema";
/// The header of an answer to a push that names the life of the database, as a pull does in its body.
pub const EPOCH_HEADER: &str = "x-jiedui-epoch";
/// The kind of record that an organisation is.
pub const ORGANISATION: &str = "organisation";
/// The kind of record that a pairing is.
pub const PAIRING: &str = "pairing";
/// The most mutations that one push may carry.
pub const LARGEST_BATCH: usize = 1_000;

/// What a mutation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Creates the record, or changes the fields that it names.
    Put,
    /// Leaves a tombstone.
    Delete,
}

/// One change that a client has made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mutation {
    /// Rises by one per client; with the client it names the mutation for ever.
    pub seq: u64,
    /// The kind of record.
    pub kind: String,
    /// The record.
    pub id: Uuid,
    /// The revision that the change started from; 0 for a new record.
    pub base_rev: u64,
    /// The life of the database in which that revision was read, as a pull names it. Revisions of another life are not
    /// the same ones: a restore from a backup takes some back and others get their numbers. None: the present life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// What it does.
    pub op: Op,
    /// The fields that it names.
    #[serde(default)]
    pub fields: Fields,
}

impl Mutation {
    /// Reads a mutation from outside, naming each field that cannot be read. Numbers are those that a database holds.
    pub fn parse(mut value: Value) -> Result<Self, Vec<FieldError>> {
        let mut taken = |field: &str| value.get_mut(field).map(Value::take).unwrap_or_default();
        let [seq, kind, id, base_rev, op, fields] = ["seq", "kind", "id", "base_rev", "op", "fields"].map(&mut taken);
        let epoch = taken("epoch");
        let wrong = |field: &str, value: &Value| {
            FieldError::new(field, if value.is_null() { ErrorCode::Required } else { ErrorCode::WrongType })
        };
        let number = |value: &Value| value.as_u64().filter(|number| i64::try_from(*number).is_ok());
        let parsed_id = id.as_str().and_then(|id| Uuid::parse_str(id).ok()).ok_or_else(|| wrong("id", &id));
        let parsed_seq = number(&seq).ok_or_else(|| wrong("seq", &seq));
        let parsed_rev =
            if base_rev.is_null() { Ok(0) } else { number(&base_rev).ok_or_else(|| wrong("base_rev", &base_rev)) };
        let parsed_epoch =
            if epoch.is_null() { Ok(None) } else { number(&epoch).map(Some).ok_or_else(|| wrong("epoch", &epoch)) };
        let parsed_op = Op::deserialize(&op).map_err(|_| wrong("op", &op));
        let parsed_kind = if let Value::String(kind) = kind { Ok(kind) } else { Err(wrong("kind", &kind)) };
        let parsed_fields = match fields {
            Value::Null => Ok(Fields::new()),
            Value::Object(fields) => Ok(fields),
            other => Err(wrong("fields", &other)),
        };
        match (parsed_seq, parsed_kind, parsed_id, parsed_rev, parsed_epoch, parsed_op, parsed_fields) {
            (Ok(seq), Ok(kind), Ok(id), Ok(base_rev), Ok(epoch), Ok(op), Ok(fields)) => {
                Ok(Self { seq, kind, id, base_rev, epoch, op, fields })
            }
            (seq, kind, id, base_rev, epoch, op, fields) => {
                let errors = [seq.err(), kind.err(), id.err(), base_rev.err(), epoch.err(), op.err(), fields.err()];
                Err(errors.into_iter().flatten().collect())
            }
        }
    }
}

/// A batch of changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PushRequest {
    /// The phone's copy of the program, as long as its storage lives.
    pub client_id: Uuid,
    /// Whose changes they are. On a shared phone the session may be another's by now: the server then takes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Uuid>,
    /// In the order in which they were made.
    pub mutations: Vec<Mutation>,
}

/// What became of a mutation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Done as asked.
    Applied,
    /// Done, beside what others had changed in other fields.
    Merged,
    /// Others had changed the same fields: their values stand, and these are kept beside them.
    Conflict,
    /// Not done; the errors say why.
    Rejected,
}

impl Outcome {
    /// Whether it was done, alone or beside what others had changed.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Applied | Self::Merged)
    }
}

/// The answer to one mutation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PushResult {
    /// The mutation's number.
    pub seq: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// The record's revision now; 0 where there is none.
    pub rev: u64,
    /// The record as it stands now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Record>,
    /// Why it was rejected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Of a conflict: who had changed the record meanwhile.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<ConcurrentChange>,
}

/// Somebody else's change, against which a mutation ran.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConcurrentChange {
    /// Their name.
    pub name: String,
    /// When it arrived, RFC 3339 in UTC.
    pub at: String,
    /// The paths that they changed.
    pub changed: Vec<String>,
}

/// The answer to a push: a result for each mutation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PushResponse {
    /// In the order of the mutations.
    pub results: Vec<PushResult>,
}

/// A record as it stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its kind.
    pub kind: String,
    /// Its identifier.
    pub id: Uuid,
    /// How often it has changed.
    pub rev: u64,
    /// Its fields; empty once deleted.
    #[serde(default)]
    pub fields: Fields,
    /// Whether it is gone, or gone from this user's sight.
    #[serde(default)]
    pub deleted: bool,
}

/// What has changed since a cursor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PullResponse {
    /// The changed records, oldest change first.
    pub records: Vec<Record>,
    /// Where to go on from.
    pub cursor: String,
    /// The life of the database: 0 for the first, another number after each restore from a backup.
    #[serde(default)]
    pub epoch: u64,
    /// Whether there is more already.
    pub more: bool,
    /// How far in the feed this is.
    #[serde(default)]
    pub position: u64,
    /// How long the feed is, for a progress bar.
    #[serde(default)]
    pub last: u64,
    /// What is on the phone is another database's: it starts anew with this. The phone's own mark.
    #[serde(skip)]
    pub anew: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case(json!({}), &["seq", "kind", "id", "op"])]
    #[case(json!(null), &["seq", "kind", "id", "op"])]
    #[case(json!({"seq": -1, "kind": "entry", "id": "x", "op": "drop", "base_rev": "1", "fields": []}),
           &["seq", "id", "base_rev", "op", "fields"])]
    fn names_what_it_cannot_read(#[case] value: Value, #[case] fields: &[&str]) {
        let errors = Mutation::parse(value).unwrap_err();
        assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), fields);
    }
}
