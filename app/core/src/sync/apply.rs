//! What a mutation does to an entry: rights, rules and the three-way merge, with no storage in sight.

use super::path::{get, paths, set};
use super::wire::{Mutation, Op, Outcome};
use crate::domain::entry::{Fields, Rules, State};
use crate::domain::{Entry, ErrorCode, FieldError, Role, User};
use serde::Deserialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeSet;
use uuid::Uuid;

const STATE: &str = "state";
const REVIEW_NOTE: &str = "review_note";
/// The path by which a delete is told from other changes.
pub(super) const DELETED: &str = "deleted";

/// A record as it stands before a mutation.
#[derive(Clone, Debug, PartialEq)]
pub struct Existing {
    /// Its revision.
    pub rev: u64,
    /// Its fields.
    pub fields: Fields,
    /// Whether it is a tombstone.
    pub deleted: bool,
    /// Paths of the fields that changed after the mutation's `base_rev`.
    pub changed_since: BTreeSet<String>,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    /// Write the record anew.
    Write {
        /// Applied, merged or conflict.
        outcome: Outcome,
        /// All its fields.
        fields: Fields,
        /// Whether it becomes a tombstone.
        deleted: bool,
        /// Paths of the fields that change; none for a new record, where all are new.
        changed: BTreeSet<String>,
        /// Values that were not taken because others had changed the same fields.
        kept: Fields,
        /// What the fields say, unless they are a tombstone's.
        entry: Option<Box<Entry>>,
    },
    /// Leave the record as it is.
    Leave {
        /// Applied, when it already was as asked; or conflict.
        outcome: Outcome,
        /// Values that were not taken.
        kept: Fields,
    },
    /// Refuse.
    Reject(Vec<FieldError>),
}

/// Decides on a mutation of an entry.
///
/// A field is a top-level field or one number of `values`. Fields that the mutation names change, others stay; where
/// someone else has changed a named field since `base_rev`, theirs stands and the outcome is a conflict. A review is a
/// decision on what the reviewer saw: it conflicts with any change since.
pub fn decide(mutation: &Mutation, existing: Option<&Existing>, actor: &User, rules: Rules<'_>) -> Decision {
    let forbidden = |field: &str| Decision::Reject(vec![FieldError::new(field, ErrorCode::Forbidden)]);
    if !actor.role.records() {
        return forbidden("id");
    }
    if let Some(existing) = existing {
        let own = author_of(&existing.fields) == Some(actor.id);
        let reviews = actor.role.reviews() && in_scope(&existing.fields, actor, rules).is_empty();
        if !own && !reviews {
            return forbidden("id");
        }
    }
    match (mutation.op, existing) {
        // An edit by somebody who did not know of the delete. Who does know brings the record back by it.
        (Op::Put, Some(existing)) if existing.deleted && existing.changed_since.contains(DELETED) => Decision::Leave {
            outcome: Outcome::Conflict,
            kept: paths(&mutation.fields).into_iter().map(|(path, value)| (path.into_owned(), value.clone())).collect(),
        },
        (Op::Put, Some(existing)) if existing.deleted && mutation.fields.is_empty() => {
            Decision::Leave { outcome: Outcome::Applied, kept: Fields::new() }
        }
        (Op::Put, _) => put(mutation, existing, actor, rules),
        (Op::Delete, None) => Decision::Reject(vec![FieldError::new("id", ErrorCode::Unknown)]),
        (Op::Delete, Some(existing)) if existing.deleted => {
            Decision::Leave { outcome: Outcome::Applied, kept: Fields::new() }
        }
        (Op::Delete, Some(existing)) if existing.changed_since.is_empty() => Decision::Write {
            outcome: Outcome::Applied,
            fields: existing.fields.clone(),
            deleted: true,
            changed: BTreeSet::from([DELETED.to_owned()]),
            kept: Fields::new(),
            entry: None,
        },
        (Op::Delete, Some(_)) => {
            Decision::Leave { outcome: Outcome::Conflict, kept: Fields::from_iter([(DELETED.to_owned(), json!(true))]) }
        }
    }
}

/// What a put asks for: edits of fields, and a reviewer's decision, which is a command and no field to be edited.
struct Intent<'a> {
    edits: Vec<(Cow<'a, str>, &'a Value)>,
    review: Option<State>,
    review_note: Option<&'a Value>,
}

