//! Registry of running imports: one for each account and few on a server, so that their memory is bounded.

use crate::import::file_error::FileError;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};
use uuid::Uuid;

/// Maximum number of imports that run at a time; others wait.
const AT_ONCE: usize = 2;

/// Progress of a job, and whether it is cancelled.
#[derive(Debug, Default)]
pub struct JobProgress {
    /// Number of processed rows.
    pub done: AtomicUsize,
    /// Whether the job waits for others.
    pub waits: AtomicBool,
    /// Whether to stop.
    pub cancelled: AtomicBool,
}

impl JobProgress {
    /// Returns whether the job is cancelled.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// Reason why a job cannot start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Busy {
    /// A check of the import is running.
    Same,
    /// Another import of the account is running.
    Account,
}

/// Running jobs of this server.
#[derive(Debug)]
pub struct JobRegistry {
    all: Mutex<HashMap<Uuid, (Uuid, Arc<JobProgress>)>>,
    turns: Semaphore,
}

impl Default for JobRegistry {
    fn default() -> Self {
        Self { all: Mutex::default(), turns: Semaphore::new(AT_ONCE) }
    }
}

/// A running job, which ends when this value is dropped.
#[derive(Debug)]
pub struct Job {
    under_way: Arc<JobRegistry>,
    import: Uuid,
    /// Progress of the job.
    pub progress: Arc<JobProgress>,
}

impl JobRegistry {
    /// Starts a job for an import of an account.
    pub fn begin(self: &Arc<Self>, account: Uuid, import: Uuid) -> Result<Job, Busy> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        if all.contains_key(&import) {
            return Err(Busy::Same);
        }
        if all.values().any(|(other, _)| *other == account) {
            return Err(Busy::Account);
        }
        let progress = Arc::new(JobProgress::default());
        all.insert(import, (account, progress.clone()));
        Ok(Job { under_way: self.clone(), import, progress })
    }

    /// Returns whether an import of an account is running.
    pub fn is_busy(&self, account: Uuid) -> bool {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.values().any(|(other, progress)| *other == account && !progress.is_cancelled())
    }

    /// Returns the job of an import.
    pub fn of(&self, import: Uuid) -> Option<Arc<JobProgress>> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&import).map(|(_, progress)| progress.clone())
    }
}

impl Job {
    /// Waits until fewer jobs than the maximum are running.
    pub async fn turn(&self) -> Result<SemaphorePermit<'_>, FileError> {
        self.progress.waits.store(true, Ordering::Relaxed);
        // The semaphore is never closed.
        let turn = self.under_way.turns.acquire().await.map_err(|_| FileError::Damaged);
        self.progress.waits.store(false, Ordering::Relaxed);
        turn
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        self.under_way.all.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.import);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn account_has_one_job_and_server_two() {
        let queue = Arc::new(JobRegistry::default());
        let [a, b, c] = [(); 3].map(|()| Uuid::now_v7());
        let first = queue.begin(a, Uuid::now_v7()).unwrap();
        assert_eq!(queue.begin(a, Uuid::now_v7()).err(), Some(Busy::Account));
        assert_eq!(queue.begin(b, first.import).err(), Some(Busy::Same));
        let (second, third) = (queue.begin(b, Uuid::now_v7()).unwrap(), queue.begin(c, Uuid::now_v7()).unwrap());
        let turns = (first.turn().await.unwrap(), second.turn().await.unwrap());
        let waits = tokio::time::timeout(std::time::Duration::from_millis(20), third.turn()).await;
        assert!(waits.is_err() && third.progress.waits.load(Ordering::Relaxed));
        drop(turns);
        assert!(third.turn().await.is_ok());
        drop(first);
        assert!(queue.begin(a, Uuid::now_v7()).is_ok(), "what has ended makes room");
    }
}
