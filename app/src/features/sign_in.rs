//! The sign-in screen. The session stays on the phone.

use crate::api::endpoints;
use crate::api::error::ApiError;
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::ui::account_form::AccountForm;
use crate::ui::navigation::home;
use leptos::prelude::*;

lazy_screen!(record:
    /// The sign-in screen.
    SignIn, render_sign_in, SignInScreen
);

/// Returns the message for an error: no network, an empty field, what the server says, or that it failed.
fn sign_in_error(app: AppState, error: &ApiError) -> String {
    let texts = app.texts;
    match (error.status, &error.detail) {
        (0, _) => texts.sign_in_no_network().to_owned(),
        _ if !error.errors.is_empty() => texts.sign_in_both().to_owned(),
        (_, Some(detail)) => detail.clone(),
        (_, None) => texts.sign_in_failed().to_owned(),
    }
}

/// The sign-in form.
#[component]
fn SignInScreen() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.sign_in());
    let (username, password) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let form = AccountForm::new(app);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let request =
            async move { endpoints::sign_in(&username.get_untracked(), &password.get_untracked(), app.language).await };
        form.sign_in(request, |user| home(Some(user.role)), sign_in_error);
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
                {form.shown()}
                <button class="button button-primary" disabled=form.busy>
                    {move || if form.busy.get() { texts.signing_in() } else { texts.sign_in() }}
                </button>
            </form>
            <p class="actions"><a class="button button-quiet" href="/sign-in/code">{texts.code_have()}</a></p>
        </section>
    }
}