impl<'a> Intent<'a> {
    fn of(fields: &'a Fields) -> Self {
        let state = fields.get("state").and_then(|state| State::deserialize(state).ok());
        let review = state.filter(|state| *state != State::Submitted);
        let is_edit = |path: &str| path != REVIEW_NOTE && (path != STATE || review.is_none());
        let edits = paths(fields).into_iter().filter(|(path, _)| is_edit(path)).collect();
        Self { edits, review, review_note: fields.get(REVIEW_NOTE) }
    }
}

fn put(mutation: &Mutation, existing: Option<&Existing>, actor: &User, rules: Rules<'_>) -> Decision {
    let unchanged = BTreeSet::new();
    let changed_since = existing.map_or(&unchanged, |existing| &existing.changed_since);
    let mut fields = existing.map(|existing| existing.fields.clone()).unwrap_or_default();
    let (mut changed, mut kept) = (BTreeSet::new(), Fields::new());
    let Intent { edits, review, review_note } = Intent::of(&mutation.fields);
    for (path, value) in edits {
        if get(&fields, &path) == present(value) {
            continue;
        }
        if changed_since.contains(path.as_ref()) {
            kept.insert(path.into_owned(), value.clone());
        } else {
            set(&mut fields, &path, value);
            changed.extend(existing.map(|_| path.into_owned()));
        }
    }
    let mut errors = Vec::new();
    match review {
        Some(_) if !actor.role.reviews() => errors.push(FieldError::new(STATE, ErrorCode::Forbidden)),
        Some(State::Returned) if review_note.and_then(present).is_none() => {
            errors.push(FieldError::new(REVIEW_NOTE, ErrorCode::Required));
        }
        // A decision is about what the reviewer saw: it does not hold for what has changed since.
        Some(state) if !changed_since.is_empty() => kept.extend(decision_to_keep(&fields, state, review_note)),
        Some(state) => {
            let state = json!(state);
            for (path, value) in [(STATE, &state), (REVIEW_NOTE, review_note.unwrap_or(&Value::Null))] {
                if get(&fields, path) != present(value) {
                    set(&mut fields, path, value);
                    changed.extend(existing.map(|_| path.to_owned()));
                }
            }
        }
        // A client may send back what it was sent, but a note without a decision is nobody's to write.
        None if review_note.is_some_and(|note| present(note) != get(&fields, REVIEW_NOTE)) => {
            errors.push(FieldError::new(REVIEW_NOTE, ErrorCode::Forbidden));
        }
        None => {}
    }
    changed.extend(compute(&mut fields, rules).into_iter().filter(|_| existing.is_some()));
    let own = existing.is_some_and(|existing| author_of(&existing.fields) == Some(actor.id));
    let decided = review.is_some() && !kept.contains_key(STATE);
    if own && !decided && !changed.is_empty() {
        resubmit(&mut fields, &mut changed);
    }
    let entry = match check(&fields, actor, rules) {
        Ok(entry) if errors.is_empty() => entry,
        Ok(_) => return Decision::Reject(errors),
        Err(more) => return Decision::Reject(errors.into_iter().chain(more).collect()),
    };
    if existing.is_some_and(|existing| existing.deleted) {
        changed.insert(DELETED.to_owned());
    }
    complete(&mut fields);
    match (existing, changed.is_empty(), kept.is_empty()) {
        (Some(_), true, true) => Decision::Leave { outcome: Outcome::Applied, kept },
        (Some(_), true, false) => Decision::Leave { outcome: Outcome::Conflict, kept },
        (_, _, no_conflict) => {
            let outcome = match (no_conflict, changed_since.is_empty()) {
                (false, _) => Outcome::Conflict,
                (true, false) => Outcome::Merged,
                (true, true) => Outcome::Applied,
            };
            Decision::Write { outcome, fields, deleted: false, changed, kept, entry: Some(Box::new(entry)) }
        }
    }
}

/// What keeps `actor` from recording an entry with these fields: the same on the phone before it is saved and on the
/// server when it arrives.
pub fn mistakes(fields: &Fields, actor: &User, rules: Rules<'_>) -> Vec<FieldError> {
    let mut fields = fields.clone();
    compute(&mut fields, rules);
    check(&fields, actor, rules).err().unwrap_or_default()
}

