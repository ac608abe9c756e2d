//! Size limits of a record, which bound its cost on the server and on every phone.

use crate::entry::{Fields, field};
use crate::values::field_error::{ErrorCode, FieldError};
use serde_json::Value;

/// Maximum size of a record's fields as JSON, in bytes.
pub const MAX_RECORD_BYTES: usize = 256 * 1024;
/// Maximum size of unknown fields in bytes. Fields of newer versions are preserved up to this limit.
pub const MAX_UNKNOWN_BYTES: usize = 16 * 1024;
/// Maximum number of unknown fields.
pub const MAX_UNKNOWN_FIELDS: usize = 32;
/// Maximum nesting depth, well below the limit of the JSON parser.
const MAX_DEPTH: usize = 16;
/// Maximum length of a field name in an error message, in bytes.
const MAX_NAME_BYTES: usize = 100;

/// Fields that the server sets on every record.
const SERVER_FIELDS: [&str; 5] =
    [field::AUTHOR, field::RECORDED_BY, field::CREATED_AT, field::UPDATED_AT, field::SOURCE];

/// Returns an error for each field that exceeds a limit. `names` are the known fields of the record's kind.
pub fn exceeded_limits(fields: &Fields, names: &[&str]) -> Vec<FieldError> {
    let is_known = |name: &str| names.contains(&name) || SERVER_FIELDS.contains(&name);
    let (mut errors, mut all, mut unknown, mut count) = (Vec::new(), 0, 0, 0);
    let mut largest = (0, "");
    for (name, value) in fields {
        let size = size_of(value, 0).saturating_add(name.len() + 4);
        all = size.saturating_add(all);
        if size > largest.0 {
            largest = (size, name);
        }
        if is_known(name) {
            continue;
        }
        unknown = size.saturating_add(unknown);
        count += 1;
        if unknown > MAX_UNKNOWN_BYTES || count > MAX_UNKNOWN_FIELDS {
            errors.push(FieldError::with_limit(shortened(name), ErrorCode::TooLong, MAX_UNKNOWN_BYTES as f64));
            break;
        }
    }
    if errors.is_empty() && all > MAX_RECORD_BYTES {
        errors.push(FieldError::with_limit(shortened(largest.1), ErrorCode::TooLong, MAX_RECORD_BYTES as f64));
    }
    errors
}

/// Returns the size of the fields as JSON in bytes.
pub fn size(fields: &Fields) -> usize {
    fields.iter().fold(0, |all, (name, value)| size_of(value, 0).saturating_add(all + name.len() + 4))
}

/// Returns the size of a value as JSON in bytes; a value nested too deeply counts as over any limit.
pub fn size_of(value: &Value, depth: usize) -> usize {
    if depth > MAX_DEPTH {
        return usize::MAX / 4;
    }
    match value {
        Value::Null | Value::Bool(_) => 5,
        // The longest float has 24 digits.
        Value::Number(_) => 24,
        Value::String(text) => text.bytes().fold(2, |all, byte| {
            all + match byte {
                b'"' | b'\\' => 2,
                ..0x20 => 6,
                _ => 1,
            }
        }),
        Value::Array(items) => items.iter().fold(2, |all, item| size_of(item, depth + 1).saturating_add(all + 1)),
        Value::Object(items) => items
            .iter()
            .fold(2, |all, (name, item)| size_of(item, depth + 1).saturating_add(all.saturating_add(name.len() + 4))),
    }
}

/// Returns whether a value holds U+0000 in any text or name. PostgreSQL cannot store it, and a table with it is no text file.
pub fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => items.iter().any(has_nul),
        Value::Object(items) => items.iter().any(|(name, item)| name.contains('\0') || has_nul(item)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Truncates a field name for an error message.
pub fn shortened(name: &str) -> String {
    let end = (0..=name.len().min(MAX_NAME_BYTES)).rev().find(|end| name.is_char_boundary(*end)).unwrap_or_default();
    name.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::json;

    fn fields(value: Value) -> Fields {
        value.as_object().unwrap().clone()
    }

    fn nested(depth: usize) -> Value {
        (0..depth).fold(json!(1), |inner, _| json!([inner]))
    }

    #[rstest]
    #[case(json!({"note": "x".repeat(MAX_RECORD_BYTES)}), Some("note"))]
    #[case(json!({"note": "x".repeat(MAX_RECORD_BYTES - 100)}), None)]
    #[case(json!({"note": "\u{1}".repeat(MAX_RECORD_BYTES / 4)}), Some("note"))]
    #[case(json!({"later": "x".repeat(MAX_UNKNOWN_BYTES)}), Some("later"))]
    #[case(json!({"later": "x".repeat(MAX_UNKNOWN_BYTES - 100), "note": "x"}), None)]
    #[case(json!({"later": nested(12)}), None)]
    #[case(json!({"later": nested(200)}), Some("later"))]
    fn exceeded_limits_names_field(#[case] value: Value, #[case] field: Option<&str>) {
        let errors = exceeded_limits(&fields(value), &["note"]);
        assert_eq!(errors.first().map(|error| error.field.as_str()), field);
        assert!(errors.iter().all(|error| error.code == ErrorCode::TooLong));
    }

    #[test]
    fn exceeded_limits_bounds_unknown_fields_and_names() {
        let many: Fields = (0..MAX_UNKNOWN_FIELDS).map(|number| (format!("later{number}"), json!(1))).collect();
        assert_eq!(exceeded_limits(&many, &[]), []);
        let more: Fields = (0..10_000).map(|number| (format!("later{number}"), json!(1))).collect();
        assert_eq!(exceeded_limits(&more, &[]).len(), 1);
        let name = "名".repeat(10_000);
        let errors = exceeded_limits(&fields(json!({name: 1})), &[]);
        assert_eq!(errors[0].field, "名".repeat(33));
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<f64>().prop_map(|number| json!(number)),
            ".*".prop_map(|text| json!(text)),
            Just(Value::Null)
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|items| json!(items)),
                prop::collection::btree_map("[a-z]{0,9}", inner, 0..4).prop_map(|items| json!(items)),
            ]
        })
    }

    proptest! {
        #[test]
        fn size_is_at_least_json_length(value in any_value()) {
            let record = fields(json!({"field": value}));
            let json = serde_json::to_string(&record).unwrap().len();
            prop_assert!(size(&record) + 2 >= json, "{} {}", size(&record), json);
        }
    }
}
