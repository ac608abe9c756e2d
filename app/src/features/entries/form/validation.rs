//! Validates a draft by the server's rules.

use super::draft_to_fields::fields_of;
use crate::state::AppState;
use crate::storage::drafts::Draft;
use crate::ui::entry_form::last_day;
use jiedui_core::directory::place::Places;
use jiedui_core::entry::Rules;
use jiedui_core::figures::overview::Overview;
use jiedui_core::sync::validate_entry;
use jiedui_core::values::date::format_date;
use jiedui_core::values::field_error::{FieldError, add_new};
use leptos::prelude::*;

/// Returns today's date by the corrected clock.
pub fn today() -> String {
    format_date(crate::storage::clock::today())
}

/// Validates a draft by the server's rules, with the catalogue and places of [`crate::sync::reference_data`].
pub fn check(app: AppState, draft: &Draft, overview: &Overview, places: &Places) -> Vec<FieldError> {
    let Some(user) = app.session.user.get_untracked() else { return Vec::new() };
    let (fields, mut errors) = fields_of(draft, overview.catalogue.form(&draft.activity, draft.version));
    let rules = Rules { last_day: last_day(app), ..overview.rules(places) };
    add_new(&mut errors, validate_entry(&fields, &user, rules));
    errors
}
