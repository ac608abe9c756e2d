//! Converts rows, columns and changes of an import to words for the screen.

use crate::db::reference::load::Reference;
use crate::import::findings::{ChangedEntry, ChangedField, ShownCell, ShownRow};
use crate::import::target::ColumnTarget;
use jiedui_core::api::imports::{ColumnReason, EntryChange, FieldChange, OmittedColumn, PreviewCell, PreviewRow};
use jiedui_core::catalogue::{Activity, Field};
use jiedui_core::entry::field;
use jiedui_core::sync::Path;
use jiedui_core::values::{language::Language, quantity::Quantity};
use serde_json::Value;

/// Converts values to words.
pub struct Words<'a> {
    /// Catalogue, places, directory.
    pub reference: &'a Reference,
    /// The form of the import.
    pub activity: Option<&'a Activity>,
    /// The fields that a column may be.
    pub targets: &'a [ColumnTarget],
    /// Language of the words.
    pub language: Language,
}

impl Words<'_> {
    /// Returns the name of a field.
    pub fn label(&self, path: &str) -> String {
        self.label_in(path, self.activity)
    }

    fn label_in(&self, path: &str, activity: Option<&Activity>) -> String {
        let target = self.targets.iter().find(|target| target.path == path);
        match (target, field(path, activity)) {
            (Some(target), _) => self.language.pick(&target.label, &target.label_en).to_owned(),
            (None, Some(field)) => self.language.pick(&field.name, &field.name_en).to_owned(),
            (None, None) => path.to_owned(),
        }
    }

    /// Returns a value in words.
    pub fn value(&self, path: &str, value: &Value, activity: Option<&Activity>) -> String {
        let reference = self.reference;
        let organisation = |id| {
            let organisation = reference.directory().organisation(id);
            organisation.map(|named| self.language.pick(&named.name, &named.name_en).to_owned()).unwrap_or_default()
        };
        let id = || value.as_str().and_then(|text| uuid::Uuid::parse_str(text).ok());
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match (path, field(path, activity)) {
            _ if value.is_null() => String::new(),
            (field::PLACE, _) => reference.places.label(&text(value)),
            (field::ORGANISATION, _) => id().map(organisation).unwrap_or_default(),
            (field::PAIRING, _) => {
                let pairing = reference.pairings.iter().find(|pairing| Some(pairing.id) == id());
                let sides = pairing.map(|pair| [pair.organisation_a, pair.organisation_b].map(organisation).join("—"));
                sides.unwrap_or_default()
            }
            (_, Some(field)) => {
                let choice = |code: &Value| {
                    let code = text(code);
                    field
                        .choice(&code)
                        .map_or(code, |choice| self.language.pick(&choice.name, &choice.name_en).to_owned())
                };
                match value {
                    Value::Number(number) => {
                        let amount = number.as_f64().and_then(Quantity::from_f64).map(|amount| amount.to_string());
                        let unit = self.language.pick(&field.unit, &field.unit_en);
                        format!("{} {unit}", amount.unwrap_or_else(|| number.to_string())).trim_end().to_owned()
                    }
                    Value::Array(codes) => codes.iter().map(choice).collect::<Vec<_>>().join("、"),
                    value => choice(value),
                }
            }
            _ => text(value),
        }
    }

    /// Returns a row of the preview.
    pub fn preview_row(&self, row: &ShownRow) -> PreviewRow {
        let cell = |cell: &ShownCell| PreviewCell {
            path: cell.path.clone(),
            label: self.label(&cell.path),
            written: cell.written.clone(),
            value: cell.value.clone(),
            text: self.value(&cell.path, &cell.value, self.activity),
            qualifier: cell.qualifier.clone(),
            converted: cell.converted,
        };
        PreviewRow { row: row.row, action: row.action, cells: row.cells.iter().map(cell).collect() }
    }

    /// Returns an entry that will change.
    pub fn change(&self, change: &ChangedEntry) -> EntryChange {
        let activity = self.reference.catalogue.activity(&change.activity);
        let field = |field: &ChangedField| FieldChange {
            path: field.path.clone(),
            label: self.label_in(&field.path, activity),
            from: self.value(&field.path, &field.from, activity),
            to: self.value(&field.path, &field.to, activity),
        };
        let name = activity.map(|activity| self.language.pick(&activity.name, &activity.name_en)).unwrap_or_default();
        EntryChange {
            row: change.row,
            id: change.id,
            activity: name.to_owned(),
            place: self.reference.places.label(&change.place),
            date: change.date.clone(),
            fields: change.fields.iter().map(field).collect(),
        }
    }

    /// Returns a column that is not imported, with the field's name where several columns may be it.
    pub fn omitted_column(&self, column: &OmittedColumn) -> OmittedColumn {
        let is_repeated = column.why == ColumnReason::Repeated;
        let text = if is_repeated { self.label(&column.text) } else { column.text.clone() };
        OmittedColumn { text, ..column.clone() }
    }
}

fn field<'a>(path: &str, activity: Option<&'a Activity>) -> Option<&'a Field> {
    activity?.field(Path::from(path).answer()?)
}
