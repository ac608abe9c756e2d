//! The files of photos and agreements in the data folder. Several servers on one database share that folder.
//!
//! `attachments/HASH` is a complete file. `uploads/ACCOUNT/HASH` has the received bytes of one. Uploads of different
//! accounts are separate, so that nobody can spoil another's.

use sha2::{Digest, Sha256};
use std::fs::{self, DirEntry, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use uuid::Uuid;

/// The ending of a file with the total size that the first part of an upload named.
const TOTAL: &str = "total";
/// The ending of a file that is about to be removed.
const SET_ASIDE: &str = "removed";

/// Files below a data folder. All operations block.
#[derive(Clone, Debug)]
pub struct AttachmentStore {
    data_dir: PathBuf,
}

/// Result of receiving a part.
#[derive(Debug, PartialEq, Eq)]
pub enum Received {
    /// Bytes that are stored by now.
    Part(u64),
    /// The part does not follow the stored bytes.
    Gap(u64),
    /// Its total size is not the one that the first part named.
    OtherTotal(u64),
    /// The file is whole and in its place.
    Whole {
        /// Its size.
        size: u64,
        /// MIME type.
        content_type: &'static str,
    },
    /// The content is not what the hash says, or neither picture nor PDF: it is discarded.
    Wrong,
    /// Another request is writing the same upload.
    Busy,
}

/// A SHA-256 in lower-case hexadecimal.
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
    /// The store in a data folder.
    pub fn new(data_dir: &Path) -> Self {
        Self { data_dir: data_dir.to_owned() }
    }

    /// The folder of whole files.
    pub fn folder(&self) -> PathBuf {
        self.data_dir.join("attachments")
    }

    fn path(&self, sha256: &str) -> PathBuf {
        self.folder().join(sha256)
    }

    fn uploads(&self, account: Uuid) -> PathBuf {
        self.data_dir.join("uploads").join(account.to_string())
    }

    /// Whether the whole file is there.
    pub fn has(&self, sha256: &str) -> io::Result<bool> {
        Ok(found(fs::metadata(self.path(sha256)))?.is_some_and(|file| file.is_file() && file.len() > 0))
    }

    /// Reads a whole file; `None` where there is none.
    pub fn read(&self, sha256: &str) -> io::Result<Option<Vec<u8>>> {
        found(fs::read(self.path(sha256)))
    }

    /// Returns how many bytes of an upload have arrived.
    pub fn received(&self, account: Uuid, sha256: &str) -> io::Result<u64> {
        Ok(found(fs::metadata(self.uploads(account).join(sha256)))?.map_or(0, |file| file.len()))
    }

    /// Returns how many uploads an account has under way, but for one, and their bytes.
    pub fn under_way(&self, account: Uuid, but: &str) -> io::Result<(usize, u64)> {
        let (mut count, mut bytes) = (0, 0);
        for file in entries(&self.uploads(account))? {
            let file = file?;
            let is_total = file.path().extension().is_some_and(|ending| ending == TOTAL);
            if file.file_name() != but && !is_total {
                // One that ends meanwhile is under way no more.
                (count, bytes) = (count + 1, bytes + found(file.metadata())?.map_or(0, |file| file.len()));
            }
        }
        Ok((count, bytes))
    }

    /// Stores a piece of an upload durably; the last one makes the file whole.
    pub fn receive(
        &self,
        account: Uuid,
        sha256: &str,
        (start, total): (u64, u64),
        piece: &[u8],
    ) -> io::Result<Received> {
        let folder = self.uploads(account);
        fs::create_dir_all(&folder)?;
        let part = folder.join(sha256);
        let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&part)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Received::Busy),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let there = file.metadata()?.len();
        let total_path = part.with_extension(TOTAL);
        if start > 0 {
            if start != there {
                return Ok(Received::Gap(there));
            }
            // An upload that an earlier version began has no such file.
            let first = found(fs::read_to_string(&total_path))?.and_then(|total| total.parse().ok());
            if let Some(first) = first.filter(|first| *first != total) {
                return Ok(Received::OtherTotal(first));
            }
        }
        if start + (piece.len() as u64) < total {
            fs::write(&total_path, total.to_string())?;
        }
        file.set_len(start)?;
        file.seek(SeekFrom::Start(start))?;
        file.write_all(piece)?;
        file.sync_all()?;
        // A full disk may be noticed by nothing else.
        let expected = start + piece.len() as u64;
        if file.metadata()?.len() != expected {
            return Err(ErrorKind::StorageFull.into());
        }
        if expected < total {
            return Ok(Received::Part(expected));
        }
        found(fs::remove_file(&total_path))?;
        let content = fs::read(&part)?;
        let Some(content_type) = content_type(&content).filter(|_| hash_of(&content) == sha256) else {
            fs::remove_file(&part)?;
            return Ok(Received::Wrong);
        };
        fs::create_dir_all(self.folder())?;
        fs::rename(&part, self.path(sha256))?;
        // The new name survives a power cut only once the folder is on the disk.
        File::open(self.folder())?.sync_all()?;
        Ok(Received::Whole { size: content.len() as u64, content_type })
    }

    /// Gives files that are to be removed another name: a file that comes again meanwhile is not touched.
    pub fn set_aside(&self, hashes: &[String]) -> io::Result<()> {
        for sha256 in hashes {
            found(fs::rename(self.path(sha256), self.aside(sha256)))?;
        }
        Ok(())
    }

    fn aside(&self, sha256: &str) -> PathBuf {
        self.path(sha256).with_extension(SET_ASIDE)
    }

    /// Removes files that were set aside.
    pub fn remove(&self, hashes: &[String]) -> io::Result<()> {
        for sha256 in hashes {
            found(fs::remove_file(self.aside(sha256)))?;
        }
        Ok(())
    }

    /// Returns the hashes of files that were set aside and not removed, since the server ended in between.
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

    /// Puts a file that was set aside back in its place, unless it has come again.
    pub fn put_back(&self, sha256: &str) -> io::Result<()> {
        if self.has(sha256)? {
            found(fs::remove_file(self.aside(sha256))).map(drop)
        } else {
            fs::rename(self.aside(sha256), self.path(sha256))
        }
    }

    /// Removes abandoned uploads, including those that earlier versions left among the complete files.
    pub fn remove_old_uploads(&self, age: Duration) -> io::Result<()> {
        for account in entries(&self.data_dir.join("uploads"))? {
            let folder = account?.path();
            if remove_older(&folder, age, |_| true)? == 0 {
                // It fails where an upload has begun meanwhile.
                let _ = fs::remove_dir(folder);
            }
        }
        remove_older(&self.folder(), age, |path| path.extension().is_some_and(|ending| ending == "part")).map(drop)
    }
}

