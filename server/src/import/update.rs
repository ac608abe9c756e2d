//! Computes the changes that a row makes to an existing entry, relative to the revision that the table was exported from.

use super::cell::{SheetCell, SheetRow};
use super::cell_value::{amount, answer};
use super::check_context::CheckContext;
use super::exported_answers::parts;
use super::gazetteer::Gazetteer;
use super::row::{ParsedRow, RowReader};
use super::target::{ANSWERS, ID, PLACE, PLACE_CODE, REV};
use crate::export::entry_row::{EntryRows, HEADINGS};
use crate::export::sheet;
use crate::import::existing_entry::ExistingEntry;
use crate::import::findings::{ChangedEntry, ChangedField};
use crate::import::planned_write::PlannedWrite;
use jiedui_core::catalogue::{Activity, Field, FieldKind};
use jiedui_core::entry::{Fields, field};
use jiedui_core::sync::{Decision, Existing, Mutation, Op, Outcome, Record, merge_entry, number_value, path};
use jiedui_core::sync::{Kind, Path};
use jiedui_core::values::amount::Amount;
use jiedui_core::values::csv_cell::neutralise_formula;
use jiedui_core::values::halfwidth::normalise;
use jiedui_core::values::{
    field_error::{ErrorCode, FieldError},
    quantity::Qualifier,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Reads rows that name entries.
pub struct RowUpdater<'a> {
    /// Reference data and mapping of columns.
    pub context: &'a CheckContext,
    /// Rows of the entries as they were exported.
    pub exported: &'a EntryRows,
    /// The places.
    pub gazetteer: &'a Gazetteer,
    /// Whether days are counted from 1904.
    pub from_1904: bool,
}

/// A change and its write, `None` if nothing changes, and the row as it was read.
type RowUpdate = (Option<(ChangedEntry, PlannedWrite)>, ParsedRow);

/// Returns the identifier in a cell.
pub fn identifier(cell: &SheetCell) -> Option<Uuid> {
    Uuid::parse_str(&normalise(&cell.text())).ok()
}

/// Returns the revision in a cell.
pub fn revision(cell: &SheetCell) -> Option<u64> {
    normalise(&cell.text()).parse().ok().filter(|rev| *rev > 0)
}

