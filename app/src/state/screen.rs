//! State of the screen that belongs to no single page.

use jiedui_core::entry::Fields;
use leptos::prelude::*;
use uuid::Uuid;

/// Signals of the screen.
#[derive(Clone, Copy)]
pub struct Screen {
    /// Number of parts of the screen that wait for their content.
    pub loading: RwSignal<usize>,
    /// The last deletion, while the bar at the foot of the screen offers to undo it.
    pub deleted: RwSignal<Option<Deleted>>,
}

impl Screen {
    /// Creates the state of a screen that waits for nothing.
    pub(super) fn new() -> Self {
        Self { loading: RwSignal::new(0), deleted: RwSignal::new(None) }
    }
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
