//! State of the screen that belongs to no single page.

use jiedui_core::entry::Fields;
use leptos::prelude::*;
use uuid::Uuid;

/// Signals of the screen.
#[derive(Clone, Copy)]
pub struct Screen {
    /// Number of parts of the screen that wait for their content.
    pub loading: RwSignal<usize>,
    /// Message at the foot of the screen. It stays when the page changes.
    pub snackbar: RwSignal<Option<Snackbar>>,
}

impl Screen {
    /// Creates the state of a screen that waits for nothing.
    pub(super) fn new() -> Self {
        Self { loading: RwSignal::new(0), snackbar: RwSignal::new(None) }
    }

    /// Returns whether the message at the foot of the screen offers to undo a deletion.
    pub fn offers_undo(self, seq: u64) -> bool {
        self.snackbar.with(|snackbar| snackbar.as_ref().is_some_and(|snackbar| snackbar.deletion == Some(seq)))
    }
}

/// A message at the foot of the screen. The chunk that shows it renders it, so the first chunk needs no code for it.
#[derive(Clone)]
pub struct Snackbar {
    /// Renders the message and its buttons.
    pub view: ViewFn,
    /// Number of the deletion in the outbox that the message offers to undo.
    pub deletion: Option<u64>,
}

/// A deletion that can be undone.
#[derive(Clone, Debug, PartialEq)]
pub struct Deleted {
    /// The entry.
    pub id: Uuid,
    /// The revision that was deleted.
    pub rev: u64,
    /// Fields.
    pub fields: Fields,
    /// The deletion's number in the outbox.
    pub seq: u64,
}
