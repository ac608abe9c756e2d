//! Checks the rows of a sheet, piece by piece, as if their author had typed them into the form.

use super::cell::{Cell, SheetRow};
use super::gazetteer::Gazetteer;
use super::layout::{MOST_LEFT_OUT, Sheet, line};
use super::row::{ParsedRow, RowReader};
use super::row_omission::{ColumnKind, kinds, omission_reason};
use super::target::{ID, PLACE, PLACE_CODE, REV, targets};
use super::update::RowUpdater;
use crate::export::entry_row::EntryRows;
use crate::import::check_context::CheckContext;
use crate::import::existing_entry::ExistingEntry;
use crate::import::findings::{Findings, ShownCell, ShownRow};
use crate::import::job_registry::Progress;
use crate::import::planned_write::PlannedWrite;
use jiedui_core::api::imports::{Action, CellError, OmissionReason, OmittedRow, UncalculatedCell};
use jiedui_core::entry::Entry;
use jiedui_core::entry::{Fields, field};
use jiedui_core::sync::{Path, path, validate_entry};
use jiedui_core::values::field_error::add_new;
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use uuid::Uuid;

/// The most mistakes that are listed; all are counted.
const MAX_LISTED: usize = 1_000;
/// The most rows of the preview.
const SHOWN: usize = 50;
/// The most changes of entries that are listed.
const SHOWN_CHANGES: usize = 200;

/// Result of a check.
#[derive(Debug, Default)]
pub struct CheckResult {
    /// The planned writes, if requested.
    pub writing: Vec<PlannedWrite>,
    /// How many rows there are, without those that are left out.
    pub rows: usize,
    /// The numbers of the rows that are likely recorded already.
    pub likely: Vec<usize>,
    /// The first [`MAX_LISTED`] mistakes.
    pub mistakes: Vec<CellError>,
    /// How many rows have some.
    pub wrong_rows: usize,
    /// How many mistakes there are.
    pub wrong: usize,
    /// How the rows look as they will be written.
    pub findings: Findings,
}

/// A check that is under way.
pub struct SheetChecker {
    against: CheckContext,
    sheet: Arc<Sheet>,
    gazetteer: Gazetteer,
    exported: EntryRows,
    progress: Arc<Progress>,
    collects: bool,
    kinds: Vec<ColumnKind>,
    at: usize,
    seen: HashMap<[u8; 16], usize>,
    named: HashMap<Uuid, usize>,
    result: CheckResult,
}

impl SheetChecker {
    /// Begins. `collects` says whether what will be written is kept.
    pub fn new(against: CheckContext, sheet: Arc<Sheet>, progress: Arc<Progress>, collects: bool) -> Self {
        let gazetteer = Gazetteer::new(&against.reference.places, &against.actor.scope);
        let exported = EntryRows::new(against.reference.clone());
        let mut result = CheckResult::default();
        for title in &sheet.titles {
            leave_out(&mut result.findings, title.clone());
        }
        let (seen, named) = (HashMap::new(), HashMap::new());
        let kinds = kinds(&against.columns, &targets(against.activity.as_ref()));
        let mut checker =
            Self { against, sheet, gazetteer, exported, progress, collects, kinds, at: 0, seen, named, result };
        for broken in &checker.sheet.clone().broken {
            checker.result.rows += 1;
            let (column, value) = (String::new(), broken.text.clone());
            let error = match broken.limit {
                Some(limit) => FieldError::with_limit("row", broken.code, limit),
                None => FieldError::new("row", broken.code),
            };
            checker.wrong(vec![CellError { row: broken.row, column, value, error }]);
        }
        checker
    }

    /// The entries that the next rows name.
    pub fn names(&self, rows: usize) -> Vec<(Uuid, u64)> {
        let Some(column) = self.column(ID) else { return Vec::new() };
        let rev = self.column(REV);
        let next = self.sheet.rows.iter().skip(self.at).take(rows);
        next.filter_map(|row| {
            let rev = rev.and_then(|rev| super::update::revision(row.cell(rev)));
            Some((super::update::identifier(row.cell(column))?, rev.unwrap_or_default()))
        })
        .collect()
    }

    fn column(&self, path: &str) -> Option<usize> {
        self.against.columns.iter().position(|column| column.as_deref() == Some(path))
    }

    /// Whether all rows are checked.
    pub fn is_over(&self) -> bool {
        self.at >= self.sheet.rows.len() || self.progress.is_cancelled()
    }

