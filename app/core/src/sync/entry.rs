//! Decides on mutations of entries: access rights, validation rules, review commands and the three-way merge.

mod review;

use self::review::{Intent, are_review_fields, resubmit, review_in_conflict};
use crate::access::rights::{
    author_of, is_in_months, needs_second_person, out_of_scope, record_deletion, validate_deletion,
};
use crate::access::user::User;
use crate::directory::place::covers;
use crate::entry::field::{
    ACTIVITY, ATTACHMENTS, AUTHOR, DATE, DETAILS, DUPLICATE_OF, NOTE, NUMBERS_BY, ORGANISATION, PAIRING, PLACE,
    QUALIFIERS, REASON, REVIEW_FIELDS, REVIEW_NOTE, STATE, VALUES, VERSION,
};
use crate::entry::path::{Path, get, paths, set};
use crate::entry::{Entry, Fields, Rules, State, check_value};
use crate::sync::merge::{Decision, Existing, Merged, merge, merge_record, present, written};
use crate::sync::protocol::{Mutation, Op};
use crate::values::sort::collect_sorted;
use crate::values::{
    field_error::{ErrorCode, FieldError},
    month::Month,
    quantity::Quantity,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Decides on a mutation of an entry.
///
/// Fields that the mutation names change, others stay. Where someone else has changed a named field since `base_rev`,
/// the stored value wins and the outcome is a conflict. A review applies to the revision that the reviewer saw: any
/// later change makes it a conflict.
pub fn merge_entry(mutation: &Mutation, existing: Option<&Existing>, actor: &User, rules: Rules<'_>) -> Decision {
    let forbidden = |field: &str| Decision::Reject(vec![FieldError::new(field, ErrorCode::Forbidden)]);
    if !actor.role.records() {
        return forbidden("id");
    }
    if let Some(existing) = existing {
        let is_author = author_of(&existing.fields) == Some(actor.id);
        let reviews = actor.role.reviews() && scope_errors(&existing.fields, actor, rules).is_empty();
        if !is_author && !reviews {
            return forbidden("id");
        }
        if mutation.op == Op::Delete && !existing.deleted {
            let (request, of, id) = (&mutation.fields, &existing.fields, mutation.id);
            let errors = validate_deletion(request, of, id, actor, rules.catalogue, rules.closed);
            if !errors.is_empty() {
                return Decision::Reject(errors);
            }
        }
    }
    let mut decision = merge_record(mutation, existing, || put(mutation, existing, actor, rules));
    if let Decision::Write { fields, deleted: true, .. } = &mut decision {
        record_deletion(fields, &mutation.fields);
    }
    reject_if_closed(decision, mutation, existing, actor, rules.closed)
}

/// Rejects a write to an entry in a closed month. Coordinators may write there if they give a reason.
fn reject_if_closed(
    decision: Decision,
    mutation: &Mutation,
    existing: Option<&Existing>,
    actor: &User,
    closed: &[Month],
) -> Decision {
    let Decision::Write { fields, .. } = &decision else { return decision };
    let before = existing.is_some_and(|existing| is_in_months(&existing.fields, closed));
    if !before && !is_in_months(fields, closed) {
        return decision;
    }
    let reason = mutation.fields.get(REASON).and_then(Value::as_str).filter(|reason| !reason.trim().is_empty());
    match reason {
        _ if !actor.role.coordinates() => Decision::Reject(vec![FieldError::new(DATE, ErrorCode::Closed)]),
        None => Decision::Reject(vec![FieldError::new(REASON, ErrorCode::Required)]),
        Some(_) => decision,
    }
}

fn put(mutation: &Mutation, existing: Option<&Existing>, actor: &User, rules: Rules<'_>) -> Decision {
    let unchanged = BTreeSet::new();
    let changed_since = existing.map_or(&unchanged, |existing| &existing.changed_since);
    let Intent { edits, review, review_note, review_fields } = Intent::of(&mutation.fields);
    let Merged { mut fields, mut changed, conflicting_values: mut conflicting } = merge(edits, existing);
    let mut errors = Vec::new();
    let recomputed = recompute(&mut fields, rules);
    if existing.is_none() || are_numbers_among(&changed, !recomputed.is_empty()) {
        fields.insert(NUMBERS_BY.to_owned(), json!(actor.id));
    }
    let was_verified =
        existing.is_some_and(|existing| get(&existing.fields, STATE) == Some(&json!(State::Verified.code())));
    // A client may echo the stored state.
    let is_echo = was_verified && changed.is_empty() && review == Some(State::Verified);
    let review = review.filter(|_| !(is_echo && needs_second_person(&fields, actor)));
    match review {
        Some(_) if !actor.role.reviews() => errors.push(FieldError::new(STATE, ErrorCode::Forbidden)),
        Some(_) if !review_fields.and_then(present).is_none_or(are_review_fields) => {
            errors.push(FieldError::new(REVIEW_FIELDS, ErrorCode::WrongType));
        }
        Some(State::Verified) if needs_second_person(&fields, actor) => {
            errors.push(FieldError::new(STATE, ErrorCode::OwnNumbers));
        }
        Some(State::Returned) if review_note.and_then(present).is_none() => {
            errors.push(FieldError::new(REVIEW_NOTE, ErrorCode::Required));
        }
        // A review applies only to the revision that the reviewer saw.
        Some(state) if !changed_since.is_empty() => {
            conflicting.extend(review_in_conflict(
                &fields,
                state,
                [(REVIEW_NOTE, review_note), (REVIEW_FIELDS, review_fields)],
            ));
        }
        Some(state) => {
            let state = json!(state);
            let [note, concerned] = [review_note, review_fields].map(|value| value.unwrap_or(&Value::Null));
            for (path, value) in [(STATE, &state), (REVIEW_NOTE, note), (REVIEW_FIELDS, concerned)] {
                if get(&fields, path) != present(value) {
                    set(&mut fields, path, value);
                    changed.extend(existing.map(|_| Path::from(path)));
                }
            }
        }
        // A client may echo the stored note, but cannot write a note without a review.
        None if review_note.is_some_and(|note| present(note) != get(&fields, REVIEW_NOTE)) => {
            errors.push(FieldError::new(REVIEW_NOTE, ErrorCode::Forbidden));
        }
        None if review_fields.is_some_and(|value| present(value) != get(&fields, REVIEW_FIELDS)) => {
            errors.push(FieldError::new(REVIEW_FIELDS, ErrorCode::Forbidden));
        }
        None => {}
    }
    let revived = existing.is_some_and(|existing| existing.deleted);
    if revived {
        for name in [REASON, DUPLICATE_OF].into_iter().filter(|name| !mutation.fields.contains_key(*name)) {
            fields.remove(name);
        }
    }
    if existing.is_none() && !fields.contains_key(VERSION) {
        // Without a version the entry uses the form's current one, and keeps it after the form changes.
        let activity = fields.get(ACTIVITY).and_then(Value::as_str).and_then(|code| rules.catalogue.activity(code));
        fields.extend(activity.map(|activity| (VERSION.to_owned(), json!(activity.version))));
    }
    changed.extend(recomputed.into_iter().filter(|_| existing.is_some()));
    let is_author = existing.is_some_and(|existing| author_of(&existing.fields) == Some(actor.id));
    let decided = review.is_some() && !conflicting.contains_key(STATE);
    // An edit by anyone puts an approved entry back. A returned one waits for its author.
    if (is_author || was_verified) && !decided && (revived || !changed.is_empty()) {
        resubmit(&mut fields, &mut changed);
    }
    let checked = check(&fields, actor, rules);
    if let Ok(entry) = &checked {
        let is_new = |path: Path<'_>| existing.is_none() || changed.contains(&path);
        if is_new(PAIRING.into()) || is_new(PLACE.into()) {
            errors.extend(foreign_pairing(entry, rules));
        }
        errors.extend(exceeded_current_limits(entry, rules, is_new));
    }
    let entry = match checked {
        Ok(entry) if errors.is_empty() => entry,
        Ok(_) => return Decision::Reject(errors),
        Err(more) => return Decision::Reject(errors.into_iter().chain(more).collect()),
    };
    fill_defaults(&mut fields);
    written(existing, fields, changed, conflicting, Some(Box::new(entry)))
}

/// Returns whether changed paths include numbers: answers, their precision, or cells that a computed number depends on.
fn are_numbers_among(changed: &BTreeSet<Path<'_>>, has_recomputed: bool) -> bool {
    let is_number = |path: &Path<'_>| match path.field() {
        VALUES | QUALIFIERS => true,
        DETAILS => has_recomputed,
        _ => false,
    };
    changed.iter().any(is_number)
}

