//! State of the phone's storage: errors, refusal, and readiness for offline use.

use crate::storage::StoreError;
use leptos::prelude::*;

/// Signals of the phone's storage.
#[derive(Clone, Copy)]
pub struct StorageState {
    /// Last error of the phone's storage.
    pub error: RwSignal<Option<StoreError>>,
    /// Whether the browser refuses storage: nothing is stored on the phone, and each change is sent at once.
    pub is_refused: RwSignal<bool>,
    /// Whether everything needed offline is on the phone.
    pub offline_use: RwSignal<OfflineUse>,
}

impl StorageState {
    /// Creates the state before the first transaction.
    pub(super) fn new() -> Self {
        Self { error: RwSignal::new(None), is_refused: RwSignal::new(false), offline_use: RwSignal::default() }
    }

    /// Clears the storage error after a transaction has succeeded again.
    pub fn clear_recovered_error(&self) {
        let is_over = |error: &Option<StoreError>| matches!(error, Some(StoreError::Closed | StoreError::Blocked));
        if self.error.with_untracked(is_over) {
            self.error.set(None);
        }
    }
}

/// Whether the app works with no network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OfflineUse {
    /// Not yet.
    #[default]
    Preparing,
    /// Program, places and overview are on the phone.
    Ready,
    /// Never: this browser, or plain HTTP, cannot store them.
    Impossible,
}