    /// Checks the next rows; gives the new entries among them with their rows' numbers.
    pub fn next(&mut self, rows: usize, standing: &HashMap<Uuid, Option<ExistingEntry>>) -> Vec<(usize, Entry)> {
        let sheet = self.sheet.clone();
        let mut entries = Vec::new();
        for row in sheet.rows.iter().skip(self.at).take(rows) {
            if self.progress.is_cancelled() {
                break;
            }
            let is_first = self.at == 0;
            self.at += 1;
            self.progress.done.fetch_add(1, Ordering::Relaxed);
            if let Some(why) = omission_reason(row, &sheet, &self.kinds, is_first) {
                leave_out(&mut self.result.findings, OmittedRow { row: row.number, why, text: line(row) });
                continue;
            }
            self.result.rows += 1;
            self.note_uncalculated(row);
            self.result.findings.hidden_rows += usize::from(row.hidden);
            if row.filled().any(|(column, _)| column >= sheet.width) {
                self.refuse(row, vec![FieldError::new("row", ErrorCode::TooManyCells)], ParsedRow::default());
                continue;
            }
            let id = self.column(ID).map(|column| row.cell(column)).filter(|cell| !cell.is_empty());
            match (id, self.against.activity.is_some()) {
                (None, true) => entries.extend(self.new_entry(row).map(|entry| (row.number, entry))),
                (Some(cell), _) => self.update(row, cell, standing),
                // Without an activity nothing can be made.
                (None, false) => self.refuse(row, vec![FieldError::new(ID, ErrorCode::Required)], ParsedRow::default()),
            }
        }
        entries
    }

    /// Returns the result; `None` after a cancellation.
    pub fn end(mut self) -> Option<CheckResult> {
        if self.progress.is_cancelled() {
            return None;
        }
        self.result.mistakes.sort_by_key(|mistake| mistake.row);
        Some(self.result)
    }

    /// Notes the imported cells of a row whose formulas were perhaps never calculated.
    fn note_uncalculated(&mut self, row: &SheetRow) {
        let columns = self.against.columns.iter().enumerate().filter(|(_, path)| path.is_some());
        let cells = columns.filter(|(column, _)| row.uncalculated != 0 && row.is_uncalculated(*column));
        let labels = cells.filter_map(|(column, _)| self.sheet.labels().get(column).cloned());
        let labels: Vec<String> = labels.collect();
        let room = MAX_LISTED.saturating_sub(self.result.findings.uncalculated.len());
        let cells = labels.into_iter().map(|column| UncalculatedCell { row: row.number, column });
        self.result.findings.uncalculated.extend(cells.take(room));
    }

    fn new_entry(&mut self, row: &SheetRow) -> Option<Entry> {
        let CheckContext { activity, columns, units, reference, actor, last_day, .. } = &self.against;
        let activity = activity.as_ref()?;
        let (gazetteer, directory, from_1904) = (&self.gazetteer, reference.directory(), self.sheet.from_1904);
        let read = RowReader { activity, columns, units, from_1904, gazetteer, directory }.read(row);
        let mut errors = read.errors.clone();
        add_new(&mut errors, validate_entry(&read.fields, actor, reference.rules(*last_day)));
        // What cannot be read makes rows alike that are not.
        if read.errors.is_empty() {
            match self.seen.get(&digest(&read.fields)) {
                Some(first) => errors.push(FieldError::with_limit("row", ErrorCode::Twice, *first as f64)),
                None => drop(self.seen.insert(digest(&read.fields), row.number)),
            }
        }
        if !errors.is_empty() {
            self.refuse(row, errors, read);
            return None;
        }
        self.show(row, Action::New, &read);
        self.result.findings.new += 1;
        let entry = Entry::from_checked(&read.fields);
        if self.collects {
            self.result.writing.push(PlannedWrite::New(read.fields));
        }
        entry
    }

    fn update(&mut self, row: &SheetRow, cell: &Cell, standing: &HashMap<Uuid, Option<ExistingEntry>>) {
        let (against, gazetteer, exported) = (&self.against, &self.gazetteer, &self.exported);
        let updating = RowUpdater { against, exported, gazetteer, from_1904: self.sheet.from_1904 };
        let id = super::update::identifier(cell);
        match updating.row(row, id, id.and_then(|id| standing.get(&id))) {
            Err((errors, read)) => self.refuse(row, errors, read),
            Ok((None, read)) => {
                self.result.findings.same += 1;
                self.show(row, Action::Same, &read);
            }
            Ok((Some((change, writing)), read)) => {
                if let Some(first) = self.named.insert(change.id, row.number) {
                    let twice = FieldError::with_limit("row", ErrorCode::Twice, first as f64);
                    self.refuse(row, vec![twice], read);
                    return;
                }
                self.result.findings.updates += 1;
                self.show(row, Action::Update, &read);
                if self.result.findings.changes.len() < SHOWN_CHANGES {
                    self.result.findings.changes.push(change);
                }
                if self.collects {
                    self.result.writing.push(writing);
                }
            }
        }
    }

