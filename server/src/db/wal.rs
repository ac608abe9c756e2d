//! SQLite's write-ahead log: checkpoints while the server writes, and an empty log while it rests.

use super::{Db, Result};
use std::time::Duration;

/// Time that a statement of SQLite waits for the lock of another connection.
pub(super) const LOCK_WAIT: Duration = Duration::from_secs(10);

impl Db {
    /// Checkpoints SQLite's log concurrently with readers and the writer, so that no commit has to.
    pub async fn checkpoint(&self) -> Result<()> {
        if let Self::Sqlite { readers, .. } = self {
            sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(readers).await?;
        }
        Ok(())
    }

    /// Empties SQLite's log into the file, so that the disk holds each row once. Returns false if a reader still needs the
    /// log; it does not wait for that reader.
    pub async fn empty_log(&self) -> Result<bool> {
        let Self::Sqlite { writer, .. } = self else { return Ok(true) };
        // The long part needs no lock.
        self.checkpoint().await?;
        let mut connection = writer.acquire().await?;
        sqlx::query("PRAGMA busy_timeout = 0").execute(&mut *connection).await?;
        let emptied = sqlx::query_scalar::<_, i64>("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *connection).await;
        let wait = format!("PRAGMA busy_timeout = {}", LOCK_WAIT.as_millis());
        let restored = sqlx::query(sqlx::AssertSqlSafe(wait)).execute(&mut *connection).await;
        if restored.is_err() {
            connection.close_on_drop();
        }
        Ok(emptied? == 0)
    }
}
