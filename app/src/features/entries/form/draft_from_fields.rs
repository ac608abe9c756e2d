//! Converts the fields of an entry into a draft.

use crate::storage::drafts::Draft;
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
        // A reason belongs to one change only.
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

/// Returns the answers that are not numbers, as lists of choices.
fn details_of(fields: &Fields) -> BTreeMap<String, Vec<String>> {
    let details = fields.get(field::DETAILS).and_then(Value::as_object).into_iter().flatten();
    let all = |answer: &Value| Answer::deserialize(answer).map(|answer| answer.all().to_vec()).unwrap_or_default();
    let is_table = |answer: &Value| answer.as_array().is_some_and(|rows| rows.iter().any(Value::is_object));
    let plain = details.filter(|(_, answer)| !is_table(answer));
    plain.map(|(code, answer)| (code.clone(), all(answer))).collect()
}

/// Returns the tables, with their cells as typed text.
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
