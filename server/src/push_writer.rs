//! Group commit: one task writes all pushes. While a transaction becomes durable, further pushes queue, and the next
//! transaction takes them all. Each push waits for at most two flushes of the disk, and a flush serves many.
//!
//! A panic in a transaction undoes that transaction and is answered like any failure; the task goes on.

use crate::db::records::push::{Push, push};
use crate::db::{Db, DbError, feed};
use crate::reference::cache::Cache;
use crate::supervisor::{Supervisor, message};
use futures::FutureExt;
use futures::future::BoxFuture;
use jiedui_core::sync::PushResult;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex as Lock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// The most mutations in one transaction, so that nobody waits long for the others.
const LARGEST_GROUP: usize = 4_000;
/// Mutations after which SQLite's log is folded into the file.
const CHECKPOINT: usize = 5_000;
/// Pushes that may wait; who comes then waits to be let in.
const WAITING: usize = 256;
/// How long a successful write says that the next would succeed, too.
const FRESH: Duration = Duration::from_secs(1);
/// How long a check waits for its turn.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a transaction may be at work before it counts as stuck.
const LONGEST_TRANSACTION: Duration = Duration::from_secs(60);

/// The way to the task.
#[derive(Clone, Debug)]
pub struct PushWriter {
    jobs: mpsc::Sender<Job>,
    progress: Progress,
}

#[derive(Debug)]
enum Job {
    Push {
        push: Push,
        answer: Answer,
    },
    /// Whether it can write.
    Check(oneshot::Sender<bool>),
}

type Answer = oneshot::Sender<Result<Vec<PushResult>, DbError>>;
/// The results of each push, and the number of the last change, if there was one.
type Written = Result<(Vec<Vec<PushResult>>, Option<i64>), DbError>;

/// Database operations of the task.
trait Work: Send + Sync + 'static {
    /// Applies pushes in one transaction.
    fn write<'a>(&'a self, pushes: &'a [Push]) -> BoxFuture<'a, Written>;
    /// Makes an empty transaction durable.
    fn check(&self) -> BoxFuture<'_, Result<(), DbError>>;
    /// Tells listeners of a change.
    fn tell(&self, change: i64);
    /// Checkpoints the log concurrently with the task.
    fn checkpoint(&self) -> JoinHandle<()>;
}

/// When the task last succeeded, and since when it has been at work.
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
    pub fn start(tasks: &Supervisor, db: Db, known: Cache, changes: watch::Sender<i64>) -> Self {
        Self::start_with(tasks, Database { db, known, changes })
    }

    fn start_with(tasks: &Supervisor, work: impl Work) -> Self {
        let (sender, jobs) = mpsc::channel(WAITING);
        let progress = Progress::default();
        // What waits in the queue outlives the task.
        let (jobs, work, own) = (Arc::new(Mutex::new(jobs)), Arc::new(work), progress.clone());
        tasks.keep("writer", move || {
            let (jobs, work, progress) = (jobs.clone(), work.clone(), own.clone());
            async move { run(&*work, &mut *jobs.lock().await, &progress).await }
        });
        Self { jobs: sender, progress }
    }

    /// Applies a push. The answer comes when it is durable; an error means that nothing has happened.
    pub async fn push(&self, push: Push) -> Result<Vec<PushResult>, DbError> {
        let (answer, answered) = oneshot::channel();
        self.jobs.send(Job::Push { push, answer }).await.map_err(|_| DbError::Stopped)?;
        answered.await.map_err(|_| DbError::Stopped)?
    }

    /// Whether the task lives and can write. Tries it unless it has just written something.
    pub async fn can_write(&self) -> bool {
        if self.progress.has_just_succeeded() {
            return true;
        }
        let (answer, answered) = oneshot::channel();
        let asked = async {
            self.jobs.send(Job::Check(answer)).await.ok()?;
            answered.await.ok()
        };
        match timeout(PATIENCE, asked).await {
            Ok(answer) => answer.unwrap_or(false),
            // A large transaction takes its time.
            Err(_) => self.progress.is_at_work(),
        }
    }
}

