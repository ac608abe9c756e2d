//! The screens of a new entry and of an edit.

use super::draft_from_fields::continue_from;
use super::validation::today;
use super::{EntryForm, Start};
use crate::lazy_screen;
use crate::state::use_app_state;
use crate::storage::drafts::{Draft, form_of_edit, form_of_new};
use crate::storage::user_db::new_id;
use crate::ui::entry_form::new_draft;
use crate::ui::recent::use_recent;
use jiedui_core::values::date::parse_date;
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use uuid::Uuid;

lazy_screen!(record:
    /// The form of a new entry.
    NewEntryForm, render_new_entry, NewEntry
);

/// A new entry of the activity in the address. With the parameter `again`, which can be a date, it continues from the last entry
/// of that activity.
#[component]
fn NewEntry() -> impl IntoView {
    let app = use_app_state();
    crate::ui::page::title(app.texts.nav_new());
    let (params, query, recent) = (use_params_map(), use_query_map(), use_recent());
    let activity = Memo::new(move |_| params.get().get("activity").unwrap_or_default());
    // A change of the activity renders another form.
    move || {
        let activity = StoredValue::new(activity.get());
        let start = move || {
            let user = app.session.user.with(|user| user.as_ref().map(|user| user.id))?;
            let activity = activity.try_get_value().filter(|activity| !activity.is_empty())?;
            // A stored draft keeps the version of its form.
            let overview = app.overviews.server.get()?;
            let form = overview.catalogue.activity(&activity);
            let mut fresh = Draft { id: new_id(), date: today(), ..new_draft(&activity, form) };
            if let (Some(again), Some(form)) = (query.with_untracked(|query| query.get("again")), form) {
                let recent = recent.get()?;
                let last = recent.iter().find(|mine| mine.entry.activity == activity).map(|mine| mine.fields.clone());
                if parse_date(&again).is_some() {
                    fresh.date = again;
                }
                fresh = match last {
                    Some(last) => continue_from(fresh, &last, form),
                    None => fresh,
                };
            }
            let wanted = query.with_untracked(|query| query.get("draft")?.parse().ok());
            Some((form_of_new(user, &activity), Start::New { fresh: Box::new(fresh), wanted }))
        };
        view! { <EntryForm start/> }
    }
}

lazy_screen!(record:
    /// The form of an existing entry.
    EditEntryForm, render_edit_entry, EditEntry
);

/// The edit of the entry in the address.
#[component]
fn EditEntry() -> impl IntoView {
    let app = use_app_state();
    crate::ui::page::title(app.texts.entry());
    let params = use_params_map();
    let id = Memo::new(move |_| params.get().get("id").and_then(|id| Uuid::parse_str(&id).ok()));
    move || {
        let id = id.get();
        let start = move || {
            let user = app.session.user.with(|user| user.as_ref().map(|user| user.id))?;
            let id = id?;
            // The entry may arrive later, and so may the forms, which decide the right to edit other users' entries.
            app.overviews.server.track();
            app.my_entries.summary.with(Option::is_some).then(|| (form_of_edit(user, id), Start::Edit(id)))
        };
        view! { <EntryForm start/> }
    }
}
