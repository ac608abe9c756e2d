//! Closed months: `/api/v1/periods`.

use serde::{Deserialize, Serialize};

/// Whether a month is to be closed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetPeriodRequest {
    /// True closes it, false opens it again.
    pub closed: bool,
}

/// The closed months.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PeriodsResponse {
    /// The closed months, the last first.
    pub closed: Vec<ClosedMonth>,
}

/// A closed month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClosedMonth {
    /// The month, `YYYY-MM`.
    pub month: String,
    /// Time of closing, RFC 3339 in UTC.
    pub at: String,
    /// The name of the person who closed it.
    pub by: String,
}
