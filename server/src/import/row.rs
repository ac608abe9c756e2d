//! Converts a row of a table to the fields of an entry; reports errors by cell.

use super::cell::{SheetCell, SheetRow};
use super::cell_value::{amount, answer, bare, date};
use super::gazetteer::Gazetteer;
use super::target::{PLACE, PLACE_CODE, UNIT};
use super::unit_words::{agree, read_unit};
use jiedui_core::catalogue::{Activity, Field};
use jiedui_core::directory::Directory;
use jiedui_core::entry::{Fields, field};
use jiedui_core::sync::Path;
use jiedui_core::sync::number_value;
use jiedui_core::values::amount::Amount;
use jiedui_core::values::halfwidth::normalise;
use jiedui_core::values::unit::Unit;
use jiedui_core::values::{
    date::format_date,
    field_error::{ErrorCode, FieldError},
    quantity::Qualifier,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Reads rows by a form and a mapping of columns.
pub struct RowReader<'a> {
    /// The form.
    pub activity: &'a Activity,
    /// The field of each column.
    pub columns: &'a [Option<String>],
    /// Unit of each column, from the heading or a line above the table.
    pub units: &'a [Option<String>],
    /// Whether days are counted from 1904.
    pub from_1904: bool,
    /// The places.
    pub gazetteer: &'a Gazetteer,
    /// The directory.
    pub directory: Directory<'a>,
}

/// Result of reading a row.
#[derive(Clone, Debug, Default)]
pub struct ParsedRow {
    /// The entry's fields.
    pub fields: Fields,
    /// Errors of cells that cannot be read.
    pub errors: Vec<FieldError>,
    /// Paths of amounts that were converted from another unit.
    pub converted: BTreeSet<String>,
}

impl ParsedRow {
    /// Adds an error at a path unless the path has one.
    pub fn refuse(&mut self, path: &str, code: ErrorCode) {
        if !self.errors.iter().any(|error| error.field == path) {
            self.errors.push(FieldError::new(path, code));
        }
    }

    /// Sets the value at a path.
    fn put(&mut self, path: &str, value: Value) {
        jiedui_core::sync::path::set(&mut self.fields, path, &value);
    }
}

