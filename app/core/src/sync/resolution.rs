//! Conflict resolution: the user's choice between their values and the stored ones. Both are kept until the choice is
//! made.

use crate::entry::Fields;
use crate::entry::path::{Path, get, paths};
use crate::sync::kind::Kind;
use crate::sync::merge::{DELETED, present};
use crate::sync::protocol::{Mutation, Op};
use crate::values::sort::sort_by;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// The user's resolution of one conflict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// Client whose mutation was in conflict.
    pub client: Uuid,
    /// Sequence number of that mutation.
    pub seq: u64,
    /// Paths whose values from the mutation are applied; the stored values win for the others.
    pub take: Vec<Path<'static>>,
}

impl Resolution {
    /// Returns the mutation that sends this resolution.
    pub fn mutation(&self, seq: u64, id: Uuid, base_rev: u64) -> Mutation {
        let fields = match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields,
            _ => Fields::new(),
        };
        Mutation { seq, kind: Kind::Resolution, id, base_rev, epoch: None, op: Op::Put, fields }
    }
}

/// Returns the mutation of the entry that a resolution stands for. `conflicting` has the values in conflict by path.
/// Returns `None` if `take` names a path that is not in conflict.
pub fn resolution_mutation(resolution: &Mutation, take: &[Path<'_>], conflicting: &Fields) -> Option<Mutation> {
    let op = if take.iter().any(|path| *path == DELETED) { Op::Delete } else { Op::Put };
    let mut fields = Fields::new();
    if op == Op::Delete {
        // The deletion keeps the reason that was given with it.
        let details = conflicting.iter().filter(|(path, _)| *path != DELETED);
        fields.extend(details.map(|(path, value)| (path.clone(), value.clone())));
    }
    for path in take.iter().filter(|path| **path != DELETED) {
        let value = conflicting.get(&path.to_string())?;
        match path.answer() {
            // A null is kept: it clears the value.
            Some(code) => drop(
                fields
                    .entry(path.field())
                    .or_insert_with(|| json!({}))
                    .as_object_mut()?
                    .insert(code.to_owned(), value.clone()),
            ),
            None => drop(fields.insert(path.field().to_owned(), value.clone())),
        }
    }
    (op == Op::Put || conflicting.contains_key(DELETED)).then(|| Mutation {
        kind: Kind::Entry,
        op,
        fields,
        ..resolution.clone()
    })
}

/// A value in conflict with the stored one.
#[derive(Clone, Debug, PartialEq)]
pub struct ConflictingValue {
    /// Path of the field.
    pub path: Path<'static>,
    /// Value that the mutation set; null if it cleared the field.
    pub mine: Value,
    /// Stored value; null if there is none.
    pub theirs: Value,
}

/// Returns the values in conflict, sorted by path: those that the server did not apply and that still differ from the
/// record.
///
/// `answered` is the record in the server's result, `theirs` the record now.
pub fn conflicting_values(mutation: &Mutation, answered: &Fields, theirs: &Fields) -> Vec<ConflictingValue> {
    let value = |value: Option<&Value>| value.cloned().unwrap_or(Value::Null);
    let differing = paths(&mutation.fields).into_iter().filter(|(path, mine)| get(answered, path) != present(mine));
    let mut rows: Vec<ConflictingValue> = differing
        .filter(|(path, mine)| get(theirs, path) != present(mine))
        .map(|(path, mine)| ConflictingValue {
            theirs: value(get(theirs, &path)),
            mine: mine.clone(),
            path: path.into_owned(),
        })
        .collect();
    sort_by(&mut rows, |a, b| a.path.cmp(&b.path));
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conflicting_values_cover_every_kind_of_answer() {
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
            kind: Kind::Entry,
            id: Uuid::nil(),
            base_rev: 1,
            epoch: None,
            op: Op::Put,
            fields,
        };
        let rows = conflicting_values(&put(fields(mine.clone())), &fields(theirs.clone()), &fields(theirs.clone()));
        let paths: Vec<String> = rows.iter().map(|row| row.path.to_string()).collect();
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
        // A value that was applied and changed by others since is not in conflict.
        let later = json!({"values": {"count": 3, "people": 9}, "note": "别人的"});
        let rows = conflicting_values(&put(fields(mine)), &fields(theirs), &fields(later));
        assert!(rows.iter().all(|row| !matches!(row.path, Path::Value(_))));
    }

    #[test]
    fn resolution_mutation_has_only_taken_values() {
        let choice = Resolution { client: Uuid::from_u128(1), seq: 4, take: vec!["values.count".into()] };
        let mutation = choice.mutation(9, Uuid::from_u128(2), 7);
        assert_eq!((&mutation.kind, mutation.seq, mutation.base_rev), (&Kind::Resolution, 9, 7));
        let conflicting = json!({"values.count": 3, "note": "我的"}).as_object().unwrap().clone();
        let edit = resolution_mutation(&mutation, &choice.take, &conflicting).unwrap();
        assert_eq!((edit.op, Value::Object(edit.fields)), (Op::Put, json!({"values": {"count": 3}})));
        assert_eq!((&edit.kind, edit.seq, edit.base_rev), (&Kind::Entry, 9, 7));
        assert_eq!(
            resolution_mutation(&mutation, &["place".into()], &conflicting),
            None,
            "what is not there cannot be taken"
        );
        assert_eq!(resolution_mutation(&mutation, &[DELETED.into()], &conflicting), None);
        let gone = json!({"deleted": true, "reason": "重复"}).as_object().unwrap().clone();
        let deletion = resolution_mutation(&mutation, &[DELETED.into()], &gone).unwrap();
        assert_eq!((deletion.op, Value::Object(deletion.fields)), (Op::Delete, json!({"reason": "重复"})));
    }
}
