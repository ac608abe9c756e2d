//! Placeholders for content that is not loaded or received yet. While one is on the screen, the main part is marked as busy for
//! screen readers and other programs.

use crate::state::{AppState, ReplicaState, use_app_state};
use crate::storage::replica_progress::ReplicaProgress;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The content is being read or fetched.
#[component]
pub fn Loading() -> impl IntoView {
    view! { <Busy/><p class="empty">{use_app_state().texts.loading}</p> }
}

/// Marks the main part as busy as long as it is on the screen.
#[component]
fn Busy() -> impl IntoView {
    let model = use_app_state();
    model.loading.update(|loading| *loading += 1);
    on_cleanup(move || {
        model.loading.try_update(|loading| *loading = loading.saturating_sub(1));
    });
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

/// The same where it is read from storage, which the browser may refuse, or still being received.
#[component]
pub fn LoadingStored() -> impl IntoView {
    let model = use_app_state();
    let kind = Memo::new(move |_| match model.replica_state.get() {
        _ if model.storage_refused.get() => Kind::Final,
        ReplicaState::Receiving(_) => Kind::Receiving,
        _ => Kind::Loading,
    });
    move || match kind.get() {
        Kind::Final => view! { <p class="empty">{model.texts.nothing_stored}</p> }.into_any(),
        Kind::Receiving => view! { <ReplicaNotice/> }.into_any(),
        _ => view! { <Loading/> }.into_any(),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Nothing,
    Loading,
    Receiving,
    Final,
}

/// The notice by the count of a list from the replica: receiving, or partial. Empty once a pull has reached the end.
#[component]
pub fn ReplicaNotice() -> impl IntoView {
    let model = use_app_state();
    let kind = Memo::new(move |_| match model.replica_state.get() {
        _ if model.storage_refused.get() => Kind::Final,
        ReplicaState::Complete => Kind::Nothing,
        ReplicaState::Partial(_) => Kind::Final,
        ReplicaState::Loading | ReplicaState::Receiving(_) => Kind::Receiving,
    });
    // The share changes with every page; the element stays.
    let text = move || model.replica_notice().unwrap_or_default();
    move || match kind.get() {
        Kind::Nothing => ().into_any(),
        Kind::Final => view! { <p class="empty partial">{text}</p> }.into_any(),
        Kind::Loading | Kind::Receiving => view! { <Busy/><p class="empty partial">{text}</p> }.into_any(),
    }
}

/// The placeholder of an empty list from the replica. It says that there is nothing only once a pull has reached the end; before
/// that it says that rows are missing.
#[component]
pub fn NothingFound(
    /// The text that there is nothing.
    text: &'static str,
) -> impl IntoView {
    let model = use_app_state();
    let is_complete = model.replica_is_complete;
    move || match is_complete.get() {
        true => view! { <p class="empty">{text}</p> }.into_any(),
        false => view! { <ReplicaNotice/> }.into_any(),
    }
}

/// Returns rows from the replica; `None` while rows that were read before the first pull ended are being read again.
pub fn guard_replica<T: Clone + Send + Sync + 'static>(
    model: AppState,
    read: RwSignal<Option<(T, ReplicaProgress)>>,
) -> Signal<Option<T>> {
    let is_complete = model.replica_is_complete;
    Signal::derive(move || {
        let (rows, progress) = read.get()?;
        (progress.is_complete || !is_complete.get()).then_some(rows)
    })
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
