//! Decisions on entries, for the audit trail. Plain changes are in the history of the record alone.

use super::request::Push;
use crate::db::audit::{Act, Object};
use jiedui_core::access::user::User;
use jiedui_core::audit::{Action, ObjectKind};
use jiedui_core::catalogue::Catalogue;
use jiedui_core::entry::{Fields, State, field};
use jiedui_core::sync::{Existing, Kind, Mutation};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A decision on an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decided {
    action: Action,
    entry: Uuid,
    /// Review note, or the reason of a deletion.
    note: String,
    /// State before.
    before: String,
    /// Code of the activity, and date.
    about: (String, String),
}

impl Decided {
    /// Returns the decision that a change is, if it is one: another state or review note, or the deletion of an entry of
    /// somebody else.
    pub(super) fn of(
        mutation: &Mutation,
        existing: Option<&Existing>,
        (fields, deleted): (&Fields, bool),
        actor: &User,
    ) -> Option<Self> {
        if mutation.kind != Kind::Entry {
            return None;
        }
        let text =
            |fields: &Fields, name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let none = Fields::new();
        let before = existing.map_or(&none, |existing| &existing.fields);
        let is_own = text(fields, field::AUTHOR) == actor.id.to_string();
        let state = text(fields, field::STATE);
        let has_changed = |name| text(before, name) != text(fields, name);
        let (action, note) = if deleted {
            (Action::Deleted, field::REASON)
        } else if state == State::Verified.code() {
            (Action::Verified, field::REVIEW_NOTE)
        } else if state == State::Returned.code() {
            (Action::Returned, field::REVIEW_NOTE)
        } else {
            (Action::Reopened, field::REVIEW_NOTE)
        };
        let is_decision = match action {
            Action::Deleted => !is_own,
            // Without a decision before, it is a new entry; the author's own edit sends a returned one again.
            Action::Reopened => {
                existing.is_some() && has_changed(field::STATE) && !is_own && mutation.fields.contains_key(field::STATE)
            }
            _ => has_changed(field::STATE) || has_changed(field::REVIEW_NOTE),
        };
        let about = (text(fields, field::ACTIVITY), text(fields, field::DATE));
        let (note, before) = (text(fields, note), text(before, field::STATE));
        is_decision.then_some(Self { action, entry: mutation.id, note, before, about })
    }
}

/// Returns the acts of a push with these decisions. They are the act that it names, or one for each kind of decision, which
/// may concern many entries. A push that was applied before has no new results, and no act.
pub(super) fn acts(decided: Vec<Decided>, push: &Push, has_new_results: bool, catalogue: &Catalogue) -> Vec<Act> {
    if let Some(act) = &push.act {
        return if has_new_results { vec![act.clone()] } else { Vec::new() };
    }
    let mut groups: BTreeMap<(Action, String, String), Vec<Decided>> = BTreeMap::new();
    for one in decided {
        groups.entry((one.action, one.note.clone(), one.before.clone())).or_default().push(one);
    }
    let act = |((action, note, before), entries): ((Action, String, String), Vec<Decided>)| {
        let object = match entries.as_slice() {
            [only] => {
                let (activity, date) = &only.about;
                let name = catalogue.activity(activity).map_or(activity, |activity| &activity.name);
                Object::new(ObjectKind::Entry, only.entry, format!("{name} {date}"))
            }
            _ => Object::new(ObjectKind::Entry, "", ""),
        };
        let mut act = Act::new(push.by.clone(), action, object);
        if !before.is_empty() {
            act.before.insert("state".to_owned(), json!(before));
        }
        if !note.is_empty() {
            act = act.with(if action == Action::Deleted { "reason" } else { "review_note" }, note);
        }
        if entries.len() > 1 {
            let ids: Vec<String> = entries.iter().map(|entry| entry.entry.to_string()).collect();
            act.more.clone_from(&ids);
            act = act.with("entries", ids);
        }
        act
    };
    groups.into_iter().map(act).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiedui_core::access::user::{Role, Scope};
    use jiedui_core::sync::Op;
    use rstest::rstest;

    const AUTHOR: u128 = 1;

    fn entry(state: &str) -> Fields {
        let fields =
            json!({"author": Uuid::from_u128(AUTHOR), "state": state, "activity": "survey", "date": "2026-11-20"});
        fields.as_object().unwrap().clone()
    }

    #[rstest]
    #[case(2, "submitted", "verified", false, Some(Action::Verified))]
    #[case(2, "submitted", "returned", false, Some(Action::Returned))]
    #[case(2, "verified", "submitted", false, Some(Action::Reopened))]
    #[case(2, "submitted", "submitted", true, Some(Action::Deleted))]
    #[case(AUTHOR, "submitted", "submitted", true, None)]
    #[case(AUTHOR, "returned", "submitted", false, None)]
    #[case(2, "verified", "verified", false, None)]
    #[case(2, "submitted", "submitted", false, None)]
    fn decisions_are_told_from_plain_changes(
        #[case] actor: u128,
        #[case] before: &str,
        #[case] after: &str,
        #[case] deleted: bool,
        #[case] expected: Option<Action>,
    ) {
        let actor = User {
            id: Uuid::from_u128(actor),
            username: String::new(),
            name: String::new(),
            role: Role::Reviewer,
            scope: Scope::default(),
            verifies_own: false,
        };
        let (id, fields) = (Uuid::from_u128(7), entry(after));
        let op = if deleted { Op::Delete } else { Op::Put };
        let mutation = Mutation { seq: 1, kind: Kind::Entry, id, base_rev: 1, epoch: None, op, fields: fields.clone() };
        let existing = Existing { rev: 1, fields: entry(before), deleted: false, changed_since: Default::default() };
        let decided = Decided::of(&mutation, Some(&existing), (&fields, deleted), &actor);
        assert_eq!(decided.map(|decided| decided.action), expected);
    }
}
