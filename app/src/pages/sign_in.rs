//! Signing in: once, then the phone remembers.

use crate::model::use_model;
use crate::sync::{self, api};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use wasm_bindgen_futures::spawn_local;

/// The sign-in form.
#[component]
pub fn SignIn() -> impl IntoView {
    let model = use_model();
    let texts = model.texts;
    super::title(texts.sign_in);
    let (username, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (busy, wrong) = (RwSignal::new(false), RwSignal::new(None::<String>));
    let navigate = use_navigate();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        wrong.set(None);
        let navigate = navigate.clone();
        spawn_local(async move {
            let answer = api::sign_in(&username.get_untracked(), &password.get_untracked(), model.language).await;
            busy.set(false);
            match answer {
                Ok(user) => {
                    password.set(String::new());
                    model.journal.set(None);
                    model.user.set(Some(user.clone()));
                    navigate(if user.role.records() { "/entries" } else { "/" }, Default::default());
                    sync::begin(model, user).await;
                }
                Err(error) if error.status == 0 => wrong.set(Some(texts.sign_in_no_network.to_owned())),
                Err(error) => {
                    let of_fields = error.errors.first().map(|_| texts.sign_in_both.to_owned());
                    wrong.set(of_fields.or(error.detail).or(Some(texts.sign_in_failed.to_owned())));
                }
            }
        });
    };
    view! {
        <section class="narrow">
            <h1>{texts.sign_in}</h1>
            <p class="lead">{texts.sign_in_once}</p>
            <form class="form" method="post" on:submit=submit>
                <label>
                    <span>{texts.username}</span>
                    <input name="username" autocomplete="username" autocapitalize="none" required
                        prop:value=username on:input=move |event| username.set(event_target_value(&event))/>
                </label>
                <label>
                    <span>{texts.password}</span>
                    <input name="password" type="password" autocomplete="current-password" required
                        prop:value=password on:input=move |event| password.set(event_target_value(&event))/>
                </label>
                <p class="error" role="alert">{move || wrong.get()}</p>
                <button class="button primary" disabled=busy>
                    {move || if busy.get() { texts.signing_in } else { texts.sign_in }}
                </button>
            </form>
        </section>
    }
}
