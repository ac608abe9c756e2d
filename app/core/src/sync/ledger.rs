//! What a mutation does to an item of a ledger: rights and rules.

use super::path::{paths, set};
use crate::access::rights::{author_of, out_of_scope};
use crate::access::user::User;
use crate::entry::{Fields, Rules};
use crate::ledger::Item;
use crate::sync::merge::{Decision, Existing, Merged, merge, merge_record, written};
use crate::sync::protocol::Mutation;
use crate::values::field_error::{ErrorCode, FieldError};
use serde_json::Value;

/// Decides on a mutation of an item of a ledger: a village's people and those who review there see to it together.
pub fn merge_item(mutation: &Mutation, existing: Option<&Existing>, actor: &User, rules: Rules<'_>) -> Decision {
    if !actor.role.records() {
        return Decision::Reject(vec![FieldError::new("id", ErrorCode::Forbidden)]);
    }
    if let Some(existing) = existing {
        let own = author_of(&existing.fields) == Some(actor.id);
        if !own && !out_of_scope(&existing.fields, "programme", programme_of_item(&existing.fields), actor).is_empty() {
            return Decision::Reject(vec![FieldError::new("id", ErrorCode::Forbidden)]);
        }
    }
    merge_record(mutation, existing, || {
        let Merged { fields, changed, conflicting_values: kept } = merge(paths(&mutation.fields), existing);
        match check_item(&fields, actor, rules) {
            Ok(_) => written(existing, fields, changed, kept, None),
            Err(errors) => Decision::Reject(errors),
        }
    })
}

/// What keeps `actor` from writing down such an item: the same on the phone and on the server.
pub fn validate_item(fields: &Fields, actor: &User, rules: Rules<'_>) -> Vec<FieldError> {
    check_item(fields, actor, rules).err().unwrap_or_default()
}

fn check_item(fields: &Fields, actor: &User, rules: Rules<'_>) -> Result<Item, Vec<FieldError>> {
    let need = Item::check(fields, rules)?;
    let errors = out_of_scope(fields, "programme", programme_of_item(fields), actor);
    if errors.is_empty() { Ok(need) } else { Err(errors) }
}

fn programme_of_item(fields: &Fields) -> Option<&str> {
    fields.get("programme").and_then(Value::as_str)
}

/// What an item looks like once a mutation that was not refused is in it.
pub fn apply_item_locally(fields: &mut Fields, mutation: &Mutation) {
    for (path, value) in paths(&mutation.fields) {
        set(fields, &path, value);
    }
}
