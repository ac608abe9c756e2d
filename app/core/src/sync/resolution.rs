//! A person's choice between the values of a conflict: both are kept until somebody makes it.

use crate::entry::Fields;
use crate::sync::merge::{DELETED, present};
use crate::sync::path::{get, of_form, paths};
use crate::sync::protocol::{ENTRY, Mutation, Op, RESOLUTION};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// A choice between the values of a conflict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// The client whose mutation was in conflict.
    pub client: Uuid,
    /// That mutation's number.
    pub seq: u64,
    /// Paths of those of its values that are taken; of the others the record's own stand.
    pub take: Vec<String>,
}

impl Resolution {
    /// The mutation that takes these values.
    pub fn mutation(&self, seq: u64, id: Uuid, base_rev: u64) -> Mutation {
        let fields = match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields,
            _ => Fields::new(),
        };
        Mutation { seq, kind: RESOLUTION.to_owned(), id, base_rev, epoch: None, op: Op::Put, fields }
    }
}

/// The mutation of the entry that a choice comes to: `kept` are the values of the conflict, by their paths. `None` if it
/// takes what is not among them.
pub fn resolution_mutation(choice: &Mutation, take: &[String], kept: &Fields) -> Option<Mutation> {
    let op = if take.iter().any(|path| path == DELETED) { Op::Delete } else { Op::Put };
    let mut fields = Fields::new();
    if op == Op::Delete {
        // A deletion is carried out with the reason that it was made with.
        let said = kept.iter().filter(|(path, _)| *path != DELETED);
        fields.extend(said.map(|(path, value)| (path.clone(), value.clone())));
    }
    for path in take.iter().filter(|path| *path != DELETED) {
        let value = kept.get(path)?;
        match of_form(path) {
            // A null stays one: it clears the value.
            Some((field, code)) => drop(
                fields
                    .entry(field)
                    .or_insert_with(|| json!({}))
                    .as_object_mut()?
                    .insert(code.to_owned(), value.clone()),
            ),
            None => drop(fields.insert(path.clone(), value.clone())),
        }
    }
    (op == Op::Put || kept.contains_key(DELETED)).then(|| Mutation {
        kind: ENTRY.to_owned(),
        op,
        fields,
        ..choice.clone()
    })
}

/// A value of a conflict beside the one that stands.
#[derive(Clone, Debug, PartialEq)]
pub struct ConflictingValue {
    /// The path of both.
    pub path: String,
    /// What the mutation set; null where it cleared the value.
    pub mine: Value,
    /// What stands in the record now; null for nothing.
    pub theirs: Value,
}

/// Returns the values that a conflict is about: those that the server did not take, by what the record was when it
/// `answered`, and that are not what stands there by now. A choice may take each of them.
pub fn conflicting_values(mutation: &Mutation, answered: &Fields, theirs: &Fields) -> Vec<ConflictingValue> {
    let value = |value: Option<&Value>| value.cloned().unwrap_or(Value::Null);
    let kept = paths(&mutation.fields).into_iter().filter(|(path, mine)| get(answered, path) != present(mine));
    let mut rows: Vec<ConflictingValue> = kept
        .filter(|(path, mine)| get(theirs, path) != present(mine))
        .map(|(path, mine)| ConflictingValue {
            theirs: value(get(theirs, &path)),
            mine: mine.clone(),
            path: path.into_owned(),
        })
        .collect();
    rows.sort_by(|one, other| one.path.cmp(&other.path));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_answer_that_was_not_taken_is_a_row() {
        let fields = |value: Value| value.as_object().unwrap().clone();
        let mine = json!({
            "values": {"count": 3, "people": 5}, "note": "我的", "date": "2026-11-20", "place": "522728109",
            "pairing": "p1", "organisation": null, "attachments": ["a"], "qualifiers": {"count": "about"},
            "details": {"model": "company", "met": ["sign", "hall"], "rows": [{"who": "甲", "pay": 3}], "words": "好"},
            "from_tomorrow": {"deep": [1]}, "author": "x",
        });
        let theirs = json!({
            "values": {"count": 4, "people": 5}, "note": "别人的", "date": "2026-11-21", "place": "522728108",
            "organisation": "o2", "attachments": ["b"], "details": {"model": "self", "met": ["hall"], "rows": []},
        });
        let put = |fields| Mutation {
            seq: 1,
            kind: ENTRY.into(),
            id: Uuid::nil(),
            base_rev: 1,
            epoch: None,
            op: Op::Put,
            fields,
        };
        let rows = conflicting_values(&put(fields(mine.clone())), &fields(theirs.clone()), &fields(theirs.clone()));
        let paths: Vec<&str> = rows.iter().map(|row| row.path.as_str()).collect();
        assert_eq!(
            paths,
            [
                "attachments",
                "date",
                "details.met",
                "details.model",
                "details.rows",
                "details.words",
                "from_tomorrow",
                "note",
                "organisation",
                "pairing",
                "place",
                "qualifiers",
                "values.count",
            ]
        );
        let row = |path: &str| rows.iter().find(|row| row.path == path).unwrap();
        assert_eq!(row("details.met").mine, json!(["sign", "hall"]));
        assert_eq!((&row("organisation").mine, &row("organisation").theirs), (&Value::Null, &json!("o2")));
        assert_eq!(row("details.words").theirs, Value::Null);
        // What was taken and has been changed by others since is theirs: the server keeps no value of mine.
        let later = json!({"values": {"count": 3, "people": 9}, "note": "别人的"});
        let rows = conflicting_values(&put(fields(mine)), &fields(theirs), &fields(later));
        assert!(rows.iter().all(|row| !row.path.starts_with("values.")));
    }

    #[test]
    fn a_choice_comes_to_an_edit_of_just_what_is_taken() {
        let choice = Resolution { client: Uuid::from_u128(1), seq: 4, take: vec!["values.count".into()] };
        let mutation = choice.mutation(9, Uuid::from_u128(2), 7);
        assert_eq!((mutation.kind.as_str(), mutation.seq, mutation.base_rev), (RESOLUTION, 9, 7));
        let kept = json!({"values.count": 3, "note": "我的"}).as_object().unwrap().clone();
        let edit = resolution_mutation(&mutation, &choice.take, &kept).unwrap();
        assert_eq!((edit.op, Value::Object(edit.fields)), (Op::Put, json!({"values": {"count": 3}})));
        assert_eq!((edit.kind.as_str(), edit.seq, edit.base_rev), (ENTRY, 9, 7));
        assert_eq!(resolution_mutation(&mutation, &["place".into()], &kept), None, "what is not there cannot be taken");
        assert_eq!(resolution_mutation(&mutation, &[DELETED.into()], &kept), None);
        let gone = json!({"deleted": true, "reason": "重复"}).as_object().unwrap().clone();
        let deletion = resolution_mutation(&mutation, &[DELETED.into()], &gone).unwrap();
        assert_eq!((deletion.op, Value::Object(deletion.fields)), (Op::Delete, json!({"reason": "重复"})));
    }
}
