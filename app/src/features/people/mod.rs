//! Accounts, for administrators and coordinators: the list, and the screen of one account.

pub mod account;
mod code_card;
mod scope_fields;

use crate::api::error::ApiError;
use crate::api::people;
use crate::labels::code::role_name;
use crate::labels::texts::fill;
use crate::labels::time_format::in_china;
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::ui::loading::Loading;
use crate::ui::request_error::RequestFailed;
use jiedui_core::access::administration::roles_to_give;
use jiedui_core::access::rights::may_read_audit;
use jiedui_core::api::users::UserAccount;
use jiedui_core::directory::place::Places;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

lazy_screen!(office:
    /// The accounts that the user may administer.
    PeopleList, render_people, People
);

/// Accounts that were fetched; `None` while the request runs.
type Fetched = RwSignal<Option<Result<Vec<UserAccount>, ApiError>>>;

/// Fetches the accounts.
fn fetch(users: Fetched) {
    users.set(None);
    spawn_local(async move {
        let answer = people::users().await;
        let _ = users.try_set(Some(answer));
    });
}

/// Returns whether the user administers accounts.
fn administers(app: AppState) -> bool {
    app.session.user.with(|user| user.as_ref().is_some_and(|user| roles_to_give(user).next().is_some()))
}

/// The list.
#[component]
fn People() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.nav_people());
    let (users, query) = (Fetched::new(None), RwSignal::new(String::new()));
    Effect::new(move |_| {
        app.request_places();
        fetch(users);
    });
    let row = move |user: &UserAccount, places: &Places| {
        let more = [
            user.username.clone(),
            role_name(texts, user.role).to_owned(),
            scope_line(app, user, places),
            status(app, user),
        ];
        let more = more.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
        view! {
            <li>
                <a href=format!("/people/{}", user.id) class:people-closed=user.disabled>
                    <span>{user.name.clone()}<small>{more}</small></span>
                </a>
            </li>
        }
    };
    let list = move || match users.get() {
        None => view! { <Loading/> }.into_any(),
        Some(Err(error)) => view! { <RequestFailed error retry=Callback::new(move |()| fetch(users))/> }.into_any(),
        Some(Ok(all)) => {
            let query = query.get().trim().to_lowercase();
            let matches =
                |user: &&UserAccount| user.username.contains(&query) || user.name.to_lowercase().contains(&query);
            let shown: Vec<&UserAccount> = all.iter().filter(matches).collect();
            let empty = shown.is_empty().then(|| view! { <p class="empty">{texts.people_none()}</p> });
            app.geography.places.with(|places| {
                let rows = shown.iter().map(|user| row(user, places)).collect_view();
                view! {
                    <p role="status">{fill(texts.people_count(), &[&shown.len()])}</p>
                    <ul class="choices people-list">{rows}</ul>
                    {empty}
                }
                .into_any()
            })
        }
    };
    move || {
        if !administers(app) {
            return view! { <p class="empty">{texts.coordinators_only()}</p> }.into_any();
        }
        view! {
            <section class="narrow people">
                <h1>{texts.nav_people()}</h1>
                <p class="actions">
                    <a class="button button-primary" href="/people/new">{texts.person_new()}</a>
                    {app.session.user.with(|user| user.as_ref().is_some_and(may_read_audit)).then(|| view! { <a class="button" href="/audit">{texts.nav_audit()}</a> })}
                </p>
                <input type="search" autocomplete="off" placeholder=texts.people_search() aria-label=texts.people_search()
                    prop:value=query on:input=move |event| query.set(event_target_value(&event))/>
                {list}
            </section>
        }
        .into_any()
    }
}

/// Returns the places and programmes of an account as one line.
fn scope_line(app: AppState, user: &UserAccount, places: &Places) -> String {
    let texts = app.texts;
    let of_places = match user.places.is_empty() {
        true => texts.all_places().to_owned(),
        false => user.places.iter().map(|code| places.label(code)).collect::<Vec<_>>().join("、"),
    };
    let of_programmes = app.overviews.server.with(|overview| {
        let name = |code: &String| {
            let programme = overview.as_ref().and_then(|overview| overview.catalogue.programme(code));
            programme.map_or_else(|| code.clone(), |programme| app.pick(&programme.name, &programme.name_en).to_owned())
        };
        user.programmes.iter().map(name).collect::<Vec<_>>().join("、")
    });
    if of_programmes.is_empty() { of_places } else { format!("{of_places} · {of_programmes}") }
}

/// Returns whether an account is closed or has no password yet, otherwise its last contact.
fn status(app: AppState, user: &UserAccount) -> String {
    let texts = app.texts;
    match &user.seen_at {
        _ if user.disabled => texts.person_closed().to_owned(),
        _ if !user.has_password => texts.person_no_password().to_owned(),
        Some(seen_at) => fill(texts.session_seen(), &[&in_china(seen_at)]),
        None => String::new(),
    }
}