/// Rejects a pairing that is neither of the entry's programme nor at its place, since the entry would count there.
fn foreign_pairing(entry: &Entry, rules: Rules<'_>) -> Option<FieldError> {
    let pairing = rules.pairings.iter().find(|pairing| Some(pairing.id) == entry.pairing)?;
    let is_of_programme = rules.catalogue.activity(&entry.activity)?.programme == pairing.programme;
    let ends = [pairing.organisation_a, pairing.organisation_b];
    let mut ends = rules.organisations.iter().filter(|organisation| ends.contains(&organisation.id));
    let is_here = ends.any(|end| covers(&end.place, &entry.place) || covers(&entry.place, &end.place));
    (!is_of_programme && !is_here).then(|| FieldError::new(PAIRING, ErrorCode::Unknown))
}

/// Checks new numbers that feed indicators against the current form. An entry keeps the rules of its form version, but
/// naming an old version must not bypass a limit that was tightened since.
fn exceeded_current_limits(entry: &Entry, rules: Rules<'_>, is_new: impl Fn(Path<'_>) -> bool) -> Vec<FieldError> {
    let Some(form) = rules.catalogue.activity(&entry.activity) else { return Vec::new() };
    if entry.version.is_none_or(|version| version == form.version) {
        return Vec::new();
    }
    let number = |(code, value): (&String, &Quantity)| {
        let field = form.field(code).filter(|field| field.kind.is_number() && field.feeds.is_some())?;
        check_value(field, Some(value.to_f64())).err().filter(|_| is_new(Path::value(code)))
    };
    entry.values.iter().filter_map(number).collect()
}

