//! State of the sync in words.

use crate::labels::texts::fill;
use crate::state::AppState;
use crate::state::replica::ReplicaState;
use crate::storage::photo_db::UploadState;
use jiedui_core::sync::Status;
use leptos::prelude::*;

/// Smallest number of pending changes for which progress is shown.
pub const PROGRESS_FROM: u64 = 500;

/// Returns whether there is no connection to the server.
pub fn is_offline(app: AppState) -> bool {
    !app.sync.online.get() || app.sync.status.get() == Status::Offline
}

/// Returns the number of unsent entries.
pub fn unsent_entries(app: AppState) -> usize {
    app.my_entries.summary.with(|mine| mine.as_ref().map_or(0, |mine| mine.unsent))
}

/// Returns the number of unsent photos.
pub fn unsent_photos(app: AppState) -> usize {
    app.my_entries.photos.with(|photos| photos.values().filter(|photo| photo.sent == UploadState::Not).count())
}

/// Describes the state of the sync.
pub fn sync_text(app: AppState) -> String {
    let texts = app.texts;
    let photos = unsent_photos(app);
    let state = match (app.sync.status.get(), unsent_entries(app)) {
        (_, 0) if is_offline(app) => texts.sync_offline().to_owned(),
        (_, unsent) if is_offline(app) => fill(texts.sync_offline_unsent(), &[&unsent]),
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
        (Status::Idle, 0) if photos > 0 => fill(texts.photos_unsent(), &[&photos]),
        (Status::Idle | Status::Offline, 0) => texts.sync_done().to_owned(),
        (_, unsent) => fill(texts.sync_unsent(), &[&unsent]),
    };
    // An interrupted first pull is incomplete.
    match app.replica.state.get() {
        ReplicaState::Partial(Some(percent)) => format!("{state} · {}", fill(texts.sync_partial(), &[&percent])),
        ReplicaState::Partial(None) => format!("{state} · {}", texts.sync_partial_unknown()),
        _ => state,
    }
}
