//! The files of photos and agreements in the data folder. Several servers on one database share that folder.
//!
//! `attachments/HASH` is a complete file. `uploads/ACCOUNT/HASH` has the received bytes of one. Uploads of different
//! accounts are separate, so that no account can damage another's.

use sha2::{Digest, Sha256};
use std::fs::{self, DirEntry, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use uuid::Uuid;

/// Extension of a file that contains the total size named by the first chunk of an upload.
const TOTAL: &str = "total";
/// Extension of a file that is not complete yet.
const PART: &str = "part";
/// Extension of a file that is about to be removed.
const SET_ASIDE: &str = "removed";

/// Attachments in a data folder. All operations block.
#[derive(Clone, Debug)]
pub struct AttachmentStore {
    data_dir: PathBuf,
}

/// Result of receiving a chunk.
#[derive(Debug, PartialEq, Eq)]
pub enum ChunkOutcome {
    /// The chunk was stored; the number of stored bytes.
    Part(u64),
    /// The chunk does not follow the stored bytes; their number.
    Gap(u64),
    /// The chunk names another total size than the first chunk, which is returned.
    OtherTotal(u64),
    /// The file is complete and stored.
    Whole {
        /// Size in bytes.
        size: u64,
        /// MIME type.
        content_type: &'static str,
    },
    /// The content does not match the hash, or is neither a picture nor a PDF. It was discarded.
    Wrong,
    /// Another request is writing the same upload.
    Busy,
}

/// Returns the SHA-256 in lower-case hexadecimal.
pub fn hash_of(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the MIME type by the first bytes; `None` if it is neither a picture nor a PDF.
fn content_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        [0x89, b'P', b'N', b'G', ..] => Some("image/png"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        [b'%', b'P', b'D', b'F', b'-', ..] => Some("application/pdf"),
        _ => None,
    }
}

impl AttachmentStore {
    /// Creates the store of a data folder.
    pub fn new(data_dir: &Path) -> Self {
        Self { data_dir: data_dir.to_owned() }
    }

    /// Returns the folder of complete files.
    pub fn folder(&self) -> PathBuf {
        self.data_dir.join("attachments")
    }

    fn path(&self, sha256: &str) -> PathBuf {
        self.folder().join(sha256)
    }

    fn uploads(&self, account: Uuid) -> PathBuf {
        self.data_dir.join("uploads").join(account.to_string())
    }

    /// Returns whether the complete file exists.
    pub fn has(&self, sha256: &str) -> io::Result<bool> {
        Ok(existing(fs::metadata(self.path(sha256)))?.is_some_and(|file| file.is_file() && file.len() > 0))
    }

    /// Reads a complete file; `None` if it does not exist.
    pub fn read(&self, sha256: &str) -> io::Result<Option<Vec<u8>>> {
        existing(fs::read(self.path(sha256)))
    }

    /// Stores a complete file of a backup, unless it exists with this content.
    pub fn insert(&self, sha256: &str, content: &[u8]) -> io::Result<()> {
        if self.read(sha256)?.is_some_and(|existing| existing == content) {
            return Ok(());
        }
        fs::create_dir_all(self.folder())?;
        // An interrupted write leaves a file that the sweep removes.
        let part = self.path(sha256).with_extension(PART);
        let mut file = File::create(&part)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&part, self.path(sha256))?;
        File::open(self.folder())?.sync_all()
    }

    /// Returns how many bytes of an upload have arrived.
    pub fn received(&self, account: Uuid, sha256: &str) -> io::Result<u64> {
        Ok(existing(fs::metadata(self.uploads(account).join(sha256)))?.map_or(0, |file| file.len()))
    }

    /// Returns number and bytes of an account's unfinished uploads, except the upload of one hash.
    pub fn unfinished_uploads(&self, account: Uuid, but: &str) -> io::Result<(usize, u64)> {
        let (mut count, mut bytes) = (0, 0);
        for file in entries(&self.uploads(account))? {
            let file = file?;
            let is_total = file.path().extension().is_some_and(|ending| ending == TOTAL);
            if file.file_name() != but && !is_total {
                // An upload that ends meanwhile has no bytes.
                (count, bytes) = (count + 1, bytes + existing(file.metadata())?.map_or(0, |file| file.len()));
            }
        }
        Ok((count, bytes))
    }

    /// Stores a chunk of an upload durably. The last chunk completes the file.
    pub fn receive(
        &self,
        account: Uuid,
        sha256: &str,
        (start, total): (u64, u64),
        chunk: &[u8],
    ) -> io::Result<ChunkOutcome> {
        let folder = self.uploads(account);
        fs::create_dir_all(&folder)?;
        let part = folder.join(sha256);
        let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&part)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(ChunkOutcome::Busy),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let stored = file.metadata()?.len();
        let total_path = part.with_extension(TOTAL);
        if start > 0 {
            if start != stored {
                return Ok(ChunkOutcome::Gap(stored));
            }
            // Uploads begun by an earlier version have no such file.
            let first = existing(fs::read_to_string(&total_path))?.and_then(|total| total.parse().ok());
            if let Some(first) = first.filter(|first| *first != total) {
                return Ok(ChunkOutcome::OtherTotal(first));
            }
        }
        if start + (chunk.len() as u64) < total {
            fs::write(&total_path, total.to_string())?;
        }
        file.set_len(start)?;
        file.seek(SeekFrom::Start(start))?;
        file.write_all(chunk)?;
        file.sync_all()?;
        // On a full disk, this may be the only sign.
        let expected = start + chunk.len() as u64;
        if file.metadata()?.len() != expected {
            return Err(ErrorKind::StorageFull.into());
        }
        if expected < total {
            return Ok(ChunkOutcome::Part(expected));
        }
        existing(fs::remove_file(&total_path))?;
        let content = fs::read(&part)?;
        let Some(content_type) = content_type(&content).filter(|_| hash_of(&content) == sha256) else {
            fs::remove_file(&part)?;
            return Ok(ChunkOutcome::Wrong);
        };
        fs::create_dir_all(self.folder())?;
        fs::rename(&part, self.path(sha256))?;
        // The new name survives a power cut only once the folder is on the disk.
        File::open(self.folder())?.sync_all()?;
        Ok(ChunkOutcome::Whole { size: content.len() as u64, content_type })
    }

    /// Renames files before they are removed, so that a file which is uploaded again meanwhile is not removed.
    pub fn set_aside(&self, hashes: &[String]) -> io::Result<()> {
        for sha256 in hashes {
            existing(fs::rename(self.path(sha256), self.aside(sha256)))?;
        }
        Ok(())
    }

    fn aside(&self, sha256: &str) -> PathBuf {
        self.path(sha256).with_extension(SET_ASIDE)
    }

    /// Removes files that were set aside.
    pub fn remove(&self, hashes: &[String]) -> io::Result<()> {
        for sha256 in hashes {
            existing(fs::remove_file(self.aside(sha256)))?;
        }
        Ok(())
    }

    /// Returns the hashes of files that were set aside but not removed, because the server ended in between.
    pub fn left_aside(&self) -> io::Result<Vec<String>> {
        let mut hashes = Vec::new();
        for file in entries(&self.folder())? {
            let path = file?.path();
            if path.extension().is_some_and(|ending| ending == SET_ASIDE) {
                hashes.extend(path.file_stem().and_then(|name| name.to_str()).map(str::to_owned));
            }
        }
        Ok(hashes)
    }

    /// Restores a file that was set aside, unless it was uploaded again.
    pub fn put_back(&self, sha256: &str) -> io::Result<()> {
        if self.has(sha256)? {
            existing(fs::remove_file(self.aside(sha256))).map(drop)
        } else {
            fs::rename(self.aside(sha256), self.path(sha256))
        }
    }

    /// Removes abandoned uploads, including those that earlier versions left among the complete files.
    pub fn remove_old_uploads(&self, age: Duration) -> io::Result<()> {
        for account in entries(&self.data_dir.join("uploads"))? {
            let folder = account?.path();
            if remove_older(&folder, age, |_| true)? == 0 {
                // Fails if an upload has begun meanwhile.
                let _ = fs::remove_dir(folder);
            }
        }
        remove_older(&self.folder(), age, |path| path.extension().is_some_and(|ending| ending == PART)).map(drop)
    }
}

/// Removes files of a folder that are older than `age`, and returns the number of remaining files.
pub fn remove_older(folder: &Path, age: Duration, wanted: impl Fn(&Path) -> bool) -> io::Result<usize> {
    let mut remaining = 0;
    for file in entries(folder)? {
        let file = file?;
        let changed = existing(file.metadata().and_then(|file| file.modified()))?;
        let is_old = changed.is_some_and(|at| SystemTime::now().duration_since(at).is_ok_and(|past| past >= age));
        if is_old && wanted(&file.path()) {
            existing(fs::remove_file(file.path()))?;
        } else {
            remaining += 1;
        }
    }
    Ok(remaining)
}

/// Returns the files in a folder; none if the folder does not exist.
fn entries(folder: &Path) -> io::Result<impl Iterator<Item = io::Result<DirEntry>> + use<>> {
    Ok(existing(fs::read_dir(folder))?.into_iter().flatten())
}

/// Returns `None` instead of the error that a file does not exist.
fn existing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
