//! Converts the fields of an entry into a draft.

use crate::storage::drafts::Draft;
use jiedui_core::catalogue::Activity;
use jiedui_core::entry::{Answer, Fields, field};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Returns the draft of an edit of a stored entry.
pub fn draft_of(id: Uuid, base_rev: u64, fields: &Fields) -> Draft {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let values = fields.get(field::VALUES).and_then(Value::as_object).into_iter().flatten();
    Draft {
        id,
        base_rev,
        activity: text(field::ACTIVITY),
        version: fields.get(field::VERSION).and_then(|value| u32::deserialize(value).ok()),
        date: text(field::DATE),
        place: text(field::PLACE),
        pairing: text(field::PAIRING),
        organisation: text(field::ORGANISATION),
        values: values.map(|(code, number)| (code.clone(), number.to_string())).collect(),
        details: details_of(fields),
        rows: rows_of(fields),
        note: text(field::NOTE),
        position: fields.get(field::POSITION).and_then(|value| Deserialize::deserialize(value).ok()),
        // Each change has a reason of its own.
        reason: String::new(),
        attachments: attachments_of(fields),
        before: fields.clone(),
        since: 0,
        copy_of: None,
    }
}

fn attachments_of(fields: &Fields) -> Vec<String> {
    fields.get(field::ATTACHMENTS).and_then(|value| Vec::deserialize(value).ok()).unwrap_or_default()
}

/// The answers that are no numbers, each choice by itself.
fn details_of(fields: &Fields) -> BTreeMap<String, Vec<String>> {
    let details = fields.get(field::DETAILS).and_then(Value::as_object).into_iter().flatten();
    let all = |answer: &Value| Answer::deserialize(answer).map(|answer| answer.all().to_vec()).unwrap_or_default();
    let is_table = |answer: &Value| answer.as_array().is_some_and(|rows| rows.iter().any(Value::is_object));
    let plain = details.filter(|(_, answer)| !is_table(answer));
    plain.map(|(code, answer)| (code.clone(), all(answer))).collect()
}

/// The tables, their cells as they are typed.
fn rows_of(fields: &Fields) -> BTreeMap<String, Vec<BTreeMap<String, String>>> {
    let details = fields.get(field::DETAILS).and_then(Value::as_object).into_iter().flatten();
    let typed =
        |(code, cell): (&String, &Value)| (code.clone(), cell.as_str().map_or_else(|| cell.to_string(), str::to_owned));
    let row = |row: &Value| Some(row.as_object()?.iter().map(typed).collect::<BTreeMap<_, _>>());
    let table = |(code, answer): (&String, &Value)| {
        let rows: Vec<_> = answer.as_array()?.iter().filter_map(row).collect();
        (!rows.is_empty()).then(|| (code.clone(), rows))
    };
    details.filter_map(table).collect()
}

/// Returns an empty draft with the defaults of the activity's form, without identifier and date.
pub fn fresh(activity: &str, form: Option<&Activity>) -> Draft {
    let mut draft = Draft { activity: activity.to_owned(), ..Draft::default() };
    draft.version = form.map(|form| form.version);
    for field in form.into_iter().flat_map(|form| &form.fields).filter(|field| !field.default.is_empty()) {
        if field.kind.is_number() {
            draft.values.insert(field.code.clone(), field.default.clone());
        } else {
            draft.details.insert(field.code.clone(), vec![field.default.clone()]);
        }
    }
    draft
}

/// Copies an earlier entry of the same activity into a draft, except its date, numbers and note.
pub fn copy_from_last(draft: &Draft, fields: &Fields) -> Draft {
    let earlier = draft_of(draft.id, draft.base_rev, fields);
    Draft {
        rows: draft.rows.clone(),
        version: draft.version,
        date: draft.date.clone(),
        values: draft.values.clone(),
        position: draft.position,
        note: draft.note.clone(),
        attachments: draft.attachments.clone(),
        before: draft.before.clone(),
        since: draft.since,
        copy_of: draft.copy_of,
        ..earlier
    }
}
