//! The row of an entry that others have deleted.

use crate::labels::entry::activity_name;
use crate::state::AppState;
use crate::storage::my_entries::Gone;
use crate::sync;
use jiedui_core::entry::field;
use leptos::prelude::*;
use leptos_router::components::A;
use serde_json::Value;
use wasm_bindgen_futures::spawn_local;

/// Renders an entry that others have deleted, with a link to its history.
pub fn gone_view(app: AppState, gone: Gone) -> impl IntoView {
    let texts = app.texts;
    let text = |name: &str| gone.fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let overview = app.overviews.server.get().unwrap_or_default();
    let (name, date, place) = (
        activity_name(app.labels(), &overview, &text(field::ACTIVITY)).to_owned(),
        text(field::DATE),
        text(field::PLACE),
    );
    let id = gone.id;
    let seen = move |_| {
        spawn_local(async move {
            if let Err(error) = sync::forget_gone(app, id).await {
                app.storage.error.set(Some(error));
            }
        });
    };
    view! {
        <li class="entry">
            <A href=format!("/list/{id}")>
                <strong>{name}</strong>
                <span>{date}" "{move || app.place_label(&place)}</span>
            </A>
            <p class="state bad">{texts.deleted_by_others()}</p>
            <button type="button" class="button-quiet" on:click=seen>{texts.seen()}</button>
        </li>
    }
}