impl RowUpdater<'_> {
    /// Returns the changes of a row; `None` if the row equals the exported one.
    pub fn row(
        &self,
        row: &SheetRow,
        id: Option<Uuid>,
        existing: Option<&Option<ExistingEntry>>,
    ) -> Result<RowUpdate, (Vec<FieldError>, ParsedRow)> {
        let reject = |field: &str, code| Err((vec![FieldError::new(field, code)], ParsedRow::default()));
        let (Some(id), Some(existing)) = (id, existing) else { return reject(ID, ErrorCode::Unknown) };
        let Some(existing) = existing else { return reject(ID, ErrorCode::Unreadable) };
        if existing.deleted {
            return reject(ID, ErrorCode::Deleted);
        }
        let rev = self.context.column(REV).and_then(|column| revision(row.cell(column)));
        let Some(base_rev) = rev else { return reject(REV, ErrorCode::Required) };
        let Some(base) = &existing.base else {
            let error = FieldError::with_limit(REV, ErrorCode::TooLarge, existing.rev as f64);
            return Err((vec![error], ParsedRow::default()));
        };
        let text = |name: &str| base.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let of_activity = self.context.activity.as_ref().map(|activity| activity.code.as_str());
        if of_activity.is_some_and(|activity| activity != text(field::ACTIVITY)) {
            return reject(ID, ErrorCode::WrongActivity);
        }
        let version = base.get(field::VERSION).and_then(Value::as_u64).and_then(|version| u32::try_from(version).ok());
        let Some(form) = self.context.reference.catalogue.form(&text(field::ACTIVITY), version) else {
            return reject(ID, ErrorCode::Unknown);
        };
        let record = Record { kind: Kind::Entry, id, rev: base_rev, fields: base.clone(), deleted: false };
        let rendered = self.exported.row(&record);
        let rendered: BTreeMap<&str, &str> = HEADINGS.into_iter().zip(rendered.iter().map(String::as_str)).collect();
        let read = self.edits(row, base, form, &rendered);
        if !read.errors.is_empty() {
            return Err((read.errors.clone(), read));
        }
        let edits = read.fields.clone();
        if edits.is_empty() {
            return Ok((None, read));
        }
        self.validate(id, base_rev, edits.clone(), existing).map_err(|errors| (errors, read.clone()))?;
        let mut before = Fields::new();
        for (path, _) in path::paths(&edits) {
            put(&mut before, &path, path::get(base, &path).cloned().unwrap_or(Value::Null));
        }
        let writing = PlannedWrite::Update { id, base_rev, fields: edits.clone(), before };
        // `validate` rejects fields that others changed since, so each current value is that of the exported revision.
        let changed = path::paths(&edits).into_iter().map(|(path, to)| ChangedField {
            from: path::get(base, &path).cloned().unwrap_or(Value::Null),
            path: path.into(),
            to: to.clone(),
        });
        let change = ChangedEntry {
            row: row.number,
            id,
            activity: text(field::ACTIVITY),
            place: text(field::PLACE),
            date: text(field::DATE),
            fields: changed.collect(),
        };
        Ok((Some((change, writing)), read))
    }

    /// Validates the edits by the rules of a push.
    fn validate(
        &self,
        id: Uuid,
        base_rev: u64,
        fields: Fields,
        existing: &ExistingEntry,
    ) -> Result<(), Vec<FieldError>> {
        let mutation = Mutation { seq: 1, kind: Kind::Entry, id, base_rev, epoch: None, op: Op::Put, fields };
        let existing = Existing {
            rev: existing.rev,
            fields: existing.fields.clone(),
            deleted: existing.deleted,
            changed_since: existing.changed_since.clone(),
        };
        let rules = self.context.reference.rules(self.context.last_day);
        let conflict = |values: Fields| -> Vec<FieldError> {
            values.keys().map(|path| FieldError::new(path, ErrorCode::ChangedSince)).collect()
        };
        match merge_entry(&mutation, Some(&existing), &self.context.actor, rules) {
            Decision::Reject(errors) => Err(errors),
            Decision::Write { outcome: Outcome::Conflict, conflicting_values: values, .. }
            | Decision::Leave { outcome: Outcome::Conflict, conflicting_values: values } => Err(conflict(values)),
            Decision::Write { .. } | Decision::Leave { .. } => Ok(()),
        }
    }

    /// Returns the fields in which a row differs from the revision that it was exported from.
    fn edits(&self, row: &SheetRow, base: &Fields, form: &Activity, rendered: &BTreeMap<&str, &str>) -> ParsedRow {
        let (columns, units) = (&self.context.columns, &self.context.units);
        let (gazetteer, directory, from_1904) = (self.gazetteer, self.context.reference.directory(), self.from_1904);
        let reader = RowReader { activity: form, columns, units, from_1904, gazetteer, directory };
        let mut read = ParsedRow::default();
        let mut of_place: Vec<(&str, &SheetCell)> = Vec::new();
        let as_exported = |label: &str, cell: &SheetCell| {
            let (text, was) = (cell.text(), rendered.get(label).copied().unwrap_or_default());
            // As in CSV, and as in a sheet.
            [was, &neutralise_formula(was), &sheet::cell(was)]
                .into_iter()
                .any(|exported| normalise(&text) == normalise(exported))
        };
        for (column, path) in columns.iter().enumerate().filter_map(|(column, path)| Some((column, path.as_deref()?))) {
            let cell = row.cell(column);
            let label = match path {
                field::DATE => "日期",
                PLACE => "地点",
                PLACE_CODE => "地点代码",
                field::PAIRING => "结对",
                field::NOTE => "备注",
                ANSWERS => "数值",
                _ => "",
            };
            let broken = match cell {
                SheetCell::Error(_) => Some(ErrorCode::ErrorValue),
                SheetCell::NoResult => Some(ErrorCode::NoResult),
                _ => None,
            };
            if let Some(code) = broken {
                read.refuse(if path == PLACE_CODE { PLACE } else { path }, code);
            } else if path == ID || path == REV || (!label.is_empty() && as_exported(label, cell)) {
                // A cell as it was exported is no edit, even if it cannot be read back.
            } else if path == PLACE || path == PLACE_CODE {
                of_place.push((path, cell));
            } else if path == ANSWERS {
                let was = rendered.get(label).copied().unwrap_or_default();
                self.answers(&cell.text(), was, form, base, &mut read);
            } else {
                let value = match path.split_once('.') {
                    _ if cell.is_empty() => Ok(Some(if path == field::NOTE { json!("") } else { Value::Null })),
                    Some((_, code)) => form.field(code).map_or(Ok(None), |field| {
                        if !field.kind.is_number() {
                            return answer(field, &cell.text()).map(Some);
                        }
                        if row.is_carried(column) {
                            return Err(ErrorCode::MergedNumber);
                        }
                        reader.amount(row, column, field).and_then(exact).map(Some)
                    }),
                    None => reader.usual(path, cell),
                };
                match value {
                    Ok(Some(value)) => edit(&mut read, base, path, value),
                    Ok(None) => {}
                    Err(code) => read.refuse(path, code),
                }
            }
        }
        let of_place: Vec<(&str, &SheetCell)> = of_place.into_iter().filter(|(_, cell)| !cell.is_empty()).collect();
        match reader.place(&of_place) {
            Ok(Some(code)) => edit(&mut read, base, PLACE, json!(code)),
            Ok(None) => {}
            Err(code) => read.refuse(PLACE, code),
        }
        read
    }

    /// Reads the edits of the answers that an export has in one cell. Only answers whose part of the cell changed are edits.
    fn answers(&self, text: &str, was: &str, form: &Activity, base: &Fields, read: &mut ParsedRow) {
        let (now, was) = (parts(text, form), parts(was, form));
        let (Some(now), Some(was)) = (now, was) else { return read.refuse(ANSWERS, ErrorCode::WrongType) };
        for field in &form.fields {
            let (now, was) = (now.get(field.code.as_str()), was.get(field.code.as_str()));
            if now == was {
                continue;
            }
            let path = field.path().to_string();
            let value = match now {
                // Computed fields follow from other numbers, and rows of a table are changed in the form.
                _ if field.computed.is_some() || field.kind == FieldKind::Table => Err(ErrorCode::WrongType),
                None => Ok(Value::Null),
                Some(now) => value(field, &SheetCell::of(now), None),
            };
            match value {
                Ok(value) => edit(read, base, &path, value),
                Err(code) => read.refuse(ANSWERS, code),
            }
        }
    }
}

