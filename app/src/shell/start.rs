//! Entry point of the app in the browser.

use super::root::Root;
use super::{bootstrap, form_handover};
use crate::state::bootstrap::BootstrapData;
use crate::ui::lazy;
use crate::ui::loading::is_lazy_page;
use crate::ui::painted;
use leptos::prelude::*;

/// Starts the app from the data in the page, or from storage.
///
/// The server's page is not hydrated but rendered again before the browser shows the next frame. Code for hydration would add 25
/// KB for a phone to load. Typed text is carried over.
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn start() {
    console_error_panic_hook::set_once();
    let Some(data) = bootstrap::from_document() else { return mount(bootstrap::from_storage().await) };
    let data = match data {
        Ok(data) => data,
        // Another release painted the page.
        Err(_) => bootstrap::from_storage().await,
    };
    let location = window().location();
    let (path, query) = (location.pathname().unwrap_or_default(), location.search().unwrap_or_default());
    if is_lazy_page(&path, &query) {
        // The server's painting stays until the screen is loaded.
        lazy::load(&path, &query).await;
    }
    painted::keep();
    form_handover::hand_over(|| mount(data));
}

fn mount(data: BootstrapData) {
    leptos::mount::mount_to_body(move || {
        provide_context(data);
        view! { <Root/> }
    });
}
