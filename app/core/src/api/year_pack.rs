//! Figures of a year: `/api/v1/overview/{year}`. The app reads them in bytes, as [`YearPack::encode`] writes them.

use crate::figures::entry_count::EntryCount;
use crate::figures::pack::{IndicatorFigures, YearPack};
use crate::values::quantity::{Qualifier, Quantity};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Media type of a pack in bytes.
pub const MEDIA_TYPE: &str = "application/vnd.jiedui.year-pack";

/// Figures and entry counts of a year.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct YearPackResponse {
    /// Year.
    pub year: i32,
    /// Number of the last change that it includes.
    pub change: i64,
    /// Changes when the database is restored; a delta applies to packs of the same edition only.
    pub edition: String,
    /// In a delta: number of the last change of the pack that it applies to.
    pub since: Option<i64>,
    /// Pieces that it has.
    pub pieces: Vec<String>,
    /// Figures by scope and indicator.
    pub figures: Vec<ScopeFigure>,
    /// Entry counts of the map: of pairings, and of organisations by the place whose map shows them.
    pub counts: Vec<EntryCount>,
}

/// Figures of an indicator in a scope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScopeFigure {
    /// Scope. `at:CODE` has the entries that a filter for a place matches. `within:CODE` and `exactly:CODE` have those of a
    /// place, `under:ID` those of a pairing.
    pub scope: String,
    /// Code of the indicator.
    pub indicator: String,
    /// Sums by month.
    pub sums: Vec<MonthSum>,
    /// Last entries by month, for an indicator with the latest value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub latest: Vec<MonthLatest>,
    /// For a distinct indicator, the sums of the largest number of each subject for every range of months.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest: Option<LargestSums>,
}

/// Sum of the equally precise and equally reviewed entries of a month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MonthSum {
    /// Month, 1 to 12; 1 in the scope of a pairing, whose figures are of the whole year.
    pub month: u8,
    /// Whether the entries are verified.
    pub verified: bool,
    /// Precision of the numbers.
    pub qualifier: Qualifier,
    /// Sum of the numbers that add up.
    pub value: Quantity,
    /// Number of entries.
    pub entries: i64,
}

/// Last entry of a month.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MonthLatest {
    /// Month, 1 to 12.
    pub month: u8,
    /// Whether the entry is verified.
    pub verified: bool,
    /// Date of the entry; null in a delta where none is left.
    pub date: Option<String>,
    /// Identifier of the entry.
    pub entry: Option<Uuid>,
    /// Number of the entry.
    pub value: Quantity,
    /// Precision of the number.
    pub qualifier: Qualifier,
}

/// Sums of the largest numbers for every range of months.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LargestSums {
    /// Among all entries, by the last and the first month.
    pub all: Vec<Vec<Quantity>>,
    /// Among verified entries, by the last and the first month.
    pub verified: Vec<Vec<Quantity>>,
}

impl From<&YearPack> for YearPackResponse {
    fn from(pack: &YearPack) -> Self {
        let figures = pack.scopes.iter().flat_map(|(scope, figures)| {
            figures.iter().map(move |(code, figures)| scope_figure(scope.to_string(), code, figures))
        });
        Self {
            year: pack.year,
            change: pack.change,
            edition: pack.edition.clone(),
            since: pack.base_change,
            pieces: pack.pieces.iter().map(ToString::to_string).collect(),
            figures: figures.collect(),
            counts: pack.counts.clone(),
        }
    }
}

fn scope_figure(scope: String, code: &str, figures: &IndicatorFigures) -> ScopeFigure {
    let sums = figures.rows.iter().map(|row| MonthSum {
        month: row.month,
        verified: row.verified,
        qualifier: row.qualifier,
        value: row.value,
        entries: row.entries,
    });
    let latest = figures.latest.iter().map(|row| MonthLatest {
        month: row.month,
        verified: row.verified,
        date: row.last.map(|(date, _)| crate::values::date::format_date(date)),
        entry: row.last.map(|(_, id)| id),
        value: row.value,
        qualifier: row.qualifier,
    });
    let largest = figures.ranges.as_ref().map(|ranges| {
        let until =
            |last: u8, verified_only| (1..=last).map(|first| ranges.sum(&(first..=last), verified_only)).collect();
        let table = |verified_only| (1..=12).map(|last| until(last, verified_only)).collect();
        LargestSums { all: table(false), verified: table(true) }
    });
    ScopeFigure { scope, indicator: code.to_owned(), sums: sums.collect(), latest: latest.collect(), largest }
}
