//! A person's photos on this phone, by the hash of their content: unsent ones, and the last sent ones for offline use. They have
//! a database of their own, since an older version in another tab may hold the main one open.

use crate::storage::{Connection, Result, all, commit, get, put, remove};
use idb::{Query, TransactionMode};
use jiedui_core::entry::field;
use jiedui_core::sync::{OutboxItem, Record};
use jiedui_core::values::sort::sort_by;
use js_sys::Uint8Array;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use uuid::Uuid;
use wasm_bindgen::JsCast;

const ABOUT: &str = "about";
const CONTENT: &str = "content";

/// How it stands with a photo.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UploadState {
    /// The photo is on this phone only.
    #[default]
    Not,
    /// The server has it.
    Yes,
    /// The server will not have it.
    Refused,
}

/// The record of a photo.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhotoInfo {
    /// SHA-256 of its content, in lower-case hexadecimal.
    pub sha256: String,
    /// Whether it has been sent.
    pub sent: UploadState,
    /// When it was taken in, milliseconds since 1970.
    pub at: f64,
}

/// Returns the photos that records and their changes name, rejected changes included.
pub fn named(replica: &[Record], outbox: &[OutboxItem]) -> BTreeSet<String> {
    let unsent = outbox.iter().flat_map(|item| std::iter::once(&item.mutation.fields).chain(&item.before));
    let all = replica.iter().map(|record| &record.fields).chain(unsent);
    let hashes = all.filter_map(|fields| fields.get(field::ATTACHMENTS)?.as_array()).flatten();
    hashes.filter_map(|hash| hash.as_str().map(str::to_owned)).collect()
}

/// The database.
pub struct PhotoDb(Connection);

impl PhotoDb {
    /// Opens it.
    pub async fn open(user: Uuid) -> Result<Self> {
        Ok(Self(Connection::open(&format!("jiedui-photos-{user}"), &[ABOUT, CONTENT]).await?))
    }

    /// Keeps a photo. When this returns, it is on the phone.
    pub async fn keep(&self, about: &PhotoInfo, content: &Uint8Array) -> Result<()> {
        let transaction = self.0.begin(&[ABOUT, CONTENT], TransactionMode::ReadWrite).await?;
        let key = about.sha256.as_str().into();
        transaction.object_store(CONTENT)?.put(content, Some(&key))?.await?;
        put(&transaction.object_store(ABOUT)?, about.sha256.as_str(), about).await?;
        commit(transaction).await
    }

    /// All of them, the oldest first.
    pub async fn all(&self) -> Result<Vec<PhotoInfo>> {
        let transaction = self.0.begin(&[ABOUT], TransactionMode::ReadOnly).await?;
        let mut photos: Vec<PhotoInfo> = all(&transaction.object_store(ABOUT)?).await?;
        sort_by(&mut photos, |one, other| one.at.total_cmp(&other.at));
        Ok(photos)
    }

    /// The content of one.
    pub async fn content(&self, sha256: &str) -> Result<Option<Uint8Array>> {
        let transaction = self.0.begin(&[CONTENT], TransactionMode::ReadOnly).await?;
        let content = transaction.object_store(CONTENT)?.get(Query::Key(sha256.into()))?.await?;
        Ok(content.and_then(|content| content.dyn_into().ok()))
    }

    /// Writes down whether it has been sent.
    pub async fn mark(&self, sha256: &str, sent: UploadState) -> Result<()> {
        let transaction = self.0.begin(&[ABOUT], TransactionMode::ReadWrite).await?;
        let store = transaction.object_store(ABOUT)?;
        if let Some(about) = get::<PhotoInfo>(&store, sha256).await? {
            put(&store, sha256, &PhotoInfo { sent, ..about }).await?;
        }
        commit(transaction).await
    }

    /// Forgets it.
    pub async fn remove(&self, sha256: &str) -> Result<()> {
        let transaction = self.0.begin(&[ABOUT, CONTENT], TransactionMode::ReadWrite).await?;
        remove(&transaction.object_store(ABOUT)?, sha256).await?;
        remove(&transaction.object_store(CONTENT)?, sha256).await?;
        commit(transaction).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiedui_core::entry::Fields;
    use jiedui_core::sync::Kind;
    use jiedui_core::sync::{Mutation, Op};
    use jiedui_core::values::field_error::{ErrorCode, FieldError};
    use serde_json::json;

    #[test]
    fn named_includes_photos_of_refused_entries() {
        let fields = |hash: &str| -> Fields { json!({"attachments": [hash]}).as_object().unwrap().clone() };
        let (kind, id) = (Kind::Entry, Uuid::nil());
        let record = Record { kind: kind.clone(), id, rev: 1, fields: fields("sent"), deleted: false };
        let mutation = Mutation { seq: 1, kind, id, base_rev: 0, epoch: None, op: Op::Put, fields: fields("refused") };
        let why = vec![FieldError::new("date", ErrorCode::Closed)];
        let refused = OutboxItem { refused: Some(why), before: Some(fields("before")), ..OutboxItem::new(mutation) };
        assert_eq!(named(&[record], &[refused]), ["before", "refused", "sent"].map(str::to_owned).into());
        assert!(named(&[], &[]).is_empty());
    }
}
