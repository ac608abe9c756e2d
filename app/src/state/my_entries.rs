//! State of the signed-in person's own entries and photos on this phone.

use crate::storage::my_entries::MyEntries;
use crate::storage::photo_db::UploadState;
use leptos::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Signals of the person's own entries.
#[derive(Clone, Copy)]
pub struct MyEntriesState {
    /// Counts of the person's entries on this phone; `None` until they have been read.
    pub summary: RwSignal<Option<Arc<MyEntries>>>,
    /// Rises whenever the person's entries were read: their list may have changed.
    pub version: RwSignal<u64>,
    /// Whether stored data has changed since `summary` was read, in another tab too.
    pub is_stale: StoredValue<bool>,
    /// Photos on this phone, by their hashes.
    pub photos: RwSignal<Arc<BTreeMap<String, LocalPhoto>>>,
}

impl MyEntriesState {
    /// Creates the state of entries that have not been read.
    pub(super) fn new() -> Self {
        Self {
            summary: RwSignal::new(None),
            version: RwSignal::new(0),
            is_stale: StoredValue::new(true),
            photos: RwSignal::default(),
        }
    }
}

/// A photo on this phone.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalPhoto {
    /// Address at which a page can show it.
    pub address: String,
    /// Whether it has been sent.
    pub sent: UploadState,
}
