//! Figures and their breakdowns: `/api/v1/indicators`.

use crate::catalogue::Aggregation;
use crate::values::quantity::{Qualifier, Quantity};
use serde::{Deserialize, Serialize};

/// The figures of a year.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IndicatorsResponse {
    /// The year.
    pub year: i32,
    /// The figures, in the catalogue's order.
    pub indicators: Vec<IndicatorFigure>,
}

/// An indicator and its figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IndicatorFigure {
    /// The indicator's code.
    pub code: String,
    /// The programme's code.
    pub programme: String,
    /// Name in Chinese.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// Unit in Chinese.
    pub unit: String,
    /// Unit in English.
    pub unit_en: String,
    /// Aggregation of entry values.
    pub aggregation: Aggregation,
    /// The target of the year; null without one.
    pub target: Option<Quantity>,
    /// Precision of the target.
    pub target_qualifier: Option<Qualifier>,
    /// The figure; null if no entry feeds it.
    pub actual: Option<Quantity>,
    /// Precision of the figure.
    pub actual_qualifier: Option<Qualifier>,
    /// The figure of verified entries alone.
    pub verified: Option<Quantity>,
    /// Actual ÷ target; null without either.
    pub progress: Option<f64>,
    /// Number of entries in the figure.
    pub entries: u64,
}

/// The parts of a figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeriesResponse {
    /// The indicator's code.
    pub code: String,
    /// The year.
    pub year: i32,
    /// The parts, in the order of their keys.
    pub series: Vec<SeriesPoint>,
}

/// One part of a figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SeriesPoint {
    /// The month, `YYYY-MM`, or the place's code.
    pub key: String,
    /// The amount.
    pub value: Quantity,
    /// The place's name; null for a month.
    pub name: Option<String>,
    /// Precision of the amount; null for an exact one.
    pub qualifier: Option<Qualifier>,
}
