//! The review comment of a returned entry in its form: reason, reviewer and the fields concerned.

use crate::labels::entry::return_reason;
use crate::state::AppState;
use crate::storage::drafts::Draft;
use jiedui_core::entry::{Fields, State, field};
use leptos::prelude::*;
use serde_json::Value;

fn is_returned(fields: &Fields) -> bool {
    fields.get(field::STATE).and_then(Value::as_str) == Some(State::Returned.code())
}

/// Returns whether the user recorded the entry. A new entry is theirs.
pub fn is_own(app: AppState, draft: &Draft) -> bool {
    let author = draft.before.get(field::AUTHOR).and_then(Value::as_str);
    let user = app.session.user.with_untracked(|user| user.as_ref().map(|user| user.id.to_string()));
    author.is_none_or(|author| Some(author) == user.as_deref())
}

/// Returns whether saving submits the entry again, even without a change.
pub fn is_resubmitted(app: AppState, draft: &Draft) -> bool {
    is_returned(&draft.before) && is_own(app, draft)
}

/// Renders the reason for the return above the form.
pub fn banner(app: AppState, fields: &Fields) -> Option<impl IntoView + use<>> {
    let words = return_reason(app.labels(), app.today, fields);
    words.map(|words| view! { <p class="notice bad form-returned" role="note">{words}</p> })
}

/// Returns the fields for which the entry was returned.
pub fn concerned(fields: &Fields) -> Vec<String> {
    let names = fields.get(field::REVIEW_FIELDS).filter(|_| is_returned(fields)).and_then(Value::as_array);
    names.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Returns the reviewer's reason for the return; empty for an entry that was not returned.
pub fn reason(fields: &Fields) -> String {
    let note = fields.get(field::REVIEW_NOTE).filter(|_| is_returned(fields)).and_then(Value::as_str);
    note.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::entry_form::is_concerned;
    use serde_json::json;

    #[test]
    fn returned_fields_are_marked_until_resubmission() {
        let fields =
            |state: &str| json!({"state": state, "review_fields": ["values", "place"]}).as_object().unwrap().clone();
        let named = concerned(&fields("returned"));
        let is = |field| is_concerned(&named, field);
        assert!(is("values.people") && is("place") && !is("placement") && !is("attachments") && !is("details.model"));
        assert!(concerned(&fields("submitted")).is_empty());
    }
}
