//! Photos: scaled down, stored on the phone, and uploaded after the entries that name them.

use crate::api::endpoints;
use crate::api::error::ApiError;
use crate::state::AppState;
use crate::state::my_entries::LocalPhoto;
use crate::storage::StoreError;
use crate::storage::drafts;
use crate::storage::photo_db::{PhotoDb, PhotoInfo, UploadState};
use crate::storage::tab_lock as lock;
use crate::storage::user_db::UserDb;
use crate::sync::photo_scaling::{self, NoPicture};
use gloo_timers::future::TimeoutFuture;
use jiedui_core::sync::upload::{Step, Upload, UploadResult};
use jiedui_core::values::sort::collect_sorted;
use js_sys::Uint8Array;
use leptos::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;
use web_sys::{Blob, Url};

/// Number of uploaded photos that stay on the phone.
const MAX_UPLOADED: usize = 40;
/// Hashes in one request for missing photos.
const MAX_REQUESTED: usize = 100;
/// Milliseconds after which a photo that no record names is deleted; a form may be about to name a newer one.
const UNNAMED_LIFETIME: f64 = 24.0 * 3600.0 * 1000.0;

/// Error of adding a photo.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PhotoError {
    /// The file is not a supported image.
    #[error(transparent)]
    NoPicture(#[from] NoPicture),
    /// The photo could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn user(app: AppState) -> Uuid {
    app.session.user.with_untracked(|user| user.as_ref().map(|user| user.id)).unwrap_or_default()
}

/// Creates an address at which the page can show the photo.
fn address(content: &Uint8Array) -> Option<String> {
    let blob = Blob::new_with_u8_array_sequence(&js_sys::Array::of1(content)).ok()?;
    Url::create_object_url_with_blob(&blob).ok()
}

/// Scales a picture down, stores it, and returns its hash. When this returns, the photo is on the phone.
pub async fn take_in(app: AppState, file: &Blob, keep_place: bool) -> Result<String, PhotoError> {
    let content = photo_scaling::scale_down(file, keep_place).await?;
    let sha256 = photo_scaling::sha256(&content);
    let photos = PhotoDb::open(user(app)).await?;
    let sent = app.my_entries.photos.with_untracked(|photos| photos.get(&sha256).map(|photo| photo.sent));
    if sent.is_none() {
        let info = PhotoInfo { sha256: sha256.clone(), sent: UploadState::Not, at: js_sys::Date::now() };
        photos.put(&info, &content).await?;
        show(app, &sha256, UploadState::Not, &content);
    }
    Ok(sha256)
}

fn show(app: AppState, sha256: &str, sent: UploadState, content: &Uint8Array) {
    if let Some(address) = address(content) {
        let change = |photos: &mut Arc<BTreeMap<String, LocalPhoto>>| {
            Arc::make_mut(photos).insert(sha256.to_owned(), LocalPhoto { address, sent });
        };
        app.my_entries.photos.update(change);
    }
}

fn mark(app: AppState, sha256: &str, sent: UploadState) {
    app.my_entries.photos.update(|photos| {
        if let Some(photo) = Arc::make_mut(photos).get_mut(sha256) {
            photo.sent = sent;
        }
    });
}

/// Uploads a file of any kind, unchanged. Returns its hash.
pub async fn upload_file(file: &Blob) -> Result<String, ApiError> {
    let content = photo_scaling::bytes_of(file).await.map_err(|_| ApiError::no_answer())?;
    let sha256 = photo_scaling::sha256(&content);
    endpoints::upload_file(&sha256, content).await?;
    Ok(sha256)
}

