//! Notices for users and subscriptions to push notifications: `/api/v1/notices`.

use serde::{Deserialize, Serialize};

/// Number of the user's returned entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NoticesResponse {
    /// The number of returned entries.
    pub returned: i64,
    /// Text of the notification in the request's language; empty for none.
    pub sentence: String,
}

/// The key by which a browser's push service knows this server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PushKeyResponse {
    /// The public key, as base64url.
    pub key: String,
}

/// A browser's subscription at its push service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SubscriptionRequest {
    /// The subscription's address.
    pub endpoint: String,
}
