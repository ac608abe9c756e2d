//! Group commit: one task writes all pushes. While a transaction becomes durable, further pushes queue, and the next
//! transaction takes them all. Each push waits for at most two flushes of the disk, and a flush serves many.
//!
//! A panic in a transaction rolls it back and is answered like any failure. The task continues.

mod database;
mod work;

pub use database::publish;

use crate::db::records::push::Push;
use crate::db::{Db, DbError};
use crate::reference::cache::Cache;
use crate::supervisor::{Supervisor, message};
use database::Database;
use futures::FutureExt;
use jiedui_core::sync::PushResult;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use work::Work;

/// Maximum number of mutations in one transaction, which bounds the wait of each push.
const LARGEST_GROUP: usize = 4_000;
/// Number of mutations after which SQLite's log is checkpointed.
const CHECKPOINT: usize = 5_000;
/// Time without a push after which the log is emptied into the file.
const REST: Duration = Duration::from_secs(1);
/// Capacity of the queue of pushes. Further senders wait.
const QUEUE: usize = 256;
/// Time for which a successful write counts as proof that the next one would succeed.
const FRESH: Duration = Duration::from_secs(1);
/// Maximum wait of a check for its turn.
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);
/// Duration after which a running transaction counts as stuck.
const LONGEST_TRANSACTION: Duration = Duration::from_secs(60);

/// Sender to the task.
#[derive(Clone, Debug)]
pub struct PushWriter {
    jobs: mpsc::Sender<Job>,
    progress: Progress,
}

#[derive(Debug)]
enum Job {
    Push {
        push: Box<Push>,
        answer: Answer,
    },
    /// Checks whether the task can write.
    Check(oneshot::Sender<bool>),
}

type Answer = oneshot::Sender<Result<Vec<PushResult>, DbError>>;
/// Time of the last success, and start of the running transaction.
#[derive(Clone, Debug, Default)]
struct Progress(Arc<Lock<(Option<Instant>, Option<Instant>)>>);

impl Progress {
    fn begin(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1 = Some(Instant::now());
    }

    fn end(&self, succeeded: bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = (succeeded.then(Instant::now), None);
    }

    fn has_just_succeeded(&self) -> bool {
        let (succeeded, _) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        succeeded.is_some_and(|at| at.elapsed() < FRESH)
    }

    fn is_at_work(&self) -> bool {
        let (_, since) = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|since| since.elapsed() < LONGEST_TRANSACTION)
    }
}

impl PushWriter {
    /// Starts the task. It publishes the number of each transaction's last change to `changes` at once. If reads come
    /// from a replica, the follower of the feed publishes it once the replica has it.
    pub fn start(tasks: &Supervisor, db: Db, reference: Cache, changes: watch::Sender<i64>) -> Self {
        Self::start_with(tasks, Database { db, reference, changes })
    }

    fn start_with(tasks: &Supervisor, work: impl Work) -> Self {
        let (sender, jobs) = mpsc::channel(QUEUE);
        let progress = Progress::default();
        // The queue outlives a restart of the task.
        let (jobs, work, shared) = (Arc::new(Mutex::new(jobs)), Arc::new(work), progress.clone());
        tasks.keep("writer", move || {
            let (jobs, work, progress) = (jobs.clone(), work.clone(), shared.clone());
            async move { run(&*work, &mut *jobs.lock().await, &progress).await }
        });
        Self { jobs: sender, progress }
    }

    /// Applies a push and returns once it is durable. An error means that nothing was written.
    pub async fn push(&self, push: Push) -> Result<Vec<PushResult>, DbError> {
        let (answer, answered) = oneshot::channel();
        self.jobs.send(Job::Push { push: Box::new(push), answer }).await.map_err(|_| DbError::Stopped)?;
        answered.await.map_err(|_| DbError::Stopped)?
    }

    /// Returns whether the task can write. Writes an empty transaction, unless a write has just succeeded.
    pub async fn can_write(&self) -> bool {
        if self.progress.has_just_succeeded() {
            return true;
        }
        let (answer, answered) = oneshot::channel();
        let asked = async {
            self.jobs.send(Job::Check(answer)).await.ok()?;
            answered.await.ok()
        };
        match timeout(CHECK_TIMEOUT, asked).await {
            Ok(answer) => answer.unwrap_or(false),
            // A large transaction may run longer than the check waits.
            Err(_) => self.progress.is_at_work(),
        }
    }
}

