//! Placeholders for content that is not loaded or received yet. While one is on the screen, the main part is marked as busy for
//! screen readers and other programs.

use crate::state::replica::ReplicaState;
use crate::state::{AppState, use_app_state};
use crate::storage::replica_progress::ReplicaProgress;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Placeholder of content that is being read or fetched.
#[component]
pub fn Loading() -> impl IntoView {
    view! { <Busy/><p class="empty">{use_app_state().texts.loading()}</p> }
}

/// Marks the main part as busy as long as it is on the screen.
#[component]
pub fn Busy() -> impl IntoView {
    let app = use_app_state();
    app.screen.loading.update(|loading| *loading += 1);
    on_cleanup(move || {
        app.screen.loading.try_update(|loading| *loading = loading.saturating_sub(1));
    });
}

/// Placeholder of content that needs a network.
#[component]
pub fn LoadingOnline() -> impl IntoView {
    let app = use_app_state();
    move || {
        if app.sync.online.get() && !app.overviews.is_unreachable.get() {
            view! { <Loading/> }.into_any()
        } else {
            view! { <p class="empty">{app.texts.nothing_kept()}</p> }.into_any()
        }
    }
}

/// Placeholder of content from storage, which may still be loading or may be refused by the browser.
#[component]
pub fn LoadingStored() -> impl IntoView {
    let app = use_app_state();
    let kind = Memo::new(move |_| match app.replica.state.get() {
        _ if app.storage.is_refused.get() => NoticeKind::Final,
        ReplicaState::Receiving(_) => NoticeKind::Receiving,
        _ => NoticeKind::Loading,
    });
    move || match kind.get() {
        NoticeKind::Final => view! { <p class="empty">{app.texts.nothing_stored()}</p> }.into_any(),
        NoticeKind::Receiving => view! { <ReplicaNotice/> }.into_any(),
        _ => view! { <Loading/> }.into_any(),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum NoticeKind {
    Nothing,
    Loading,
    Receiving,
    Final,
}

/// The notice by the count of a list from the replica: receiving, or partial. Empty once a pull has reached the end.
#[component]
pub fn ReplicaNotice() -> impl IntoView {
    let app = use_app_state();
    let kind = Memo::new(move |_| match app.replica.state.get() {
        _ if app.storage.is_refused.get() => NoticeKind::Final,
        ReplicaState::Complete => NoticeKind::Nothing,
        ReplicaState::Partial(_) => NoticeKind::Final,
        ReplicaState::Loading | ReplicaState::Receiving(_) => NoticeKind::Receiving,
    });
    // The share changes with every page; the element stays.
    let text = move || app.replica_notice().unwrap_or_default();
    move || match kind.get() {
        NoticeKind::Nothing => ().into_any(),
        NoticeKind::Final => view! { <p class="empty partial">{text}</p> }.into_any(),
        NoticeKind::Loading | NoticeKind::Receiving => view! { <Busy/><p class="empty partial">{text}</p> }.into_any(),
    }
}

/// The placeholder of an empty list from the replica. It says that there is nothing only once a pull has reached the end; before
/// that it says that rows are missing.
#[component]
pub fn NothingFound(
    /// The text that there is nothing.
    text: &'static str,
) -> impl IntoView {
    let app = use_app_state();
    let is_complete = app.replica.is_complete;
    move || match is_complete.get() {
        true => view! { <p class="empty">{text}</p> }.into_any(),
        false => view! { <ReplicaNotice/> }.into_any(),
    }
}

/// Returns rows from the replica; `None` while rows that were read before the first pull ended are being read again.
pub fn guard_replica<T: Clone + Send + Sync + 'static>(
    app: AppState,
    read: RwSignal<Option<(T, ReplicaProgress)>>,
) -> Signal<Option<T>> {
    let is_complete = app.replica.is_complete;
    Signal::derive(move || {
        let (rows, progress) = read.get()?;
        (progress.is_complete || !is_complete.get()).then_some(rows)
    })
}

/// Returns whether the page at an address is in a lazy chunk.
pub fn is_lazy_page(path: &str, query: &str) -> bool {
    path != "/" || query.contains("screen=wall")
}

/// Main part of the page.
#[component]
pub fn Main(
    /// The screen.
    children: Children,
) -> impl IntoView {
    let app = use_app_state();
    let location = use_location();
    let is_busy = move || {
        // The server does not paint the content of these screens.
        let is_painted = app.session.now.get() == 0.0
            && app.session.user.with(Option::is_some)
            && is_lazy_page(&location.pathname.get(), &location.search.get());
        is_painted || app.screen.loading.get() > 0
    };
    view! { <main id="main" tabindex="-1" aria-busy=move || is_busy().then_some("true")>{children()}</main> }
}
