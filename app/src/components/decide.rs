//! A reviewer's decision on an entry: verified, or returned with a reason. It waits in the outbox like any other change.

use crate::model::{Model, use_model};
use crate::store::known::Known;
use crate::sync;
use jiedui_core::domain::{Fields, State, User};
use jiedui_core::sync::Op;
use leptos::prelude::*;
use serde_json::json;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

/// Whether this person may decide on an entry of a programme at a place.
pub fn may_decide(user: &User, programme: &str, place: &str) -> bool {
    user.role.reviews() && user.scope.has_place(place) && user.scope.has_programme(programme)
}

/// Verifies entries, or returns them with a reason.
pub async fn decide(model: Model, entries: Vec<(Uuid, u64)>, state: State, reason: String) {
    let mut fields = Fields::new();
    fields.insert("state".to_owned(), json!(state.code()));
    if state == State::Returned {
        fields.insert("review_note".to_owned(), json!(reason));
    }
    let changes = entries.into_iter().map(|(id, rev)| (id, rev, fields.clone())).collect();
    if let Err(error) = sync::save_all(model, Op::Put, changes).await {
        model.trouble.set(Some(error));
    }
}

/// The buttons under an entry.
#[component]
pub fn Decide(
    /// The entry as this phone knows it: the decision is about that. A reason that is being written stays when it changes.
    #[prop(into)]
    known: Signal<Known>,
) -> impl IntoView {
    let model = use_model();
    let texts = model.texts;
    let id = known.with_untracked(|known| known.id);
    let rev = move || known.with_untracked(|known| known.rev);
    let is_verified = move || known.with(|known| known.entry.state == State::Verified);
    let returning = RwSignal::new(false);
    let reason = RwSignal::new(String::new());
    let missing = RwSignal::new(false);
    let verify = move |_| {
        let entries = vec![(id, rev())];
        spawn_local(decide(model, entries, State::Verified, String::new()));
    };
    let send_back = move |_| {
        let why = reason.get_untracked().trim().to_owned();
        missing.set(why.is_empty());
        if !why.is_empty() {
            let entries = vec![(id, rev())];
            returning.set(false);
            spawn_local(decide(model, entries, State::Returned, why));
        }
    };
    let usual = [texts.reason_numbers, texts.reason_place, texts.reason_photo, texts.reason_twice];
    view! {
        <div class="decide">
            <button type="button" class="button primary" data-decide="verify" hidden=is_verified on:click=verify>{texts.verify}</button>
            <button type="button" class="button" data-decide="return" aria-expanded=move || returning.get().to_string()
                on:click=move |_| returning.update(|returning| *returning = !*returning)>{texts.return_entry}</button>
            <Show when=move || returning.get()>
                <div class="row" class:wrong=move || missing.get()>
                    <label for=format!("reason-{id}")>{texts.return_reason}</label>
                    <p class="usual">
                        {usual.map(|usual| view! {
                            <button type="button" class="quiet" on:click=move |_| reason.set(usual.to_owned())>{usual}</button>
                        }).collect_view()}
                    </p>
                    <textarea id=format!("reason-{id}") rows="2" maxlength="2000" prop:value=move || reason.get()
                        aria-invalid=move || missing.get().to_string() aria-describedby=format!("reason-error-{id}")
                        on:input=move |event| reason.set(event_target_value(&event))></textarea>
                    <p class="error" id=format!("reason-error-{id}")>{move || missing.get().then_some(texts.reason_missing)}</p>
                    <button type="button" class="button primary" on:click=send_back>{texts.return_now}</button>
                </div>
            </Show>
        </div>
    }
}
