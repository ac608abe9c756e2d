//! Status of the sync, and the button that starts it.

use crate::state::use_app_state;
use crate::ui::html::Html;
use crate::ui::icon::icon_html;
use crate::ui::sync_text::{PROGRESS_FROM, is_offline, sync_text, unsent_entries, unsent_photos};
use jiedui_core::sync::{Input, Status};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

/// Progress bar of a long pull.
#[component]
pub fn PullProgress() -> impl IntoView {
    let app = use_app_state();
    move || match app.sync.status.get() {
        Status::Receiving { position, last } if last > position + PROGRESS_FROM => Some(view! {
            <progress class="receiving" aria-label=app.texts.receiving() value=position.to_string() max=last.to_string()></progress>
        }),
        _ => None,
    }
}

/// Button that shows the number of unsent entries and starts the sync. On a phone it is an icon; a strip below the bar has the
/// words when something needs attention.
///
/// It sets its text by `inner_html`: a browser's translation replaces text nodes, and updates of the replaced ones are lost.
#[component]
pub fn SyncBadge() -> impl IntoView {
    let app = use_app_state();
    let text = Memo::new(move |_| sync_text(app));
    let kind = Memo::new(move |_| match app.sync.status.get() {
        _ if is_offline(app) => "offline",
        Status::SignedOut | Status::Refused | Status::StorageFailed => "bad",
        Status::Sending { .. } | Status::Receiving { .. } => "busy",
        _ if unsent_entries(app) + unsent_photos(app) > 0 => "waiting",
        _ => "done",
    });
    let icon = move || {
        icon_html(match kind.get() {
            "offline" => "offline",
            "bad" => "failing",
            "busy" => "busy",
            "waiting" => "unsent",
            _ => "synced",
        })
        .into_string()
    };
    let html = move || text.with(|text| Html::text(text).into_string());
    // A style sheet shows it as a number on the icon.
    let unsent = move || Some(unsent_entries(app)).filter(|unsent| *unsent > 0).map(|unsent| unsent.to_string());
    let navigate = use_navigate();
    let press = move |_| match app.sync.status.get_untracked() {
        Status::SignedOut => navigate("/sign-in", Default::default()),
        _ => app.sync.notify(Input::SyncNow),
    };
    view! {
        <button type="button" id="sync" class=move || format!("badge {}", kind.get()) title=app.texts.sync_now() data-unsent=unsent on:click=press>
            <span class="badge-icon" inner_html=icon></span>
            <span class="badge-text" role="status" inner_html=html></span>
        </button>
        <p class="bar-strip" aria-hidden="true" hidden=move || !matches!(kind.get(), "offline" | "bad") inner_html=html></p>
    }
}
