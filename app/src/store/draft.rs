//! What is being typed, kept at every keystroke until it is saved.

use crate::json;
use gloo_storage::{LocalStorage, Storage, errors::StorageError};
use jiedui_core::domain::Fields;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// An entry form as it is filled in: texts as they were typed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// The entry that it becomes. It is fixed from the start, so that saving twice makes one entry.
    pub id: Uuid,
    /// The revision that an edit started from; 0 for a new entry.
    pub base_rev: u64,
    /// The activity's code.
    pub activity: String,
    /// The version of its form.
    #[serde(default)]
    pub version: Option<u32>,
    /// When.
    pub date: String,
    /// The place's code.
    pub place: String,
    /// The pairing, or nothing.
    pub pairing: String,
    /// The organisation, or nothing.
    pub organisation: String,
    /// Numbers by the codes of their fields.
    pub values: BTreeMap<String, String>,
    /// All other answers by the codes of their fields: what is chosen or written, each by itself.
    #[serde(default)]
    pub details: BTreeMap<String, Vec<String>>,
    /// Tables by the codes of their fields: each row's cells by the codes of the columns.
    #[serde(default)]
    pub rows: BTreeMap<String, Vec<BTreeMap<String, String>>>,
    /// In one's own words.
    pub note: String,
    /// Why it is changed, where its month is closed.
    #[serde(default)]
    pub reason: String,
    /// Where the recorder stood, if they wanted it written down.
    #[serde(default)]
    pub position: Option<(f64, f64)>,
    /// The hashes of its photos.
    #[serde(default)]
    pub attachments: Vec<String>,
    /// The entry's fields when an edit was begun.
    #[serde(default)]
    pub before: Fields,
}

impl Draft {
    /// What is chosen or written at a field.
    pub fn chosen(&self, code: &str) -> Vec<String> {
        self.details.get(code).cloned().unwrap_or_default()
    }
}

/// The place of a draft: a new entry of an activity, or the edit of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftKey(String);

impl DraftKey {
    fn prefix(user: Uuid) -> String {
        format!("jiedui.draft.{user}.")
    }

    /// A new entry of an activity.
    pub fn of_new(user: Uuid, activity: &str) -> Self {
        Self(format!("{}{activity}", Self::prefix(user)))
    }

    /// The edit of an entry.
    pub fn of_edit(user: Uuid, entry: Uuid) -> Self {
        Self(format!("{}{entry}", Self::prefix(user)))
    }

    /// The draft there.
    pub fn read(&self) -> Option<Draft> {
        json::kept(&self.0)
    }

    /// Keeps a draft there.
    pub fn keep(&self, draft: &Draft) -> Result<(), StorageError> {
        json::keep(&self.0, draft)
    }

    /// Throws it away.
    pub fn clear(&self) {
        LocalStorage::delete(&self.0);
    }
}

/// The drafts of new entries that somebody has left.
pub fn unfinished(user: Uuid) -> Vec<Draft> {
    let mut drafts = all(user);
    drafts.retain(|draft| draft.base_rev == 0);
    drafts
}

/// All drafts that somebody has left, those of changes too.
pub fn all(user: Uuid) -> Vec<Draft> {
    let prefix = DraftKey::prefix(user);
    let storage = LocalStorage::raw();
    let names = (0..storage.length().unwrap_or_default()).filter_map(|index| storage.key(index).ok().flatten());
    let own: Vec<String> = names.filter(|name| name.starts_with(&prefix)).collect();
    own.iter().filter_map(|name| json::kept(name)).collect()
}
