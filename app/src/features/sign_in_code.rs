//! First sign-in, or sign-in after a reset: a one-time code sets the password.

use crate::api::people;
use crate::lazy_screen;
use crate::state::use_app_state;
use crate::ui::account_form::AccountForm;
use crate::ui::navigation::home;
use crate::ui::request_error::request_error;
use jiedui_core::api::users::CodeSignInRequest;
use leptos::prelude::*;

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
    let form = AccountForm::new(app);
    Effect::new(move |_| {
        let hash = window().location().hash().unwrap_or_default();
        if let Some((given, name)) = code_and_name(&hash) {
            code.set(given);
            username.set(name);
        }
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let request = CodeSignInRequest {
            username: username.get_untracked(),
            code: code.get_untracked(),
            password: password.get_untracked(),
            device_name: None,
        };
        let request = async move { people::sign_in_with_code(&request, app.language).await };
        form.sign_in(request, |user| home(Some(user.role)), request_error);
    };
    view! {
        <section class="narrow">
            <h1>{texts.code_sign_in()}</h1>
            <p class="lead">{texts.code_sign_in_lead()}</p>
            <form class="form" method="post" novalidate on:submit=submit>
                {form.input("username", texts.username(), ("text", "username"), username)}
                {form.input("code", texts.code(), ("text", "one-time-code"), code)}
                {form.input("password", texts.password_new(), ("password", "new-password"), password)}
                <p class="hint">{texts.password_rules()}</p>
                {form.shown()}
                <button class="button button-primary" disabled=form.busy>{texts.code_use()}</button>
            </form>
        </section>
    }
}
