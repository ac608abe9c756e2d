//! Title and access check of a screen.

use super::loading::LoadingOnline;
use crate::state::use_app_state;
use jiedui_core::access::user::{Role, User};
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::field_error::FieldError;
use leptos::prelude::*;
use leptos_router::components::A;

/// Sets the title of the page.
pub fn title(name: &'static str) {
    Effect::new(move |_| document().set_title(&format!("{name} · 结对 Jiedui")));
}

/// Renders a form for some roles, once the app runs and has an overview. The overview of the first rendering stays, so
/// that nothing changes while the user types. The page that the server painted accepts no input.
pub fn for_roles(
    may: fn(Role) -> bool,
    others: &'static str,
    body: impl Fn(&Overview) -> AnyView + Send + 'static,
) -> impl IntoView {
    let app = use_app_state();
    let is_ready = Memo::new(move |_| app.session.now.get() > 0.0 && app.overviews.server.with(Option::is_some));
    move || {
        if !app.session.user.with(|user| user.as_ref().is_some_and(|user| may(user.role))) {
            return view! { <p class="empty">{others}</p> }.into_any();
        }
        if !is_ready.get() {
            return view! { <LoadingOnline/> }.into_any();
        }
        body(&app.overviews.server.get_untracked().unwrap_or_default())
    }
}

/// Returns whether this user may change a record of the directory. `forbidden` lists the fields that are outside their scope.
pub fn may_change(forbidden: impl FnOnce(&User) -> Vec<FieldError>) -> bool {
    use_app_state().session.user.with(|user| user.as_ref().is_some_and(|user| forbidden(user).is_empty()))
}

/// Asks visitors without an account to sign in.
#[component]
pub fn PleaseSignIn() -> impl IntoView {
    let texts = use_app_state().texts;
    view! {
        <section class="narrow">
            <p>{texts.please_sign_in()}</p>
            <A href="/sign-in" attr:class="button button-primary">{texts.sign_in()}</A>
        </section>
    }
}
