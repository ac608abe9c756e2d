//! Checks the rows of a sheet, chunk by chunk, by the rules of the form.

use super::cell::{SheetCell, SheetRow};
use super::gazetteer::Gazetteer;
use super::layout::{Sheet, line};
use super::row::{ParsedRow, RowReader};
use super::row_omission::{ColumnKind, kinds, omission_reason};
use super::target::{ID, PLACE, PLACE_CODE, REV, targets};
use super::update::RowUpdater;
use crate::export::entry_row::EntryRows;
use crate::import::check_context::CheckContext;
use crate::import::check_result::CheckResult;
use crate::import::existing_entry::ExistingEntry;
use crate::import::job_registry::JobProgress;
use crate::import::planned_write::PlannedWrite;
use jiedui_core::api::imports::{Action, CellError, OmissionReason, OmittedRow, UncalculatedCell};
use jiedui_core::entry::Entry;
use jiedui_core::entry::Fields;
use jiedui_core::sync::validate_entry;
use jiedui_core::values::field_error::add_new;
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use uuid::Uuid;

/// Maximum number of rows in the preview.
const MAX_PREVIEW: usize = 50;
/// Maximum number of listed changes of entries.
const MAX_CHANGES: usize = 200;
/// Maximum number of characters of a cell in an error.
const MAX_CHARACTERS: usize = 60;

/// A running check.
pub struct SheetChecker {
    context: CheckContext,
    sheet: Arc<Sheet>,
    gazetteer: Gazetteer,
    exported: EntryRows,
    progress: Arc<JobProgress>,
    with_writes: bool,
    kinds: Vec<ColumnKind>,
    /// Index of the next row.
    next: usize,
    /// Row of each new entry, by the digest of its fields.
    new_rows: HashMap<[u8; 16], usize>,
    /// Row of each updated entry.
    updated_rows: HashMap<Uuid, usize>,
    result: CheckResult,
}

impl SheetChecker {
    /// Starts a check. With `with_writes`, the result has the planned writes.
    pub fn new(context: CheckContext, sheet: Arc<Sheet>, progress: Arc<JobProgress>, with_writes: bool) -> Self {
        let gazetteer = Gazetteer::new(&context.reference.places, &context.actor.scope);
        let exported = EntryRows::new(context.reference.clone());
        let mut result = CheckResult::default();
        for title in &sheet.titles {
            result.omit(title.clone());
        }
        for broken in &sheet.broken {
            result.rows += 1;
            let (column, value) = (String::new(), broken.text.clone());
            let error = match broken.limit {
                Some(limit) => FieldError::with_limit("row", broken.code, limit),
                None => FieldError::new("row", broken.code),
            };
            result.reject(vec![CellError { row: broken.row, column, value, error }]);
        }
        let (new_rows, updated_rows) = (HashMap::new(), HashMap::new());
        let kinds = kinds(&context.columns, &targets(context.activity.as_ref()));
        Self {
            context,
            sheet,
            gazetteer,
            exported,
            progress,
            with_writes,
            kinds,
            next: 0,
            new_rows,
            updated_rows,
            result,
        }
    }

    /// Returns the entries that the next rows name, with the revisions that the rows were exported from.
    pub fn named_entries(&self, rows: usize) -> Vec<(Uuid, u64)> {
        let Some(column) = self.context.column(ID) else { return Vec::new() };
        let rev = self.context.column(REV);
        let next = self.sheet.rows.iter().skip(self.next).take(rows);
        next.filter_map(|row| {
            let rev = rev.and_then(|rev| super::update::revision(row.cell(rev)));
            Some((super::update::identifier(row.cell(column))?, rev.unwrap_or_default()))
        })
        .collect()
    }

    /// Returns whether all rows are checked, or the check was cancelled.
    pub fn is_over(&self) -> bool {
        self.next >= self.sheet.rows.len() || self.progress.is_cancelled()
    }

    /// Checks the next rows against the existing entries that they name. Returns the new entries with their row numbers.
    pub fn check_rows(&mut self, rows: usize, existing: &HashMap<Uuid, Option<ExistingEntry>>) -> Vec<(usize, Entry)> {
        let sheet = self.sheet.clone();
        let mut entries = Vec::new();
        for row in sheet.rows.iter().skip(self.next).take(rows) {
            if self.progress.is_cancelled() {
                break;
            }
            let is_first = self.next == 0;
            self.next += 1;
            self.progress.done.fetch_add(1, Ordering::Relaxed);
            let is_hidden = row.hidden.then_some(OmissionReason::Hidden);
            if let Some(why) = omission_reason(row, &sheet, &self.kinds, is_first).or(is_hidden) {
                self.result.findings.hidden_rows += usize::from(why == OmissionReason::Hidden);
                self.result.omit(OmittedRow { row: row.number, why, text: line(row) });
                continue;
            }
            self.result.rows += 1;
            self.note_uncalculated(row);
            if row.is_cut || row.filled().any(|(column, _)| column >= sheet.width) {
                self.reject(row, vec![FieldError::new("row", ErrorCode::TooManyCells)], ParsedRow::default());
                continue;
            }
            let id = self.context.column(ID).map(|column| row.cell(column)).filter(|cell| !cell.is_empty());
            match (id, self.context.activity.is_some()) {
                (None, true) => entries.extend(self.new_entry(row).map(|entry| (row.number, entry))),
                (Some(cell), _) => self.update(row, cell, existing),
                // Without an activity, rows can only update entries.
                (None, false) => self.reject(row, vec![FieldError::new(ID, ErrorCode::Required)], ParsedRow::default()),
            }
        }
        entries
    }

