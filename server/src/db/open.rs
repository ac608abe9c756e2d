//! Opening of a database: connections, settings and migrations.

use super::file_lock::{FileIdentity, FileLock, with_suffix};
use super::{Db, DbError, Result};
use crate::private;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

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
/// Time that a statement of SQLite waits for the lock of another connection; `BUSY_TIMEOUT` of [`super`] sets it again.
const LOCK_WAIT: Duration = Duration::from_secs(10);

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
            .busy_timeout(LOCK_WAIT);
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
}

fn create_folder(path: &Path) -> Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(|error| DbError::Folder(folder.to_owned(), error))
}
