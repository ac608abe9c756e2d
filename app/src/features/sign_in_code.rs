//! First sign-in, or sign-in after a reset: a one-time code sets the password.

use crate::api::people;
use crate::lazy_screen;
use crate::state::use_app_state;
use crate::storage::{preferences, profile};
use crate::sync;
use crate::ui::form_row::{error_of, form_row};
use crate::ui::navigation::home;
use crate::ui::request_error::request_error;
use jiedui_core::api::users::CodeSignInRequest;
use jiedui_core::values::field_error::FieldError;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

lazy_screen!(record:
    /// The screen that takes a one-time code.
    CodeSignIn, render_code_sign_in, CodeSignInScreen
);

/// Splits the part of an address after `#`: the code, a point, and the encoded user name.
fn code_and_name(hash: &str) -> Option<(String, String)> {
    let (code, name) = hash.trim_start_matches('#').split_once('.')?;
    let name = js_sys::decode_uri_component(name).ok()?;
    Some((code.to_owned(), name.into()))
}

/// The form.
#[component]
fn CodeSignInScreen() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.code_sign_in());
    let [username, code, password] = [(); 3].map(|()| RwSignal::new(String::new()));
    let (busy, errors, error_text) =
        (RwSignal::new(false), RwSignal::new(Vec::<FieldError>::new()), RwSignal::new(None::<String>));
    Effect::new(move |_| {
        let hash = window().location().hash().unwrap_or_default();
        if let Some((given, name)) = code_and_name(&hash) {
            code.set(given);
            username.set(name);
        }
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        errors.set(Vec::new());
        error_text.set(None);
        let request = CodeSignInRequest {
            username: username.get_untracked(),
            code: code.get_untracked(),
            password: password.get_untracked(),
            device_name: None,
        };
        spawn_local(async move {
            match people::sign_in_with_code(&request, app.language).await {
                Ok(user) => {
                    profile::store(&user);
                    preferences::apply(Some(user.id));
                    sync::reload_at(home(Some(user.role)));
                }
                Err(error) => {
                    busy.set(false);
                    error_text.set(Some(request_error(app, &error)));
                    errors.set(error.errors);
                }
            }
        });
    };
    let input = move |field: &'static str,
                      label: &'static str,
                      kind: &'static str,
                      complete: &'static str,
                      value: RwSignal<String>| {
        let error = error_of(app, errors, field);
        let control = view! {
            <input id=format!("field-{field}") type=kind autocomplete=complete autocapitalize="none" prop:value=value
                aria-invalid=move || error.get().is_some().to_string() aria-describedby=format!("error-{field}")
                on:input=move |event| value.set(event_target_value(&event))/>
        };
        form_row(field, label.to_owned(), error, control.into_any())
    };
    view! {
        <section class="narrow">
            <h1>{texts.code_sign_in()}</h1>
            <p class="lead">{texts.code_sign_in_lead()}</p>
            <form class="form" method="post" novalidate on:submit=submit>
                {input("username", texts.username(), "text", "username", username)}
                {input("code", texts.code(), "text", "one-time-code", code)}
                {input("password", texts.password_new(), "password", "new-password", password)}
                <p class="hint">{texts.password_rules()}</p>
                <p class="error" role="alert">{move || error_text.get()}</p>
                <button class="button button-primary" disabled=busy>{texts.code_use()}</button>
            </form>
        </section>
    }
}
