//! Decides on mutations of ledger items: access rights and validation rules.

use crate::access::rights::{author_of, out_of_scope};
use crate::access::user::User;
use crate::entry::path::{paths, set};
use crate::entry::{Fields, Rules, field};
use crate::ledger::Item;
use crate::sync::merge::{Decision, Existing, Merged, merge, merge_record, written};
use crate::sync::protocol::Mutation;
use crate::values::field_error::{ErrorCode, FieldError};
use serde_json::Value;

/// Decides on a mutation of a ledger item. Everyone who may record at the item's place may edit it.
pub fn merge_item(mutation: &Mutation, existing: Option<&Existing>, actor: &User, rules: Rules<'_>) -> Decision {
    if !actor.role.records() {
        return Decision::Reject(vec![FieldError::new("id", ErrorCode::Forbidden)]);
    }
    if let Some(existing) = existing {
        let is_author = author_of(&existing.fields) == Some(actor.id);
        if !is_author
            && !out_of_scope(&existing.fields, field::PROGRAMME, programme_of_item(&existing.fields), actor).is_empty()
        {
            return Decision::Reject(vec![FieldError::new("id", ErrorCode::Forbidden)]);
        }
    }
    merge_record(mutation, existing, || {
        let Merged { fields, changed, conflicting_values } = merge(paths(&mutation.fields), existing);
        match check_item(&fields, actor, rules) {
            Ok(_) => written(existing, fields, changed, conflicting_values, None),
            Err(errors) => Decision::Reject(errors),
        }
    })
}

/// Returns the errors that prevent `actor` from saving an item; the same on the phone and on the server.
pub fn validate_item(fields: &Fields, actor: &User, rules: Rules<'_>) -> Vec<FieldError> {
    check_item(fields, actor, rules).err().unwrap_or_default()
}

fn check_item(fields: &Fields, actor: &User, rules: Rules<'_>) -> Result<Item, Vec<FieldError>> {
    let item = Item::parse(fields, rules)?;
    let errors = out_of_scope(fields, field::PROGRAMME, programme_of_item(fields), actor);
    if errors.is_empty() { Ok(item) } else { Err(errors) }
}

fn programme_of_item(fields: &Fields) -> Option<&str> {
    fields.get(field::PROGRAMME).and_then(Value::as_str)
}

/// Applies a mutation to a local copy of an item.
pub fn apply_item_locally(fields: &mut Fields, mutation: &Mutation) {
    for (path, value) in paths(&mutation.fields) {
        set(fields, &path, value);
    }
}
