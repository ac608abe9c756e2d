//! Set-up of an empty installation: its first account, an administrator.

use crate::api::error::ApiError;
use crate::api::people;
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::ui::account_form::AccountForm;
use crate::ui::request_error::request_error;
use jiedui_core::api::users::SetupRequest;
use leptos::prelude::*;

lazy_screen!(record:
    /// The screen that creates the first account.
    SetUp, render_setup, SetupScreen
);

/// Returns the message for an error. The server knows no set-up once there is an account.
fn setup_error(app: AppState, error: &ApiError) -> String {
    match error.status {
        404 => app.texts.setup_done().to_owned(),
        _ => request_error(app, error),
    }
}

/// The form. The part of the address after `#` is the token that the server printed.
#[component]
fn SetupScreen() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.setup());
    let [username, name, password] = [(); 3].map(|()| RwSignal::new(String::new()));
    let form = AccountForm::new(app);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let hash = window().location().hash().unwrap_or_default();
        let request = SetupRequest {
            token: hash.trim_start_matches('#').to_owned(),
            username: username.get_untracked(),
            name: Some(name.get_untracked()),
            password: password.get_untracked(),
        };
        let request = async move { people::set_up(&request, app.language).await };
        form.sign_in(request, |_| "/people", setup_error);
    };
    view! {
        <section class="narrow">
            <h1>{texts.setup()}</h1>
            <p class="lead">{texts.setup_lead()}</p>
            <form class="form" method="post" novalidate on:submit=submit>
                {form.input("username", texts.username(), ("text", "off"), username)}
                {form.input("name", texts.person_name(), ("text", "off"), name)}
                {form.input("password", texts.password(), ("password", "new-password"), password)}
                <p class="hint">{texts.password_rules()}</p>
                {form.shown()}
                <button class="button button-primary" disabled=form.busy>{texts.setup_create()}</button>
            </form>
        </section>
    }
}
