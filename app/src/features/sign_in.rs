//! The sign-in screen. The session stays on the phone.

use crate::api::endpoints;
use crate::lazy_screen;
use crate::state::use_app_state;
use crate::storage::{preferences, profile};
use crate::sync;
use crate::ui::navigation::home;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

lazy_screen!(record:
    /// The sign-in screen.
    SignIn, render_sign_in, SignInScreen
);

/// The sign-in form.
#[component]
fn SignInScreen() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.sign_in());
    let (username, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let (busy, error_text) = (RwSignal::new(false), RwSignal::new(None::<String>));
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        error_text.set(None);
        spawn_local(async move {
            let result = endpoints::sign_in(&username.get_untracked(), &password.get_untracked(), app.language).await;
            match result {
                Ok(user) => {
                    profile::store(&user);
                    preferences::apply(Some(user.id));
                    sync::reload_at(home(Some(user.role)));
                }
                Err(error) => {
                    busy.set(false);
                    let no_network = (error.status == 0).then(|| texts.sign_in_no_network().to_owned());
                    let of_fields = error.errors.first().map(|_| texts.sign_in_both().to_owned());
                    let text = no_network.or(of_fields).or(error.detail);
                    error_text.set(text.or(Some(texts.sign_in_failed().to_owned())));
                }
            }
        });
    };
    view! {
        <section class="narrow">
            <h1>{texts.sign_in()}</h1>
            <p class="lead">{texts.sign_in_once()}</p>
            <form class="form" method="post" on:submit=submit>
                <label>
                    <span>{texts.username()}</span>
                    <input name="username" autocomplete="username" autocapitalize="none" required
                        prop:value=username on:input=move |event| username.set(event_target_value(&event))/>
                </label>
                <label>
                    <span>{texts.password()}</span>
                    <input name="password" type="password" autocomplete="current-password" required
                        prop:value=password on:input=move |event| password.set(event_target_value(&event))/>
                </label>
                <p class="error" role="alert">{move || error_text.get()}</p>
                <button class="button button-primary" disabled=busy>
                    {move || if busy.get() { texts.signing_in() } else { texts.sign_in() }}
                </button>
            </form>
            <p class="actions"><a class="button button-quiet" href="/sign-in/code">{texts.code_have()}</a></p>
        </section>
    }
}
