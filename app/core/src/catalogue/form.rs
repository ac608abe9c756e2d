//! Fields of a form: kinds, choices, conditions and computed values. Add a property of a field here, and its rule in
//! `validate.rs`.

use crate::entry::path::Path;
use crate::values::quantity::Quantity;
use serde::{Deserialize, Serialize};

/// Type of a form field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// Integer.
    #[default]
    Integer,
    /// Number with up to four decimals.
    Number,
    /// Text.
    Text,
    /// Single choice.
    Choice,
    /// Multiple choice: a checklist.
    Choices,
    /// Table with any number of rows.
    Table,
}

impl FieldKind {
    /// Returns whether it is numeric. Numbers are stored in an entry's `values` and can feed an indicator; other
    /// answers are stored in `details`.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Integer | Self::Number)
    }
}

/// An option of a choice field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Choice {
    /// Code.
    pub code: String,
    /// Name in Chinese.
    pub name: String,
    /// Name in English.
    pub name_en: String,
}

/// Condition under which a field is shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Condition {
    /// Code of a choice field of the same form.
    pub field: String,
    /// Options of which one must be selected.
    pub is: Vec<String>,
}

/// Formula of a calculated field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Computed {
    /// Sum of the fields that have a value.
    Sum(Vec<String>),
    /// Product of the fields; nothing while one is missing.
    Product(Vec<String>),
    /// Sum of a table column.
    Total {
        /// Code of the table.
        table: String,
        /// Code of the column.
        column: String,
    },
}

impl Computed {
    /// Returns the result, rounded to four decimals. `number` returns the value of a field, `column` the values of a
    /// table column.
    pub fn of(&self, number: impl Fn(&str) -> Option<f64>, column: impl Fn(&str, &str) -> Vec<f64>) -> Option<f64> {
        let sum = |given: Vec<f64>| (!given.is_empty()).then(|| given.iter().sum::<f64>());
        let result = match self {
            Self::Sum(codes) => sum(codes.iter().filter_map(|code| number(code)).collect()),
            Self::Total { table, column: code } => sum(column(table, code)),
            Self::Product(codes) => codes.iter().map(|code| number(code)).product::<Option<f64>>(),
        };
        result.map(|number| (number * 1e4).round() / 1e4)
    }
}

/// A field of an entry form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = FormField))]
pub struct Field {
    /// Code within the activity.
    pub code: String,
    /// Label in Chinese.
    pub name: String,
    /// Label in English.
    pub name_en: String,
    /// Type of the answer.
    pub kind: FieldKind,
    /// Unit in Chinese.
    #[serde(default)]
    pub unit: String,
    /// Unit in English.
    #[serde(default)]
    pub unit_en: String,
    /// Whether an answer is required.
    pub required: bool,
    /// Minimum value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Quantity>,
    /// Maximum value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Quantity>,
    /// Code of the indicator that it feeds.
    #[serde(default)]
    pub feeds: Option<String>,
    /// Columns, for a table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "openapi", schema(no_recursion))]
    pub columns: Vec<Field>,
    /// Options, for a choice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// Hint in Chinese.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint: String,
    /// Hint in English.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hint_en: String,
    /// Condition under which the field is shown. Without one, it is always shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Condition>,
    /// Formula, for a calculated field that users cannot fill in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub computed: Option<Computed>,
    /// Initial value in a new entry: a number, text, or the code of an option.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub default: String,
    /// Heading in Chinese of the section that starts with this field.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub section: String,
    /// Heading in English of the section.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub section_en: String,
}

impl Field {
    /// Returns the path of its answer in an entry.
    pub fn path(&self) -> Path<'_> {
        if self.kind.is_number() { Path::value(&self.code) } else { Path::detail(&self.code) }
    }

    /// Returns whether it is shown. `chosen` returns the selected options of a field.
    pub fn is_asked(&self, chosen: impl Fn(&str) -> Vec<String>) -> bool {
        let when = self.when.as_ref();
        when.is_none_or(|when| chosen(&when.field).iter().any(|code| when.is.contains(code)))
    }

    /// Returns the option with this code.
    pub fn choice(&self, code: &str) -> Option<&Choice> {
        self.choices.iter().find(|choice| choice.code == code)
    }
}
