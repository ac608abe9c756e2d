//! State of the sync and of the network.

use futures::channel::mpsc::UnboundedSender;
use jiedui_core::sync::{Input, Status};
use leptos::prelude::*;

/// Signals of the sync.
#[derive(Clone, Copy)]
pub struct SyncState {
    /// Status of the sync.
    pub status: RwSignal<Status>,
    /// Whether the browser reports a network.
    pub online: RwSignal<bool>,
    /// Number of changes sent to the server at once, because the browser refuses storage.
    pub uploaded: RwSignal<usize>,
    /// Channel to the sync engine; `None` until it runs.
    pub inputs: StoredValue<Option<UnboundedSender<Input>>>,
}

impl SyncState {
    /// Creates the state before the sync runs.
    pub(super) fn new(is_signed_in: bool) -> Self {
        // The sign-in stored on the phone is confirmed by the first pull.
        let status = if is_signed_in { Status::Receiving { position: 0, last: 0 } } else { Status::Idle };
        Self {
            status: RwSignal::new(status),
            online: RwSignal::new(true),
            uploaded: RwSignal::new(0),
            inputs: StoredValue::new(None),
        }
    }

    /// Sends an input to the sync engine.
    pub fn notify(&self, input: Input) {
        self.inputs.with_value(|inputs| {
            if let Some(inputs) = inputs {
                // It fails only while the app is being closed.
                let _ = inputs.unbounded_send(input);
            }
        });
    }
}
