//! Saves and deletes a ledger item through the outbox.

use super::field_name::name_of;
use super::form::ItemFormState;
use crate::labels::texts::fill;
use crate::storage::saving::{SaveBase, SaveOutcome, SaveRequest};
use crate::sync;
use jiedui_core::sync::Kind;
use leptos::prelude::*;

/// Puts the item into the outbox. Returns the error message, if any.
pub async fn save_item(form: ItemFormState) -> Result<(), Option<String>> {
    let (app, texts, drafting) = (form.app, form.app.texts, form.drafting);
    // Validation needs the catalogue and the places.
    let reference_data = sync::reference_data(app).await.ok_or_else(|| texts.not_ready_to_save().to_owned())?;
    let draft = drafting.draft.try_get_untracked().flatten().ok_or(None)?;
    let errors = form.validate(&reference_data);
    if !errors.is_empty() {
        form.errors.try_set(errors);
        return Err(None);
    }
    let begun = if drafting.is_new() {
        SaveBase::New
    } else {
        SaveBase::With { since: draft.since, before: draft.before.clone() }
    };
    let request =
        SaveRequest { kind: Kind::LedgerItem, id: draft.id, base_rev: draft.base_rev, fields: draft.changes(), begun };
    drafting.begin_saving(&request.fields);
    match sync::save_made(app, &request).await.map_err(|error| error.words(texts))? {
        SaveOutcome::Done(_) => Ok(()),
        SaveOutcome::Elsewhere(now) => {
            let names: Vec<&str> = now.paths.iter().map(|path| name_of(app, path.field())).collect();
            drafting.change(|draft| *draft = draft.on_top_of(&now));
            Err(Some(fill(texts.changed_elsewhere(), &[&names.join("、")])))
        }
    }
}

/// Deletes the item. Returns the error message, if any.
pub async fn delete_item(form: ItemFormState) -> Result<(), Option<String>> {
    let draft = form.drafting.draft.try_get_untracked().flatten().ok_or(None)?;
    let deleted = sync::delete_item(form.app, draft.id, draft.base_rev).await;
    deleted.map_err(|error| Some(error.words(form.app.texts)))
}
