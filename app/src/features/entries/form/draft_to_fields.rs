//! Converts a draft into the fields of an entry.

use crate::storage::drafts::Draft;
use crate::ui::number_input::{NotANumber, read_number};
use jiedui_core::catalogue::{Activity, Field, FieldKind};
use jiedui_core::entry::{Fields, field};
use jiedui_core::sync::{Path, number_value};
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use jiedui_core::values::sort::collect_sorted;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Converts the rows of a table, without empty ones. Text in a number column is an error.
fn table(field: &Field, rows: &[BTreeMap<String, String>], errors: &mut Vec<FieldError>) -> Value {
    let filled = rows.iter().filter(|row| row.values().any(|cell| !cell.trim().is_empty()));
    let mut sent = Vec::new();
    for (number, row) in filled.enumerate() {
        let mut cells = Fields::new();
        for column in &field.columns {
            let text = row.get(&column.code).map(|text| text.trim()).unwrap_or_default();
            if !column.kind.is_number() {
                cells.extend((!text.is_empty()).then(|| (column.code.clone(), json!(text))));
                continue;
            }
            match read_number(text) {
                Ok(value) => cells.extend(value.map(|value| (column.code.clone(), number_value(value)))),
                Err(NotANumber) => {
                    let at = Path::cell(&field.code, number, &column.code);
                    errors.push(FieldError::new(at, ErrorCode::NotNumber));
                }
            }
        }
        sent.push(Value::Object(cells));
    }
    if sent.is_empty() { Value::Null } else { Value::Array(sent) }
}

/// Returns the fields that a draft changes. Others are left out, so concurrent changes of them are not reverted.
pub fn changes_of(draft: &Draft, activity: Option<&Activity>) -> Fields {
    let (mut fields, _) = fields_of(draft, activity);
    let absent = Value::Null;
    for name in [field::VALUES, field::DETAILS] {
        let before = |code: &str| draft.before.get(name).and_then(|answers| answers.get(code)).unwrap_or(&absent);
        // The same number can have two spellings.
        let same = |a: &Value, b: &Value| a == b || a.is_number() && a.as_f64() == b.as_f64();
        if let Some(answers) = fields.get_mut(name).and_then(Value::as_object_mut) {
            answers.retain(|code, answer| !same(answer, before(code)));
        }
    }
    let is_change = |name: &str, value: &Value| match value {
        Value::Object(answers) if name == field::DETAILS => !answers.is_empty(),
        Value::Object(values) if name == field::VALUES => draft.base_rev == 0 || !values.is_empty(),
        // An absent list of photos equals an empty one.
        Value::Array(photos) if name == field::ATTACHMENTS && photos.is_empty() => {
            draft.before.get(name).and_then(Value::as_array).is_some_and(|before| !before.is_empty())
        }
        // Fields that this version does not know were not removed by the user.
        Value::Null if matches!(name, field::VERSION | field::REASON) => false,
        value => draft.before.get(name).unwrap_or(&absent) != value,
    };
    fields.retain(|name, value| is_change(name, value));
    fields
}

