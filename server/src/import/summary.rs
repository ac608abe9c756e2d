//! An import's rows, columns and changes in words, as the screen shows them.

use crate::db::reference::load::Reference;
use crate::import::columns::Target;
use crate::import::{Change, Findings, ShownRow};
use jiedui_core::catalogue::{Activity, Field};
use jiedui_core::values::{field_error::Language, quantity::Quantity};
use serde_json::{Value, json};

/// Who says values in words.
pub struct Words<'a> {
    /// Catalogue, places, directory.
    pub reference: &'a Reference,
    /// The form of the import.
    pub activity: Option<&'a Activity>,
    /// All that a column may be.
    pub targets: &'a [Target],
    /// In which language.
    pub language: Language,
}

impl Words<'_> {
    /// The name of a field.
    pub fn label(&self, path: &str) -> String {
        self.label_in(path, self.activity)
    }

    fn label_in(&self, path: &str, activity: Option<&Activity>) -> String {
        let target = self.targets.iter().find(|own| own.path == path);
        match (target, field(path, activity)) {
            (Some(target), _) => self.language.pick(&target.label, &target.label_en).to_owned(),
            (None, Some(field)) => self.language.pick(&field.name, &field.name_en).to_owned(),
            (None, None) => path.to_owned(),
        }
    }

    /// A value in words.
    pub fn value(&self, path: &str, value: &Value, activity: Option<&Activity>) -> String {
        let reference = self.reference;
        let organisation = |id| {
            let found = reference.directory().organisation(id);
            found.map(|own| self.language.pick(&own.name, &own.name_en).to_owned()).unwrap_or_default()
        };
        let id = || value.as_str().and_then(|own| uuid::Uuid::parse_str(own).ok());
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match (path, field(path, activity)) {
            _ if value.is_null() => String::new(),
            ("place", _) => reference.places.label(&text(value)),
            ("organisation", _) => id().map(organisation).unwrap_or_default(),
            ("pairing", _) => {
                let found = reference.pairings.iter().find(|own| Some(own.id) == id());
                let sides = found.map(|own| [own.organisation_a, own.organisation_b].map(organisation).join("—"));
                sides.unwrap_or_default()
            }
            (_, Some(field)) => {
                let choice = |code: &Value| {
                    let code = text(code);
                    field.choice(&code).map_or(code, |own| self.language.pick(&own.name, &own.name_en).to_owned())
                };
                match value {
                    Value::Number(number) => {
                        let amount = number.as_f64().and_then(Quantity::from_f64).map(|own| own.to_string());
                        let unit = self.language.pick(&field.unit, &field.unit_en);
                        format!("{} {unit}", amount.unwrap_or_else(|| number.to_string())).trim_end().to_owned()
                    }
                    Value::Array(codes) => codes.iter().map(choice).collect::<Vec<_>>().join("、"),
                    own => choice(own),
                }
            }
            _ => text(value),
        }
    }

    fn row(&self, row: &ShownRow) -> Value {
        let cell = |own: &crate::import::ShownCell| {
            let text = self.value(&own.path, &own.value, self.activity);
            json!({"path": own.path, "label": self.label(&own.path), "written": own.written, "value": own.value,
                "text": text, "qualifier": own.qualifier, "converted": own.converted})
        };
        let cells: Vec<Value> = row.cells.iter().map(cell).collect();
        json!({"row": row.row, "action": row.action, "cells": cells})
    }

    fn change(&self, change: &Change) -> Value {
        let activity = self.reference.catalogue.activity(&change.activity);
        let field = |own: &crate::import::ChangedField| {
            json!({"path": own.path, "label": self.label_in(&own.path, activity), "from": self.value(&own.path, &own.from, activity),
                "to": self.value(&own.path, &own.to, activity)})
        };
        let fields: Vec<Value> = change.fields.iter().map(field).collect();
        let name = activity.map(|own| self.language.pick(&own.name, &own.name_en)).unwrap_or_default();
        json!({"row": change.row, "id": change.id, "activity": name, "place": self.reference.places.label(&change.place),
            "date": change.date, "fields": fields})
    }

    /// What was found in a file, for the answer about an import.
    pub fn findings(&self, findings: &Findings) -> Value {
        let sheets: Vec<Value> =
            findings.sheets.iter().map(|own| json!({"name": own.name, "hidden": own.hidden})).collect();
        let start: Vec<Value> = findings.start.iter().map(|(row, cells)| json!({"row": row, "cells": cells})).collect();
        json!({
            "sheets": sheets, "sheet": findings.sheet, "heading_row": findings.heading_rows.row,
            "heading_rows": findings.heading_rows.rows, "start": start, "units": findings.units, "official": findings.official,
            "left_out": findings.left_out, "left_out_counts": findings.left_out_counts,
            "preview": findings.rows.iter().map(|row| self.row(row)).collect::<Vec<_>>(),
            "changes": findings.changes.iter().map(|change| self.change(change)).collect::<Vec<_>>(),
            "new": findings.new, "updates": findings.updates, "same": findings.same, "can_undo": findings.can_undo(), "hidden_rows": findings.hidden_rows,
            "problem": findings.fault.map(|fault| fault.words(self.language)),
        })
    }
}

fn field<'a>(path: &str, activity: Option<&'a Activity>) -> Option<&'a Field> {
    let (name, code) = path.split_once('.')?;
    activity.filter(|_| name == "values" || name == "details")?.field(code)
}