async fn run(work: &impl Work, jobs: &mut mpsc::Receiver<Job>, progress: &Progress) {
    let (mut since_checkpoint, mut checkpoint) = (0, None::<JoinHandle<()>>);
    while let Some(first) = jobs.recv().await {
        let (mut pushes, mut answers, mut checks) = (Vec::new(), Vec::new(), Vec::new());
        let (mut next, mut size) = (Some(first), 0);
        while let Some(job) = next {
            match job {
                Job::Push { push, answer } => {
                    size += push.mutations.len();
                    pushes.push(push);
                    answers.push(answer);
                }
                Job::Check(answer) => checks.push(answer),
            }
            next = if size < LARGEST_GROUP { jobs.try_recv().ok() } else { None };
        }
        progress.begin();
        if !pushes.is_empty() {
            let results = write_group(work, &pushes).await;
            progress.end(results.iter().any(Result::is_ok));
            for (answer, result) in answers.into_iter().zip(results) {
                // Who asked may have gone: what is written is written, and is answered the same when they come again.
                let _ = answer.send(result);
            }
        }
        if !checks.is_empty() {
            let can_write = progress.has_just_succeeded() || try_writing(work).await;
            progress.end(can_write);
            for answer in checks {
                // Who asked may have lost patience.
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

/// Applies pushes together, or where that fails each by itself: one that fails must not take the others with it.
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

/// Applies pushes in one transaction and tells of the change. A panic in it is an error, too.
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
        work.tell(change);
    }
    Ok(results)
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

/// The real work.
struct Database {
    db: Db,
    known: Cache,
    changes: watch::Sender<i64>,
}

impl Work for Database {
    /// Applies pushes by the rules as they are by now.
    fn write<'a>(&'a self, pushes: &'a [Push]) -> BoxFuture<'a, Written> {
        Box::pin(async move {
            let mut reference = self.known.current().reference.clone();
            loop {
                match push(&self.db, &reference, pushes).await {
                    Err(DbError::Outdated) => reference = self.known.reload(&self.db).await?.reference.clone(),
                    written => return written,
                }
            }
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), DbError>> {
        Box::pin(feed::try_writing(&self.db))
    }

    fn tell(&self, change: i64) {
        if !self.db.reads_behind() {
            publish(&self.changes, change);
        }
    }

    fn checkpoint(&self) -> JoinHandle<()> {
        let db = self.db.clone();
        tokio::spawn(async move {
            if let Err(error) = db.checkpoint().await {
                tracing::warn!(%error, "the log could not be folded into the file");
            }
        })
    }
}

/// Raises the published number of the last change.
pub fn publish(changes: &watch::Sender<i64>, change: i64) {
    changes.send_if_modified(|last| std::mem::replace(last, change.max(*last)) < change);
}

#[cfg(test)]
mod tests {
    // The faults of these tests are panics.
    #![allow(clippy::panic)]

    use super::*;
    use jiedui_core::access::user::{Role, Scope, User};
    use std::sync::atomic::{AtomicBool, Ordering};
    use uuid::Uuid;

    /// A client whose pushes panic.
    const HOSTILE: Uuid = Uuid::from_u128(0xbad);

    /// Fails in every way that a test asks for.
    #[derive(Default)]
    struct Faulty {
        told: Arc<Lock<Vec<i64>>>,
        is_full: Arc<AtomicBool>,
    }

    impl Work for Faulty {
        fn write<'a>(&'a self, pushes: &'a [Push]) -> BoxFuture<'a, Written> {
            Box::pin(async move {
                tokio::task::yield_now().await;
                assert!(pushes.iter().all(|push| push.client != HOSTILE), "attempt to add with overflow");
                Ok((pushes.iter().map(|_| Vec::new()).collect(), Some(i64::try_from(pushes.len()).unwrap())))
            })
        }

        fn check(&self) -> BoxFuture<'_, Result<(), DbError>> {
            Box::pin(async { if self.is_full.load(Ordering::SeqCst) { Err(DbError::Stopped) } else { Ok(()) } })
        }

        fn tell(&self, change: i64) {
            self.told.lock().unwrap().push(change);
        }

        fn checkpoint(&self) -> JoinHandle<()> {
            tokio::spawn(async {})
        }
    }

    fn push_by(client: Uuid) -> Push {
        let scope = Scope { places: Vec::new(), programmes: Vec::new() };
        let actor = User { id: Uuid::nil(), username: String::new(), name: String::new(), role: Role::Recorder, scope };
        Push { actor, client, mutations: Vec::new(), last_day: time::Date::MAX, whole: false }
    }

    #[tokio::test]
    async fn writer_survives_a_panic_and_fails_that_push_alone() {
        let (_stop, stopping) = watch::channel(false);
        let work = Faulty::default();
        let told = work.told.clone();
        let writer = PushWriter::start_with(&Supervisor::new(stopping), work);
        let (good, bad, other) = tokio::join!(
            writer.push(push_by(Uuid::from_u128(1))),
            writer.push(push_by(HOSTILE)),
            writer.push(push_by(Uuid::from_u128(2)))
        );
        assert!(matches!(bad, Err(DbError::Panicked(_))), "{bad:?}");
        assert!(good.is_ok() && other.is_ok());
        assert!(writer.push(push_by(Uuid::from_u128(3))).await.is_ok(), "the writer goes on");
        assert_eq!(told.lock().unwrap().len(), 3);
    }

    #[tokio::test]
    async fn writer_that_cannot_write_says_so_until_it_can() {
        let (_stop, stopping) = watch::channel(false);
        let work = Faulty::default();
        let is_full = work.is_full.clone();
        is_full.store(true, Ordering::SeqCst);
        let writer = PushWriter::start_with(&Supervisor::new(stopping), work);
        assert!(!writer.can_write().await);
        is_full.store(false, Ordering::SeqCst);
        assert!(writer.can_write().await);
    }
}
