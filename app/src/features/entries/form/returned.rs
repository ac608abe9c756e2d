//! The review comment of a returned entry in its form: reason, reviewer and the fields concerned.

use crate::labels::entry::return_reason;
use crate::state::AppState;
use crate::storage::drafts::Draft;
use jiedui_core::entry::{Fields, Path, State, field};
use leptos::prelude::*;
use serde_json::Value;

fn is_returned(fields: &Fields) -> bool {
    fields.get(field::STATE).and_then(Value::as_str) == Some(State::Returned.code())
}

/// Returns the entry's present fields. It may have been returned after the draft was begun.
pub fn stands(model: AppState, draft: &Draft) -> Fields {
    let confirmed = model.journal.entries.with_untracked(|journal| {
        let entry = journal.as_ref()?.entries.iter().find(|entry| entry.id == draft.id)?;
        Some(entry.confirmed.clone())
    });
    confirmed.unwrap_or_else(|| draft.before.clone())
}

/// Whether the entry is this person's own; a new one is.
pub fn is_own(model: AppState, draft: &Draft) -> bool {
    let author = draft.before.get(field::AUTHOR).and_then(Value::as_str);
    let user = model.session.user.with_untracked(|user| user.as_ref().map(|user| user.id.to_string()));
    author.is_none_or(|author| Some(author) == user.as_deref())
}

/// Whether saving sends the entry in again, even where nothing has been changed.
pub fn is_resubmitted(model: AppState, draft: &Draft) -> bool {
    is_returned(&draft.before) && is_own(model, draft)
}

/// Says on top of the form why the entry came back.
pub fn banner(model: AppState, stands: &Fields) -> Option<impl IntoView + use<>> {
    let words = return_reason(model.labels(), model.today, stands);
    words.map(|words| view! { <p class="notice bad form-returned" role="note">{words}</p> })
}

/// The fields that the entry came back for.
pub fn concerned(stands: &Fields) -> Vec<String> {
    let fields = stands.get(field::REVIEW_FIELDS).filter(|_| is_returned(stands)).and_then(Value::as_array);
    fields.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Whether a field is one of them: `values` stands for every number.
pub fn is_concerned(concerned: &[String], field: &str) -> bool {
    concerned.iter().any(|path| Path::from(field).is_within(&Path::from(path)))
}

#[cfg(test)]
mod tests {
    use super::*;
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
