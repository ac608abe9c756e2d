//! The bar on top: where one can go, who has signed in, and how the sync stands.

use crate::labels::texts::fill;
use crate::shell::bootstrap::choose_language;
use crate::shell::sync_badge::{PullProgress, SyncBadge};
use crate::state::use_app_state;
use crate::storage::StoreError;
use crate::sync;
use jiedui_core::sync::Status;
use jiedui_core::values::field_error::Language;
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_query_map;
use wasm_bindgen_futures::spawn_local;

/// The bar on top.
#[component]
pub fn Header() -> impl IntoView {
    let model = use_app_state();
    let texts = model.texts;
    let (other, other_short, other_name) = match model.language {
        Language::Chinese => (Language::English, "EN", "English"),
        Language::English => (Language::Chinese, "中", "中文"),
    };
    let records = move || model.user.with(|user| user.as_ref().is_some_and(|user| user.role.records()));
    let reviews = move || model.user.with(|user| user.as_ref().is_some_and(|user| user.role.reviews()));
    let unsent = move || model.my_entries.with(|journal| journal.as_ref().map_or(0, |journal| journal.unsent));
    // What came back is seen wherever one is.
    let notice = move || {
        let count = model.my_entries.with(|journal| journal.as_ref().map_or(0, |journal| journal.to_settle()));
        (count > 0).then(|| view! { " "<span class="count" inner_html=count.to_string()></span> })
    };
    let sign_out = move |_| {
        let unsent = unsent();
        let sure =
            unsent == 0 || window().confirm_with_message(&fill(texts.sign_out_unsent, &[&unsent])).unwrap_or(true);
        if sure {
            spawn_local(sync::sign_out(model));
        }
    };
    // The wall screen covers the bar: nobody should tab into what is behind it.
    let query = use_query_map();
    let on_wall = move || query.with(|query| query.get_str("screen") == Some("wall"));
    view! {
        <header class="bar" hidden=on_wall>
            <A href="/" attr:class="brand">
                <svg class="knot" viewBox="0 0 32 32" aria-hidden="true">
                    <path d="M4 16c0-9 12-9 12 0s12 9 12 0-12-9-12 0-12 9-12 0z"/>
                </svg>
                <span>{texts.app_name}</span>
            </A>
            <nav aria-label=texts.navigation>
                <A href="/" exact=true>{texts.nav_view}</A>
                <Show when=move || model.user.with(Option::is_some)>
                    <A href="/work">{texts.nav_work}{move || notice()}</A>
                </Show>
                <Show when=records>
                    <A href="/entries" exact=true>{texts.nav_entries}</A>
                    <A href="/entries/new">{texts.nav_new}</A>
                </Show>
                <Show when=reviews>
                    <A href="/review">{texts.nav_review}</A>
                </Show>
                <Show when=move || model.user.with(Option::is_some)>
                    <A href="/list">{texts.nav_list}</A>
                    <A href="/needs">{texts.nav_needs}</A>
                </Show>
                <A href="/organisations">{texts.nav_organisations}</A>
            </nav>
            <div class="bar-end">
                <Show when=move || model.user.with(Option::is_some)>
                    <SyncBadge/>
                </Show>
                <button type="button" class="quiet" lang=other.tag() aria-label=other_name on:click=move |_| choose_language(other)>
                    {other_short}
                </button>
                {move || match model.user.get() {
                    Some(user) => view! {
                        <span class="who">{user.name}</span>
                        <button type="button" class="quiet" on:click=sign_out>{texts.sign_out}</button>
                    }.into_any(),
                    None => view! { <A href="/sign-in" attr:class="button quiet">{texts.sign_in}</A> }.into_any(),
                }}
            </div>
        </header>
        <PullProgress/>
        {move || (model.status.get() == Status::Refused).then(|| view! {
            <div class="notice bad" role="alert">
                <p>{move || fill(texts.update_needed, &[&unsent()])}</p>
                <button type="button" class="button" on:click=move |_| sync::update()>{texts.update_now}</button>
            </div>
        })}
        {move || model.storage_error.get().map(|trouble| {
            let close = if trouble == StoreError::Outdated {
                // What is typed lies in a draft already.
                view! { <button type="button" class="button" on:click=move |_| sync::update()>{texts.reload}</button> }.into_any()
            } else {
                view! { <button type="button" class="quiet" on:click=move |_| model.dismiss_storage_error()>{texts.close}</button> }.into_any()
            };
            view! {
                <div class="notice bad" role="alert">
                    <p>{trouble.words(texts)}</p>
                    {close}
                </div>
            }
        })}
    }
}