async fn run(work: &impl Work, jobs: &mut mpsc::Receiver<Job>, progress: &Progress) {
    let (mut since_checkpoint, mut checkpoint) = (0, None::<JoinHandle<()>>);
    let mut log_is_empty = false;
    loop {
        let next = if log_is_empty { Ok(jobs.recv().await) } else { timeout(REST, jobs.recv()).await };
        let first = match next {
            Ok(Some(job)) => job,
            Ok(None) => return,
            Err(_) => {
                log_is_empty = empty_log(work).await;
                continue;
            }
        };
        let (mut pushes, mut answers, mut checks) = (Vec::new(), Vec::new(), Vec::new());
        let (mut next, mut size) = (Some(first), 0);
        while let Some(job) = next {
            match job {
                Job::Push { push, answer } => {
                    size += push.mutations.len();
                    pushes.push(*push);
                    answers.push(answer);
                }
                Job::Check(answer) => checks.push(answer),
            }
            next = if size < LARGEST_GROUP { jobs.try_recv().ok() } else { None };
        }
        progress.begin();
        if !pushes.is_empty() {
            log_is_empty = false;
            let results = write_group(work, &pushes).await;
            progress.end(results.iter().any(Result::is_ok));
            for (answer, result) in answers.into_iter().zip(results) {
                // The client may have disconnected. A repeated push gets the same answer.
                let _ = answer.send(result);
            }
        }
        if !checks.is_empty() {
            let can_write = progress.has_just_succeeded() || try_writing(work).await;
            progress.end(can_write);
            for answer in checks {
                // The check may have timed out.
                let _ = answer.send(can_write);
            }
        }
        since_checkpoint += size;
        if since_checkpoint > CHECKPOINT && checkpoint.as_ref().is_none_or(JoinHandle::is_finished) {
            since_checkpoint = 0;
            checkpoint = Some(work.checkpoint());
        }
    }
}

/// Applies pushes together. If that fails, applies each by itself, so that one failure does not affect the others.
async fn write_group(work: &impl Work, pushes: &[Push]) -> Vec<Result<Vec<PushResult>, DbError>> {
    match write(work, pushes).await {
        Ok(results) => results.into_iter().map(Ok).collect(),
        Err(error) if pushes.len() == 1 => vec![Err(error)],
        // Another server's transaction holds the feed: each of them would wait as long as all together.
        Err(error) if error.is_busy() => pushes.iter().map(|_| Err(DbError::Busy)).collect(),
        Err(error) if error.is_unavailable() => pushes.iter().map(|_| Err(DbError::Unavailable)).collect(),
        Err(_) => {
            let mut results = Vec::with_capacity(pushes.len());
            let mut is_unavailable = false;
            for push in pushes {
                // Each further attempt would wait for a connection again.
                let written = if is_unavailable {
                    Err(DbError::Unavailable)
                } else {
                    write(work, std::slice::from_ref(push)).await
                };
                is_unavailable |= written.as_ref().is_err_and(DbError::is_unavailable);
                results.push(written.map(|mut results| results.pop().unwrap_or_default()));
            }
            results
        }
    }
}

/// Applies pushes in one transaction and publishes the change. A panic in it is an error, too.
async fn write(work: &impl Work, pushes: &[Push]) -> Result<Vec<Vec<PushResult>>, DbError> {
    let written = AssertUnwindSafe(async { work.write(pushes).await }).catch_unwind().await;
    let (results, change) = written.unwrap_or_else(|panic| {
        let panic = message(&*panic).to_owned();
        for push in pushes.iter().filter(|_| pushes.len() == 1) {
            let numbers: Vec<u64> = push.mutations.iter().map(|(mutation, _)| mutation.seq).collect();
            tracing::error!(panic, account = %push.actor.id, client = %push.client, ?numbers, "a push made the writer panic");
        }
        Err(DbError::Panicked(panic))
    })?;
    if let Some(change) = change {
        work.publish(change);
    }
    Ok(results)
}

/// Returns whether the log is empty. A failure is logged, and tried again after the next push.
async fn empty_log(work: &impl Work) -> bool {
    match AssertUnwindSafe(async { work.empty_log().await }).catch_unwind().await {
        Ok(Ok(is_empty)) => is_empty,
        Ok(Err(error)) => {
            tracing::warn!(%error, "the log could not be emptied into the file");
            true
        }
        Err(panic) => {
            tracing::error!(panic = message(&*panic), "emptying the log panicked");
            true
        }
    }
}

async fn try_writing(work: &impl Work) -> bool {
    match AssertUnwindSafe(async { work.check().await }).catch_unwind().await {
        Ok(Ok(())) => true,
        // Another server is writing.
        Ok(Err(error)) if error.is_busy() => true,
        Ok(Err(error)) => {
            tracing::error!(%error, "nothing can be written");
            false
        }
        Err(panic) => {
            tracing::error!(panic = message(&*panic), "the check of the writer panicked");
            false
        }
    }
}

#[cfg(test)]
mod tests;
