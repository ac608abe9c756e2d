//! Lists of ledger items: `/api/v1/ledger`.

use crate::sync::Record;
use serde::{Deserialize, Serialize};

/// A page of ledger items, most recently recorded first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LedgerResponse {
    /// Items of the page.
    pub items: Vec<Record>,
    /// The parameter `after` of the next page; null on the last page.
    pub next: Option<String>,
}
