//! The screen of one account: name, role and scope, one-time code, closing, and sessions.

use super::code_card::CodeCard;
use super::scope_fields::ScopeFields;
use super::{Fetched, administers, fetch};
use crate::api::people;
use crate::labels::code::role_name;
use crate::labels::texts::fill;
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::ui::account_form::AccountForm;
use crate::ui::form_row::{error_of, form_row};
use crate::ui::loading::{Loading, LoadingOnline};
use crate::ui::request_error::RequestFailed;
use crate::ui::sessions::Sessions;
use jiedui_core::access::administration::roles_to_give;
use jiedui_core::access::rights::may_read_audit;
use jiedui_core::access::user::{Role, Scope, User};
use jiedui_core::api::users::{ChangeUserRequest, CodeResponse, NewUserRequest, UserAccount};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use uuid::Uuid;

lazy_screen!(office:
    /// The screen of one account.
    PersonForm, render_person, Person
);

/// The screen.
#[component]
fn Person() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.nav_people());
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| Uuid::parse_str(&id).ok()));
    let users = Fetched::new(None);
    Effect::new(move |_| {
        app.request_places();
        if id.get().is_some() {
            fetch(users);
        }
    });
    let is_ready = Memo::new(move |_| app.session.now.get() > 0.0 && app.overviews.server.with(Option::is_some));
    // News of the session keep the form.
    let is_allowed = Memo::new(move |_| administers(app));
    move || {
        let user = app.session.user.get_untracked().filter(|_| is_allowed.get());
        let Some(actor) = user else { return view! { <p class="empty">{texts.coordinators_only()}</p> }.into_any() };
        if !is_ready.get() {
            return view! { <LoadingOnline/> }.into_any();
        }
        let Some(id) = id.get() else { return view! { <Form actor account=None/> }.into_any() };
        match users.get() {
            None => view! { <Loading/> }.into_any(),
            Some(Err(error)) => view! { <RequestFailed error retry=Callback::new(move |()| fetch(users))/> }.into_any(),
            Some(Ok(all)) => match all.into_iter().find(|account| account.id == id) {
                Some(account) => view! { <Form actor account=Some(account)/> }.into_any(),
                None => view! { <p class="empty">{texts.not_found()}</p> }.into_any(),
            },
        }
    }
}

/// State of the form.
#[derive(Clone, Copy)]
struct State {
    app: AppState,
    username: RwSignal<String>,
    name: RwSignal<String>,
    role: RwSignal<Role>,
    scope: RwSignal<Scope>,
    form: AccountForm,
    code: RwSignal<Option<CodeResponse>>,
    /// The account as stored; `None` for a new one.
    stored: RwSignal<Option<UserAccount>>,
}

impl State {
    fn save(self) {
        let language = self.app.language;
        let (name, role) = (self.name.get_untracked(), self.role.get_untracked());
        let Scope { places, programmes } = self.scope.get_untracked();
        match self.stored.get_untracked() {
            None => {
                let new = NewUserRequest {
                    username: self.username.get_untracked(),
                    name: Some(name),
                    role,
                    places,
                    programmes,
                };
                self.form.send(async move { people::add(&new, language).await }, move |code| {
                    self.stored.set(Some(code.user.clone()));
                    self.name.set(code.user.name.clone());
                    self.code.set(Some(code));
                });
            }
            Some(stored) => {
                let change = ChangeUserRequest {
                    name: Some(name),
                    role: (role != stored.role).then_some(role),
                    places: (places != stored.places).then_some(places),
                    programmes: (programmes != stored.programmes).then_some(programmes),
                    disabled: None,
                };
                let id = stored.id;
                self.form.send(async move { people::change(id, &change, language).await }, move |user| {
                    self.stored.set(Some(user));
                    self.form.message.set(Some(Ok(self.app.texts.person_saved())));
                });
            }
        }
    }

    fn reset(self) {
        let (Some(stored), language) = (self.stored.get_untracked(), self.app.language) else { return };
        self.form.send(async move { people::reset(stored.id, language).await }, move |code| self.code.set(Some(code)));
    }

    fn set_disabled(self, disabled: bool) {
        let (Some(stored), language) = (self.stored.get_untracked(), self.app.language) else { return };
        let question = fill(self.app.texts.person_close_sure(), &[&stored.name]);
        if disabled && !window().confirm_with_message(&question).unwrap_or(false) {
            return;
        }
        let change = ChangeUserRequest { disabled: Some(disabled), ..ChangeUserRequest::default() };
        self.form.send(async move { people::change(stored.id, &change, language).await }, move |user| {
            self.code.set(None);
            self.stored.set(Some(user));
        });
    }
}

