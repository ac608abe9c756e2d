//! Drafts, stored at every keystroke until they are saved.

use crate::storage::draft_slots::parts_of;
use crate::storage::local_storage;
use jiedui_core::entry::Fields;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A partly filled form: its texts as typed.
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
    /// All other answers by the codes of their fields: the chosen options or the text.
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
    /// The number of this phone's last change of the entry when an edit was begun.
    #[serde(default)]
    pub since: u64,
    /// The draft of another tab that this one is a copy of.
    #[serde(default)]
    pub copy_of: Option<Uuid>,
}

impl Draft {
    /// Returns the chosen options or the text of a field.
    pub fn chosen(&self, code: &str) -> Vec<String> {
        self.details.get(code).cloned().unwrap_or_default()
    }
}

fn prefix(user: Uuid) -> String {
    format!("jiedui.draft.{user}.")
}

/// The form of a new entry of an activity, as the name of where its drafts are kept.
pub fn form_of_new(user: Uuid, activity: &str) -> String {
    format!("{}{activity}", prefix(user))
}

/// The same for the edit of an entry.
pub fn form_of_edit(user: Uuid, entry: Uuid) -> String {
    format!("{}{entry}", prefix(user))
}

/// A draft that was left, and where it lies.
#[derive(Clone, Debug, PartialEq)]
pub struct Left {
    /// The name of its place.
    pub name: String,
    /// The draft.
    pub draft: Draft,
}

impl Left {
    /// The address of its form.
    pub fn address(&self) -> String {
        let (_, number) = parts_of(&self.name);
        let which = if number > 1 { format!("?draft={number}") } else { String::new() };
        format!("/entries/new/{}{which}", self.draft.activity)
    }

    /// Throws it away.
    pub fn clear(&self) {
        local_storage::remove(&self.name);
    }
}

/// The drafts of new entries that somebody has left.
pub fn unfinished(user: Uuid) -> Vec<Left> {
    let mut drafts = left(user);
    // An edit's place bears the name of its entry.
    let is_edit =
        |name: &str| name.strip_prefix(&prefix(user)).is_some_and(|of| Uuid::parse_str(parts_of(of).0).is_ok());
    drafts.retain(|left| !is_edit(&left.name));
    drafts
}

/// All drafts that somebody has left, those of changes too.
pub fn all(user: Uuid) -> Vec<Draft> {
    left(user).into_iter().map(|left| left.draft).collect()
}

fn left(user: Uuid) -> Vec<Left> {
    let prefix = prefix(user);
    let Some(storage) = local_storage::local_storage() else { return Vec::new() };
    let names = (0..storage.length().unwrap_or_default()).filter_map(|index| storage.key(index).ok().flatten());
    let mut slots: Vec<String> = names.filter(|name| name.starts_with(&prefix)).collect();
    slots.sort();
    slots.into_iter().filter_map(|name| Some(Left { draft: local_storage::get(&name)?, name })).collect()
}
