//! The header: link back, search, sync badge, language and account; and notices of the whole app.

use super::on_wall;
use crate::labels::texts::fill;
use crate::shell::bootstrap::choose_language;
use crate::shell::rail::current_mark;
use crate::shell::sync_badge::{PullProgress, SyncBadge};
use crate::state::use_app_state;
use crate::storage::StoreError;
use crate::sync;
use crate::ui::icon::icon_html;
use crate::ui::navigation::{home, parent_screen, section};
use crate::ui::sync_text::unsent_entries;
use jiedui_core::sync::Status;
use jiedui_core::values::language::Language;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use maud::html;

/// The header. Its links are HTML text, which is smaller in the first wasm file than views.
#[component]
pub fn Header() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let (target, target_short, target_name) = match app.language {
        Language::Chinese => (Language::English, "EN", "English"),
        Language::English => (Language::Chinese, "中", "中文"),
    };
    let is_signed_in = Memo::new(move |_| app.session.user.with(Option::is_some));
    let role = Memo::new(move |_| app.session.user.with(|user| user.as_ref().map(|user| user.role)));
    let location = use_location();
    let back = Memo::new(move |_| {
        location.pathname.with(|path| parent_screen(path, role.get()).map(|to| (to.address, (to.name)(texts))))
    });
    // The last filter of each list stays in the link back to it.
    let filtered = StoredValue::new(String::new());
    Effect::new(move |_| {
        let (path, query) = (location.pathname.get(), location.search.get());
        if section(&path).is_some_and(|to| to.address == path) {
            filtered.set_value(format!("{path}?{}", query.trim_start_matches('?')));
        }
    });
    let start = move || {
        let back = back.get().map(|(address, name)| {
            let is_of = |filtered: &String| {
                filtered.strip_prefix(address).is_some_and(|rest| rest.len() > 1 && rest.starts_with('?'))
            };
            (filtered.with_value(|filtered| if is_of(filtered) { filtered.clone() } else { address.to_owned() }), name)
        });
        html! {
            @if let Some((address, name)) = back {
                a class="bar-back" href=(address) { (icon_html("back")) span { (name) } }
            }
            a class="bar-brand" href=(home(role.get())) {
                svg class="bar-knot" viewBox="0 0 32 32" aria-hidden="true" { path d="M4 16c0-9 12-9 12 0s12 9 12 0-12-9-12 0-12 9-12 0z" {} }
                span { (texts.app_name()) }
            }
        }
        .into_string()
    };
    let search = move || match is_signed_in.get() {
        true => html! {
            form class="bar-search" role="search" action="/list" {
                (icon_html("search"))
                input type="search" name="q" aria-label=(texts.search_entries()) placeholder=(texts.search_entries());
            }
        }
        .into_string(),
        false => String::new(),
    };
    let account = move || {
        let mark = current_mark(&location.pathname.get_untracked());
        html! {
            a class="bar-help" href="/help" aria-label=(texts.nav_help()) title=(texts.nav_help()) aria-current=[mark("/help")] {
                (icon_html("help"))
            }
            @if let Some(user) = app.session.user.get() {
                a class="bar-account" href="/me" title=(texts.nav_me()) aria-current=[mark("/me")] {
                    span class="bar-initial" aria-hidden="true" { (user.name.chars().next().unwrap_or('·')) }
                    span class="bar-user" { (user.name) }
                }
            } @else {
                a class="button button-quiet" href="/sign-in" { (texts.sign_in()) }
            }
        }
        .into_string()
    };
    view! {
        <header class="bar" class:bar-anonymous=move || !is_signed_in.get() hidden=on_wall()>
            <div class="bar-start" inner_html=start></div>
            <div class="bar-middle" inner_html=search></div>
            <Show when=move || is_signed_in.get()>
                <SyncBadge/>
            </Show>
            <button type="button" class="button-quiet bar-language" lang=target.tag() aria-label=target_name
                on:click=move |_| choose_language(app.session.user.with_untracked(|user| user.as_ref().map(|user| user.id)), target)>
                {target_short}
            </button>
            <div class="bar-end" inner_html=account></div>
        </header>
    }
}

/// Notices of the whole app, above the screen.
#[component]
pub fn Notices() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    view! {
        <PullProgress/>
        {move || (app.sync.status.get() == Status::Refused).then(|| view! {
            <div class="notice bad" role="alert">
                <p>{move || fill(texts.update_needed(), &[&unsent_entries(app)])}</p>
                <button type="button" class="button" on:click=move |_| sync::update()>{texts.update_now()}</button>
            </div>
        })}
        {move || app.storage.error.get().map(|error| {
            let close = if error == StoreError::Outdated {
                // Typed text is stored in a draft already.
                view! { <button type="button" class="button" on:click=move |_| sync::update()>{texts.reload()}</button> }.into_any()
            } else {
                view! { <button type="button" class="button-quiet" on:click=move |_| app.dismiss_storage_error()>{texts.close()}</button> }.into_any()
            };
            view! {
                <div class="notice bad" role="alert">
                    <p>{error.words(texts)}</p>
                    {close}
                </div>
            }
        })}
    }
}