/// Shows the photos on the phone and deletes those no longer needed.
pub async fn begin(app: AppState, person: &UserDb) -> Result<(), StoreError> {
    let photos = PhotoDb::open(user(app)).await?;
    let all = photos.all().await?;
    let is_old =
        |photo: &PhotoInfo| photo.sent != UploadState::Yes && js_sys::Date::now() - photo.at > UNNAMED_LIFETIME;
    let old = collect_sorted(all.iter().filter(|photo| is_old(photo)).map(|photo| photo.sha256.clone()));
    let named = person.named_photos(&old).await?;
    let drafts: BTreeSet<String> =
        collect_sorted(drafts::all(user(app)).into_iter().flat_map(|draft| draft.attachments));
    let sent = all.iter().filter(|photo| photo.sent == UploadState::Yes);
    let spared: Vec<String> = sent.rev().skip(MAX_UPLOADED).map(|photo| photo.sha256.clone()).collect();
    for photo in all {
        let is_named = named.contains(&photo.sha256) || drafts.contains(&photo.sha256);
        if is_old(&photo) && !is_named || spared.contains(&photo.sha256) {
            photos.remove(&photo.sha256).await?;
        } else if let Some(content) = photos.content(&photo.sha256).await? {
            show(app, &photo.sha256, photo.sent, &content);
        }
    }
    Ok(())
}

/// Sends the unsent photos that entries name. Those that cannot be sent now wait for the next round.
pub async fn send(app: AppState, person: &UserDb) -> Result<(), StoreError> {
    let waits = |photo: &LocalPhoto| photo.sent == UploadState::Not;
    let unsent: BTreeSet<String> = app.my_entries.photos.with_untracked(|photos| {
        collect_sorted(photos.iter().filter(|(_, photo)| waits(photo)).map(|(sha256, _)| sha256.clone()))
    });
    if unsent.is_empty() {
        return Ok(());
    }
    let (user, named) = (user(app), person.named_photos(&unsent).await?);
    lock::with_tab_lock(&format!("jiedui-photos-{user}"), async move {
        if let Err(error) = send_all(app, user, named).await {
            app.storage.error.set(Some(error));
        }
    })
    .await;
    Ok(())
}

/// Asks the server which sent photos of this phone it lacks, and sends them again. It may lack some after a disk failure or a
/// restore from a backup.
pub async fn look_for_missing(app: AppState) -> Result<(), StoreError> {
    let photos = PhotoDb::open(user(app)).await?;
    let sent = photos.all().await?.into_iter().filter(|photo| photo.sent == UploadState::Yes).map(|photo| photo.sha256);
    let sent: Vec<String> = sent.collect();
    for asked in sent.chunks(MAX_REQUESTED) {
        // Without an answer, the next start of the app asks again.
        let Ok(missing) = endpoints::missing_photos(asked, app.language).await else { return Ok(()) };
        for sha256 in missing {
            photos.mark(&sha256, UploadState::Not).await?;
            mark(app, &sha256, UploadState::Not);
        }
    }
    Ok(())
}

async fn send_all(app: AppState, user: Uuid, named: BTreeSet<String>) -> Result<(), StoreError> {
    let photos = PhotoDb::open(user).await?;
    for photo in
        photos.all().await?.into_iter().filter(|photo| photo.sent == UploadState::Not && named.contains(&photo.sha256))
    {
        let Some(content) = photos.content(&photo.sha256).await? else { continue };
        let sent = match send_one(&photo.sha256, &content).await {
            Step::Done => UploadState::Yes,
            Step::Refused => UploadState::Refused,
            // Without a connection, the other photos would fail as well.
            _ => return Ok(()),
        };
        photos.mark(&photo.sha256, sent).await?;
        mark(app, &photo.sha256, sent);
    }
    Ok(())
}

async fn send_one(sha256: &str, content: &Uint8Array) -> Step {
    let size = content.length();
    let mut upload = Upload::new(size.into(), (js_sys::Math::random() * u64::MAX as f64) as u64);
    loop {
        let result = match upload.step() {
            Step::Ask => endpoints::send_photo(sha256, &format!("bytes */{size}"), None).await,
            Step::Send(from, to) => {
                let piece = content.slice(from as u32, to as u32);
                endpoints::send_photo(sha256, &format!("bytes {from}-{}/{size}", to - 1), Some(piece)).await
            }
            end => return end,
        };
        let offline = result == UploadResult::NoResponse && !window().navigator().on_line();
        if offline {
            return Step::GiveUp;
        }
        if let Some(wait) = upload.handle(result) {
            TimeoutFuture::new(u32::try_from(wait.as_millis()).unwrap_or(u32::MAX)).await;
        }
    }
}
