//! Result of checking a sheet: planned writes, errors by cell, and the findings to show.

use crate::import::findings::Findings;
use crate::import::layout::MAX_OMITTED;
use crate::import::planned_write::PlannedWrite;
use jiedui_core::api::imports::{CellError, OmissionReason, OmittedRow, UncalculatedCell};

/// Maximum number of listed errors and uncalculated cells; all errors are counted.
const MAX_LISTED: usize = 1_000;

/// Result of a check.
#[derive(Debug, Default)]
pub struct CheckResult {
    /// Planned writes, if requested.
    pub writing: Vec<PlannedWrite>,
    /// Number of rows without the omitted ones.
    pub rows: usize,
    /// Numbers of the rows that are likely recorded already.
    pub likely: Vec<usize>,
    /// The first [`MAX_LISTED`] errors.
    pub errors: Vec<CellError>,
    /// Number of rows with an error.
    pub wrong_rows: usize,
    /// Number of errors.
    pub wrong: usize,
    /// Findings to show.
    pub findings: Findings,
}

impl CheckResult {
    /// Adds an omitted row. Blank rows are counted but not listed, so that the list shows rows with text.
    pub fn omit(&mut self, row: OmittedRow) {
        let findings = &mut self.findings;
        *findings.omission_counts.entry(row.why).or_default() += 1;
        if row.why != OmissionReason::Blank && findings.omitted_rows.len() < MAX_OMITTED {
            findings.omitted_rows.push(row);
        }
    }

    /// Adds the errors of a row.
    pub fn reject(&mut self, errors: Vec<CellError>) {
        self.wrong += errors.len();
        self.wrong_rows += 1;
        let room = MAX_LISTED.saturating_sub(self.errors.len());
        self.errors.extend(errors.into_iter().take(room));
    }

    /// Adds imported cells whose formulas were perhaps never calculated.
    pub fn add_uncalculated(&mut self, cells: impl Iterator<Item = UncalculatedCell>) {
        let room = MAX_LISTED.saturating_sub(self.findings.uncalculated.len());
        self.findings.uncalculated.extend(cells.take(room));
    }
}
