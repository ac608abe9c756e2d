//! A reviewer's decision on an entry: verified, or returned with a reason. It waits in the outbox like any other change, and is
//! held back while it can be undone.

use crate::labels::texts::fill;
use crate::state::{AppState, use_app_state};
use crate::storage::entry_view::EntryView;
use crate::sync::{self, Decided};
use crate::ui::entry::deletion::{VoidForm, may_void};
use crate::ui::snackbar::{self, Action};
use jiedui_core::access::rights::needs_second_person;
use jiedui_core::entry::{Fields, State, field};
use leptos::ev::KeyboardEvent;
use leptos::html::Textarea;
use leptos::prelude::*;
use serde_json::json;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

/// Approves entries. The message at the foot of the screen offers to undo it.
pub async fn approve(app: AppState, entries: Vec<(Uuid, u64)>) {
    let fields = Fields::from_iter([(field::STATE.to_owned(), json!(State::Verified.code()))]);
    let text = fill(app.texts.approved(), &[&entries.len()]);
    decide(app, entries, fields, text).await;
}

/// Returns an entry to its recorder, with a reason and the fields concerned.
async fn send_back(app: AppState, entry: (Uuid, u64), reason: String, concerned: Vec<&'static str>) {
    let mut fields = Fields::new();
    fields.insert(field::STATE.to_owned(), json!(State::Returned.code()));
    fields.insert(field::REVIEW_NOTE.to_owned(), json!(reason));
    if !concerned.is_empty() {
        fields.insert(field::REVIEW_FIELDS.to_owned(), json!(concerned));
    }
    decide(app, vec![entry], fields, app.texts.sent_back().to_owned()).await;
}

/// Saves the same decision on each entry, and offers to undo it.
async fn decide(app: AppState, entries: Vec<(Uuid, u64)>, fields: Fields, text: String) {
    let decisions = entries.into_iter().map(|(id, rev)| (id, rev, fields.clone())).collect();
    match sync::decide(app, decisions).await {
        Ok(decided) => {
            let undo = Action::new("undo", app.texts.undo(), move || undo_decisions(app, decided.clone()));
            snackbar::show(app, text, vec![undo], None);
        }
        Err(error) => app.storage.error.set(Some(error)),
    }
}

fn undo_decisions(app: AppState, decided: Vec<Decided>) {
    spawn_local(async move {
        match sync::undo_decisions(app, decided).await {
            Ok(()) => snackbar::show(app, app.texts.decision_undone().to_owned(), Vec::new(), None),
            Err(error) => app.storage.error.set(Some(error)),
        }
    });
}

/// The buttons below an entry.
#[component]
pub fn ReviewActions(
    /// The entry in the replica, on which the decision is based. Its changes keep a reason that is being typed.
    #[prop(into)]
    record: Signal<EntryView>,
    /// Likely duplicates.
    #[prop(into)]
    same: Signal<Vec<EntryView>>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let voids = Memo::new(move |_| same.with(|same| !same.is_empty()) && record.with(|record| may_void(app, record)));
    let voiding = RwSignal::new(false);
    let input = NodeRef::<Textarea>::new();
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            request_animation_frame(move || drop(input.focus()));
        }
    });
    let id = record.with_untracked(|record| record.id);
    let rev = move || record.with_untracked(|record| record.rev);
    let needs_second = move || {
        let user = app.session.user.get();
        user.is_some_and(|user| record.with(|record| needs_second_person(&record.fields, &user)))
    };
    let is_verified = move || record.with(|record| record.entry.state == State::Verified);
    let returning = RwSignal::new(false);
    let reason = RwSignal::new(String::new());
    let missing = RwSignal::new(false);
    let usual = [
        (texts.reason_numbers(), Some(field::VALUES)),
        (texts.reason_place(), Some(field::PLACE)),
        (texts.reason_photo(), Some(field::ATTACHMENTS)),
        (texts.reason_twice(), None),
    ];
    let verify = move |_| {
        let entries = vec![(id, rev())];
        spawn_local(approve(app, entries));
    };
    let send = move || {
        let why = reason.get_untracked().trim().to_owned();
        missing.set(why.is_empty());
        if !why.is_empty() {
            returning.set(false);
            // A suggested reason has a field.
            let given = usual.iter().filter(|(words, _)| why.contains(words));
            let concerned = given.filter_map(|(_, about)| *about).collect();
            spawn_local(send_back(app, (id, rev()), why, concerned));
        }
    };
    // A second reason is appended to the first.
    let say = move |words: &'static str| {
        missing.set(false);
        reason.update(|reason| {
            if reason.trim().is_empty() {
                words.clone_into(reason);
            } else if !reason.contains(words) {
                reason.push('；');
                reason.push_str(words);
            }
        });
    };
    // Enter also ends the input of a Chinese word, and then does not send.
    let press = move |event: KeyboardEvent| {
        let usual_reason = || usual.get(event.code().strip_prefix("Digit")?.parse::<usize>().ok()?.checked_sub(1)?);
        match event.key().as_str() {
            "Enter" if !event.shift_key() && !event.is_composing() => send(),
            "Escape" => returning.set(false),
            _ if event.alt_key() => match usual_reason() {
                Some((words, _)) => say(words),
                None => return,
            },
            _ => return,
        }
        event.prevent_default();
    };
    view! {
        <div class="review-decide">
            <p class="note" data-second-person hidden=move || is_verified() || !needs_second()>{texts.second_person()}</p>
            <button type="button" class="button button-primary" data-decide="verify" hidden=move || is_verified() || needs_second() on:click=verify>{texts.verify()}</button>
            <button type="button" class="button" data-decide="return" aria-expanded=move || returning.get().to_string()
                on:click=move |_| { voiding.set(false); returning.update(|returning| *returning = !*returning) }>{texts.return_entry()}</button>
            {move || voids.get().then(|| view! {
                <button type="button" class="button" data-decide="void" aria-expanded=move || voiding.get().to_string()
                    on:click=move |_| { returning.set(false); voiding.update(|voiding| *voiding = !*voiding) }>{texts.void()}</button>
            })}
            <Show when=move || returning.get()>
                <div class="form-row" class:wrong=move || missing.get()>
                    <label for=format!("reason-{id}")>{texts.return_reason()}</label>
                    <p class="review-usual">
                        {usual.map(|(words, _)| view! {
                            <button type="button" class="button-quiet" on:click=move |_| say(words)>{words}</button>
                        }).collect_view()}
                    </p>
                    <textarea id=format!("reason-{id}") rows="2" node_ref=input on:keydown=press maxlength="2000" prop:value=move || reason.get()
                        aria-invalid=move || missing.get().to_string() aria-describedby=format!("reason-error-{id}")
                        on:input=move |event| { missing.set(false); reason.set(event_target_value(&event)) }></textarea>
                    <p class="error" id=format!("reason-error-{id}")>{move || missing.get().then_some(texts.reason_missing())}</p>
                    <button type="button" class="button button-primary" on:click=move |_| send()>{texts.return_now()}</button>
                </div>
            </Show>
            {move || voids.get().then(|| view! { <VoidForm record same asked=voiding/> })}
        </div>
    }
}
