//! The database: SQLite in one file, or PostgreSQL. All SQL of the project is in this folder and means the same on both.

pub mod accounts;
pub mod backup;
pub mod bulk;
pub mod feed;
pub mod figures;
pub mod file_lock;
pub mod files;
pub mod records;
pub mod reference;
mod tx;

pub use tx::Tx;

use crate::private;
use file_lock::{FileIdentity, FileLock, with_suffix};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How many may read at once from SQLite.
const READERS: u32 = 4;
/// How many connections a server holds to PostgreSQL.
const CONNECTIONS: u32 = 8;

/// Maximum wait for a connection to PostgreSQL. A request is answered with 503 after it.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(4);
/// Maximum wait at start for a PostgreSQL that starts at the same time.
const STARTUP_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a transaction on PostgreSQL waits for another.
const LOCK_TIMEOUT: &str = "10s";
/// Rows that SQLite may be ahead of their reader.
const ROW_BUFFER: usize = 1_024;
/// The memory for SQLite's pages under the one connection that writes, in KB as SQLite wants it.
const WRITER_CACHE: &str = "-4000";
/// The same under each that reads.
const READER_CACHE: &str = "-1000";
/// Pages of 4 KB in SQLite's log before a commit has to fold it into the file, where [`Db::checkpoint`] has not: 64 MB.
const CHECKPOINT: &str = "16000";

/// The room on the disk below which a server is not ready: small transactions may still fit into the log where a push does not.
const LEAST_ROOM: u64 = 1 << 20;

