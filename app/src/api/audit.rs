//! The audit trail.

use super::endpoints::{get, send_json};
use crate::api::error::ApiError;
use jiedui_core::api::audit::AuditResponse;

/// Returns a page of the audit trail. `query` is a query with its question mark, or empty.
pub async fn page(query: &str, after: Option<&str>) -> Result<AuditResponse, ApiError> {
    let join = if query.is_empty() { '?' } else { '&' };
    let after = after.map(|after| format!("{join}after={after}")).unwrap_or_default();
    send_json(get(&format!("/api/v1/audit{query}{after}"))?).await
}
