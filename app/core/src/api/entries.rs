//! Lists of entries, and one entry with its history: `/api/v1/entries`.

use crate::entry::{Fields, Path};
use crate::sync::{Kind, Record};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A page of entries, newest first: by the time at which they were recorded, or by their dates.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EntriesResponse {
    /// Entries of the page.
    pub entries: Vec<Record>,
    /// The parameter `after` of the next page; null on the last page.
    pub next: Option<String>,
}

/// One entry with its history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EntryResponse {
    /// Kind of the record: `entry`.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub kind: Kind,
    /// Identifier.
    pub id: Uuid,
    /// Revision number.
    pub rev: u64,
    /// Current fields.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::sync::record_fields::RecordFields))]
    pub fields: Fields,
    /// Whether it is deleted.
    pub deleted: bool,
    /// Revisions, the oldest of the page first.
    pub history: Vec<RevisionState>,
    /// The parameter `before` of the page of older revisions; null on the last page.
    pub older: Option<i64>,
    /// Values that the server did not apply because others had changed the same fields.
    pub conflicts: Vec<Conflict>,
}

/// One revision of an entry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RevisionState {
    /// Revision number.
    pub rev: i64,
    /// Time of the change, RFC 3339 in UTC.
    pub at: String,
    /// Author of the change; null if the program made it.
    pub author: Option<Uuid>,
    /// Name of the author.
    pub author_name: Option<String>,
    /// Paths of the fields that changed.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub changed: Vec<Path<'static>>,
    /// All fields in this revision.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::sync::record_fields::RecordFields))]
    pub fields: Fields,
    /// Whether the entry was deleted.
    pub deleted: bool,
}

/// A conflict of an entry: values that the server did not apply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Conflict {
    /// Author of the values.
    pub author: Uuid,
    /// Name of the author.
    pub author_name: Option<String>,
    /// Client of the mutation; with `seq` it identifies the conflict in a resolution.
    pub client: Uuid,
    /// Sequence number of the mutation.
    pub seq: i64,
    /// Time at which the values arrived, RFC 3339 in UTC.
    pub at: String,
    /// Values by the paths of their fields.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::sync::record_fields::RecordFields))]
    pub kept: Fields,
    /// Time of the resolution; null while the conflict is open.
    pub settled_at: Option<String>,
}
