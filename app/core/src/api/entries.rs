//! Entries in lists and one by one: `/api/v1/entries`.

use crate::entry::{Fields, Path};
use crate::sync::{Kind, Record};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A page of entries, the newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EntriesResponse {
    /// The entries.
    pub entries: Vec<Record>,
    /// The `after` of the next page; null on the last page.
    pub next: Option<String>,
}

/// One entry with its history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EntryResponse {
    /// The kind of record, `entry`.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub kind: Kind,
    /// Identifier.
    pub id: Uuid,
    /// How often it has changed.
    pub rev: u64,
    /// Its fields as they stand.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::api::schema::RecordFields))]
    pub fields: Fields,
    /// Whether it is deleted.
    pub deleted: bool,
    /// The states that it has had, the oldest of the page first.
    pub history: Vec<RevisionState>,
    /// The `before` of the page of older states; null where there are none.
    pub older: Option<i64>,
    /// Values that the server did not take because others had changed the same fields.
    pub conflicts: Vec<Conflict>,
}

/// One of the states that an entry has had.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RevisionState {
    /// The revision's number.
    pub rev: i64,
    /// When it came about, RFC 3339 in UTC.
    pub at: String,
    /// The author of the change; null for the program itself.
    pub author: Option<Uuid>,
    /// The author's name.
    pub author_name: Option<String>,
    /// Paths of the fields that changed.
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    pub changed: Vec<Path<'static>>,
    /// All fields.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::api::schema::RecordFields))]
    pub fields: Fields,
    /// Whether the entry was deleted.
    pub deleted: bool,
}

/// A conflict of an entry: values that the server did not take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Conflict {
    /// The author of the values.
    pub author: Uuid,
    /// The author's name.
    pub author_name: Option<String>,
    /// The client of the mutation; with `seq` it names the conflict in a resolution.
    pub client: Uuid,
    /// The mutation's number.
    pub seq: i64,
    /// When the values arrived, RFC 3339 in UTC.
    pub at: String,
    /// The values, by the paths of their fields.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::api::schema::RecordFields))]
    pub kept: Fields,
    /// When somebody resolved the conflict; null while it is open.
    pub settled_at: Option<String>,
}
