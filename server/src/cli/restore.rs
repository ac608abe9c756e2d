//! `jiedui restore`: replaces the database by a backup.

use crate::cli::error::CliError;
use crate::config::Storage;
use crate::db::file_lock::{FileLock, with_suffix};
use crate::db::reference::load;
use crate::db::{Db, DbError, feed};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Maximum wait for another program to close the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// Files that SQLite keeps next to a database.
const SIDE_FILES: [&str; 3] = ["-wal", "-shm", "-lock"];

/// Replaces the database by a backup and keeps the previous one next to it. Fails while another program uses the
/// database.
pub async fn restore(file: &Path, storage: &Storage) -> Result<(), CliError> {
    let target = storage.database_url.strip_prefix("sqlite:").ok_or(DbError::NotAFile("restore"))?;
    let target = Path::new(target.strip_prefix("//").unwrap_or(target));
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(io(folder))?;
    }
    // Held to the end: no program opens the database before the backup has replaced it.
    let _lock = FileLock::exclusive(target)?;
    let prepared = Prepared(target.with_extension("restoring"));
    prepared.fill(file).await?;
    if target.exists() {
        let previous = target.with_extension(format!("before-restore-{}", crate::db::now()));
        let is_readable = fold_log(target).await?;
        fs::rename(target, &previous).map_err(io(target))?;
        // The log of a damaged file may contain its last entries.
        keep_log(target, &previous)?;
        println!("the previous database is {}", previous.display());
        if !is_readable {
            eprintln!("the previous database cannot be read; its log is next to it");
        }
    } else {
        // The log of a removed file belongs to no database.
        keep_log(target, &target.with_extension(format!("before-restore-{}", crate::db::now())))?;
    }
    fs::rename(&prepared.0, target).map_err(io(&prepared.0))?;
    // The rename itself must survive a power cut.
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(io(folder))
}

/// A copy of a backup, checked before it replaces the database. Removed on drop unless it replaced it.
struct Prepared(PathBuf);

impl Prepared {
    /// Copies a backup, migrates it and starts a new epoch. Fails if it is not a Jiedui database.
    async fn fill(&self, file: &Path) -> Result<(), CliError> {
        let path = &self.0;
        fs::copy(file, path).map_err(io(file))?;
        let db = Db::open_file(path, None).await?;
        let prepared = async {
            let reference = load::load(&db).await?;
            feed::begin_epoch(&db).await?;
            Ok::<_, DbError>(reference)
        };
        let reference = prepared.await;
        db.close().await;
        if reference?.catalogue.programmes.is_empty() {
            return Err(CliError::Argument(format!("{}: is no Jiedui database", file.display())));
        }
        fold_log(path).await?;
        File::open(path).and_then(|file| file.sync_all()).map_err(io(path))
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        for suffix in [""].into_iter().chain(SIDE_FILES) {
            // Most of these files do not exist.
            let _ = fs::remove_file(with_suffix(&self.0, suffix));
        }
    }
}

/// Checkpoints the log and removes it; returns false if the file is damaged. Fails if another
/// program has the database open, also an earlier version that takes no lock: SQLite leaves WAL mode only when alone.
async fn fold_log(path: &Path) -> Result<bool, CliError> {
    let options =
        SqliteConnectOptions::new().filename(path).busy_timeout(BUSY_TIMEOUT).journal_mode(SqliteJournalMode::Delete);
    let folded = match options.connect().await {
        Ok(connection) => connection.close().await,
        Err(error) => Err(error),
    };
    let code = |error: &sqlx::Error| {
        let database = error.as_database_error()?;
        // The lower byte of an extended result code is the primary one.
        database.code()?.parse::<u32>().ok().map(|code| code & 0xff)
    };
    match folded {
        Ok(()) => Ok(true),
        Err(error) => match code(&error) {
            // SQLITE_BUSY, SQLITE_LOCKED
            Some(5 | 6) => Err(DbError::InUse(path.to_owned()).into()),
            // SQLITE_CORRUPT, SQLITE_NOTADB
            Some(11 | 26) => Ok(false),
            _ => Err(DbError::from(error).into()),
        },
    }
}

/// Moves the log of a database, if there is one, next to the previous database file.
fn keep_log(target: &Path, previous: &Path) -> Result<(), CliError> {
    for suffix in ["-wal", "-shm"] {
        let log = with_suffix(target, suffix);
        if log.exists() {
            fs::rename(&log, with_suffix(previous, suffix)).map_err(io(&log))?;
        }
    }
    Ok(())
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> CliError + use<> {
    let name = path.display().to_string();
    move |error| CliError::Io(name.clone(), error)
}
