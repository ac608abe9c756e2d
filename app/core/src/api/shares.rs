//! Links that open the shared view without an account: `/api/v1/shares`.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Request for a new link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShareRequest {
    /// Query of the address that it shows; the whole view by default.
    #[serde(default)]
    pub query: Option<String>,
    /// Validity in days; 30 by default.
    #[serde(default)]
    pub days: Option<u64>,
}

/// A new link. Its path has the token, which no other answer repeats.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewShareResponse {
    /// Identifier.
    pub id: Uuid,
    /// The link's path on this server.
    pub path: String,
    /// The query of the address that it shows.
    pub query: String,
    /// Time of creation, RFC 3339 in UTC.
    pub created_at: String,
    /// Expiry time, RFC 3339 in UTC.
    pub expires_at: String,
    /// Time of revocation: null.
    pub withdrawn_at: Option<String>,
}

/// The user's own links.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SharesResponse {
    /// The links, the newest first.
    pub shares: Vec<ShareLink>,
}

/// A link that opens the shared view without an account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShareLink {
    /// Identifier.
    pub id: Uuid,
    /// The query of the address that it shows.
    pub query: String,
    /// Time of creation, RFC 3339 in UTC.
    pub created_at: String,
    /// Expiry time, RFC 3339 in UTC.
    pub expires_at: String,
    /// Time of revocation; null if it was not revoked.
    pub withdrawn_at: Option<String>,
}