/// Computes the numbers of a form that follow from others, whatever was sent for them; the paths that change.
fn compute(fields: &mut Fields, rules: Rules<'_>) -> Vec<String> {
    let code = fields.get("activity").and_then(Value::as_str).unwrap_or_default();
    let Some(activity) = rules.catalogue.activity(code) else { return Vec::new() };
    let mut changed = Vec::new();
    for (field, computed) in activity.fields.iter().filter_map(|own| Some((own, own.computed.as_ref()?))) {
        let number = |code: &str| get(fields, &format!("values.{code}")).and_then(Value::as_f64);
        let value = computed.of(number).map_or(Value::Null, number_value);
        let path = format!("values.{}", field.code);
        if get(fields, &path) != present(&value) {
            set(fields, &path, &value);
            changed.push(path);
        }
    }
    changed
}

/// A number as it stands in an entry: whole where it is whole, as it was typed.
pub fn number_value(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e15 { json!(number as i64) } else { json!(number) }
}

fn check(fields: &Fields, actor: &User, rules: Rules<'_>) -> Result<Entry, Vec<FieldError>> {
    let entry = Entry::parse(fields, rules)?;
    let out_of_scope = in_scope(fields, actor, rules);
    if out_of_scope.is_empty() { Ok(entry) } else { Err(out_of_scope) }
}

/// A decision that does not hold, as values of a conflict; nothing where it is what stands already.
fn decision_to_keep(fields: &Fields, state: State, note: Option<&Value>) -> Fields {
    let decided = (STATE.to_owned(), json!(state));
    let note = note.map(|note| (REVIEW_NOTE.to_owned(), note.clone()));
    let stands = get(fields, STATE) == Some(&decided.1);
    if stands { Fields::new() } else { std::iter::once(decided).chain(note).collect() }
}

/// Puts an entry that its author has edited back among those that wait for a reviewer.
fn resubmit(fields: &mut Fields, changed: &mut BTreeSet<String>) {
    if fields.get("state").and_then(Value::as_str).is_some_and(|state| state != State::Submitted.code()) {
        fields.insert("state".into(), json!(State::Submitted));
        changed.insert("state".into());
        if fields.remove("review_note").is_some() {
            changed.insert("review_note".into());
        }
    }
}

/// Mistakes of place and programme; none where the actor may record.
fn in_scope(fields: &Fields, actor: &User, rules: Rules<'_>) -> Vec<FieldError> {
    if actor.role == Role::Admin {
        return Vec::new();
    }
    let text = |field: &str| fields.get(field).and_then(Value::as_str).unwrap_or_default();
    let programme = rules.catalogue.activity(text("activity")).map(|activity| activity.programme.as_str());
    let mut errors = Vec::new();
    if !actor.scope.has_place(text("place")) {
        errors.push(FieldError::new("place", ErrorCode::Forbidden));
    }
    if !programme.is_some_and(|programme| actor.scope.has_programme(programme)) {
        errors.push(FieldError::new("activity", ErrorCode::Forbidden));
    }
    errors
}

fn author_of(fields: &Fields) -> Option<Uuid> {
    fields.get("author").and_then(Value::as_str).and_then(|id| Uuid::parse_str(id).ok())
}

fn present(value: &Value) -> Option<&Value> {
    (!value.is_null()).then_some(value)
}

/// Whether a revision, made by mutation `by` of some client, is news to whoever made `mutation` on `client`: later than
/// what they saw, and not their own earlier work.
pub fn is_since(rev: u64, by: Option<(Uuid, u64)>, mutation: &Mutation, client: Uuid) -> bool {
    rev > mutation.base_rev && !by.is_some_and(|(other, seq)| other == client && seq < mutation.seq)
}

/// What a record looks like once a mutation that was not refused is in it: what a phone shows of its own changes.
pub fn fold(fields: &mut Fields, mutation: &Mutation) {
    for (path, value) in paths(&mutation.fields) {
        set(fields, &path, value);
    }
    complete(fields);
}

/// Names every field of the contract, so that a reader need not guess what is missing.
fn complete(fields: &mut Fields) {
    for name in ["pairing", "organisation", "values", "note", "state", "attachments"] {
        if !fields.contains_key(name) {
            let value = match name {
                "values" => json!({}),
                "note" => json!(""),
                "state" => json!(State::Submitted),
                "attachments" => json!([]),
                _ => Value::Null,
            };
            fields.insert(name.to_owned(), value);
        }
    }
}

/// The paths of all fields: those that changed when a record was made.
pub fn all_paths(fields: &Fields) -> BTreeSet<String> {
    paths(fields).into_iter().map(|(path, _)| path.into_owned()).collect()
}

#[cfg(test)]
mod tests;
