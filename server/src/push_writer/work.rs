//! Database operations of the writer, which tests replace.

use crate::db::DbError;
use crate::db::records::push::Push;
use futures::future::BoxFuture;
use jiedui_core::sync::PushResult;
use tokio::task::JoinHandle;

/// Results of each push, and the number of the last change, if there was one.
pub(super) type Written = Result<(Vec<Vec<PushResult>>, Option<i64>), DbError>;

/// Database operations of the task.
pub(super) trait Work: Send + Sync + 'static {
    /// Applies pushes in one transaction.
    fn write<'a>(&'a self, pushes: &'a [Push]) -> BoxFuture<'a, Written>;
    /// Makes an empty transaction durable.
    fn check(&self) -> BoxFuture<'_, Result<(), DbError>>;
    /// Publishes the number of the last change.
    fn publish(&self, change: i64);
    /// Empties the log into the file; false while a reader needs the log.
    fn empty_log(&self) -> BoxFuture<'_, Result<bool, DbError>>;
    /// Checkpoints the log concurrently with the task.
    fn checkpoint(&self) -> JoinHandle<()>;
}