/// The form of an account, or of a new one.
#[component]
fn Form(
    /// The user who administers.
    actor: User,
    /// The account; `None` for a new one.
    account: Option<UserAccount>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let state = State {
        app,
        username: RwSignal::new(String::new()),
        name: RwSignal::new(account.as_ref().map(|account| account.name.clone()).unwrap_or_default()),
        role: RwSignal::new(account.as_ref().map_or(Role::Recorder, |account| account.role)),
        scope: RwSignal::new(account.as_ref().map(UserAccount::scope).unwrap_or_default()),
        form: AccountForm::new(app),
        code: RwSignal::new(None),
        stored: RwSignal::new(account),
    };
    let State { username, name, role, scope, form, code, stored, .. } = state;
    let AccountForm { errors, message, busy, .. } = form;
    let is_own = move || stored.with(|stored| stored.as_ref().is_some_and(|stored| stored.id == actor.id));
    let options = roles_to_give(&actor).map(move |option| {
        view! { <option value=option.code() selected=move || role.get() == option>{role_name(texts, option)}</option> }
    });
    let roles = view! {
        <select id="field-role" aria-describedby="error-role"
            on:change=move |event| { if let Some(chosen) = Role::from_code(&event_target_value(&event)) { role.set(chosen) } }>
            {options.collect_view()}
        </select>
    };
    let actor_of_fields = actor.clone();
    let rights = move |is_own: bool| match is_own {
        true => view! { <p class="hint">{texts.person_own()}</p> }.into_any(),
        false => ().into_any(),
    };
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        state.save();
    };
    let heading = move || {
        stored.with(|stored| stored.as_ref().map_or(texts.person_new().to_owned(), |stored| stored.name.clone()))
    };
    let about = move || {
        stored.with(|stored| stored.as_ref().map(|stored| format!("{}：{}", texts.username(), stored.username)))
    };
    let is_new = move || stored.with(Option::is_none);
    let is_disabled = move || stored.with(|stored| stored.as_ref().is_some_and(|stored| stored.disabled));
    let said = move || match message.get() {
        None => ().into_any(),
        Some(Ok(words)) => view! { <p class="notice" role="status">{words}</p> }.into_any(),
        Some(Err(words)) => view! { <p class="notice bad" role="alert">{words}</p> }.into_any(),
    };
    let actions = move || {
        let closing = if is_disabled() {
            view! { <button type="button" class="button" disabled=busy on:click=move |_| state.set_disabled(false)>{texts.person_open()}</button> }.into_any()
        } else {
            view! {
                <button type="button" class="button" disabled=busy on:click=move |_| state.reset()>{texts.code_issue()}</button>
                {(!is_own()).then(|| view! {
                    <button type="button" class="button button-quiet" disabled=busy on:click=move |_| state.set_disabled(true)>{texts.person_close()}</button>
                })}
            }
            .into_any()
        };
        (!is_new()).then(|| view! { <p class="actions">{closing}</p> })
    };
    let sessions = move || {
        stored.with(|stored| stored.as_ref().map(|stored| stored.id)).map(|account| {
            let reads_audit = app.session.user.with_untracked(|user| user.as_ref().is_some_and(may_read_audit));
            view! {
                {reads_audit.then(|| view! { <p><a href=format!("/audit?actor={account}")>{texts.audit_of_person()}</a></p> })}
                <h2>{texts.sessions()}</h2>
                <Sessions account/>
            }
        })
    };
    view! {
        <section class="narrow people-account">
            <h1>{heading}</h1>
            <p class="lead">{about}</p>
            {move || is_disabled().then(|| view! { <p class="notice">{texts.person_closed()}</p> })}
            {said}
            {move || code.get().map(|code| view! { <CodeCard code/> })}
            <form class="form" novalidate on:submit=save>
                {move || is_new().then(|| form.input("username", texts.username(), ("text", "off"), username))}
                {form.input("name", texts.person_name(), ("text", "off"), name)}
                {move || rights(is_own())}
                {form_row("role", texts.person_role().to_owned(), error_of(app, errors, "role"), roles.into_any())}
                <ScopeFields scope errors actor=actor_of_fields/>
                <button class="button button-primary" disabled=busy>{move || if is_new() { texts.person_create() } else { texts.save() }}</button>
            </form>
            {actions}
            {sessions}
        </section>
    }
}
