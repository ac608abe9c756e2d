//! The preview of a form for administrators.

use super::fields::{DraftChange, EntryFormState};
use super::new_draft::new_draft;
use crate::labels::programme_color::programme_style;
use crate::state::use_app_state;
use jiedui_core::catalogue::Activity;
use leptos::prelude::*;

/// Renders a form as recorders will see it. It can be tried; nothing is stored.
#[component]
pub fn Preview(
    /// The form.
    activity: Activity,
) -> impl IntoView {
    let app = use_app_state();
    let draft = RwSignal::new(Some(new_draft(&activity.code, Some(&activity))));
    let change = move |change: DraftChange| {
        draft.update(|draft| {
            if let Some(draft) = draft {
                change(draft);
            }
        });
    };
    let (errors, concerned, return_reason) =
        (RwSignal::default(), StoredValue::new(Vec::new()), StoredValue::default());
    let form = EntryFormState { app, draft, errors, concerned, return_reason, edit: Callback::new(change) };
    let overview = app.overviews.server.get_untracked().unwrap_or_default();
    let style = programme_style(&overview.catalogue, &activity.programme);
    view! {
        <div class="form programme" style=style>
            {form.when()}
            {activity.fields.iter().map(|field| form.answer(field)).collect_view()}
        </div>
    }
}