    /// Returns the result; `None` after a cancellation.
    pub fn end(mut self) -> Option<CheckResult> {
        if self.progress.is_cancelled() {
            return None;
        }
        self.result.errors.sort_by_key(|error| error.row);
        Some(self.result)
    }

    /// Notes the imported cells of a row whose formulas were perhaps never calculated.
    fn note_uncalculated(&mut self, row: &SheetRow) {
        let columns = self.context.columns.iter().enumerate().filter(|(_, path)| path.is_some());
        let cells = columns.filter(|(column, _)| row.uncalculated != 0 && row.is_uncalculated(*column));
        let labels = cells.filter_map(|(column, _)| self.sheet.labels().get(column).cloned());
        self.result.add_uncalculated(labels.map(|column| UncalculatedCell { row: row.number, column }));
    }

    fn new_entry(&mut self, row: &SheetRow) -> Option<Entry> {
        let CheckContext { activity, columns, units, reference, actor, last_day, .. } = &self.context;
        let activity = activity.as_ref()?;
        let (gazetteer, directory, from_1904) = (&self.gazetteer, reference.directory(), self.sheet.from_1904);
        let read = RowReader { activity, columns, units, from_1904, gazetteer, directory }.read(row);
        let mut errors = read.errors.clone();
        add_new(&mut errors, validate_entry(&read.fields, actor, reference.rules(*last_day)));
        // Different rows can have the same fields once their unreadable cells are left out.
        if read.errors.is_empty() {
            match self.new_rows.get(&digest(&read.fields)) {
                Some(first) => errors.push(FieldError::with_limit("row", ErrorCode::Twice, *first as f64)),
                None => drop(self.new_rows.insert(digest(&read.fields), row.number)),
            }
        }
        if !errors.is_empty() {
            self.reject(row, errors, read);
            return None;
        }
        self.show(row, Action::New, &read);
        self.result.findings.new += 1;
        let entry = Entry::from_checked(&read.fields);
        if self.with_writes {
            self.result.writing.push(PlannedWrite::New(read.fields));
        }
        entry
    }

    fn update(&mut self, row: &SheetRow, cell: &SheetCell, existing: &HashMap<Uuid, Option<ExistingEntry>>) {
        let (context, gazetteer, exported) = (&self.context, &self.gazetteer, &self.exported);
        let updater = RowUpdater { context, exported, gazetteer, from_1904: self.sheet.from_1904 };
        let id = super::update::identifier(cell);
        match updater.row(row, id, id.and_then(|id| existing.get(&id))) {
            Err((errors, read)) => self.reject(row, errors, read),
            Ok((None, read)) => {
                self.result.findings.same += 1;
                self.show(row, Action::Same, &read);
            }
            Ok((Some((change, writing)), read)) => {
                if let Some(first) = self.updated_rows.insert(change.id, row.number) {
                    let twice = FieldError::with_limit("row", ErrorCode::Twice, first as f64);
                    self.reject(row, vec![twice], read);
                    return;
                }
                self.result.findings.updates += 1;
                self.show(row, Action::Update, &read);
                if self.result.findings.changes.len() < MAX_CHANGES {
                    self.result.findings.changes.push(change);
                }
                if self.with_writes {
                    self.result.writing.push(writing);
                }
            }
        }
    }

    fn reject(&mut self, row: &SheetRow, errors: Vec<FieldError>, read: ParsedRow) {
        self.show(row, Action::Wrong, &read);
        let errors = errors.into_iter().map(|error| self.cell_error(row, error)).collect();
        self.result.reject(errors);
    }

    fn cell_error(&self, row: &SheetRow, error: FieldError) -> CellError {
        let context = &self.context;
        let at = context.column(&error.field).or_else(|| context.column(PLACE_CODE).filter(|_| error.field == PLACE));
        let column = at.and_then(|at| self.sheet.labels().get(at).cloned()).unwrap_or_default();
        let value = context.written(row, &error.field).chars().take(MAX_CHARACTERS).collect();
        CellError { row: row.number, column, value, error }
    }

    fn show(&mut self, row: &SheetRow, action: Action, read: &ParsedRow) {
        if self.result.findings.rows.len() < MAX_PREVIEW {
            self.result.findings.rows.push(self.context.preview(row, action, read));
        }
    }

    /// Adds the numbers of rows that are likely recorded already.
    pub fn add_likely(&mut self, rows: impl IntoIterator<Item = usize>) {
        self.result.likely.extend(rows);
    }
}

/// Returns a digest of a row, to find duplicates.
fn digest(fields: &Fields) -> [u8; 16] {
    let text = Value::Object(fields.clone()).to_string();
    let mut digest = [0; 16];
    digest.iter_mut().zip(Sha256::digest(text.as_bytes())).for_each(|(target, byte)| *target = byte);
    digest
}
