//! Status of the sync, and the button that starts it.

use crate::labels::texts::fill;
use crate::state::replica::ReplicaState;
use crate::state::use_app_state;
use crate::storage::photo_db::UploadState;
use jiedui_core::sync::{Input, Status};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

/// Smallest number of pending changes for which progress is shown.
const PROGRESS_FROM: u64 = 500;

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

/// Button that shows the number of unsent entries and starts the sync.
///
/// It sets its text by `inner_html`: a browser's translation replaces text nodes, and updates of the replaced ones are lost.
#[component]
pub fn SyncBadge() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let unsent = move || app.journal.entries.with(|journal| journal.as_ref().map_or(0, |journal| journal.unsent));
    let photos = move || {
        app.journal.photos.with(|photos| photos.values().filter(|photo| photo.sent == UploadState::Not).count())
    };
    let offline = move || !app.sync.online.get() || app.sync.status.get() == Status::Offline;
    let state = move || match (app.sync.status.get(), unsent()) {
        (_, 0) if offline() => texts.sync_offline().to_owned(),
        (_, unsent) if offline() => fill(texts.sync_offline_unsent(), &[&unsent]),
        // The upload is stored, and the round continues with the pull.
        (Status::Sending { .. }, 0) => texts.sync_receiving().to_owned(),
        (Status::Sending { .. }, unsent) => fill(texts.sync_sending(), &[&unsent]),
        (Status::SignedOut, _) => texts.sync_signed_out().to_owned(),
        (Status::Refused, _) => texts.sync_refused().to_owned(),
        (Status::StorageFailed, _) => texts.sync_storage().to_owned(),
        (Status::Waiting, unsent) => fill(texts.sync_waiting(), &[&unsent]),
        (Status::Receiving { position, last }, 0) if last > position + PROGRESS_FROM => {
            fill(texts.sync_receiving_part(), &[&(position * 100 / last)])
        }
        (Status::Receiving { .. }, 0) => texts.sync_receiving().to_owned(),
        (Status::Idle, 0) if photos() > 0 => fill(texts.photos_unsent(), &[&photos()]),
        (Status::Idle | Status::Offline, 0) => texts.sync_done().to_owned(),
        (_, unsent) => fill(texts.sync_unsent(), &[&unsent]),
    };
    // An interrupted first pull is incomplete.
    let text = move || match app.replica.state.get() {
        ReplicaState::Partial(Some(percent)) => format!("{} · {}", state(), fill(texts.sync_partial(), &[&percent])),
        ReplicaState::Partial(None) => format!("{} · {}", state(), texts.sync_partial_unknown()),
        _ => state(),
    };
    let kind = move || match app.sync.status.get() {
        _ if offline() => "badge offline",
        Status::SignedOut | Status::Refused | Status::StorageFailed => "badge bad",
        Status::Sending { .. } | Status::Receiving { .. } => "badge busy",
        _ if unsent() + photos() > 0 => "badge waiting",
        _ => "badge done",
    };
    let navigate = use_navigate();
    let press = move |_| match app.sync.status.get_untracked() {
        Status::SignedOut => navigate("/sign-in", Default::default()),
        _ => app.sync.notify(Input::SyncNow),
    };
    view! {
        <button type="button" id="sync" class=kind title=texts.sync_now() on:click=press>
            <span class="dot" aria-hidden="true"></span>
            <span role="status" inner_html=text></span>
        </button>
    }
}
