//! Converts the fields of an entry into a draft.

use crate::storage::drafts::Draft;
use jiedui_core::catalogue::{Activity, FieldKind};
use jiedui_core::entry::{Answer, Fields, field};
use jiedui_core::values::sort::collect_sorted;
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
        values: collect_sorted(values.map(|(code, number)| (code.clone(), number.to_string()))),
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
    collect_sorted(plain.map(|(code, answer)| (code.clone(), all(answer))))
}

/// Returns the tables, with their cells as typed text.
fn rows_of(fields: &Fields) -> BTreeMap<String, Vec<BTreeMap<String, String>>> {
    let details = fields.get(field::DETAILS).and_then(Value::as_object).into_iter().flatten();
    let typed =
        |(code, cell): (&String, &Value)| (code.clone(), cell.as_str().map_or_else(|| cell.to_string(), str::to_owned));
    let row = |row: &Value| Some(collect_sorted::<_, BTreeMap<_, _>>(row.as_object()?.iter().map(typed)));
    let table = |(code, answer): (&String, &Value)| {
        let rows: Vec<_> = answer.as_array()?.iter().filter_map(row).collect();
        (!rows.is_empty()).then(|| (code.clone(), rows))
    };
    collect_sorted(details.filter_map(table))
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

/// Copies who, where and which kind from an earlier entry of the same activity into a new draft: place, partners and choices. The
/// texts, numbers and photos belong to one entry.
pub fn continue_from(draft: Draft, fields: &Fields, activity: &Activity) -> Draft {
    let earlier = draft_of(draft.id, 0, fields);
    let is_choice = |code: &str| {
        activity.field(code).is_some_and(|field| matches!(field.kind, FieldKind::Choice | FieldKind::Choices))
    };
    let mut details = draft.details;
    details.extend(earlier.details.into_iter().filter(|(code, _)| is_choice(code)));
    let (place, pairing, organisation) = (earlier.place, earlier.pairing, earlier.organisation);
    Draft { place, pairing, organisation, details, ..draft }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn continued_draft_has_place_partners_and_choices_only() {
        let activity: Activity = serde_json::from_value(json!({
        "code": "training", "programme": "education", "name": "", "name_en": "", "version": 1, "fields": [
            {"code": "kind", "name": "", "name_en": "", "kind": "choice", "required": true,
                "choices": [{"code": "cadres", "name": "", "name_en": ""}]},
            {"code": "result", "name": "", "name_en": "", "kind": "text", "required": false},
        ]}))
        .unwrap();
        let last = json!({"activity": "training", "date": "2026-11-20", "place": "522728109", "pairing": "p", "values": {"people": 4},
            "details": {"kind": "cadres", "result": "通水"}, "note": "上次", "attachments": ["h"]});
        let fresh = Draft { activity: "training".into(), date: "2026-11-27".into(), ..Draft::default() };
        let draft = continue_from(fresh.clone(), last.as_object().unwrap(), &activity);
        let details = [("kind".to_owned(), vec!["cadres".to_owned()])].into();
        assert_eq!(draft, Draft { place: "522728109".into(), pairing: "p".into(), details, ..fresh });
    }
}
