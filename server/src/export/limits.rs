//! Limits for the share of the server's memory and time that exports may use.

use std::sync::Arc;
use tokio::sync::Semaphore;

/// Limits for exports.
#[derive(Debug)]
pub struct Exports {
    /// One export reads at a time; the other connections serve requests.
    pub reads: Semaphore,
    /// One sheet is written at a time.
    pub sheets: Arc<Semaphore>,
}

impl Default for Exports {
    fn default() -> Self {
        Self { reads: Semaphore::new(1), sheets: Arc::new(Semaphore::new(1)) }
    }
}
