//! Opening of a database: connections, settings and migrations.

use super::file_lock::{FileIdentity, FileLock, with_suffix};
use super::time_limits::TimeLimits;
use super::wal::LOCK_WAIT;
use super::{Db, DbError, Result};
use crate::private;
use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Number of SQLite connections that read.
const READERS: u32 = 4;
/// Number of rows that SQLite may read ahead of the program.
const ROW_BUFFER: usize = 1_024;
/// Page cache of the connection that writes, in KB.
const WRITER_CACHE: &str = "-4000";
/// Page cache of each connection that reads, in KB.
const READER_CACHE: &str = "-1000";
/// Pages of 4 KB in SQLite's log after which a commit checkpoints it, if [`Db::checkpoint`] has not: 64 MB.
const CHECKPOINT: &str = "16000";

impl Db {
    /// Opens `sqlite://FILE` (created if missing) or `postgres://…` and brings its schema up to date. `replica` is a
    /// PostgreSQL that follows the first and serves reads. Time limits on PostgreSQL are those of long work.
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
            let mut connection = primary.acquire().await?;
            // A migration may rewrite a table of any size.
            connection.close_on_drop();
            sqlx::query("SET statement_timeout = 0").execute(&mut *connection).await?;
            sqlx::migrate!("migrations/postgres").run(&mut *connection).await?;
            Self::Postgres { primary, readers, behind: replica.is_some(), limits: TimeLimits::LONG, long: None }
        };
        Ok(db)
    }

    /// Opens an SQLite file, created if missing, and brings its schema up to date. The lock is held until all clones
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
        // A response means that the change is durable, independently of the server's default.
        let options = PgConnectOptions::from_str(url).map_err(|_| wrong())?.options([("synchronous_commit", "on")]);
        let pool = TimeLimits::LONG.pool(options);
        // PostgreSQL may start at the same time: the pool tries for as long as a connection may take.
        drop(pool.acquire().await?);
        Ok(pool)
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
        // SQLite reads rows ahead instead of waiting for the program to take each.
        let options = options.row_buffer_size(ROW_BUFFER);
        // Connections stay open. SQLite removes the shared index of the log with the last one, and a full disk has no room
        // for a new index.
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

impl Db {
    /// Returns the database with the time limits of requests. Those of [`Db::open`] are for long work.
    pub fn for_requests(&self) -> Self {
        match self {
            Self::Sqlite { .. } => self.clone(),
            Self::Postgres { primary, readers, behind, .. } => {
                let limits = TimeLimits::REQUEST;
                let pool = |pool: &PgPool| limits.pool(PgConnectOptions::clone(&pool.connect_options()));
                let primary = pool(primary);
                let readers = if *behind { pool(readers) } else { primary.clone() };
                Self::Postgres { primary, readers, behind: *behind, limits, long: Some(Arc::new(self.clone())) }
            }
        }
    }

    /// Returns the database with time limits for long work.
    pub fn for_long_work(&self) -> &Self {
        match self {
            Self::Postgres { long: Some(long), .. } => long,
            _ => self,
        }
    }
}

fn create_folder(path: &Path) -> Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(|error| DbError::Folder(folder.to_owned(), error))
}
