//! Errors of database operations.

use std::path::PathBuf;

/// Stored data that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Kind of the record, or name of the table.
    pub kind: String,
    /// Identifier, which may have several parts.
    pub id: String,
    /// Reason.
    pub reason: String,
}

/// Error of a database operation.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The connection, the disk or the statement failed.
    #[error("database: {0}")]
    Sql(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("database migration: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// A value cannot be written as JSON, or JSON has another type than expected.
    #[error("JSON: {0}")]
    Stored(#[from] serde_json::Error),
    /// A file of the data folder could not be read, written or removed.
    #[error("file: {0}")]
    File(#[from] std::io::Error),
    /// Stored data cannot be read by this version of the program.
    #[error("the stored {} {} cannot be read: {}", .0.kind, .0.id, .0.reason)]
    Unreadable(Unreadable),
    /// The address names no supported kind of database.
    #[error("{0}: `{1}` is neither sqlite://FILE nor postgres://…")]
    Url(&'static str, String),
    /// SQLite has no replica.
    #[error("JIEDUI_REPLICA_URL: only a PostgreSQL database can have a replica")]
    NoReplica,
    /// The system gave no random numbers, or a stored key is invalid.
    #[error("no key could be made")]
    NoRandomness,
    /// The database does not answer in time, to this statement or an earlier transaction.
    #[error("the database does not answer")]
    Unavailable,
    /// Another transaction holds what this one needs.
    #[error("another transaction holds the lock")]
    Busy,
    /// The folder of the database file cannot be created.
    #[error("JIEDUI_DATABASE_URL: {path}: {source}", path = .0.display(), source = .1)]
    Folder(PathBuf, std::io::Error),
    /// Another program uses or replaces the database file.
    #[error("{path}: another program is using this database; stop the server first", path = .0.display())]
    InUse(PathBuf),
    /// The database file was replaced or removed while it was open.
    #[error("the database file was replaced while the server was running; nothing is written until it is restarted")]
    Replaced,
    /// The reference data changed in the meantime.
    #[error("catalogue, directory or closed months have changed")]
    Outdated,
    /// Number of rejected or conflicting mutations of a push that is all or nothing.
    #[error("{0} of the changes cannot be made")]
    NotWhole(usize),
    /// The server is shutting down.
    #[error("the server is stopping")]
    Stopped,
    /// The program panicked in a transaction, which was rolled back.
    #[error("a panic: {0}")]
    Panicked(String),
    /// A program of PostgreSQL is missing on this machine.
    #[error("{0} is not installed: install PostgreSQL's client programs, such as Debian's package postgresql-client")]
    NoTool(&'static str),
    /// A program of PostgreSQL failed: its name and its message.
    #[error("{0}: {1}")]
    Tool(&'static str, String),
}

/// Shorthand of this folder.
pub type Result<T> = std::result::Result<T, DbError>;

impl DbError {
    /// Returns whether a figure is out of the range of its column: a check failed, or PostgreSQL reports 22003.
    pub fn is_out_of_range(&self) -> bool {
        match self {
            Self::Sql(sqlx::Error::Database(error)) => {
                error.kind() == sqlx::error::ErrorKind::CheckViolation || error.code().as_deref() == Some("22003")
            }
            _ => false,
        }
    }

    /// Returns whether the wait for a lock timed out: SQLSTATE 55P03, lock_not_available.
    pub fn is_busy(&self) -> bool {
        match self {
            Self::Busy => true,
            Self::Sql(sqlx::Error::Database(error)) => error.code().as_deref() == Some("55P03"),
            _ => false,
        }
    }

    /// Returns whether the database does not answer: no connection in time, a broken one, or a cancelled statement
    /// (SQLSTATE 57014, query_canceled).
    pub fn is_unavailable(&self) -> bool {
        use sqlx::Error::{Database, Io, PoolClosed, PoolTimedOut};
        match self {
            Self::Unavailable | Self::Sql(Io(_) | PoolClosed | PoolTimedOut) => true,
            Self::Sql(Database(error)) => error.code().as_deref() == Some("57014"),
            _ => false,
        }
    }

    /// Returns whether the disk is full: SQLITE_FULL and SQLITE_IOERR_SHMSIZE, or SQLSTATE 53100, disk_full.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Sql(sqlx::Error::Database(error))
            if matches!(error.code().as_deref(), Some("13" | "4874" | "53100")))
    }
}
