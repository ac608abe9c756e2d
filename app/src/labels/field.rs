//! Values of one form field as text; shared by entries, conflicts and histories.

use super::Labels;
use super::number::qualified;
use jiedui_core::catalogue::Field;
use jiedui_core::entry::Cell;
use jiedui_core::values::quantity::{Qualifier, Quantity};

/// Returns the field's name.
pub fn name(labels: Labels, field: &Field) -> &str {
    labels.pick(&field.name, &field.name_en)
}

/// Formats an amount with its qualifier and the field's unit.
pub fn amount(labels: Labels, field: &Field, quantity: Quantity, qualifier: Qualifier) -> String {
    let amount = qualified(labels.texts, quantity, qualifier);
    format!("{amount} {}", labels.pick(&field.unit, &field.unit_en)).trim_end().to_owned()
}

/// Returns the name of a choice; the text itself where the field has no such choice.
pub fn choice<'a>(labels: Labels, field: &'a Field, text: &'a str) -> &'a str {
    field.choice(text).map_or(text, |choice| labels.pick(&choice.name, &choice.name_en))
}

/// Formats a cell of a table column.
pub fn cell(labels: Labels, column: &Field, cell: &Cell) -> String {
    match cell {
        Cell::Number(number) => amount(labels, column, *number, Qualifier::Exact),
        Cell::Text(text) => choice(labels, column, text).to_owned(),
    }
}