fn edit(read: &mut ParsedRow, base: &Fields, path: &str, value: Value) {
    if path::get(base, path) != Some(&value).filter(|value| !value.is_null()) && !is_empty_note(base, path, &value) {
        put(&mut read.fields, path, value);
    }
}

fn is_empty_note(base: &Fields, path: &str, value: &Value) -> bool {
    path == field::NOTE && *value == json!("") && path::get(base, path).is_none()
}

/// Sets the value at a path. Null clears the field.
fn put<'p>(fields: &mut Fields, path: impl Into<Path<'p>>, value: Value) {
    let path = path.into();
    match path.answer() {
        Some(code) => {
            let answers = fields.entry(path.field()).or_insert_with(|| json!({}));
            if let Some(answers) = answers.as_object_mut() {
                answers.insert(code.to_owned(), value);
            }
        }
        None => drop(fields.insert(path.field().to_owned(), value)),
    }
}

/// Returns an exact amount's number. Fails for other precisions: a table does not change their field.
fn exact(amount: Amount) -> Result<Value, ErrorCode> {
    let is_exact = amount.qualifier == Qualifier::Exact;
    if is_exact { Ok(number_value(amount.quantity.to_f64())) } else { Err(ErrorCode::NotAmount) }
}

fn value(field: &Field, cell: &SheetCell, unit: Option<&str>) -> Result<Value, ErrorCode> {
    if field.kind.is_number() { amount(cell, unit, &field.unit).and_then(exact) } else { answer(field, &cell.text()) }
}
