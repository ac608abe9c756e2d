//! Forms about an account: its text fields with their errors, one request at a time, and the steps after a sign-in.

use crate::api::error::ApiError;
use crate::state::AppState;
use crate::storage::{preferences, profile};
use crate::sync;
use crate::ui::form_row::{error_of, form_row};
use crate::ui::request_error::request_error;
use jiedui_core::access::user::User;
use jiedui_core::values::field_error::FieldError;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// State of a form whose fields the server validates.
#[derive(Clone, Copy)]
pub struct AccountForm {
    app: AppState,
    /// Errors of the fields.
    pub errors: RwSignal<Vec<FieldError>>,
    /// Message for the form as a whole: an error, or that it is saved.
    pub message: RwSignal<Option<Result<&'static str, String>>>,
    /// Whether a request is under way.
    pub busy: RwSignal<bool>,
}

impl AccountForm {
    /// Creates the state of an untouched form.
    pub fn new(app: AppState) -> Self {
        Self { app, errors: RwSignal::default(), message: RwSignal::default(), busy: RwSignal::new(false) }
    }

    /// Sends a request unless one is under way. `done` receives the answer if the screen is still open.
    pub fn send<T: 'static>(
        self,
        request: impl Future<Output = Result<T, ApiError>> + 'static,
        done: impl FnOnce(T) + 'static,
    ) {
        if !self.begin() {
            return;
        }
        spawn_local(async move {
            let result = request.await;
            if self.busy.try_set(false).is_some() {
                return;
            }
            match result {
                Ok(answer) => done(answer),
                Err(error) => self.fail(request_error(self.app, &error), error),
            }
        });
    }

    /// Sends a request that signs in, unless one is under way. Reloads the app as that user at the address that `start` returns.
    /// `words` returns the message for an error.
    pub fn sign_in(
        self,
        request: impl Future<Output = Result<User, ApiError>> + 'static,
        start: fn(&User) -> &'static str,
        words: fn(AppState, &ApiError) -> String,
    ) {
        if !self.begin() {
            return;
        }
        spawn_local(async move {
            match request.await {
                // The form stays busy until the page is replaced.
                Ok(user) => {
                    profile::store(&user);
                    preferences::apply(Some(user.id));
                    sync::reload_at(start(&user));
                }
                Err(error) if self.busy.try_set(false).is_none() => self.fail(words(self.app, &error), error),
                Err(_) => {}
            }
        });
    }

    /// Removes the messages of the last request. Returns false while a request is under way.
    fn begin(self) -> bool {
        if self.busy.get_untracked() {
            return false;
        }
        self.busy.set(true);
        self.errors.set(Vec::new());
        self.message.set(None);
        true
    }

    fn fail(self, words: String, error: ApiError) {
        self.message.set(Some(Err(words)));
        self.errors.set(error.errors);
    }

    /// Renders a text field with its label and error. `complete` is the value of `autocomplete`.
    pub fn input(
        self,
        field: &'static str,
        label: &'static str,
        (kind, complete): (&'static str, &'static str),
        value: RwSignal<String>,
    ) -> impl IntoView + use<> {
        let error = error_of(self.app, self.errors, field);
        let control = view! {
            <input id=format!("field-{field}") type=kind autocomplete=complete autocapitalize="none" prop:value=value
                aria-invalid=move || error.get().is_some().to_string() aria-describedby=format!("error-{field}")
                on:input=move |event| value.set(event_target_value(&event))/>
        };
        form_row(field, label.to_owned(), error, control.into_any())
    }

    /// Renders the message.
    pub fn shown(self) -> impl IntoView {
        move || match self.message.get() {
            None => ().into_any(),
            Some(Ok(words)) => view! { <p class="hint" role="status">{words}</p> }.into_any(),
            Some(Err(words)) => view! { <p class="error" role="alert">{words}</p> }.into_any(),
        }
    }
}
