//! Work of the writer on the real database.

use super::work::{Work, Written};
use crate::db::records::push::{Push, push};
use crate::db::{Db, DbError, feed};
use crate::reference::cache::Cache;
use futures::future::BoxFuture;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// The database of the server.
pub(super) struct Database {
    pub(super) db: Db,
    pub(super) reference: Cache,
    pub(super) changes: watch::Sender<i64>,
}

impl Work for Database {
    /// Applies pushes with the current rules.
    fn write<'a>(&'a self, pushes: &'a [Push]) -> BoxFuture<'a, Written> {
        Box::pin(async move {
            let mut reference = self.reference.current().reference.clone();
            loop {
                match push(&self.db, &reference, pushes).await {
                    Err(DbError::Outdated) => reference = self.reference.reload(&self.db).await?.reference.clone(),
                    written => return written,
                }
            }
        })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), DbError>> {
        Box::pin(feed::try_writing(&self.db))
    }

    fn publish(&self, change: i64) {
        if !self.db.reads_behind() {
            publish(&self.changes, change);
        }
    }

    fn empty_log(&self) -> BoxFuture<'_, Result<bool, DbError>> {
        Box::pin(self.db.empty_log())
    }

    fn checkpoint(&self) -> JoinHandle<()> {
        let db = self.db.clone();
        tokio::spawn(async move {
            if let Err(error) = db.checkpoint().await {
                tracing::warn!(%error, "the log could not be checkpointed");
            }
        })
    }
}

/// Raises the published number of the last change.
pub fn publish(changes: &watch::Sender<i64>, change: i64) {
    changes.send_if_modified(|last| std::mem::replace(last, change.max(*last)) < change);
}