/// Returns the fields of a draft under the form of its activity. Hidden fields are cleared, and computed ones left to the rules.
/// Text in a number field is an error.
pub fn fields_of(draft: &Draft, activity: Option<&Activity>) -> (Fields, Vec<FieldError>) {
    let field = |code: &str| activity.and_then(|activity| activity.field(code));
    let is_asked = |code: &str| field(code).is_none_or(|field| field.is_asked(|code| draft.chosen(code)));
    let or_null = |text: &str| if text.is_empty() { Value::Null } else { json!(text) };
    let (mut values, mut errors) = (Fields::new(), Vec::new());
    for (code, text) in &draft.values {
        if field(code).is_some_and(|field| field.computed.is_some()) {
            continue;
        }
        match read_number(if is_asked(code) { text } else { "" }) {
            Ok(Some(number)) => drop(values.insert(code.clone(), number_value(number))),
            Ok(None) => drop(values.insert(code.clone(), Value::Null)),
            Err(NotANumber) => errors.push(FieldError::new(Path::value(code), ErrorCode::NotNumber)),
        }
    }
    let answer = |(code, chosen): (&String, &Vec<String>)| {
        let several = field(code).is_some_and(|field| field.kind == FieldKind::Choices);
        let answer = match chosen.first().filter(|first| !first.is_empty() && is_asked(code)) {
            None => Value::Null,
            Some(_) if several => json!(chosen),
            Some(first) => json!(first),
        };
        (code.clone(), answer)
    };
    let mut details: Fields = collect_sorted(draft.details.iter().map(answer));
    for (code, rows) in &draft.rows {
        let rows = match field(code) {
            Some(field) if is_asked(code) => table(field, rows, &mut errors),
            _ => Value::Null,
        };
        details.insert(code.clone(), rows);
    }
    let fields = json!({
        (field::ACTIVITY): draft.activity, (field::VERSION): draft.version, (field::DATE): draft.date, (field::PLACE): draft.place, (field::PAIRING): or_null(&draft.pairing),
        (field::ORGANISATION): or_null(&draft.organisation), (field::VALUES): values, (field::DETAILS): details, (field::NOTE): draft.note,
        (field::ATTACHMENTS): draft.attachments, (field::REASON): or_null(&draft.reason), (field::POSITION): draft.position,
    });
    (fields.as_object().cloned().unwrap_or_default(), errors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::entries::form::draft_from_fields::draft_of;
    use uuid::Uuid;

    #[test]
    fn draft_and_fields_convert_both_ways() {
        let values = [("count", "3"), ("area", "4.5"), ("people", "")];
        let values = values.map(|(code, text)| (code.to_owned(), text.to_owned())).into();
        let draft = Draft {
            activity: "survey".into(),
            date: "2026-11-24".into(),
            place: "522728".into(),
            values,
            ..Draft::default()
        };
        let (fields, errors) = fields_of(&draft, None);
        assert!(errors.is_empty());
        assert_eq!(fields["values"], json!({"count": 3, "area": 4.5, "people": null}));
        assert_eq!((&fields["pairing"], &fields["note"]), (&Value::Null, &json!("")));
        assert_eq!(
            changes_of(&draft, None),
            fields
                .iter()
                .filter(|(name, value)| !value.is_null() && *name != "details" && *name != "attachments")
                .map(|(name, value)| match name.as_str() {
                    "values" => (name.clone(), json!({"count": 3, "area": 4.5})),
                    _ => (name.clone(), value.clone()),
                })
                .collect()
        );
        let again = draft_of(draft.id, 2, &fields);
        assert_eq!((again.values["count"].as_str(), again.values["area"].as_str(), again.base_rev), ("3", "4.5", 2));
        assert_eq!(changes_of(&again, None), Fields::new(), "nothing has been changed");
        let mut changed = again;
        changed.values.insert("people".into(), "7".into());
        changed.values.insert("area".into(), String::new());
        changed.note = "新".into();
        assert_eq!(
            Value::Object(changes_of(&changed, None)),
            json!({"values": {"people": 7, "area": null}, "note": "新"})
        );
    }

    #[test]
    fn fields_of_clears_hidden_and_omits_computed_answers() {
        let field = |code: &str, kind: &str, more: Value| {
            let mut field = json!({"code": code, "name": code, "name_en": code, "kind": kind, "required": false});
            field.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            field
        };
        let choice = |code: &str| json!({"code": code, "name": code, "name_en": code});
        let finish = json!({"field": "stage", "is": ["finish"]});
        let activity: Activity = serde_json::from_value(json!({
        "code": "project", "programme": "industry", "name": "", "name_en": "", "version": 1, "fields": [
            field("stage", "choice", json!({"choices": [choice("start"), choice("finish")]})),
            field("result", "text", json!({"when": finish})),
            field("met", "choices", json!({"choices": [choice("sign"), choice("hall")]})),
            field("area", "number", json!({"when": finish})),
            field("total", "number", json!({"computed": {"sum": ["area"]}})),
        ]}))
        .unwrap();
        let entry = json!({"activity": "project", "date": "2026-11-24", "place": "522728", "values": {"area": 4, "total": 4},
            "details": {"stage": "finish", "result": "增收", "met": ["sign"]}, "note": ""});
        let mut draft = draft_of(Uuid::nil(), 3, entry.as_object().unwrap());
        assert_eq!(draft.details["met"], ["sign"]);
        assert_eq!(changes_of(&draft, Some(&activity)), Fields::new(), "nothing has been changed");
        draft.details.insert("stage".into(), vec!["start".into()]);
        draft.details.insert("met".into(), vec!["sign".into(), "hall".into()]);
        let changes =
            json!({"values": {"area": null}, "details": {"stage": "start", "result": null, "met": ["sign", "hall"]}});
        assert_eq!(Value::Object(changes_of(&draft, Some(&activity))), changes);
    }
}
