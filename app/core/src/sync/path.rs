//! Field paths of an entry, the unit of conflict detection: a top-level field, or one answer of the form such as
//! `values.count`. Concurrent changes to different paths merge without a conflict.

use crate::entry::Fields;
use serde_json::{Value, json};
use std::borrow::Cow;

/// Top-level fields whose members, keyed by field code, are separate paths.
const FORM_FIELDS: [&str; 2] = ["values", "details"];
/// Fields that only the server sets; values sent by a client are ignored.
const SERVER_SET: [&str; 6] = ["author", "created_at", "updated_at", "source", "reviewed_by", "reviewed_at"];

/// Splits the path of a form answer into the top-level field and the answer's code. Returns `None` for other paths.
pub fn split_form_path(path: &str) -> Option<(&str, &str)> {
    path.split_once('.').filter(|(field, _)| FORM_FIELDS.contains(field))
}

/// Returns the paths that a mutation sets with their values, one for each answer of the form.
pub fn paths(fields: &Fields) -> Vec<(Cow<'_, str>, &Value)> {
    let mut paths = Vec::with_capacity(fields.len() + 4);
    for (name, value) in fields.iter().filter(|(name, _)| !SERVER_SET.contains(&name.as_str())) {
        match value {
            Value::Object(answers) if FORM_FIELDS.contains(&name.as_str()) => {
                paths.extend(answers.iter().map(|(code, answer)| (Cow::Owned(format!("{name}.{code}")), answer)));
            }
            _ => paths.push((Cow::Borrowed(name.as_str()), value)),
        }
    }
    paths
}

/// Returns the value at a path, or `None` if it is null.
pub fn get<'a>(fields: &'a Fields, path: &str) -> Option<&'a Value> {
    let value = match split_form_path(path) {
        Some((field, code)) => fields.get(field).and_then(|answers| answers.get(code)),
        None => fields.get(path),
    };
    value.filter(|value| !value.is_null())
}

/// Sets the value at a path; null removes it.
pub fn set(fields: &mut Fields, path: &str, value: &Value) {
    match split_form_path(path) {
        Some((field, code)) => {
            let answers = fields.entry(field).or_insert_with(|| json!({}));
            if let Some(answers) = answers.as_object_mut() {
                insert_or_remove(answers, code, value);
            }
        }
        None => insert_or_remove(fields, path, value),
    }
}

fn insert_or_remove(fields: &mut Fields, name: &str, value: &Value) {
    if value.is_null() {
        fields.remove(name);
    } else {
        fields.insert(name.to_owned(), value.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_form_answers_round_trip() {
        let fields =
            json!({"values": {"people": 3, "area": null}, "details": {"model": "company"}, "note": "n", "author": "x"});
        let fields = fields.as_object().unwrap();
        let mut rebuilt = Fields::new();
        let mut named: Vec<String> = Vec::new();
        for (path, value) in paths(fields) {
            named.push(path.to_string());
            set(&mut rebuilt, &path, value);
        }
        named.sort();
        assert_eq!(named, ["details.model", "note", "values.area", "values.people"]);
        assert_eq!(
            Value::Object(rebuilt.clone()),
            json!({"values": {"people": 3}, "details": {"model": "company"}, "note": "n"})
        );
        assert_eq!((get(&rebuilt, "details.model"), get(&rebuilt, "values.area")), (Some(&json!("company")), None));
    }
}
