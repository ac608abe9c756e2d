//! The header: navigation, user, sync badge, language, and notices of the whole app.

use crate::labels::texts::fill;
use crate::shell::bootstrap::choose_language;
use crate::shell::sync_badge::{PullProgress, SyncBadge};
use crate::state::use_app_state;
use crate::storage::StoreError;
use crate::sync;
use jiedui_core::sync::Status;
use jiedui_core::values::language::Language;
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;
use wasm_bindgen_futures::spawn_local;

/// The header.
#[component]
pub fn Header() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let (target, target_short, target_name) = match app.language {
        Language::Chinese => (Language::English, "EN", "English"),
        Language::English => (Language::Chinese, "中", "中文"),
    };
    let records = move || app.session.user.with(|user| user.as_ref().is_some_and(|user| user.role.records()));
    let reviews = move || app.session.user.with(|user| user.as_ref().is_some_and(|user| user.role.reviews()));
    let unsent = move || app.journal.entries.with(|journal| journal.as_ref().map_or(0, |journal| journal.unsent));
    // Every screen shows the number of returned entries and conflicts.
    let notice = move || {
        let count = app.journal.entries.with(|journal| journal.as_ref().map_or(0, |journal| journal.to_settle()));
        (count > 0).then(|| view! { " "<span class="count" inner_html=count.to_string()></span> })
    };
    let sign_out = move |_| {
        let unsent = unsent();
        let sure =
            unsent == 0 || window().confirm_with_message(&fill(texts.sign_out_unsent(), &[&unsent])).unwrap_or(true);
        if sure {
            spawn_local(sync::sign_out(app));
        }
    };
    // The wall screen covers the header: its links must not take the focus.
    let query = use_query_map();
    let on_wall = move || query.with(|query| query.get_str("screen") == Some("wall"));
    view! {
        <header class="bar" hidden=on_wall>
            <A href="/" attr:class="bar-brand">
                <svg class="bar-knot" viewBox="0 0 32 32" aria-hidden="true">
                    <path d="M4 16c0-9 12-9 12 0s12 9 12 0-12-9-12 0-12 9-12 0z"/>
                </svg>
                <span>{texts.app_name()}</span>
            </A>
            <nav aria-label=texts.navigation()>
                <A href="/" exact=true>{texts.nav_view()}</A>
                <Show when=move || app.session.user.with(Option::is_some)>
                    <A href="/work">{texts.nav_work()}{move || notice()}</A>
                </Show>
                <Show when=records>
                    <A href="/entries" exact=true>{texts.nav_entries()}</A>
                    <A href="/entries/new">{texts.nav_new()}</A>
                </Show>
                <Show when=reviews>
                    <A href="/review">{texts.nav_review()}</A>
                </Show>
                <Show when=move || app.session.user.with(Option::is_some)>
                    <A href="/list">{texts.nav_list()}</A>
                    <A href="/needs">{texts.nav_needs()}</A>
                </Show>
                <A href="/organisations">{texts.nav_organisations()}</A>
                <A href="/help">{texts.nav_help()}</A>
            </nav>
            <div class="bar-end">
                <Show when=move || app.session.user.with(Option::is_some)>
                    <SyncBadge/>
                </Show>
                <button type="button" class="button-quiet" lang=target.tag() aria-label=target_name on:click=move |_| choose_language(target)>
                    {target_short}
                </button>
                {move || match app.session.user.get() {
                    Some(user) => view! {
                        <span class="bar-user">{user.name}</span>
                        <button type="button" class="button-quiet" on:click=sign_out>{texts.sign_out()}</button>
                    }.into_any(),
                    None => view! { <A href="/sign-in" attr:class="button button-quiet">{texts.sign_in()}</A> }.into_any(),
                }}
            </div>
        </header>
        <PullProgress/>
        {move || (app.sync.status.get() == Status::Refused).then(|| view! {
            <div class="notice bad" role="alert">
                <p>{move || fill(texts.update_needed(), &[&unsent()])}</p>
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
