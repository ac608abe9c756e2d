//! Set-up of an empty installation: its first account, an administrator.

use crate::api::people;
use crate::lazy_screen;
use crate::state::use_app_state;
use crate::storage::{preferences, profile};
use crate::sync;
use crate::ui::form_row::{error_of, form_row};
use crate::ui::request_error::request_error;
use jiedui_core::api::users::SetupRequest;
use jiedui_core::values::field_error::FieldError;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

lazy_screen!(record:
    /// The screen that creates the first account.
    SetUp, render_setup, SetupScreen
);

/// The form. The part of the address after `#` is the token that the server printed.
#[component]
fn SetupScreen() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.setup());
    let [username, name, password] = [(); 3].map(|()| RwSignal::new(String::new()));
    let (busy, errors) = (RwSignal::new(false), RwSignal::new(Vec::<FieldError>::new()));
    let error_text = RwSignal::new(None::<String>);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        errors.set(Vec::new());
        error_text.set(None);
        let hash = window().location().hash().unwrap_or_default();
        let request = SetupRequest {
            token: hash.trim_start_matches('#').to_owned(),
            username: username.get_untracked(),
            name: Some(name.get_untracked()),
            password: password.get_untracked(),
        };
        spawn_local(async move {
            match people::set_up(&request, app.language).await {
                Ok(user) => {
                    profile::store(&user);
                    preferences::apply(Some(user.id));
                    sync::reload_at("/people");
                }
                Err(error) => {
                    busy.set(false);
                    let done = (error.status == 404).then(|| texts.setup_done().to_owned());
                    error_text.set(Some(done.unwrap_or_else(|| request_error(app, &error))));
                    errors.set(error.errors);
                }
            }
        });
    };
    let input = move |field: &'static str, label: &'static str, kind: &'static str, value: RwSignal<String>| {
        let error = error_of(app, errors, field);
        let complete = if kind == "password" { "new-password" } else { "off" };
        let control = view! {
            <input id=format!("field-{field}") type=kind autocomplete=complete autocapitalize="none" prop:value=value
                aria-invalid=move || error.get().is_some().to_string() aria-describedby=format!("error-{field}")
                on:input=move |event| value.set(event_target_value(&event))/>
        };
        form_row(field, label.to_owned(), error, control.into_any())
    };
    view! {
        <section class="narrow">
            <h1>{texts.setup()}</h1>
            <p class="lead">{texts.setup_lead()}</p>
            <form class="form" method="post" novalidate on:submit=submit>
                {input("username", texts.username(), "text", username)}
                {input("name", texts.person_name(), "text", name)}
                {input("password", texts.password(), "password", password)}
                <p class="hint">{texts.password_rules()}</p>
                <p class="error" role="alert">{move || error_text.get()}</p>
                <button class="button button-primary" disabled=busy>{texts.setup_create()}</button>
            </form>
        </section>
    }
}
