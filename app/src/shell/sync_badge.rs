//! How the sync stands, and the button that starts it.

use crate::labels::texts::fill;
use crate::state::{ReplicaState, use_app_state};
use crate::storage::photo_db::UploadState;
use jiedui_core::sync::{Input, Status};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

/// So many changes are worth saying how far it has come.
const FAR: u64 = 500;

/// A bar that fills while much is received.
#[component]
pub fn PullProgress() -> impl IntoView {
    let model = use_app_state();
    move || match model.status.get() {
        Status::Receiving { position, last } if last > position + FAR => Some(view! {
            <progress class="receiving" aria-label=model.texts.receiving value=position.to_string() max=last.to_string()></progress>
        }),
        _ => None,
    }
}

/// A button that says how many entries wait, and sends them now. Its text replaces all that is in it: where something else,
/// as a browser's translation, has put its own elements around the text, changing that text would change nothing.
#[component]
pub fn SyncBadge() -> impl IntoView {
    let model = use_app_state();
    let texts = model.texts;
    let unsent = move || model.my_entries.with(|journal| journal.as_ref().map_or(0, |journal| journal.unsent));
    let photos = move || model.photos.with(|photos| photos.values().filter(|own| own.sent == UploadState::Not).count());
    let offline = move || !model.online.get() || model.status.get() == Status::Offline;
    let state = move || match (model.status.get(), unsent()) {
        (_, 0) if offline() => texts.sync_offline.to_owned(),
        (_, unsent) if offline() => fill(texts.sync_offline_unsent, &[&unsent]),
        // The last upload is stored, and its round goes on with the pull.
        (Status::Sending { .. }, 0) => texts.sync_receiving.to_owned(),
        (Status::Sending { .. }, unsent) => fill(texts.sync_sending, &[&unsent]),
        (Status::SignedOut, _) => texts.sync_signed_out.to_owned(),
        (Status::Refused, _) => texts.sync_refused.to_owned(),
        (Status::StorageFailed, _) => texts.sync_storage.to_owned(),
        (Status::Waiting, unsent) => fill(texts.sync_waiting, &[&unsent]),
        (Status::Receiving { position, last }, 0) if last > position + FAR => {
            fill(texts.sync_receiving_part, &[&(position * 100 / last)])
        }
        (Status::Receiving { .. }, 0) => texts.sync_receiving.to_owned(),
        (Status::Idle, 0) if photos() > 0 => fill(texts.photos_unsent, &[&photos()]),
        (Status::Idle | Status::Offline, 0) => texts.sync_done.to_owned(),
        (_, unsent) => fill(texts.sync_unsent, &[&unsent]),
    };
    // A first pull that was cut off is not taken for the whole.
    let text = move || match model.replica_state.get() {
        ReplicaState::Partial(Some(percent)) => format!("{} · {}", state(), fill(texts.sync_partial, &[&percent])),
        ReplicaState::Partial(None) => format!("{} · {}", state(), texts.sync_partial_unknown),
        _ => state(),
    };
    let kind = move || match model.status.get() {
        _ if offline() => "badge offline",
        Status::SignedOut | Status::Refused | Status::StorageFailed => "badge bad",
        Status::Sending { .. } | Status::Receiving { .. } => "badge busy",
        _ if unsent() + photos() > 0 => "badge waiting",
        _ => "badge done",
    };
    let navigate = use_navigate();
    let press = move |_| match model.status.get_untracked() {
        Status::SignedOut => navigate("/sign-in", Default::default()),
        _ => model.notify_sync(Input::SyncNow),
    };
    view! {
        <button type="button" id="sync" class=kind title=texts.sync_now on:click=press>
            <span class="dot" aria-hidden="true"></span>
            <span role="status" inner_html=text></span>
        </button>
    }
}