impl RowReader<'_> {
    /// Reads the fields of an entry from a row, and lists cells that cannot be read.
    pub fn read(&self, row: &SheetRow) -> ParsedRow {
        let mut read = ParsedRow::default();
        read.fields.insert(field::ACTIVITY.into(), json!(self.activity.code));
        let columns = self.columns.iter().enumerate().filter_map(|(column, path)| Some((column, path.as_deref()?)));
        let mut of_place: Vec<(&str, &SheetCell)> = Vec::new();
        for (column, path) in columns {
            let cell = row.cell(column);
            let broken = match cell {
                SheetCell::Empty => continue,
                SheetCell::Error(_) => Some(ErrorCode::ErrorValue),
                SheetCell::NoResult => Some(ErrorCode::NoResult),
                _ => None,
            };
            let shown = if path == PLACE_CODE { PLACE } else { path };
            if let Some(code) = broken {
                read.refuse(shown, code);
                continue;
            }
            match Path::from(path) {
                Path::Value(_) if row.is_carried(column) => read.refuse(path, ErrorCode::MergedNumber),
                Path::Value(code) => {
                    let Some(field) = self.activity.field(&code) else { continue };
                    match self.amount(row, column, field) {
                        Ok(amount) => read.amount(&code, path, &amount),
                        Err(code) => read.refuse(path, code),
                    }
                }
                Path::Detail(code) => {
                    let Some(field) = self.activity.field(&code) else { continue };
                    match answer(field, &cell.text()) {
                        Ok(answer) => read.put(path, answer),
                        Err(code) => read.refuse(path, code),
                    }
                }
                Path::Field(_) if shown == PLACE => of_place.push((path, cell)),
                Path::Field(_) => match self.usual(path, cell) {
                    Ok(Some(value)) => read.put(path, value),
                    Ok(None) => {}
                    Err(code) => read.refuse(path, code),
                },
            }
        }
        match self.place(&of_place) {
            Ok(Some(code)) => read.put(PLACE, json!(code)),
            Ok(None) => {}
            Err(code) => read.refuse(PLACE, code),
        }
        read
    }

    /// Reads an amount. The units of its heading, a line above the table, a column of units and the cell's format must agree.
    pub fn amount(&self, row: &SheetRow, column: usize, field: &Field) -> Result<Amount, ErrorCode> {
        let cell = row.cell(column);
        let of_column = self.units.get(column).and_then(Option::as_deref);
        let of_row = self.row_unit(row, column, field)?;
        let of_format = match cell {
            SheetCell::WithUnit(amount) => read_unit(&amount.1, &[&field.unit]),
            _ => None,
        };
        let stated = [of_column, of_row.as_deref(), of_format.as_deref()];
        if !agree(stated.into_iter().flatten()) {
            return Err(ErrorCode::Unit);
        }
        amount(cell, stated.into_iter().flatten().next(), &field.unit)
    }

    /// Returns the unit that a column of units names for the amount in a column.
    fn row_unit(&self, row: &SheetRow, column: usize, field: &Field) -> Result<Option<String>, ErrorCode> {
        let path_at = |at: &usize| self.columns.get(*at).and_then(Option::as_deref);
        let is_unit = |at: &usize| path_at(at).is_some_and(|path| path.starts_with(UNIT));
        let is_amount = |at: &usize| path_at(at).is_some_and(|path| matches!(Path::from(path), Path::Value(_)));
        let unit_columns: Vec<usize> = (0..self.columns.len()).filter(|at| is_unit(at)).collect();
        // The unit is in the column after its amount, or before the first.
        let owner = |unit: usize| {
            let behind = (0..unit).rev().find(|at| is_amount(at));
            behind.or_else(|| (unit..self.columns.len()).find(|at| is_amount(at)))
        };
        let column_unit = unit_columns.iter().copied().find(|unit| owner(*unit) == Some(column));
        let unit_column = match (unit_columns.as_slice(), column_unit) {
            (_, Some(column_unit)) => column_unit,
            ([only], None) => *only,
            _ => return Ok(None),
        };
        let text = row.cell(unit_column).text();
        if text.is_empty() {
            return Ok(None);
        }
        let Some(unit) = read_unit(&text, &[&field.unit]) else {
            return if column_unit.is_some() { Err(ErrorCode::Unit) } else { Ok(None) };
        };
        let converts = |field: &Field| Unit::of_field(&unit).converts_to(&Unit::of_field(&field.unit));
        if converts(field) {
            return Ok(Some(unit));
        }
        let others = self.columns.iter().flatten().filter_map(|path| match Path::from(path) {
            Path::Value(code) => self.activity.field(&code),
            _ => None,
        });
        let is_of_another = unit_columns.len() == 1 && others.into_iter().any(converts);
        if is_of_another || column_unit.is_none() { Ok(None) } else { Err(ErrorCode::Unit) }
    }

    /// Reads the place that the cells of a row name together.
    pub fn place(&self, cells: &[(&str, &SheetCell)]) -> Result<Option<String>, ErrorCode> {
        let texts = |wanted: &str| -> Vec<String> {
            cells.iter().filter(|(path, _)| *path == wanted).map(|(_, cell)| normalise(&cell.text())).collect()
        };
        let code = texts(PLACE_CODE).first().map(|code| self.gazetteer.find(code)).transpose()?;
        let names = texts(PLACE);
        let named = if names.is_empty() { None } else { Some(self.gazetteer.find_parts(&names)) };
        match (code, named) {
            (Some(code), Some(Ok(named))) if named != code => Err(ErrorCode::Unknown),
            (Some(code), _) => Ok(Some(code.to_owned())),
            (None, named) => Ok(named.transpose()?.map(str::to_owned)),
        }
    }

    /// Reads a field that every form has; ignores columns that are not fields of an entry.
    pub fn usual(&self, path: &str, cell: &SheetCell) -> Result<Option<Value>, ErrorCode> {
        let text = cell.text();
        match path {
            field::DATE => {
                date(cell, self.from_1904).map(|day| Some(json!(format_date(day)))).ok_or(ErrorCode::UnreadableDate)
            }
            field::ORGANISATION => {
                let wanted = bare(&text);
                let mut organisations = self.directory.organisations.iter();
                let organisation = organisations
                    .find(|organisation| bare(&organisation.name) == wanted || bare(&organisation.name_en) == wanted);
                organisation.map(|organisation| Some(json!(organisation.id))).ok_or(ErrorCode::Unknown)
            }
            field::PAIRING => {
                let name = |id| self.directory.organisation(id).map_or("", |organisation| organisation.name.as_str());
                let plain = |text: &str| bare(text).replace(['—', '–', '-'], "");
                let wanted = plain(&text);
                let mut pairings =
                    self.directory.pairings.iter().filter(|pairing| pairing.programme == self.activity.programme);
                let is_meant = |one: &str, other: &str| plain(&format!("{one}{other}")) == wanted;
                let pairing = pairings.find(|pairing| {
                    let (a, b) = (name(pairing.organisation_a), name(pairing.organisation_b));
                    is_meant(a, b) || is_meant(b, a)
                });
                pairing.map(|pairing| Some(json!(pairing.id))).ok_or(ErrorCode::Unknown)
            }
            field::NOTE => Ok(Some(json!(text))),
            _ => Ok(None),
        }
    }
}

impl ParsedRow {
    fn amount(&mut self, code: &str, path: &str, amount: &Amount) {
        self.put(path, number_value(amount.quantity.to_f64()));
        if amount.qualifier != Qualifier::Exact {
            let qualifiers = self.fields.entry(field::QUALIFIERS).or_insert_with(|| json!({}));
            if let Some(qualifiers) = qualifiers.as_object_mut() {
                qualifiers.insert(code.to_owned(), json!(amount.qualifier));
            }
        }
        if amount.converted {
            self.converted.insert(path.to_owned());
        }
    }
}
