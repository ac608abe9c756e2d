//! Drafts, stored at every keystroke until they are saved.

use crate::storage::draft_slots::{self, begun_changes, parse_name};
use crate::storage::local_storage;
use jiedui_core::entry::Fields;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A partly filled form: its texts as typed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// Identifier of the future entry, fixed from the start, so that saving twice creates one entry.
    pub id: Uuid,
    /// The revision that an edit started from; 0 for a new entry.
    pub base_rev: u64,
    /// Code of the activity.
    pub activity: String,
    /// Version of the form.
    #[serde(default)]
    pub version: Option<u32>,
    /// Date of the event.
    pub date: String,
    /// Code of the place.
    pub place: String,
    /// Identifier of the pairing, or empty.
    pub pairing: String,
    /// Identifier of the organisation, or empty.
    pub organisation: String,
    /// Numbers by the codes of their fields.
    pub values: BTreeMap<String, String>,
    /// All other answers by the codes of their fields: the chosen options or the text.
    #[serde(default)]
    pub details: BTreeMap<String, Vec<String>>,
    /// Tables by the codes of their fields: each row's cells by the codes of the columns.
    #[serde(default)]
    pub rows: BTreeMap<String, Vec<BTreeMap<String, String>>>,
    /// Note.
    pub note: String,
    /// Reason for a change in a closed month.
    #[serde(default)]
    pub reason: String,
    /// Position of the recorder, if requested.
    #[serde(default)]
    pub position: Option<(f64, f64)>,
    /// Hashes of the photos.
    #[serde(default)]
    pub attachments: Vec<String>,
    /// Fields of the entry when the edit started.
    #[serde(default)]
    pub before: Fields,
    /// Number of this phone's last change of the entry when the edit started.
    #[serde(default)]
    pub since: u64,
    /// The draft of another tab from which this one was copied.
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

/// Returns the name of the slots for drafts of an activity's new entries.
pub fn form_of_new(user: Uuid, activity: &str) -> String {
    format!("{}{activity}", prefix(user))
}

/// Returns the name of the slots for drafts of an entry's edit.
pub fn form_of_edit(user: Uuid, entry: Uuid) -> String {
    format!("{}{entry}", prefix(user))
}

/// An abandoned draft and its slot.
#[derive(Clone, Debug, PartialEq)]
pub struct AbandonedDraft {
    /// Name of the slot.
    pub name: String,
    /// The draft.
    pub draft: Draft,
}

impl AbandonedDraft {
    /// Returns the address of the draft's form.
    pub fn address(&self) -> String {
        let (_, number) = parse_name(&self.name);
        let which = if number > 1 { format!("?draft={number}") } else { String::new() };
        format!("/entries/new/{}{which}", self.draft.activity)
    }

    /// Returns the changes that the form had begun to save.
    pub fn begun_changes(&self) -> Option<Fields> {
        begun_changes(&self.name)
    }

    /// Removes the draft.
    pub fn clear(&self) {
        draft_slots::clear(&self.name);
    }
}

/// Returns the abandoned drafts of new entries, and those that were saved but not removed.
pub fn unfinished(user: Uuid) -> Vec<AbandonedDraft> {
    let mut drafts = abandoned(user);
    // The slot of an edit has the entry's identifier in its name.
    let is_edit =
        |name: &str| name.strip_prefix(&prefix(user)).is_some_and(|of| Uuid::parse_str(parse_name(of).0).is_ok());
    drafts.retain(|abandoned| !is_edit(&abandoned.name));
    drafts
}

/// Returns all abandoned drafts, including those of edits.
pub fn all(user: Uuid) -> Vec<Draft> {
    abandoned(user).into_iter().map(|abandoned| abandoned.draft).collect()
}

fn abandoned(user: Uuid) -> Vec<AbandonedDraft> {
    local_storage::names_with(&prefix(user))
        .into_iter()
        .filter_map(|name| Some(AbandonedDraft { draft: local_storage::get(&name)?, name }))
        .collect()
}
