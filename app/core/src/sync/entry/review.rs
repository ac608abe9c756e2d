//! Review commands in a mutation of an entry, and the reset of a review by an edit.

use crate::entry::field::{REVIEW_FIELDS, REVIEW_NOTE, STATE};
use crate::entry::path::{Path, get, paths};
use crate::entry::{Fields, State};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Fields of a review command besides the state.
const REVIEW: [&str; 2] = [REVIEW_NOTE, REVIEW_FIELDS];
/// Maximum number of fields that a review can name.
const MAX_REVIEW_FIELDS: usize = 20;

/// A put split into edits of fields and the reviewer's command.
pub(super) struct Intent<'a> {
    pub edits: Vec<(Path<'a>, &'a Value)>,
    pub review: Option<State>,
    pub review_note: Option<&'a Value>,
    pub review_fields: Option<&'a Value>,
}

impl<'a> Intent<'a> {
    pub fn of(fields: &'a Fields) -> Self {
        let state = fields.get(STATE).and_then(|state| State::deserialize(state).ok());
        let review = state.filter(|state| *state != State::Submitted);
        let is_edit = |path: &Path<'_>| !REVIEW.iter().any(|name| path == name) && (*path != STATE || review.is_none());
        let edits = paths(fields).into_iter().filter(|(path, _)| is_edit(path)).collect();
        Self { edits, review, review_note: fields.get(REVIEW_NOTE), review_fields: fields.get(REVIEW_FIELDS) }
    }
}

/// Returns a review that cannot be applied as values in conflict; empty if the entry already has that state.
pub(super) fn review_in_conflict(fields: &Fields, state: State, more: [(&str, Option<&Value>); 2]) -> Fields {
    let decided = (STATE.to_owned(), json!(state));
    let more = more.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.clone())));
    let stands = get(fields, STATE) == Some(&decided.1);
    if stands { Fields::new() } else { std::iter::once(decided).chain(more).collect() }
}

/// Returns whether a value is a valid list of field names for a review.
pub(super) fn are_review_fields(value: &Value) -> bool {
    let is_name = |name: &Value| name.as_str().is_some_and(|name| (1..=100).contains(&name.len()));
    value.as_array().is_some_and(|names| names.len() <= MAX_REVIEW_FIELDS && names.iter().all(is_name))
}

/// Resets the state of an entry to submitted after an edit by its author.
pub(super) fn resubmit(fields: &mut Fields, changed: &mut BTreeSet<Path<'static>>) {
    if fields.get(STATE).and_then(Value::as_str).is_some_and(|state| state != State::Submitted.code()) {
        fields.insert(STATE.to_owned(), json!(State::Submitted));
        changed.insert(STATE.into());
    }
    let gone = REVIEW.into_iter().filter(|name| fields.remove(*name).is_some());
    changed.extend(gone.map(Path::from));
}
