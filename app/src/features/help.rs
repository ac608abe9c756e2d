//! The help page: the user guide's page for the person's role, with links to the others. It works offline and without an account.

use crate::api::guide::{build_folder, guide_page};
use crate::lazy_screen;
use crate::page_event;
use crate::state::use_app_state;
use crate::ui::loading::Loading;
use jiedui_core::access::user::Role;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use wasm_bindgen_futures::spawn_local;

lazy_screen!(
    /// The help page.
    Help, render_help, GuidePage
);

/// The page that describes all roles.
const INDEX: &str = "index";

/// Returns the name of the guide's page for a role; visitors without an account get the index.
fn page_of_role(role: Option<Role>) -> &'static str {
    match role {
        None => INDEX,
        Some(Role::Admin) => "administrator",
        Some(role) => role.code(),
    }
}

/// Returns the page at an address: the one that it names, otherwise the page of the role.
fn chosen_page(named: Option<&str>, role: Option<Role>) -> &'static str {
    let pages = Role::ALL.map(|role| page_of_role(Some(role)));
    let is_named = |page: &&'static str| named == Some(*page);
    [INDEX].into_iter().chain(pages).find(is_named).unwrap_or_else(|| page_of_role(role))
}

/// State of a page of the guide.
#[derive(Clone, PartialEq)]
enum Content {
    Loading,
    /// The HTML of the page with this name.
    Loaded(&'static str, String),
    Failed,
}

/// The screen.
#[component]
fn GuidePage() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.nav_help());
    let params = use_params_map();
    let page = Memo::new(move |_| {
        let role = app.session.user.with(|user| user.as_ref().map(|user| user.role));
        params.with(|params| chosen_page(params.get_str("page"), role))
    });
    let content = RwSignal::new(Content::Loading);
    let attempt = RwSignal::new(0_u32);
    Effect::new(move |_| {
        attempt.track();
        let name = page.get();
        // After a failure the page is fetched again as soon as there is a network.
        app.sync.online.track();
        let is_loaded = move |content: &Content| matches!(content, Content::Loaded(loaded, _) if *loaded == name);
        if content.with_untracked(is_loaded) {
            return;
        }
        content.set(Content::Loading);
        spawn_local(async move {
            let result = guide_page(name, app.language).await;
            if page.try_get_untracked() != Some(name) || content.try_with_untracked(is_loaded) != Some(false) {
                return;
            }
            content.set(match result {
                Ok(html) => Content::Loaded(name, html),
                Err(error) => {
                    if error.status != 0 {
                        // The server no longer has this page's build.
                        page_event::dispatch(page_event::NOT_LOADED);
                    }
                    Content::Failed
                }
            });
        });
    });
    // Offline a page has no images; those that are shown already stay.
    let images = Memo::new(move |before: Option<&(&'static str, bool)>| {
        let name = page.get();
        let is_online = app.sync.online.get() && window().navigator().on_line();
        (name, is_online || before == Some(&(name, true)))
    });
    move || match content.get() {
        Content::Loading => view! { <Loading/> }.into_any(),
        Content::Loaded(_, html) => {
            let html = match build_folder().filter(|_| images.get().1) {
                Some(folder) => html.replace("data-src=\"", &format!("src=\"{folder}/")),
                None => html,
            };
            // Safe as HTML: the build writes it from docs/guide, without raw HTML, and it contains no text of users.
            view! { <article class="narrow help" inner_html=html></article> }.into_any()
        }
        Content::Failed => view! { <NotLoaded attempt/> }.into_any(),
    }
}

/// Reports that the page has not loaded. With a network it has a retry button; otherwise the page loads when the network returns.
#[component]
fn NotLoaded(
    /// Number of attempts that the button has started.
    attempt: RwSignal<u32>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    move || {
        if !app.sync.online.get() {
            return view! { <p class="empty">{texts.not_loaded()}</p> }.into_any();
        }
        view! {
            <div class="notice bad" role="alert">
                <p>{texts.not_loaded()}</p>
                <button type="button" class="button" on:click=move |_| attempt.update(|number| *number += 1)>
                    {texts.try_again()}
                </button>
            </div>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_without_a_page_shows_the_page_of_the_role() {
        assert_eq!(chosen_page(None, Some(Role::Admin)), "administrator");
        assert_eq!(chosen_page(None, Some(Role::Recorder)), "recorder");
        assert_eq!(chosen_page(None, None), "index");
    }

    #[test]
    fn address_with_a_page_shows_it_if_the_guide_has_it() {
        assert_eq!(chosen_page(Some("viewer"), Some(Role::Admin)), "viewer");
        assert_eq!(chosen_page(Some("index"), Some(Role::Admin)), "index");
        assert_eq!(chosen_page(Some("../secret"), Some(Role::Reviewer)), "reviewer");
    }
}
