//! Answers to mutations.

use jiedui_core::entry::{Fields, bounds};
use jiedui_core::sync::{Mutation, Outcome, PushResult, Record};
use jiedui_core::values::field_error::{ErrorCode, FieldError};

/// Maximum number of errors in an answer.
const MAX_ERRORS: usize = 50;

/// Returns the answer to a rejected mutation, with the first [`MAX_ERRORS`] errors.
pub fn rejected(seq: u64, mut errors: Vec<FieldError>) -> PushResult {
    errors.truncate(MAX_ERRORS);
    for error in &mut errors {
        error.field = bounds::shortened(&error.field);
    }
    PushResult { seq, outcome: Outcome::Rejected, rev: 0, record: None, errors, others: Vec::new() }
}

/// Returns the answer to a mutation of a record that cannot be read.
pub(super) fn unreadable(seq: u64) -> PushResult {
    rejected(seq, vec![FieldError::new("id", ErrorCode::Unreadable)])
}

/// Returns the answer to a mutation. It contains the record only where the client expects another state.
pub(super) fn answer(mutation: &Mutation, outcome: Outcome, rev: u64, record: Option<&(Fields, bool)>) -> PushResult {
    let unexpected = matches!(outcome, Outcome::Merged | Outcome::Conflict);
    let record = record.filter(|_| unexpected).map(|(fields, deleted)| Record {
        kind: mutation.kind.clone(),
        id: mutation.id,
        rev,
        fields: if *deleted { Fields::new() } else { fields.clone() },
        deleted: *deleted,
    });
    PushResult { seq: mutation.seq, outcome, rev, record, errors: Vec::new(), others: Vec::new() }
}
