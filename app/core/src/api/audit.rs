//! The audit trail: `/api/v1/audit`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// A page of the audit trail, the newest rows first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditResponse {
    /// Rows of the page.
    pub rows: Vec<AuditItem>,
    /// The parameter `after` of the next page; null on the last page.
    pub next: Option<String>,
}

/// A row of the audit trail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditItem {
    /// Number in the chain.
    pub number: i64,
    /// Time by the server's clock, RFC 3339 in UTC.
    pub at: String,
    /// Account that acted; null for nobody who is signed in, and for the command line.
    pub actor: Option<AuditActor>,
    /// Address of the client, `command line` or `server`.
    pub origin: String,
    /// Code of the action.
    pub action: String,
    /// Object of the act; null for nothing in particular.
    pub object: Option<AuditObject>,
    /// Changed fields as they were.
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<String, Value>))]
    pub before: Map<String, Value>,
    /// Changed fields as they are, or details of the action. `further` is the number of equal acts within a minute of an
    /// earlier row.
    #[cfg_attr(feature = "openapi", schema(value_type = std::collections::BTreeMap<String, Value>))]
    pub after: Map<String, Value>,
}

/// Account that acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditActor {
    /// Identifier.
    pub id: Uuid,
    /// Name at the time.
    pub name: String,
}

/// Object of an act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditObject {
    /// Code of the kind.
    pub kind: String,
    /// Identifier or code; empty for several objects.
    pub id: String,
    /// Name at the time.
    pub name: String,
}
