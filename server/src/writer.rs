//! One task writes what is pushed: while a transaction is made durable, further pushes gather, and the next transaction
//! takes them all. Of many at once each waits for two flushes of the disk at most, and a flush serves many.

use crate::db::push::{Push, push};
use crate::db::{Db, DbError};
use crate::known::Shared;
use jiedui_core::sync::PushResult;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

/// The most mutations in one transaction, so that nobody waits long for the others.
const LARGEST_GROUP: usize = 4_000;
/// Mutations after which SQLite's log is folded into the file.
const CHECKPOINT: usize = 5_000;
/// Pushes that may wait; who comes then waits to be let in.
const WAITING: usize = 256;

/// The way to the task.
#[derive(Clone, Debug)]
pub struct Writer(mpsc::Sender<Job>);

#[derive(Debug)]
struct Job {
    push: Push,
    answer: oneshot::Sender<Result<Vec<PushResult>, DbError>>,
}

impl Writer {
    /// Starts the task. It tells `changes` the number of each transaction's last change at once; where reads come from a
    /// replica, whoever follows the feed tells it once the replica has it.
    pub fn start(db: Db, known: Shared, changes: watch::Sender<i64>) -> Self {
        let (sender, jobs) = mpsc::channel(WAITING);
        tokio::spawn(run(db, known, changes, jobs));
        Self(sender)
    }

    /// Applies a push. The answer comes when it is durable; an error means that nothing has happened.
    pub async fn push(&self, push: Push) -> Result<Vec<PushResult>, DbError> {
        let (answer, answered) = oneshot::channel();
        self.0.send(Job { push, answer }).await.map_err(|_| DbError::Stopped)?;
        answered.await.map_err(|_| DbError::Stopped)?
    }
}

async fn run(db: Db, known: Shared, changes: watch::Sender<i64>, mut jobs: mpsc::Receiver<Job>) {
    let (mut since_checkpoint, mut checkpoint) = (0, None::<JoinHandle<()>>);
    while let Some(first) = jobs.recv().await {
        let (mut pushes, mut answers) = (vec![first.push], vec![first.answer]);
        while pushes.iter().map(|push| push.mutations.len()).sum::<usize>() < LARGEST_GROUP {
            let Ok(Job { push, answer }) = jobs.try_recv() else { break };
            pushes.push(push);
            answers.push(answer);
        }
        let written = write(&db, &known, &pushes).await;
        let results = match written {
            Ok((results, change)) => {
                change.filter(|_| !db.reads_behind()).into_iter().for_each(|change| tell(&changes, change));
                results.into_iter().map(Ok).collect()
            }
            Err(error) if pushes.len() == 1 => vec![Err(error)],
            // Another server's transaction holds the feed: each of them would wait as long as all together.
            Err(error) if error.is_busy() => pushes.iter().map(|_| Err(DbError::Busy)).collect(),
            // One that the database will not have must not take the others with it.
            Err(_) => one_by_one(&db, &known, &changes, &pushes).await,
        };
        for (answer, result) in answers.into_iter().zip(results) {
            // Who asked may have gone: what is written is written, and is answered the same when they come again.
            let _ = answer.send(result);
        }
        since_checkpoint += pushes.iter().map(|push| push.mutations.len()).sum::<usize>();
        if since_checkpoint > CHECKPOINT && checkpoint.as_ref().is_none_or(JoinHandle::is_finished) {
            since_checkpoint = 0;
            let db = db.clone();
            checkpoint = Some(tokio::spawn(async move {
                if let Err(error) = db.checkpoint().await {
                    tracing::warn!(%error, "the log could not be folded into the file");
                }
            }));
        }
    }
}

/// Applies pushes by the rules as they are by now.
async fn write(db: &Db, known: &Shared, pushes: &[Push]) -> Result<(Vec<Vec<PushResult>>, Option<i64>), DbError> {
    let mut reference = known.get().reference.clone();
    loop {
        match push(db, &reference, pushes).await {
            Err(DbError::Outdated) => reference = known.renew(db).await?.reference.clone(),
            written => return written,
        }
    }
}

async fn one_by_one(
    db: &Db,
    known: &Shared,
    changes: &watch::Sender<i64>,
    pushes: &[Push],
) -> Vec<Result<Vec<PushResult>, DbError>> {
    let mut results = Vec::with_capacity(pushes.len());
    for alone in pushes {
        results.push(write(db, known, std::slice::from_ref(alone)).await.map(|(mut results, change)| {
            change.filter(|_| !db.reads_behind()).into_iter().for_each(|change| tell(changes, change));
            results.pop().unwrap_or_default()
        }));
    }
    results
}

/// Raises the number of the last change that listeners are told.
pub fn tell(changes: &watch::Sender<i64>, change: i64) {
    changes.send_if_modified(|last| std::mem::replace(last, change.max(*last)) < change);
}
