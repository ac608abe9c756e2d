//! Wire types of the sync protocol between app and server; their JSON shapes are part of the HTTP API.

use super::kind::Kind;
use super::window::Window;
use crate::entry::{Fields, Path};
use crate::values::field_error::{ErrorCode, FieldError};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

/// Version of the protocol. A phone sends it, and a server that no longer supports it rejects the request. New fields
/// do not need a new version, since unknown fields are preserved.
pub const PROTOCOL_VERSION: u32 = 2;
/// Request header with the protocol version.
pub const PROTOCOL_HEADER: &str = "x-jiedui-schema";
/// Response header of a push with the database epoch, which a pull has in its body.
pub const EPOCH_HEADER: &str = "x-jiedui-epoch";
/// Maximum number of mutations in one push.
pub const LARGEST_BATCH: usize = 1_000;

/// Operation of a mutation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Creates the record, or changes the fields in the mutation.
    Put,
    /// Replaces the record by a tombstone.
    Delete,
}

/// A change made by a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Mutation {
    /// Sequence number, rising by one per client. Client and sequence number are the idempotency key.
    pub seq: u64,
    /// Kind of the record.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub kind: Kind,
    /// Identifier of the record.
    pub id: Uuid,
    /// Revision that the change is based on; 0 for a new record.
    pub base_rev: u64,
    /// Database epoch in which the base revision was read, as a pull returns it; `None` means the current epoch. A
    /// restore from a backup starts a new epoch, in which the same numbers are other revisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// Operation.
    pub op: Op,
    /// Fields to set; null clears a field.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::sync::record_fields::RecordFields))]
    pub fields: Fields,
}

impl Mutation {
    /// Parses an untrusted mutation. Returns an error for each field that is missing or malformed. Numbers must fit a
    /// signed 64-bit database column.
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
        let parsed_kind = if let Value::String(kind) = kind { Ok(Kind::from(kind)) } else { Err(wrong("kind", &kind)) };
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

/// A batch of mutations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushRequest {
    /// Client identifier: one for each browser profile, kept as long as its storage.
    pub client_id: Uuid,
    /// Account that made the mutations. The server rejects the push if the session belongs to another account, as on a
    /// shared phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Uuid>,
    /// Mutations in the order in which they were made.
    pub mutations: Vec<Mutation>,
}

/// Outcome of a mutation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Applied as sent.
    Applied,
    /// Applied; others had changed other fields.
    Merged,
    /// Others had changed the same fields: the stored values win, and the mutation's are kept for a resolution.
    Conflict,
    /// Rejected with errors.
    Rejected,
}

impl Outcome {
    /// Returns whether the mutation was applied, merged or not.
    pub fn is_done(self) -> bool {
        matches!(self, Self::Applied | Self::Merged)
    }
}

/// Result of one mutation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushResult {
    /// Sequence number of the mutation; 0 if it cannot be read, which is an error of the field `seq`.
    pub seq: u64,
    /// Outcome.
    pub outcome: Outcome,
    /// Current revision of the record; 0 if there is none.
    pub rev: u64,
    /// Current record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Record>,
    /// Errors of a rejection.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Concurrent changes by others, in a conflict.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<ConcurrentChange>,
}

/// A change by another user that a mutation conflicts with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConcurrentChange {
    /// Display name of that user.
    pub name: String,
    /// Time of arrival at the server, RFC 3339 in UTC.
    pub at: String,
    /// Changed paths.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub changed: Vec<Path<'static>>,
}

/// Response to a push.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushResponse {
    /// Results in the order of the mutations.
    pub results: Vec<PushResult>,
}

/// A record at its current revision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Record {
    /// Kind of the record.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub kind: Kind,
    /// Identifier.
    pub id: Uuid,
    /// Revision, counting from 1.
    pub rev: u64,
    /// Fields; empty for a tombstone.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = crate::sync::record_fields::RecordFields))]
    pub fields: Fields,
    /// Whether it was deleted or is no longer visible to this user.
    #[serde(default)]
    pub deleted: bool,
}

/// Changes since a cursor.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PullResponse {
    /// Changed records, oldest change first. A listing of a window comes newest first.
    pub records: Vec<Record>,
    /// Records outside the window, which the phone removes. Only a client that asks for a window receives them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Uuid>,
    /// A new or moved window: the phone removes the records that it does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// Cursor for the next pull.
    pub cursor: String,
    /// Database epoch: 0 for the first, another number after each restore from a backup.
    #[serde(default)]
    pub epoch: u64,
    /// Whether more changes are available.
    pub more: bool,
    /// Position in the change feed.
    #[serde(default)]
    pub position: u64,
    /// Last position of the change feed, for a progress bar.
    #[serde(default)]
    pub last: u64,
    /// Whether the replica must be cleared first, because it belongs to another database. Set on the phone only.
    #[serde(skip)]
    pub reset: bool,
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
    fn parse_names_unreadable_fields(#[case] value: Value, #[case] fields: &[&str]) {
        let errors = Mutation::parse(value).unwrap_err();
        assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), fields);
    }
}
