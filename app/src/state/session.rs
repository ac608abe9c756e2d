//! State of the signed-in person and the clock.

use jiedui_core::access::user::User;
use leptos::prelude::*;

/// Signals of the session.
#[derive(Clone, Copy)]
pub struct Session {
    /// Signed-in person.
    pub user: RwSignal<Option<User>>,
    /// Milliseconds since 1970 by this phone's clock; 0 until the app runs.
    pub now: RwSignal<f64>,
}

impl Session {
    /// Creates the state of a session.
    pub(super) fn new(user: Option<User>) -> Self {
        Self { user: RwSignal::new(user), now: RwSignal::new(0.0) }
    }
}
