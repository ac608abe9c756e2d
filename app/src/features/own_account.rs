//! The own account: name, password and sessions.

use crate::api::people;
use crate::lazy_screen;
use crate::state::use_app_state;
use crate::storage::profile;
use crate::ui::account_form::AccountForm;
use crate::ui::page::PleaseSignIn;
use crate::ui::sessions::Sessions;
use jiedui_core::access::user::User;
use leptos::prelude::*;

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

/// The form of the display name.
#[component]
fn NameForm(
    /// The user.
    user: User,
) -> impl IntoView {
    let app = use_app_state();
    let (form, name) = (AccountForm::new(app), RwSignal::new(user.name));
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let request = async move {
            let user = people::set_own_name(name.get_untracked(), app.language).await?;
            profile::store(&user);
            app.session.user.set(Some(user));
            Ok(())
        };
        form.send(request, move |()| form.message.set(Some(Ok(app.texts.person_saved()))));
    };
    view! {
        <form class="form own-name" novalidate on:submit=save>
            {form.input("name", app.texts.person_name(), ("text", "name"), name)}
            {form.shown()}
            <button class="button" disabled=form.busy>{app.texts.save()}</button>
        </form>
    }
}

/// The form of the password.
#[component]
fn PasswordForm() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let (form, current, password) = (AccountForm::new(app), RwSignal::new(String::new()), RwSignal::new(String::new()));
    let save = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let request = people::set_own_password(current.get_untracked(), password.get_untracked(), app.language);
        form.send(request, move |()| {
            current.set(String::new());
            password.set(String::new());
            form.message.set(Some(Ok(texts.person_saved())));
        });
    };
    view! {
        <form class="form own-password" method="post" novalidate on:submit=save>
            {form.input("current", texts.password_current(), ("password", "current-password"), current)}
            {form.input("password", texts.password_new(), ("password", "new-password"), password)}
            <p class="hint">{texts.password_rules()}</p>
            {form.shown()}
            <button class="button" disabled=form.busy>{texts.password_change()}</button>
        </form>
    }
}
