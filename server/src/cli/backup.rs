//! `jiedui backup`: copies database, photos, agreements and imports to one file.

use crate::attachment_store::{AttachmentStore, hash_of};
use crate::backup_archive::{ArchiveWriter, Member};
use crate::cli::error::CliError;
use crate::cli::open::open;
use crate::config::Storage;
use crate::db::audit::{self, Act, By, Object};
use crate::db::file_lock::with_suffix;
use crate::db::files::attachment;
use crate::db::{Db, backup};
use jiedui_core::audit::{Action, ObjectKind};
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Number of photos that are listed at a time.
const PHOTOS: i64 = 1_000;

/// Writes a backup while servers run. The file appears under its name once it is complete.
pub async fn backup(file: &Path, storage: &Storage) -> Result<(), CliError> {
    if file.exists() {
        return Err(CliError::Argument(format!("{}: exists already", file.display())));
    }
    let (db, _) = open(storage).await?;
    let failed = |error: io::Error| CliError::Io(file.display().to_string(), error);
    let partial = Temporary(with_suffix(file, ".part"));
    let mut writer = ArchiveWriter::new(File::create(&partial.0).map_err(failed)?);
    // Photos come after the database: files of rows that are added meanwhile do no harm, missing ones would.
    let copy = Temporary(with_suffix(file, ".database"));
    backup::backup(&db, &storage.database_url, &copy.0).await?;
    let member = if let Db::Sqlite { .. } = db { Member::Sqlite } else { Member::Postgres };
    writer.add_file(&member, &copy.0).map_err(failed)?;
    drop(copy);
    add_attachments(&db, storage, &mut writer).await?;
    add_imports(storage, &mut writer).map_err(failed)?;
    let manifest = writer.finish().map_err(failed)?;
    fs::rename(&partial.0, file).and_then(|()| sync_folder(file)).map_err(failed)?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let act = Act::new(By::command_line(), Action::BackedUp, Object::new(ObjectKind::Database, "", name));
    audit::note(&db, &act).await?;
    db.close().await;
    let (attachments, bytes) = manifest.totals();
    println!("{}", file.display());
    println!("{}, {attachments} photos and agreements, {} MB", db.name(), bytes >> 20);
    Ok(())
}

/// Adds each photo and agreement that the database names. Missing and damaged ones are reported and left out: phones
/// that still have one send it again.
async fn add_attachments(db: &Db, storage: &Storage, writer: &mut ArchiveWriter) -> Result<(), CliError> {
    let (store, mut after) = (AttachmentStore::new(&storage.data_dir), String::new());
    let failed = |error| CliError::Io(store.folder().display().to_string(), error);
    loop {
        let hashes = attachment::hashes_after(db, &after, PHOTOS).await?;
        let Some(last) = hashes.last() else { return Ok(()) };
        after.clone_from(last);
        for sha256 in hashes {
            match store.read(&sha256).map_err(failed)? {
                None => eprintln!("the photo {sha256} is missing"),
                Some(content) if hash_of(&content) != sha256 => eprintln!("the photo {sha256} is damaged"),
                Some(content) => writer.add(&Member::Attachment(sha256), &content).map_err(failed)?,
            }
        }
    }
}

/// Adds the spreadsheets of imports that are not written yet.
fn add_imports(storage: &Storage, writer: &mut ArchiveWriter) -> io::Result<()> {
    let files = match fs::read_dir(storage.data_dir.join("imports")) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        files => files?,
    };
    for file in files {
        let path = file?.path();
        let Some(id) = path.file_name().and_then(|name| name.to_str()?.parse::<Uuid>().ok()) else { continue };
        match fs::read(&path) {
            Ok(content) => writer.add(&Member::Import(id), &content)?,
            // It was written to the database meanwhile.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// A file that is removed on drop, unless it was renamed.
pub struct Temporary(pub PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        // It may not exist.
        let _ = fs::remove_file(&self.0);
    }
}

/// Makes a new name of a file survive a power cut.
pub fn sync_folder(file: &Path) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
