//! Limits for the share of the server's memory and time that exports may use.

use std::sync::Arc;
use tokio::sync::Semaphore;

/// Limits that keep exports from occupying the server.
#[derive(Debug)]
pub struct Exports {
    /// Exports together read by one connection at a time; the other readers are left to everybody else.
    pub reads: Semaphore,
    /// One sheet is made at a time.
    pub sheets: Arc<Semaphore>,
}

impl Default for Exports {
    fn default() -> Self {
        Self { reads: Semaphore::new(1), sheets: Arc::new(Semaphore::new(1)) }
    }
}
