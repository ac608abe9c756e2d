//! Paths of an entry's fields: a field of the contract, or one answer of its form. What two people change at different
//! paths is no conflict.

use crate::entry::Fields;
use serde_json::{Value, json};
use std::borrow::Cow;

/// The fields that hold the answers of a form, each under its code: numbers, and all others.
const OF_FORM: [&str; 2] = ["values", "details"];
/// Fields that the server alone sets; a client's word on them is passed over.
const SERVER_SET: [&str; 6] = ["author", "created_at", "updated_at", "source", "reviewed_by", "reviewed_at"];

/// The field of the contract that an answer lies in, and its code; nothing for other paths.
pub fn of_form(path: &str) -> Option<(&str, &str)> {
    path.split_once('.').filter(|(field, _)| OF_FORM.contains(field))
}

/// The paths that a mutation names, the answers of its form one by one.
pub fn paths(fields: &Fields) -> Vec<(Cow<'_, str>, &Value)> {
    let mut paths = Vec::with_capacity(fields.len() + 4);
    for (name, value) in fields.iter().filter(|(name, _)| !SERVER_SET.contains(&name.as_str())) {
        match value {
            Value::Object(answers) if OF_FORM.contains(&name.as_str()) => {
                paths.extend(answers.iter().map(|(code, answer)| (Cow::Owned(format!("{name}.{code}")), answer)));
            }
            _ => paths.push((Cow::Borrowed(name.as_str()), value)),
        }
    }
    paths
}

/// What lies at a path; nothing where it is null.
pub fn get<'a>(fields: &'a Fields, path: &str) -> Option<&'a Value> {
    let value = match of_form(path) {
        Some((field, code)) => fields.get(field).and_then(|answers| answers.get(code)),
        None => fields.get(path),
    };
    value.filter(|value| !value.is_null())
}

/// Sets what lies at a path; null clears it.
pub fn set(fields: &mut Fields, path: &str, value: &Value) {
    match of_form(path) {
        Some((field, code)) => {
            let answers = fields.entry(field).or_insert_with(|| json!({}));
            if let Some(answers) = answers.as_object_mut() {
                put_or_clear(answers, code, value);
            }
        }
        None => put_or_clear(fields, path, value),
    }
}

fn put_or_clear(fields: &mut Fields, name: &str, value: &Value) {
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
    fn each_answer_of_a_form_has_a_path_and_comes_back_from_it() {
        let fields =
            json!({"values": {"people": 3, "area": null}, "details": {"model": "company"}, "note": "n", "author": "x"});
        let fields = fields.as_object().unwrap();
        let mut again = Fields::new();
        let mut named: Vec<String> = Vec::new();
        for (path, value) in paths(fields) {
            named.push(path.to_string());
            set(&mut again, &path, value);
        }
        named.sort();
        assert_eq!(named, ["details.model", "note", "values.area", "values.people"]);
        assert_eq!(
            Value::Object(again.clone()),
            json!({"values": {"people": 3}, "details": {"model": "company"}, "note": "n"})
        );
        assert_eq!((get(&again, "details.model"), get(&again, "values.area")), (Some(&json!("company")), None));
    }
}
