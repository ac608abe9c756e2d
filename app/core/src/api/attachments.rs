//! Photos and files: `/api/v1/attachments`.

use serde::{Deserialize, Serialize};

/// A question about stored photos.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MissingRequest {
    /// At most 100 content hashes, SHA-256 in lower-case hexadecimal.
    pub sha256: Vec<String>,
}

/// The photos that a phone should send again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MissingResponse {
    /// The hashes that are not stored for this user.
    pub missing: Vec<String>,
}
