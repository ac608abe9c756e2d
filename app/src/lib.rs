//! The screens. The same code paints a page on the server and takes it over in the browser.

pub mod boot;
pub mod components;
pub mod drawing;
mod file;
mod instant;
mod json;
pub mod later;
pub mod model;
pub mod pages;
mod photo;
pub mod store;
pub mod sync;
mod tab_lock;
#[cfg(feature = "csr")]
mod take_over;
pub mod texts;
mod turns;

use boot::Boot;
use components::header::Header;
use components::loading::Main;
use later::{Later, Screen};
use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;
use model::Model;
use pages::{Dashboard, NotFound};

/// The whole app. It finds its [`Boot`] in the context.
#[component]
pub fn Root() -> impl IntoView {
    let model = Model::new(use_context::<Boot>().unwrap_or_default());
    provide_context(model);
    Effect::new(move |_| sync::start(model));
    let texts = model.texts;
    view! {
        <Router>
            <a class="skip" href="#main">{texts.skip}</a>
            <Header/>
            <Main>
                <Routes fallback=NotFound>
                    <Route path=path!("/") view=Dashboard/>
                    <Route path=path!("/indicators/:code") view=|| view! { <Later screen=Screen::Indicator/> }/>
                    <Route path=path!("/report") view=|| view! { <Later screen=Screen::Report/> }/>
                    <Route path=path!("/sign-in") view=|| view! { <Later screen=Screen::SignIn/> }/>
                    <Route path=path!("/list") view=|| view! { <Later screen=Screen::List/> }/>
                    <Route path=path!("/list/:id") view=|| view! { <Later screen=Screen::Detail/> }/>
                    <Route path=path!("/organisations") view=|| view! { <Later screen=Screen::Organisations/> }/>
                    <Route path=path!("/organisations/new") view=|| view! { <Later screen=Screen::OrganisationEdit/> }/>
                    <Route path=path!("/organisations/:id/edit") view=|| view! { <Later screen=Screen::OrganisationEdit/> }/>
                    <Route path=path!("/pairings/new") view=|| view! { <Later screen=Screen::PairingEdit/> }/>
                    <Route path=path!("/pairings/:id") view=|| view! { <Later screen=Screen::PairingEdit/> }/>
                    <Route path=path!("/organisations/:id") view=|| view! { <Later screen=Screen::Organisation/> }/>
                    <Route path=path!("/catalogue") view=|| view! { <Later screen=Screen::Catalogue/> }/>
                    <Route path=path!("/catalogue/activities/:code") view=|| view! { <Later screen=Screen::Activity/> }/>
                    <Route path=path!("/catalogue/indicators/:code") view=|| view! { <Later screen=Screen::IndicatorEdit/> }/>
                    <Route path=path!("/work") view=|| view! { <Later screen=Screen::Work/> }/>
                    <Route path=path!("/needs") view=|| view! { <Later screen=Screen::Needs/> }/>
                    <Route path=path!("/needs/new") view=|| view! { <Later screen=Screen::Need/> }/>
                    <Route path=path!("/needs/:id") view=|| view! { <Later screen=Screen::Need/> }/>
                    <Route path=path!("/import") view=|| view! { <Later screen=Screen::Import/> }/>
                    <Route path=path!("/review") view=|| view! { <Later screen=Screen::Review/> }/>
                    <Route path=path!("/entries") view=|| view! { <Later screen=Screen::Entries/> }/>
                    <Route path=path!("/entries/new") view=|| view! { <Later screen=Screen::Choose/> }/>
                    <Route path=path!("/entries/new/:activity") view=|| view! { <Later screen=Screen::New/> }/>
                    <Route path=path!("/entries/:id/conflict") view=|| view! { <Later screen=Screen::Conflict/> }/>
                    <Route path=path!("/entries/:id") view=|| view! { <Later screen=Screen::Edit/> }/>
                </Routes>
            </Main>
        </Router>
    }
}

/// The HTML document: with what a page is painted from, or without it as the empty shell. The files of its build are in
/// `folder`. It is not for a browser to translate: a translated page shows what was true when it was translated.
pub fn document(folder: &str, boot: Option<Boot>) -> impl IntoView + use<> {
    let language = boot.as_ref().map(|boot| boot.language).unwrap_or_default();
    view! {
        <!DOCTYPE html>
        <html lang=language.tag() translate="no">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="google" content="notranslate"/>
                <meta name="theme-color" content="#26346b"/>
                <title>"结对 Jiedui"</title>
                <link rel="manifest" href="/manifest.webmanifest"/>
                <link rel="icon" href="/icon.svg" type="image/svg+xml"/>
                <link rel="apple-touch-icon" href="/icon-192.png"/>
                <link rel="stylesheet" href=format!("{folder}/jiedui.css")/>
                <link rel="modulepreload" href=format!("{folder}/jiedui.js")/>
                <script type="module" src=format!("{folder}/start.js")></script>
                {boot.as_ref().map(|boot| view! { <script type="application/json" id="boot" inner_html=boot.as_script()></script> })}
            </head>
            <body>{boot.map(|_| view! { <Root/> })}</body>
        </html>
    }
}

/// Starts the app in the browser: from what the server wrote into the page, or from what the phone holds. Once it is done
/// the page can be used.
///
/// The page that the server painted is not hydrated but painted again, in one go before the browser shows anything:
/// hydration's code would be 25 KB more for a phone to load. What somebody has typed meanwhile is carried over.
#[cfg(feature = "csr")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn start() {
    console_error_panic_hook::set_once();
    let Some(boot) = boot::from_document() else { return mount(boot::from_storage().await) };
    let boot = match boot {
        Ok(boot) => boot,
        // A page of another release: what the phone holds takes its place.
        Err(_) => boot::from_storage().await,
    };
    if is_later() {
        // What the server painted stays until its screen is there.
        later::load().await;
    }
    take_over::with(|| mount(boot));
}

#[cfg(feature = "csr")]
fn is_later() -> bool {
    let location = leptos::prelude::window().location();
    later::is_at(&location.pathname().unwrap_or_default(), &location.search().unwrap_or_default())
}

#[cfg(feature = "csr")]
fn mount(boot: Boot) {
    leptos::mount::mount_to_body(move || {
        provide_context(boot);
        view! { <Root/> }
    });
}
