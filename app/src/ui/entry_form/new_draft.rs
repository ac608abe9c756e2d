//! The draft with which the form of a new entry starts.

use crate::storage::drafts::Draft;
use jiedui_core::catalogue::Activity;

/// Returns an empty draft with the defaults of the activity's form, without identifier and date.
pub fn new_draft(activity: &str, form: Option<&Activity>) -> Draft {
    let mut draft = Draft { activity: activity.to_owned(), ..Draft::default() };
    draft.version = form.map(|form| form.version);
    for field in form.into_iter().flat_map(|form| &form.fields).filter(|field| !field.default.is_empty()) {
        if field.kind.is_number() {
            draft.values.insert(field.code.clone(), field.default.clone());
        } else {
            draft.details.insert(field.code.clone(), vec![field.default.clone()]);
        }
    }
    draft
}
