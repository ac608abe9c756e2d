//! Guards an SQLite file against being replaced while a program uses it.
//!
//! Every program that opens the file holds a shared advisory lock on `<file>-lock` until it closes the database; `restore`
//! takes it exclusively. SQLite's own locks do not cover the moment between closing the old file and renaming the new one.

use super::{DbError, Result};
use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An advisory lock on a database file, released when dropped.
#[derive(Debug)]
pub struct FileLock {
    _file: File,
}

impl FileLock {
    /// Takes the lock of a program that uses the database; fails while the file is being replaced.
    pub fn shared(database: &Path) -> Result<Self> {
        Self::take(database, FlockOperation::NonBlockingLockShared)
    }

    /// Takes the lock of a program that replaces the database; fails while any program uses it.
    pub fn exclusive(database: &Path) -> Result<Self> {
        Self::take(database, FlockOperation::NonBlockingLockExclusive)
    }

    fn take(database: &Path, operation: FlockOperation) -> Result<Self> {
        let path = with_suffix(database, "-lock");
        let file = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let file = file.map_err(|error| DbError::Folder(path.clone(), error))?;
        match flock(&file, operation) {
            Ok(()) => Ok(Self { _file: file }),
            Err(Errno::WOULDBLOCK) => Err(DbError::InUse(database.to_owned())),
            Err(error) => Err(DbError::Folder(path, error.into())),
        }
    }
}

/// Appends a suffix to a database's file name, as SQLite does for its `-wal` and `-shm`.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Identity of an open database file: device and inode.
#[derive(Clone, Debug)]
pub struct FileIdentity(Arc<(PathBuf, (u64, u64))>);

impl FileIdentity {
    /// Reads the identity of an existing file.
    pub fn of(path: &Path) -> Result<Self> {
        Ok(Self(Arc::new((path.to_owned(), Self::read(path)?))))
    }

    /// Returns whether the file at the path was replaced or removed.
    pub fn is_replaced(&self) -> bool {
        Self::read(&self.0.0).map_or(true, |identity| identity != self.0.1)
    }

    fn read(path: &Path) -> std::io::Result<(u64, u64)> {
        let metadata = std::fs::metadata(path)?;
        Ok((metadata.dev(), metadata.ino()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exclusive_lock_waits_for_every_shared_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jiedui.db");
        let (first, second) = (FileLock::shared(&path).unwrap(), FileLock::shared(&path).unwrap());
        drop(first);
        assert!(matches!(FileLock::exclusive(&path), Err(DbError::InUse(_))));
        drop(second);
        let exclusive = FileLock::exclusive(&path).unwrap();
        assert!(matches!(FileLock::shared(&path), Err(DbError::InUse(_))));
        drop(exclusive);
        assert!(FileLock::shared(&path).is_ok());
    }

    #[test]
    fn file_identity_detects_replaced_and_removed_files() {
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("jiedui.db"), folder.path().join("other"));
        std::fs::write(&path, "one").unwrap();
        std::fs::write(&other, "one").unwrap();
        let identity = FileIdentity::of(&path).unwrap();
        std::fs::write(&path, "another content").unwrap();
        assert!(!identity.is_replaced());
        std::fs::rename(&other, &path).unwrap();
        assert!(identity.is_replaced());
        std::fs::remove_file(&path).unwrap();
        assert!(identity.is_replaced());
    }
}
