//! Time limits on PostgreSQL. Where a person waits, a database that is locked or does not answer costs a few seconds.

use super::error::{DbError, Result};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use std::time::Duration;

/// Wait for the answer to a statement beyond its time limit. PostgreSQL itself ends a statement at its limit; a stopped
/// process of PostgreSQL does not.
const GRACE: Duration = Duration::from_secs(1);

/// Time limits of a pool of connections.
#[derive(Clone, Copy, Debug)]
pub struct TimeLimits {
    /// Maximum number of connections.
    connections: u32,
    /// Maximum wait for a connection.
    acquire: Duration,
    /// Maximum wait for a lock (`lock_timeout`).
    lock: Duration,
    /// Maximum time of a statement (`statement_timeout`).
    statement: Duration,
}

impl TimeLimits {
    /// For requests: one that waits in vain is answered with 503 within five seconds.
    pub const REQUEST: Self = Self {
        connections: 8,
        acquire: Duration::from_secs(4),
        lock: Duration::from_secs(3),
        statement: Duration::from_secs(4),
    };
    /// For commands, exports and the first overview.
    pub const LONG: Self = Self {
        connections: 4,
        acquire: Duration::from_secs(30),
        lock: Duration::from_secs(10),
        statement: Duration::from_secs(600),
    };

    /// Returns a pool with these limits, which connects when it is used.
    pub(super) fn pool(self, options: PgConnectOptions) -> PgPool {
        let milliseconds = |limit: Duration| limit.as_millis().to_string();
        // The last of two values for the same setting applies.
        let options = options
            .options([("lock_timeout", milliseconds(self.lock)), ("statement_timeout", milliseconds(self.statement))]);
        PgPoolOptions::new().max_connections(self.connections).acquire_timeout(self.acquire).connect_lazy_with(options)
    }

    /// Maximum wait for the answer to a statement.
    pub(super) fn answer(self) -> Duration {
        self.statement + GRACE
    }
}

/// Waits for statements. Fails with [`DbError::Unavailable`] if they take longer than a limit.
pub(super) async fn within<T>(limit: Option<Duration>, statements: impl Future<Output = Result<T>>) -> Result<T> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, statements).await.unwrap_or(Err(DbError::Unavailable)),
        None => statements.await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn within_ends_a_wait_for_a_silent_database() {
        let silent = std::future::pending::<Result<()>>();
        let limit = Some(Duration::from_millis(5));
        assert!(matches!(within(limit, silent).await, Err(DbError::Unavailable)));
        assert!(matches!(within(limit, async { Ok(7) }).await, Ok(7)));
    }
}
