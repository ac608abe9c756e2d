//! Transactions. A connection goes back to its pool only after a commit or a rollback that succeeded; otherwise it is closed.
//! SQLite rolls back by itself when the disk is full. A connection that still assumes a transaction would fail every
//! later one.

use super::{Db, DbError, Dialect, Result};
use sqlx::pool::PoolConnection;
use sqlx::{Database, Postgres, Sqlite};
use std::ops::{Deref, DerefMut};
use std::time::Duration;

/// A transaction. If it is dropped without [`Tx::commit`], it is rolled back and its connection is closed.
pub enum Tx {
    /// Transaction on SQLite.
    Sqlite(OpenConnection<Sqlite>),
    /// Transaction on PostgreSQL.
    Postgres(OpenConnection<Postgres>),
}

/// A pooled connection on which a transaction is open.
pub struct OpenConnection<DB: Database> {
    connection: PoolConnection<DB>,
    /// Maximum wait for the answer to a statement.
    limit: Option<Duration>,
    has_ended: bool,
}

impl<DB: Database> OpenConnection<DB> {
    fn new(connection: PoolConnection<DB>, limit: Option<Duration>) -> Self {
        Self { connection, limit, has_ended: false }
    }

    /// Returns the maximum wait for the answer to a statement.
    pub(super) fn limit(&self) -> Option<Duration> {
        self.limit
    }
}

impl<DB: Database> Deref for OpenConnection<DB> {
    type Target = DB::Connection;

    fn deref(&self) -> &DB::Connection {
        &self.connection
    }
}

impl<DB: Database> DerefMut for OpenConnection<DB> {
    fn deref_mut(&mut self) -> &mut DB::Connection {
        &mut self.connection
    }
}

impl<DB: Database> Drop for OpenConnection<DB> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.connection.close_on_drop();
        }
    }
}

impl Db {
    /// Begins a transaction that writes. On SQLite it locks at once: a transaction that reads first and writes later would
    /// fail instead of waiting. Fails if the open file was replaced.
    pub async fn begin(&self) -> Result<Tx> {
        if self.is_replaced() {
            return Err(DbError::Replaced);
        }
        match self {
            Self::Sqlite { writer, .. } => {
                Tx::Sqlite(OpenConnection::new(writer.acquire().await?, None)).run("BEGIN IMMEDIATE").await
            }
            Self::Postgres { primary, limits, .. } => {
                Tx::Postgres(OpenConnection::new(primary.acquire().await?, Some(limits.answer()))).run("BEGIN").await
            }
        }
    }

    /// Begins a read transaction on one snapshot. End it by [`Tx::rollback`].
    pub async fn begin_reading(&self) -> Result<Tx> {
        match self {
            Self::Sqlite { readers, .. } => {
                Tx::Sqlite(OpenConnection::new(readers.acquire().await?, None)).run("BEGIN").await
            }
            Self::Postgres { readers, limits, .. } => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
                Tx::Postgres(OpenConnection::new(readers.acquire().await?, Some(limits.answer()))).run(begin).await
            }
        }
    }
}

impl Tx {
    /// Returns the kind of database.
    pub fn kind(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// Commits the transaction.
    pub async fn commit(self) -> Result<()> {
        self.end("COMMIT").await
    }

    /// Rolls back and returns the connection to its pool, unlike a drop.
    pub async fn rollback(self) -> Result<()> {
        self.end("ROLLBACK").await
    }

    async fn run(mut self, statement: &'static str) -> Result<Self> {
        match &mut self {
            Self::Sqlite(open) => sqlx::query(statement).execute(&mut **open).await.map(drop)?,
            Self::Postgres(open) => sqlx::query(statement).execute(&mut **open).await.map(drop)?,
        }
        Ok(self)
    }

    async fn end(self, statement: &'static str) -> Result<()> {
        match self.run(statement).await? {
            Self::Sqlite(mut open) => open.has_ended = true,
            Self::Postgres(mut open) => open.has_ended = true,
        }
        Ok(())
    }
}
