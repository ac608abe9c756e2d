//! A person's photos on this phone, by the hash of their content: unsent ones, and the last sent ones for offline use. They have
//! a database of their own, since an older version in another tab may hold the main one open.

use crate::storage::{Connection, Layout, Result, all, commit, get, put, remove};
use idb::{Query, TransactionMode};
use jiedui_core::values::sort::sort_by;
use js_sys::Uint8Array;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wasm_bindgen::JsCast;

const ABOUT: &str = "about";
const CONTENT: &str = "content";

/// Upload state of a photo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadState {
    /// The photo is on this phone only.
    #[default]
    Not,
    /// The server has it.
    Yes,
    /// The server rejected it.
    Refused,
}

/// The record of a photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhotoInfo {
    /// SHA-256 of its content, in lower-case hexadecimal.
    pub sha256: String,
    /// Upload state.
    pub sent: UploadState,
    /// When it was added, in milliseconds since 1970.
    pub at: f64,
}

/// Photo database of a person.
pub struct PhotoDb(Connection);

impl PhotoDb {
    /// Opens the photo database of a user.
    pub async fn open(user: Uuid) -> Result<Self> {
        Ok(Self(Connection::open(&format!("jiedui-photos-{user}"), Layout::plain(&[ABOUT, CONTENT])).await?))
    }

    /// Stores a photo. When this returns, it is on the phone.
    pub async fn put(&self, about: &PhotoInfo, content: &Uint8Array) -> Result<()> {
        let transaction = self.0.begin(&[ABOUT, CONTENT], TransactionMode::ReadWrite).await?;
        let key = about.sha256.as_str().into();
        transaction.object_store(CONTENT)?.put(content, Some(&key))?.await?;
        put(&transaction.object_store(ABOUT)?, about.sha256.as_str(), about).await?;
        commit(transaction).await
    }

    /// Returns all photos, the oldest first.
    pub async fn all(&self) -> Result<Vec<PhotoInfo>> {
        let transaction = self.0.begin(&[ABOUT], TransactionMode::ReadOnly).await?;
        let mut photos: Vec<PhotoInfo> = all(&transaction.object_store(ABOUT)?).await?;
        sort_by(&mut photos, |left, right| left.at.total_cmp(&right.at));
        Ok(photos)
    }

    /// Returns the content of a photo.
    pub async fn content(&self, sha256: &str) -> Result<Option<Uint8Array>> {
        let transaction = self.0.begin(&[CONTENT], TransactionMode::ReadOnly).await?;
        let content = transaction.object_store(CONTENT)?.get(Query::Key(sha256.into()))?.await?;
        Ok(content.and_then(|content| content.dyn_into().ok()))
    }

    /// Records the upload state of a photo.
    pub async fn mark(&self, sha256: &str, sent: UploadState) -> Result<()> {
        let transaction = self.0.begin(&[ABOUT], TransactionMode::ReadWrite).await?;
        let store = transaction.object_store(ABOUT)?;
        if let Some(about) = get::<PhotoInfo>(&store, sha256).await? {
            put(&store, sha256, &PhotoInfo { sent, ..about }).await?;
        }
        commit(transaction).await
    }

    /// Removes a photo.
    pub async fn remove(&self, sha256: &str) -> Result<()> {
        let transaction = self.0.begin(&[ABOUT, CONTENT], TransactionMode::ReadWrite).await?;
        remove(&transaction.object_store(ABOUT)?, sha256).await?;
        remove(&transaction.object_store(CONTENT)?, sha256).await?;
        commit(transaction).await
    }
}
