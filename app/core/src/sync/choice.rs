//! A person's choice between the values of a conflict: both are kept until somebody makes it.

use super::decision::DELETED;
use super::path::of_form;
use super::wire::{CHOICE, ENTRY, Mutation, Op};
use crate::domain::entry::Fields;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

/// A choice between the values of a conflict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The client whose mutation was in conflict.
    pub client: Uuid,
    /// That mutation's number.
    pub seq: u64,
    /// Paths of those of its values that are taken; of the others the record's own stand.
    pub take: Vec<String>,
}

impl Choice {
    /// The mutation that takes these values.
    pub fn mutation(&self, seq: u64, id: Uuid, base_rev: u64) -> Mutation {
        let fields = match serde_json::to_value(self) {
            Ok(Value::Object(fields)) => fields,
            _ => Fields::new(),
        };
        Mutation { seq, kind: CHOICE.to_owned(), id, base_rev, op: Op::Put, fields }
    }
}

/// The mutation of the entry that a choice comes to: `kept` are the values of the conflict, by their paths. `None` if it
/// takes what is not among them.
pub fn chosen(choice: &Mutation, take: &[String], kept: &Fields) -> Option<Mutation> {
    let op = if take.iter().any(|path| path == DELETED) { Op::Delete } else { Op::Put };
    let mut fields = Fields::new();
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_comes_to_an_edit_of_just_what_is_taken() {
        let choice = Choice { client: Uuid::from_u128(1), seq: 4, take: vec!["values.count".into()] };
        let mutation = choice.mutation(9, Uuid::from_u128(2), 7);
        assert_eq!((mutation.kind.as_str(), mutation.seq, mutation.base_rev), (CHOICE, 9, 7));
        let kept = json!({"values.count": 3, "note": "我的"}).as_object().unwrap().clone();
        let edit = chosen(&mutation, &choice.take, &kept).unwrap();
        assert_eq!((edit.op, Value::Object(edit.fields)), (Op::Put, json!({"values": {"count": 3}})));
        assert_eq!((edit.kind.as_str(), edit.seq, edit.base_rev), (ENTRY, 9, 7));
        assert_eq!(chosen(&mutation, &["place".into()], &kept), None, "what is not there cannot be taken");
        assert_eq!(chosen(&mutation, &[DELETED.into()], &kept), None);
        let gone = json!({"deleted": true}).as_object().unwrap().clone();
        assert_eq!(chosen(&mutation, &[DELETED.into()], &gone).unwrap().op, Op::Delete);
    }
}
