//! Validates a draft by the server's rules.

use super::draft_to_fields::fields_of;
use crate::state::AppState;
use crate::storage::drafts::Draft;
use crate::ui::entry_form::last_day;
use crate::ui::save_bar::Missing;
use jiedui_core::directory::place::Places;
use jiedui_core::entry::{Rules, field};
use jiedui_core::figures::overview::Overview;
use jiedui_core::sync::validate_entry;
use jiedui_core::values::date::format_date;
use jiedui_core::values::field_error::{ErrorCode, FieldError, add_new};
use jiedui_core::values::sort::sort_by_key;
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

/// Returns the required fields that a draft leaves empty, in the order of the form.
pub fn missing(app: AppState, draft: &Draft) -> Vec<Missing> {
    let (Some(overview), places) = (app.overviews.server.get(), app.geography.places.get()) else { return Vec::new() };
    let empty = check(app, draft, &overview, &places).into_iter().filter(|error| error.code == ErrorCode::Required);
    let named = empty.map(|error| Missing { name: app.field_name(&draft.activity, &error.field), field: error.field });
    let mut missing: Vec<Missing> = named.collect();
    let order = |missing: &Missing| match missing.field.as_str() {
        field::DATE => 0,
        field::PLACE => 1,
        _ => 2,
    };
    sort_by_key(&mut missing, order);
    missing
}