    fn refuse(&mut self, row: &SheetRow, errors: Vec<FieldError>, read: ParsedRow) {
        self.show(row, Action::Wrong, &read);
        let listed = errors.into_iter().map(|error| self.mistake(row, error)).collect();
        self.wrong(listed);
    }

    fn wrong(&mut self, mistakes: Vec<CellError>) {
        self.result.wrong += mistakes.len();
        self.result.wrong_rows += 1;
        let room = MAX_LISTED.saturating_sub(self.result.mistakes.len());
        self.result.mistakes.extend(mistakes.into_iter().take(room));
    }

    fn mistake(&self, row: &SheetRow, error: FieldError) -> CellError {
        let at = self.column(&error.field).or_else(|| self.column(PLACE_CODE).filter(|_| error.field == PLACE));
        let column = at.and_then(|at| self.sheet.labels().get(at).cloned()).unwrap_or_default();
        let written = self.written(row, &error.field);
        CellError { row: row.number, column, value: written.chars().take(60).collect(), error }
    }

    /// Returns the text in the columns of a field.
    fn written(&self, row: &SheetRow, path: &str) -> String {
        let is_column_of_field = |column: &Option<String>| {
            column.as_deref() == Some(path) || (path == PLACE && column.as_deref() == Some(PLACE_CODE))
        };
        let columns = self.against.columns.iter().enumerate().filter(|(_, column)| is_column_of_field(column));
        let cells = columns.map(|(column, _)| row.cell(column).text().into_owned()).filter(|text| !text.is_empty());
        cells.collect::<Vec<_>>().join(" ")
    }

    fn show(&mut self, row: &SheetRow, action: Action, read: &ParsedRow) {
        if self.result.findings.rows.len() >= SHOWN {
            return;
        }
        let mut paths: Vec<&str> = Vec::new();
        for path in self.against.columns.iter().flatten() {
            let path = if path == PLACE_CODE { PLACE } else { path.as_str() };
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        let cell = |path: &str| {
            let column = self.against.columns.iter().position(|column| column.as_deref() == Some(path));
            let unit = column.and_then(|column| self.against.units.get(column)).and_then(Option::as_deref);
            let field = match Path::from(path) {
                Path::Value(code) => self.against.activity.as_ref().and_then(|form| form.field(&code)),
                _ => None,
            };
            let unit = unit.filter(|unit| field.is_none_or(|field| field.unit != *unit));
            let mut written: String = self.written(row, path).chars().take(200).collect();
            // A bare number is in the unit of its column.
            if let Some(unit) = unit.filter(|_| written.parse::<f64>().is_ok()) {
                written = format!("{written} {unit}");
            }
            let value = path::get(&read.fields, path).cloned().unwrap_or(Value::Null);
            let code = Path::from(path);
            let code = code.answer().unwrap_or(path);
            let qualifier = read
                .fields
                .get(field::QUALIFIERS)
                .and_then(|qualifiers| qualifiers.get(code)?.as_str())
                .map(str::to_owned);
            ShownCell { path: path.to_owned(), written, value, qualifier, converted: read.converted.contains(path) }
        };
        let cells = paths.into_iter().map(cell).collect();
        self.result.findings.rows.push(ShownRow { row: row.number, action, cells });
    }

    /// Notes rows that are likely recorded already.
    pub fn add_likely(&mut self, rows: impl IntoIterator<Item = usize>) {
        self.result.likely.extend(rows);
    }
}

fn leave_out(findings: &mut Findings, left_out: OmittedRow) {
    *findings.left_out_counts.entry(left_out.why).or_default() += 1;
    // What was left out for its words is told before rows in which nothing stands.
    if left_out.why != OmissionReason::Blank && findings.left_out.len() < MOST_LEFT_OUT {
        findings.left_out.push(left_out);
    }
}

/// Returns a digest of a row, to find duplicates.
fn digest(fields: &Fields) -> [u8; 16] {
    let text = Value::Object(fields.clone()).to_string();
    let mut digest = [0; 16];
    digest.iter_mut().zip(Sha256::digest(text.as_bytes())).for_each(|(target, byte)| *target = byte);
    digest
}