/// Returns the errors that prevent `actor` from saving these fields. The phone runs it before saving, the server on
/// arrival.
pub fn validate_entry(fields: &Fields, actor: &User, rules: Rules<'_>) -> Vec<FieldError> {
    let mut fields = fields.clone();
    recompute(&mut fields, rules);
    let mut errors = match check(&fields, actor, rules) {
        Ok(entry) => foreign_pairing(&entry, rules).into_iter().collect(),
        Err(errors) => errors,
    };
    if is_in_months(&fields, rules.closed) {
        let says_why = fields.get(REASON).and_then(Value::as_str).is_some_and(|reason| !reason.trim().is_empty());
        match (actor.role.coordinates(), says_why) {
            (false, _) => errors.push(FieldError::new(DATE, ErrorCode::Closed)),
            (true, false) => errors.push(FieldError::new(REASON, ErrorCode::Required)),
            (true, true) => {}
        }
    }
    errors
}

/// Recomputes the calculated fields of the form, ignoring the values sent for them. Returns the changed paths.
fn recompute(fields: &mut Fields, rules: Rules<'_>) -> Vec<Path<'static>> {
    let code = fields.get(ACTIVITY).and_then(Value::as_str).unwrap_or_default();
    let version = fields.get(VERSION).and_then(Value::as_u64).and_then(|version| u32::try_from(version).ok());
    let Some(activity) = rules.catalogue.form(code, version) else { return Vec::new() };
    let mut changed = Vec::new();
    for (field, computed) in activity.fields.iter().filter_map(|field| Some((field, field.computed.as_ref()?))) {
        let number = |code: &str| get(fields, Path::value(code)).and_then(Value::as_f64);
        let column = |table: &str, column: &str| {
            let rows = get(fields, Path::detail(table)).and_then(Value::as_array);
            rows.into_iter().flatten().filter_map(|row| row.get(column)?.as_f64()).collect()
        };
        let value = computed.of(number, column).map_or(Value::Null, number_value);
        let path = Path::value(&field.code);
        if get(fields, &path) != present(&value) {
            set(fields, &path, &value);
            changed.push(path.into_owned());
        }
    }
    changed
}

/// Returns a JSON number, as an integer if it has no fraction.
pub fn number_value(number: f64) -> Value {
    if number.fract() == 0.0 && number.abs() < 1e15 { json!(number as i64) } else { json!(number) }
}

fn check(fields: &Fields, actor: &User, rules: Rules<'_>) -> Result<Entry, Vec<FieldError>> {
    let entry = Entry::parse(fields, rules)?;
    let errors = scope_errors(fields, actor, rules);
    if errors.is_empty() { Ok(entry) } else { Err(errors) }
}

/// Returns the errors for a place or programme outside the actor's scope.
fn scope_errors(fields: &Fields, actor: &User, rules: Rules<'_>) -> Vec<FieldError> {
    let activity = fields.get(ACTIVITY).and_then(Value::as_str).unwrap_or_default();
    let programme = rules.catalogue.activity(activity).map(|activity| activity.programme.as_str());
    out_of_scope(fields, ACTIVITY, programme, actor)
}

/// Applies a mutation to a local copy of an entry, as the phone shows unsent changes.
pub fn apply_locally(fields: &mut Fields, mutation: &Mutation) {
    for (path, value) in paths(&mutation.fields) {
        set(fields, &path, value);
    }
    fill_defaults(fields);
}

/// Sets the author, and who changed the numbers, as the server will. The screens need both before the next pull.
pub fn set_user_locally(fields: &mut Fields, mutation: &Mutation, user: Uuid) {
    let has_numbers = [VALUES, QUALIFIERS].iter().any(|name| mutation.fields.contains_key(*name));
    if has_numbers || !fields.contains_key(AUTHOR) {
        fields.insert(NUMBERS_BY.to_owned(), json!(user));
    }
    fields.entry(AUTHOR).or_insert(json!(user));
}

/// Adds missing fields with their defaults, so that readers need not handle their absence.
fn fill_defaults(fields: &mut Fields) {
    for name in [PAIRING, ORGANISATION, VALUES, NOTE, STATE, ATTACHMENTS] {
        if !fields.contains_key(name) {
            let value = match name {
                VALUES => json!({}),
                NOTE => json!(""),
                STATE => json!(State::Submitted),
                ATTACHMENTS => json!([]),
                _ => Value::Null,
            };
            fields.insert(name.to_owned(), value);
        }
    }
}

/// Returns the paths of all fields, which all count as changed in a new record.
pub fn all_paths(fields: &Fields) -> BTreeSet<Path<'static>> {
    collect_sorted(paths(fields).into_iter().map(|(path, _)| path.into_owned()))
}

#[cfg(test)]
mod tests;
