//! The database: SQLite in one file, or PostgreSQL. All SQL of the project is in this folder and means the same on both.

pub mod accounts;
pub mod audit;
pub mod backup;
pub mod bulk;
mod error;
pub mod feed;
pub mod figures;
pub mod file_lock;
pub mod files;
mod open;
pub mod records;
pub mod reference;
mod time_limits;
mod tx;
mod wal;
mod with_db;

pub use error::{DbError, Result, Unreadable};
pub use tx::Tx;
pub(crate) use with_db::with_db;

use file_lock::{FileIdentity, FileLock};
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use time_limits::TimeLimits;

/// Free space below which a server is not ready. Small transactions may still fit into the log when a push does not.
const LEAST_ROOM: u64 = 1 << 20;

/// Open database.
#[derive(Clone, Debug)]
pub enum Db {
    /// SQLite: a single connection writes while others read.
    Sqlite {
        /// Connection that writes.
        writer: SqlitePool,
        /// Connections that read.
        readers: SqlitePool,
        /// Identity of the open file.
        identity: FileIdentity,
        /// Lock against a replacement of the file; `None` for a temporary file.
        lock: Option<Arc<FileLock>>,
    },
    /// A PostgreSQL server.
    Postgres {
        /// Primary: takes writes, and reads that must be up to date.
        primary: PgPool,
        /// Serves pulls and figures: the primary or its replica.
        readers: PgPool,
        /// Whether `readers` is a replica, which lags behind the primary.
        behind: bool,
        /// Time limits of both.
        limits: TimeLimits,
        /// The same database with the time limits for long work, if these are the limits for requests.
        long: Option<Arc<Db>>,
    },
}

/// The two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Db {
    /// Returns whether SQLite's disk has room for the next write. PostgreSQL monitors its own disk.
    pub fn has_room(&self) -> bool {
        let Self::Sqlite { writer, .. } = self else { return true };
        let options = writer.connect_options();
        // If the file system does not report its free space, the next write finds out.
        rustix::fs::statvfs(options.get_filename())
            .map_or(true, |disk| disk.f_bavail.saturating_mul(disk.f_frsize) >= LEAST_ROOM)
    }

    /// Returns whether the open SQLite file was replaced by another: further writes would be lost.
    pub fn is_replaced(&self) -> bool {
        matches!(self, Self::Sqlite { identity, .. } if identity.is_replaced())
    }

    /// Returns whether reads may lag behind writes.
    pub fn reads_behind(&self) -> bool {
        matches!(self, Self::Postgres { behind: true, .. })
    }

    /// Returns `sqlite` or `postgres`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres { .. } => "postgres",
        }
    }

    /// Waits for running statements and closes the database.
    pub async fn close(&self) {
        if let Self::Postgres { long: Some(long), .. } = self {
            Box::pin(long.close()).await;
        }
        match self {
            Self::Sqlite { writer, readers, .. } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres { primary, readers, .. } => {
                readers.close().await;
                primary.close().await;
            }
        }
    }
}

/// Converts a number to the type of the database's columns.
pub fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Returns the server's time in milliseconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Formats an instant as on the wire: RFC 3339 in UTC.
pub fn instant(milliseconds: i64) -> String {
    let format =
        time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(milliseconds) * 1_000_000)
        .ok()
        .and_then(|instant| instant.format(format).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
