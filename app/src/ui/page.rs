//! What every screen needs: its title, and who it is for.

use super::loading::Loading;
use crate::state::use_app_state;
use jiedui_core::access::user::{Role, User};
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::field_error::FieldError;
use leptos::prelude::*;
use leptos_router::components::A;

/// Names the page in the browser's tab and for those who hear the screen.
pub fn title(name: &'static str) {
    Effect::new(move |_| document().set_title(&format!("{name} · 结对 Jiedui")));
}

/// A screen for people of some roles to fill in, once the app runs and the overview is there: what it is built from
/// changes no more while they type, and nobody types into what the server has painted.
pub fn for_roles(
    may: fn(Role) -> bool,
    others: &'static str,
    body: impl Fn(&Overview) -> AnyView + Send + 'static,
) -> impl IntoView {
    let model = use_app_state();
    let there = Memo::new(move |_| model.now.get() > 0.0 && model.server_overview.with(Option::is_some));
    move || {
        if !model.user.with(|user| user.as_ref().is_some_and(|user| may(user.role))) {
            return view! { <p class="empty">{others}</p> }.into_any();
        }
        if !there.get() {
            return view! { <Loading/> }.into_any();
        }
        body(&model.server_overview.get_untracked().unwrap_or_default())
    }
}

/// Whether something in the directory is for this person to change, given what of it is beyond them.
pub fn is_own(beyond: impl FnOnce(&User) -> Vec<FieldError>) -> bool {
    use_app_state().user.with(|user| user.as_ref().is_some_and(|user| beyond(user).is_empty()))
}

/// What a screen for people with an account shows to others.
#[component]
pub fn PleaseSignIn() -> impl IntoView {
    let texts = use_app_state().texts;
    view! {
        <section class="narrow">
            <p>{texts.please_sign_in}</p>
            <A href="/sign-in" attr:class="button primary">{texts.sign_in}</A>
        </section>
    }
}
