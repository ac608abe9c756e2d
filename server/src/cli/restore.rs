//! `jiedui restore`: replaces the database by a backup and adds the backup's files.

use crate::attachment_store::AttachmentStore;
use crate::backup_archive::{ArchiveError, Manifest, Member, check, extract};
use crate::cli::backup::{Temporary, sync_folder};
use crate::cli::error::CliError;
use crate::config::Storage;
use crate::db::audit::{self, Act, By, Object};
use crate::db::backup::PostgresRestore;
use crate::db::file_lock::{FileLock, with_suffix};
use crate::db::reference::load;
use crate::db::{Db, DbError, feed};
use jiedui_core::audit::{Action, ObjectKind};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Maximum wait for another program to close the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(1);

/// First bytes of an SQLite database.
const SQLITE: &[u8; 16] = b"SQLite format 3\0";
/// Files that SQLite keeps next to a database.
const SIDE_FILES: [&str; 3] = ["-wal", "-shm", "-lock"];

/// Replaces the database by a backup and adds its photos, agreements and imports to the data folder. Checks the whole
/// backup first. Keeps the previous database, and every photo that exists. Fails while another program uses the database.
pub async fn restore(file: &Path, storage: &Storage) -> Result<(), CliError> {
    let backup = Backup::read(file)?;
    match storage.database_url.strip_prefix("sqlite:") {
        Some(target) => {
            backup.needs(&Member::Sqlite)?;
            restore_sqlite(&backup, Path::new(target.strip_prefix("//").unwrap_or(target)), storage).await?;
        }
        None => {
            backup.needs(&Member::Postgres)?;
            restore_postgres(&backup, storage).await?;
        }
    }
    if let Some(manifest) = &backup.manifest {
        let (attachments, _) = manifest.totals();
        println!("restored the backup of {} with {attachments} photos and agreements", manifest.created_at);
    }
    Ok(())
}

/// A backup that was checked.
struct Backup<'a> {
    file: &'a Path,
    /// Its manifest; `None` for a bare SQLite file, such as a database that an earlier restore has kept.
    manifest: Option<Manifest>,
}

impl<'a> Backup<'a> {
    /// Reads and checks a backup.
    fn read(file: &'a Path) -> Result<Self, CliError> {
        let mut start = [0; SQLITE.len()];
        let is_database = File::open(file).map_err(io(file))?.read_exact(&mut start).is_ok() && start == *SQLITE;
        let manifest = if is_database { None } else { Some(check(file).map_err(wrong(file))?) };
        Ok(Self { file, manifest })
    }

    /// Fails unless it is a backup of this kind of database.
    fn needs(&self, database: &Member) -> Result<(), CliError> {
        let has = match &self.manifest {
            Some(manifest) => manifest.has(database),
            None => *database == Member::Sqlite,
        };
        let (file, setting) = (self.file.display(), "JIEDUI_DATABASE_URL");
        match database {
            _ if has => Ok(()),
            Member::Sqlite => {
                Err(CliError::Argument(format!("{file}: is a backup of PostgreSQL; {setting} names SQLite")))
            }
            _ => Err(CliError::Argument(format!("{file}: is a backup of SQLite; {setting} names another database"))),
        }
    }

    /// Copies the database to a file.
    fn copy_database(&self, target: &Path) -> Result<(), CliError> {
        let Some(manifest) = &self.manifest else {
            return fs::copy(self.file, target).map(drop).map_err(io(self.file));
        };
        let is_database = |member: &Member| matches!(member, Member::Sqlite | Member::Postgres);
        let copied = extract(self.file, manifest, is_database, |_, content| {
            let mut file = File::create(target)?;
            std::io::copy(content, &mut file)?;
            file.sync_all()
        });
        copied.map_err(wrong(self.file))
    }

    /// Adds photos, agreements and imports to the data folder. Replaces only damaged files.
    fn copy_files(&self, storage: &Storage) -> Result<(), CliError> {
        let Some(manifest) = &self.manifest else { return Ok(()) };
        let store = AttachmentStore::new(&storage.data_dir);
        let imports = storage.data_dir.join("imports");
        let is_file = |member: &Member| matches!(member, Member::Attachment(_) | Member::Import(_));
        let copied = extract(self.file, manifest, is_file, |member, content| {
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes)?;
            match member {
                Member::Attachment(sha256) => store.insert(sha256, &bytes),
                Member::Import(id) => {
                    fs::create_dir_all(&imports)?;
                    fs::write(imports.join(id.to_string()), bytes)
                }
                _ => Ok(()),
            }
        });
        copied.map_err(wrong(self.file))
    }
}

async fn restore_sqlite(backup: &Backup<'_>, target: &Path, storage: &Storage) -> Result<(), CliError> {
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(io(folder))?;
    }
    // Held to the end: no program opens the database before the backup has replaced it.
    let _lock = FileLock::exclusive(target)?;
    let prepared = Prepared(target.with_extension("restoring"));
    backup.copy_database(&prepared.0)?;
    prepared.prepare(backup.file).await?;
    backup.copy_files(storage)?;
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
    sync_folder(target).map_err(io(target))
}

/// A copy of a backup, checked before it replaces the database. Removed on drop unless it replaced it.
struct Prepared(PathBuf);

impl Prepared {
    /// Migrates the copy and starts a new epoch. Fails if it is not a Jiedui database.
    async fn prepare(&self, file: &Path) -> Result<(), CliError> {
        let path = &self.0;
        begin_epoch(Db::open_file(path, None).await?, file).await?;
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

/// Starts a new epoch in a restored database and closes it. Fails if it is not a Jiedui database.
async fn begin_epoch(db: Db, file: &Path) -> Result<(), CliError> {
    let begun = async {
        let reference = load::load(&db).await?;
        feed::begin_epoch(&db).await?;
        audit::note(&db, &restored(file)).await?;
        Ok::<_, DbError>(reference)
    };
    let reference = begun.await;
    db.close().await;
    if reference?.catalogue.programmes.is_empty() {
        return Err(CliError::Argument(format!("{}: is no Jiedui database", file.display())));
    }
    Ok(())
}

/// Returns the act of restoring a backup.
fn restored(file: &Path) -> Act {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Act::new(By::command_line(), Action::Restored, Object::new(ObjectKind::Database, "", name))
}

async fn restore_postgres(backup: &Backup<'_>, storage: &Storage) -> Result<(), CliError> {
    let (url, folder) = (&storage.database_url, &storage.data_dir);
    let mut restore = PostgresRestore::begin(url).await?;
    fs::create_dir_all(folder).map_err(io(folder))?;
    let dump = Temporary(folder.join("database.restoring"));
    backup.copy_database(&dump.0)?;
    backup.copy_files(storage)?;
    let restored = async {
        restore.restore(url, &dump.0).await?;
        begin_epoch(Db::open(url, None).await?, backup.file).await
    };
    let restored = restored.await;
    let previous = restore.previous.clone();
    if let Err(error) = restored {
        if let Err(undo) = restore.undo().await {
            eprintln!("the previous tables could not be put back: {undo}");
            previous.iter().for_each(|schema| eprintln!("they are in the schema {schema}"));
        }
        return Err(error);
    }
    restore.close().await?;
    previous.iter().for_each(|schema| println!("the previous tables are in the schema {schema}"));
    Ok(())
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

fn wrong(file: &Path) -> impl Fn(ArchiveError) -> CliError + use<> {
    let name = file.display().to_string();
    move |error| CliError::Backup(name.clone(), error)
}
