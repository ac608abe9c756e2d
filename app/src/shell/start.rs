//! The start of the app in the browser.

use super::root::Root;
use super::{bootstrap, form_handover};
use crate::state::boot::Boot;
use crate::ui::lazy;
use crate::ui::loading::is_lazy_page;
use leptos::prelude::*;

/// Starts the app in the browser: from what the server wrote into the page, or from what the phone holds. Once it is done
/// the page can be used.
///
/// The page that the server painted is not hydrated but painted again, in one go before the browser shows anything:
/// hydration's code would be 25 KB more for a phone to load. What somebody has typed meanwhile is carried over.
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn start() {
    console_error_panic_hook::set_once();
    let Some(boot) = bootstrap::from_document() else { return mount(bootstrap::from_storage().await) };
    let boot = match boot {
        Ok(boot) => boot,
        // A page of another release: what the phone holds takes its place.
        Err(_) => bootstrap::from_storage().await,
    };
    if is_lazy() {
        // What the server painted stays until its screen is there.
        lazy::load().await;
    }
    form_handover::with(|| mount(boot));
}

fn is_lazy() -> bool {
    let location = leptos::prelude::window().location();
    is_lazy_page(&location.pathname().unwrap_or_default(), &location.search().unwrap_or_default())
}

fn mount(boot: Boot) {
    leptos::mount::mount_to_body(move || {
        provide_context(boot);
        view! { <Root/> }
    });
}