/// Error of a database operation.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The connection, the disk or the statement failed.
    #[error("database: {0}")]
    Sql(#[from] sqlx::Error),
    /// The schema could not be brought up to date.
    #[error("database migration: {0}")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// Stored data cannot be read by this version of the program.
    #[error("stored data: {0}")]
    Stored(#[from] serde_json::Error),
    /// A file of the data folder could not be read, written or removed.
    #[error("file: {0}")]
    File(#[from] std::io::Error),
    /// A stored record cannot be read by this version of the program.
    #[error("the stored {0} {1} cannot be read: {2}")]
    Unreadable(String, uuid::Uuid, serde_json::Error),
    /// The address names no database that is known here.
    #[error("{0}: `{1}` is neither sqlite://FILE nor postgres://…")]
    Url(&'static str, String),
    /// A file is not followed by a replica.
    #[error("JIEDUI_REPLICA_URL: only a PostgreSQL database can have a replica")]
    NoReplica,
    /// The system gave no random numbers, or a stored key is invalid.
    #[error("no key could be made")]
    NoRandomness,
    /// The database does not answer, as an earlier transaction showed.
    #[error("the database does not answer")]
    Unavailable,
    /// Another transaction holds what this one needs.
    #[error("the database is held by another transaction")]
    Busy,
    /// The folder of the database file cannot be made.
    #[error("JIEDUI_DATABASE_URL: {path}: {source}", path = .0.display(), source = .1)]
    Folder(PathBuf, std::io::Error),
    /// Another program uses the database file, or replaces it.
    #[error("{path}: another program is using this database; stop the server first", path = .0.display())]
    InUse(PathBuf),
    /// The database file was replaced or removed while it was open.
    #[error("the database file was replaced while the server was running; nothing is written until it is restarted")]
    Replaced,
    /// The reference data changed in the meantime.
    #[error("catalogue, directory or closed months have changed")]
    Outdated,
    /// Number of changes that cannot be made, in a push that is all or nothing.
    #[error("{0} of the changes cannot be made")]
    NotWhole(usize),
    /// The server is about to end.
    #[error("the server is stopping")]
    Stopped,
    /// The program itself failed in the middle of a transaction, which has not happened.
    #[error("a panic: {0}")]
    Panicked(String),
    /// Only a file can be copied.
    #[error("{0}: only an SQLite database can be; for PostgreSQL use pg_dump and pg_restore")]
    NotAFile(&'static str),
}

/// Shorthand of this folder.
pub type Result<T> = std::result::Result<T, DbError>;

/// An open database.
#[derive(Clone, Debug)]
pub enum Db {
    /// One file: a single connection writes while others read.
    Sqlite {
        /// The connection that writes.
        writer: SqlitePool,
        /// Connections that read.
        readers: SqlitePool,
        /// The file that they have open.
        identity: FileIdentity,
        /// Keeps the file from being replaced; `None` for a file that only its opener knows.
        lock: Option<Arc<FileLock>>,
    },
    /// A PostgreSQL server.
    Postgres {
        /// Where is written, and where every answer is up to date.
        primary: PgPool,
        /// Where pulls and figures are read: the same, or a replica that follows it.
        readers: PgPool,
        /// Whether it is a replica, and so a moment behind.
        behind: bool,
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

/// Runs the same query on either database: `read` from a [`Db`], possibly from a replica that lags; `now` from the
/// primary; or `in` a [`Tx`].
macro_rules! on {
    (read $db:expr, |$executor:ident| $body:expr) => {
        match $db {
            $crate::db::Db::Sqlite { readers: $executor, .. } => $body,
            $crate::db::Db::Postgres { readers: $executor, .. } => $body,
        }
    };
    (now $db:expr, |$executor:ident| $body:expr) => {
        match $db {
            $crate::db::Db::Sqlite { readers: $executor, .. } => $body,
            $crate::db::Db::Postgres { primary: $executor, .. } => $body,
        }
    };
    (in $tx:expr, |$executor:ident| $body:expr) => {
        match $tx {
            $crate::db::Tx::Sqlite(transaction) => {
                let $executor = &mut **transaction;
                $body
            }
            $crate::db::Tx::Postgres(transaction) => {
                let $executor = &mut **transaction;
                $body
            }
        }
    };
}
pub(crate) use on;

impl Db {
    /// Opens `sqlite://FILE` (made when missing) or `postgres://…` and brings its schema up to date. `replica` is a
    /// PostgreSQL that follows the first and serves reads.
    pub async fn open(url: &str, replica: Option<&str>) -> Result<Self> {
        let db = if let Some(path) = url.strip_prefix("sqlite:") {
            if replica.is_some() {
                return Err(DbError::NoReplica);
            }
            let path = Path::new(path.strip_prefix("//").unwrap_or(path));
            create_folder(path)?;
            let lock = FileLock::shared(path)?;
            return Self::open_file(path, Some(lock)).await;
        } else {
            let primary = Self::open_postgres("JIEDUI_DATABASE_URL", url).await?;
            let readers = match replica {
                Some(url) => Self::open_postgres("JIEDUI_REPLICA_URL", url).await?,
                None => primary.clone(),
            };
            sqlx::migrate!("migrations/postgres").run(&primary).await?;
            Self::Postgres { primary, readers, behind: replica.is_some() }
        };
        Ok(db)
    }

    /// Opens an SQLite file, created when missing, and brings its schema up to date. The lock is held until all clones
    /// of the result are dropped.
    pub async fn open_file(path: &Path, lock: Option<FileLock>) -> Result<Self> {
        create_folder(path)?;
        let (writer, readers) = Self::open_sqlite(path).await?;
        sqlx::migrate!("migrations/sqlite").run(&writer).await?;
        let (identity, lock) = (FileIdentity::of(path)?, lock.map(Arc::new));
        Ok(Self::Sqlite { writer, readers, identity, lock })
    }

    async fn open_postgres(setting: &'static str, url: &str) -> Result<PgPool> {
        let wrong = || DbError::Url(setting, url.to_owned());
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(wrong());
        }
        // An answer means durable, whatever the server's default is; and who waits for a lock is told to come again
        // before their patience ends.
        let options = PgConnectOptions::from_str(url)
            .map_err(|_| wrong())?
            .options([("synchronous_commit", "on"), ("lock_timeout", LOCK_TIMEOUT)]);
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE_TIMEOUT);
        let pool = pool.connect_lazy_with(options);
        let start = Instant::now();
        loop {
            match pool.acquire().await {
                Ok(_) => return Ok(pool),
                Err(sqlx::Error::PoolTimedOut) if start.elapsed() < STARTUP_TIMEOUT => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn open_sqlite(path: &Path) -> Result<(SqlitePool, SqlitePool)> {
        for end in ["", "-wal", "-shm", "-lock"] {
            private::close_to_others(&with_suffix(path, end));
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10));
        // A row is handed over without waiting for the one before to be taken.
        let options = options.row_buffer_size(ROW_BUFFER);
        // Connections stay open: while one is, SQLite's shared index of the log is there, which could not be made anew on a
        // full disk.
        let lasting = |pool: SqlitePoolOptions| pool.min_connections(1).idle_timeout(None).max_lifetime(None);
        let writer = lasting(SqlitePoolOptions::new())
            .max_connections(1)
            .acquire_timeout(Duration::from_secs(60))
            .connect_with(options.clone().pragma("cache_size", WRITER_CACHE).pragma("wal_autocheckpoint", CHECKPOINT))
            .await?;
        let options = options.pragma("cache_size", READER_CACHE);
        let readers = lasting(SqlitePoolOptions::new()).max_connections(READERS).connect_with(options).await?;
        Ok((writer, readers))
    }

    /// Checkpoints SQLite's log concurrently with readers and the writer, so that no commit has to.
    pub async fn checkpoint(&self) -> Result<()> {
        if let Self::Sqlite { readers, .. } = self {
            sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(readers).await?;
        }
        Ok(())
    }

    /// Returns whether SQLite's disk has room for the next write. PostgreSQL monitors its own disk.
    pub fn has_room(&self) -> bool {
        let Self::Sqlite { writer, .. } = self else { return true };
        let options = writer.connect_options();
        // A disk that cannot be asked is found out by writing.
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

    /// `sqlite` or `postgres`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres { .. } => "postgres",
        }
    }

    /// Waits for running statements and closes the database.
    pub async fn close(&self) {
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

fn create_folder(path: &Path) -> Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(|error| DbError::Folder(folder.to_owned(), error))
}

impl DbError {
    /// Whether a figure would have been more than its column holds: a check failed, or PostgreSQL's own (22003).
    pub fn is_out_of_range(&self) -> bool {
        match self {
            Self::Sql(sqlx::Error::Database(error)) => {
                error.kind() == sqlx::error::ErrorKind::CheckViolation || error.code().as_deref() == Some("22003")
            }
            _ => false,
        }
    }

    /// Whether another transaction was waited for in vain: SQLSTATE 55P03, lock_not_available.
    pub fn is_busy(&self) -> bool {
        match self {
            Self::Busy => true,
            Self::Sql(sqlx::Error::Database(error)) => error.code().as_deref() == Some("55P03"),
            _ => false,
        }
    }

    /// Returns whether the database cannot be reached: no connection in time, or a broken one.
    pub fn is_unavailable(&self) -> bool {
        use sqlx::Error::{Io, PoolClosed, PoolTimedOut};
        matches!(self, Self::Unavailable | Self::Sql(Io(_) | PoolClosed | PoolTimedOut))
    }

    /// Whether there is no room left: SQLITE_FULL and SQLITE_IOERR_SHMSIZE, or SQLSTATE 53100, disk_full.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Sql(sqlx::Error::Database(error))
            if matches!(error.code().as_deref(), Some("13" | "4874" | "53100")))
    }
}

/// A number as the database holds it.
pub fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The server's time in milliseconds since 1970.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// An instant as it stands on the wire, RFC 3339 in UTC.
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
