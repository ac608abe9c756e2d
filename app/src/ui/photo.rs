//! Photos of entries: their addresses, thumbnails and upload states.

use crate::state::AppState;
use crate::storage::photo_db::UploadState;
use jiedui_core::entry::Entry;
use leptos::prelude::*;
use maud::{Markup, html};

/// Returns a photo's address on this phone; on the server where the phone does not have it.
pub fn photo_address(app: AppState, sha256: &str) -> String {
    let local = app.my_entries.photos.with(|photos| photos.get(sha256).map(|photo| photo.address.clone()));
    local.unwrap_or_else(|| format!("/api/v1/attachments/{sha256}"))
}

/// Counts an entry's photos that have not been sent, and those that the server rejected.
pub fn unsent_photos(app: AppState, entry: &Entry) -> (usize, usize) {
    app.my_entries.photos.with(|photos| {
        let states = || entry.attachments.iter().filter_map(|hash| photos.get(hash)).map(|photo| photo.sent);
        let count = |wanted: UploadState| states().filter(|state| *state == wanted).count();
        (count(UploadState::Not), count(UploadState::Refused))
    })
}

/// Renders thumbnails of an entry's photos. The browser loads each when it comes into view.
pub fn photos(app: AppState, entry: &Entry) -> Markup {
    html! {
        @for hash in &entry.attachments {
            @let address = photo_address(app, hash);
            a class="photo" href=(address) rel="external" target="_blank" {
                img src=(address) alt=(app.texts.photo()) loading="lazy";
            }
        }
    }
}
