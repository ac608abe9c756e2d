//! The own account: name, password and sessions.

use crate::api::people;
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::storage::profile;
use crate::ui::form_row::{error_of, form_row};
use crate::ui::page::PleaseSignIn;
use crate::ui::request_error::request_error;
use crate::ui::sessions::Sessions;
use jiedui_core::access::user::User;
use jiedui_core::values::field_error::FieldError;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

lazy_screen!(record:
    /// Name, password and sessions of the own account.
    OwnAccount, render_own_account, OwnAccountScreen
);

/// The screen.
#[component]
fn OwnAccountScreen() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.own_account());
    // A change of the name keeps the forms.
    let id = Memo::new(move |_| app.session.user.with(|user| user.as_ref().map(|user| user.id)));
    move || {
        let (Some(account), Some(user)) = (id.get(), app.session.user.get_untracked()) else {
            return view! { <PleaseSignIn/> }.into_any();
        };
        view! {
            <section class="narrow">
                <h1>{texts.own_account()}</h1>
                <NameForm user/>
                <h2>{texts.password()}</h2>
                <PasswordForm/>
                <h2>{texts.sessions()}</h2>
                <Sessions account/>
            </section>
        }
        .into_any()
    }
}

/// Errors and message of a form.
#[derive(Clone, Copy)]
struct Answer {
    app: AppState,
    errors: RwSignal<Vec<FieldError>>,
    message: RwSignal<Option<Result<&'static str, String>>>,
    busy: RwSignal<bool>,
}

impl Answer {
    fn new(app: AppState) -> Self {
        Self { app, errors: RwSignal::default(), message: RwSignal::default(), busy: RwSignal::new(false) }
    }

    fn begin(self) -> bool {
        if self.busy.get_untracked() {
            return false;
        }
        self.busy.set(true);
        self.errors.set(Vec::new());
        self.message.set(None);
        true
    }

    fn end(self, result: Result<(), crate::api::error::ApiError>) {
        // The user may have left the screen.
        if self.busy.try_set(false).is_some() {
            return;
        }
        match result {
            Ok(()) => self.message.set(Some(Ok(self.app.texts.person_saved()))),
            Err(error) => {
                self.message.set(Some(Err(request_error(self.app, &error))));
                self.errors.set(error.errors);
            }
        }
    }

    fn input(
        self,
        field: &'static str,
        label: &'static str,
        (kind, complete): (&'static str, &'static str),
        value: RwSignal<String>,
    ) -> impl IntoView {
        let error = error_of(self.app, self.errors, field);
        let control = view! {
            <input id=format!("field-{field}") type=kind autocomplete=complete prop:value=value
                aria-invalid=move || error.get().is_some().to_string() aria-describedby=format!("error-{field}")
                on:input=move |event| value.set(event_target_value(&event))/>
        };
        form_row(field, label.to_owned(), error, control.into_any())
    }

    fn shown(self) -> impl IntoView {
        move || match self.message.get() {
            None => ().into_any(),
            Some(Ok(words)) => view! { <p class="hint" role="status">{words}</p> }.into_any(),
            Some(Err(words)) => view! { <p class="error" role="alert">{words}</p> }.into_any(),
        }
    }
}

/// The form of the display name.
#[component]
fn NameForm(
    /// The user.
    user: User,
) -> impl IntoView {
    let app = use_app_state();
    let (answer, name) = (Answer::new(app), RwSignal::new(user.name));
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if !answer.begin() {
            return;
        }
        spawn_local(async move {
            let result = people::set_own_name(name.get_untracked(), app.language).await;
            answer.end(result.map(|user| {
                profile::store(&user);
                app.session.user.set(Some(user));
            }));
        });
    };
    view! {
        <form class="form own-name" novalidate on:submit=save>
            {answer.input("name", app.texts.person_name(), ("text", "name"), name)}
            {answer.shown()}
            <button class="button" disabled=answer.busy>{app.texts.save()}</button>
        </form>
    }
}

/// The form of the password.
#[component]
fn PasswordForm() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let (answer, current, password) = (Answer::new(app), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if !answer.begin() {
            return;
        }
        spawn_local(async move {
            let (present, new) = (current.get_untracked(), password.get_untracked());
            let result = people::set_own_password(present, new, app.language).await;
            if result.is_ok() {
                let _ = (current.try_set(String::new()), password.try_set(String::new()));
            }
            answer.end(result);
        });
    };
    view! {
        <form class="form own-password" method="post" novalidate on:submit=save>
            {answer.input("current", texts.password_current(), ("password", "current-password"), current)}
            {answer.input("password", texts.password_new(), ("password", "new-password"), password)}
            <p class="hint">{texts.password_rules()}</p>
            {answer.shown()}
            <button class="button" disabled=answer.busy>{texts.password_change()}</button>
        </form>
    }
}
