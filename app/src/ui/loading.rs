//! What stands where content is not there yet. While something of it is on the screen the main part says that it is busy, for
//! those who hear the screen and for programs that look at it.

use crate::state::use_app_state;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The content is being read or fetched.
#[component]
pub fn Loading() -> impl IntoView {
    let model = use_app_state();
    model.loading.update(|loading| *loading += 1);
    on_cleanup(move || {
        model.loading.try_update(|loading| *loading = loading.saturating_sub(1));
    });
    view! { <p class="empty">{model.texts.loading}</p> }
}

/// The same where it needs a network that may not be there.
#[component]
pub fn LoadingOnline() -> impl IntoView {
    let model = use_app_state();
    move || {
        if model.online.get() {
            view! { <Loading/> }.into_any()
        } else {
            view! { <p class="empty">{model.texts.nothing_kept}</p> }.into_any()
        }
    }
}

/// The same where it is read from storage, which the browser may refuse.
#[component]
pub fn LoadingStored() -> impl IntoView {
    let model = use_app_state();
    move || {
        if model.storage_refused.get() {
            view! { <p class="empty">{model.texts.nothing_stored}</p> }.into_any()
        } else {
            view! { <Loading/> }.into_any()
        }
    }
}

/// Whether an address's page is in the lazy chunk.
pub fn is_lazy_page(path: &str, query: &str) -> bool {
    path != "/" || query.contains("screen=wall")
}

/// The main part of the page.
#[component]
pub fn Main(
    /// The screen.
    children: Children,
) -> impl IntoView {
    let model = use_app_state();
    let location = use_location();
    let is_busy = move || {
        // What the server paints of these screens is not their content.
        let is_painted = model.now.get() == 0.0
            && model.user.with(Option::is_some)
            && is_lazy_page(&location.pathname.get(), &location.search.get());
        is_painted || model.loading.get() > 0
    };
    view! { <main id="main" tabindex="-1" aria-busy=move || is_busy().then_some("true")>{children()}</main> }
}
