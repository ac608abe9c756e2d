//! What a mutation does to an entry: rights, rules and the three-way merge, with no storage in sight.

use super::decision::{Decision, Existing, Merged, author_of, merge, on_record, out_of_scope, present, written};
use super::path::{get, paths, set};
use super::wire::Mutation;
use crate::domain::entry::{Fields, Rules, State};
use crate::domain::{Entry, ErrorCode, FieldError, Month, User, parse_date};
use serde::Deserialize;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeSet;

const STATE: &str = "state";
const REVIEW_NOTE: &str = "review_note";
const VERSION: &str = "version";
/// Why what lies in a closed month is changed.
const REASON: &str = "reason";
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
    let decision = on_record(mutation, existing, || put(mutation, existing, actor, rules));
    if_open(decision, mutation, existing, actor, rules.closed)
}

/// Refuses a decision that would change what lies in a closed month, unless who coordinates says why.
fn if_open(
    mut decision: Decision,
    mutation: &Mutation,
    existing: Option<&Existing>,
    actor: &User,
    closed: &[Month],
) -> Decision {
    let Decision::Write { fields, deleted, .. } = &mut decision else { return decision };
    let before = existing.is_some_and(|existing| lies_in(&existing.fields, closed));
    if !before && !lies_in(fields, closed) {
        return decision;
    }
    let reason = mutation.fields.get(REASON).and_then(Value::as_str).filter(|reason| !reason.trim().is_empty());
    match reason {
        _ if !actor.role.coordinates() => Decision::Reject(vec![FieldError::new("date", ErrorCode::Closed)]),
        None => Decision::Reject(vec![FieldError::new(REASON, ErrorCode::Required)]),
        Some(reason) => {
            if *deleted {
                fields.insert(REASON.to_owned(), json!(reason));
            }
            decision
        }
    }
}

/// Whether an entry lies in one of these months.
fn lies_in(fields: &Fields, months: &[Month]) -> bool {
    let date = fields.get("date").and_then(Value::as_str).and_then(parse_date);
    date.is_some_and(|date| months.contains(&Month::from(date)))
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
    let Intent { edits, review, review_note } = Intent::of(&mutation.fields);
    let Merged { mut fields, mut changed, mut kept } = merge(edits, existing);
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
    if existing.is_none() && !fields.contains_key(VERSION) {
        // Who names no version fills in the form as it is now; once it is another, what they said is read with this one.
        let activity = fields.get("activity").and_then(Value::as_str).and_then(|code| rules.catalogue.activity(code));
        fields.extend(activity.map(|activity| (VERSION.to_owned(), json!(activity.version))));
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
    complete(&mut fields);
    written(existing, fields, changed, kept, Some(Box::new(entry)))
}

/// What keeps `actor` from recording an entry with these fields: the same on the phone before it is saved and on the
/// server when it arrives.
pub fn mistakes(fields: &Fields, actor: &User, rules: Rules<'_>) -> Vec<FieldError> {
    let mut fields = fields.clone();
    compute(&mut fields, rules);
    let mut errors = check(&fields, actor, rules).err().unwrap_or_default();
    if lies_in(&fields, rules.closed) {
        let says_why = fields.get(REASON).and_then(Value::as_str).is_some_and(|reason| !reason.trim().is_empty());
        match (actor.role.coordinates(), says_why) {
            (false, _) => errors.push(FieldError::new("date", ErrorCode::Closed)),
            (true, false) => errors.push(FieldError::new(REASON, ErrorCode::Required)),
            (true, true) => {}
        }
    }
    errors
}

/// Computes the numbers of a form that follow from others, whatever was sent for them; the paths that change.
fn compute(fields: &mut Fields, rules: Rules<'_>) -> Vec<String> {
    let code = fields.get("activity").and_then(Value::as_str).unwrap_or_default();
    let version = fields.get(VERSION).and_then(Value::as_u64).and_then(|version| u32::try_from(version).ok());
    let Some(activity) = rules.catalogue.form(code, version) else { return Vec::new() };
    let mut changed = Vec::new();
    for (field, computed) in activity.fields.iter().filter_map(|own| Some((own, own.computed.as_ref()?))) {
        let number = |code: &str| get(fields, &format!("values.{code}")).and_then(Value::as_f64);
        let column = |table: &str, column: &str| {
            let rows = get(fields, &format!("details.{table}")).and_then(Value::as_array);
            rows.into_iter().flatten().filter_map(|row| row.get(column)?.as_f64()).collect()
        };
        let value = computed.of(number, column).map_or(Value::Null, number_value);
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
    let activity = fields.get("activity").and_then(Value::as_str).unwrap_or_default();
    let programme = rules.catalogue.activity(activity).map(|activity| activity.programme.as_str());
    out_of_scope(fields, "activity", programme, actor)
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