/// Removes files of a folder that have not changed for a while; returns how many files stay.
pub fn remove_older(folder: &Path, age: Duration, wanted: impl Fn(&Path) -> bool) -> io::Result<usize> {
    let mut left = 0;
    for file in entries(folder)? {
        let file = file?;
        let changed = found(file.metadata().and_then(|file| file.modified()))?;
        let is_old = changed.is_some_and(|at| SystemTime::now().duration_since(at).is_ok_and(|past| past >= age));
        if is_old && wanted(&file.path()) {
            found(fs::remove_file(file.path()))?;
        } else {
            left += 1;
        }
    }
    Ok(left)
}

/// The files in a folder; none where there is no folder.
fn entries(folder: &Path) -> io::Result<impl Iterator<Item = io::Result<DirEntry>> + use<>> {
    Ok(found(fs::read_dir(folder))?.into_iter().flatten())
}

fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JPEG: &[u8] = &[0xff, 0xd8, 0xff, 1, 2, 3];

    fn store() -> (AttachmentStore, PathBuf) {
        let folder = std::env::temp_dir().join(format!("jiedui-{}", Uuid::now_v7()));
        (AttachmentStore::new(&folder), folder)
    }

    #[test]
    fn receive_joins_chunks_and_returns_next_offset() {
        let (store, folder) = store();
        let (account, sha256) = (Uuid::from_u128(1), hash_of(JPEG));
        let receive =
            |start: usize, end: usize| store.receive(account, &sha256, (start as u64, 6), &JPEG[start..end]).unwrap();
        assert_eq!(receive(0, 2), Received::Part(2));
        assert_eq!(receive(4, 6), Received::Gap(2));
        assert_eq!(store.received(account, &sha256).unwrap(), 2);
        assert_eq!(receive(0, 4), Received::Part(4), "from the start again");
        assert_eq!(receive(4, 6), Received::Whole { size: 6, content_type: "image/jpeg" });
        assert_eq!((store.read(&sha256).unwrap().as_deref(), store.has(&sha256).unwrap()), (Some(JPEG), true));
        assert_eq!(store.under_way(account, "").unwrap(), (0, 0));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn chunk_with_another_total_is_rejected() {
        let (store, folder) = store();
        let (account, sha256) = (Uuid::from_u128(1), hash_of(JPEG));
        let receive = |start: usize, end: usize, total: u64| {
            store.receive(account, &sha256, (start as u64, total), &JPEG[start..end]).unwrap()
        };
        assert_eq!(receive(0, 2, 6), Received::Part(2));
        for total in [5, 7, 9] {
            assert_eq!(receive(2, 4, total), Received::OtherTotal(6));
        }
        assert_eq!(store.under_way(account, "").unwrap(), (1, 2), "nothing was added");
        assert_eq!(receive(0, 2, 9), Received::Part(2), "a new start may name another total");
        assert_eq!(receive(2, 4, 6), Received::OtherTotal(9));
        assert_eq!(receive(0, 4, 6), Received::Part(4));
        assert_eq!(receive(4, 6, 6), Received::Whole { size: 6, content_type: "image/jpeg" });
        assert_eq!(fs::read_dir(store.uploads(account)).unwrap().count(), 0);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn receive_discards_wrong_content_and_waits_for_other_request() {
        let (store, folder) = store();
        let (account, other) = (Uuid::from_u128(1), hash_of(b"other"));
        assert_eq!(store.receive(account, &other, (0, 6), JPEG).unwrap(), Received::Wrong);
        assert_eq!(store.received(account, &other).unwrap(), 0);
        assert_eq!(store.receive(account, &other, (0, 9), JPEG).unwrap(), Received::Part(6));
        let held = File::open(store.uploads(account).join(&other)).unwrap();
        held.lock().unwrap();
        assert_eq!(store.receive(account, &other, (6, 9), b"abc").unwrap(), Received::Busy);
        assert_eq!(store.under_way(account, "").unwrap(), (1, 6));
        assert_eq!(store.under_way(account, &other).unwrap(), (0, 0));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn old_uploads_are_removed_and_set_aside_files_restored() {
        let (store, folder) = store();
        let (account, sha256) = (Uuid::from_u128(1), hash_of(JPEG));
        store.receive(account, &sha256, (0, 6), JPEG).unwrap();
        store.receive(account, "1", (0, 9), JPEG).unwrap();
        fs::write(store.folder().join("2.part"), JPEG).unwrap();
        store.remove_old_uploads(Duration::from_secs(3600)).unwrap();
        assert_eq!(store.under_way(account, "").unwrap().0, 1);
        store.remove_old_uploads(Duration::ZERO).unwrap();
        assert!(store.under_way(account, "").unwrap().0 == 0 && !store.folder().join("2.part").exists());
        store.set_aside(std::slice::from_ref(&sha256)).unwrap();
        assert!(!store.has(&sha256).unwrap());
        assert_eq!(store.left_aside().unwrap(), std::slice::from_ref(&sha256));
        store.put_back(&sha256).unwrap();
        assert!(store.has(&sha256).unwrap());
        store.set_aside(std::slice::from_ref(&sha256)).unwrap();
        store.remove(std::slice::from_ref(&sha256)).unwrap();
        assert!(store.left_aside().unwrap().is_empty() && !store.has(&sha256).unwrap());
        fs::remove_dir_all(folder).unwrap();
    }
}
