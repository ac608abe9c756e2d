//! Format of a backup: a tar file with the database, the files of the data folder, and a manifest as the last file.
//!
//! The manifest has the size and the SHA-256 of every other file. A backup that was interrupted has none.

use jiedui_core::values::hash::is_sha256;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;
use uuid::Uuid;

/// Version of the format. A later version of the program reads earlier ones.
const FORMAT: u32 = 1;
/// Name of the manifest.
const MANIFEST: &str = "manifest.json";
/// Bytes that are copied at a time.
const BUFFER: usize = 1 << 16;

/// Error of reading a backup.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The file is not a backup.
    #[error("is no backup of Jiedui")]
    Foreign,
    /// The manifest is missing: the backup was interrupted, or its end is lost.
    #[error("is incomplete or damaged: the manifest is missing")]
    Incomplete,
    /// A file differs from the manifest.
    #[error("is damaged: {0} differs from the manifest")]
    Damaged(String),
    /// A later version of the program wrote the backup.
    #[error("has format {0}; this version reads formats up to {FORMAT}")]
    Newer(u32),
    /// The file cannot be read, or its content cannot be written.
    #[error("cannot be read or written: {0}")]
    Io(#[from] io::Error),
}

/// A file of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// Copy of an SQLite database.
    Sqlite,
    /// Dump of a PostgreSQL database by `pg_dump`.
    Postgres,
    /// Photo or agreement, by its hash.
    Attachment(String),
    /// Spreadsheet of an import that is not written yet.
    Import(Uuid),
}

impl Member {
    /// Returns the member of a name; `None` for a name that no backup has, such as one with `..`.
    fn parse(name: &str) -> Option<Self> {
        match name.split_once('/') {
            None if name == "database.sqlite" => Some(Self::Sqlite),
            None if name == "database.pgdump" => Some(Self::Postgres),
            Some(("attachments", hash)) if is_sha256(hash) => Some(Self::Attachment(hash.to_owned())),
            Some(("imports", id)) => id.parse().ok().map(Self::Import),
            _ => None,
        }
    }
}

impl fmt::Display for Member {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite => out.write_str("database.sqlite"),
            Self::Postgres => out.write_str("database.pgdump"),
            Self::Attachment(hash) => write!(out, "attachments/{hash}"),
            Self::Import(id) => write!(out, "imports/{id}"),
        }
    }
}

/// Size and hash of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSummary {
    /// Size in bytes.
    pub size: u64,
    /// SHA-256 in lower-case hexadecimal.
    pub sha256: String,
}

/// List of a backup's files.
#[derive(Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of the format.
    format: u32,
    /// Version of the program that wrote the backup.
    pub program: String,
    /// Time of the backup, RFC 3339.
    pub created_at: String,
    /// Files by name, without the manifest.
    pub files: BTreeMap<String, FileSummary>,
}

impl Manifest {
    fn new() -> Self {
        let program = env!("CARGO_PKG_VERSION").to_owned();
        Self { format: FORMAT, program, created_at: crate::db::instant(crate::db::now()), files: BTreeMap::new() }
    }

    /// Returns the number of attachments, and the number of bytes of all files.
    pub fn totals(&self) -> (usize, u64) {
        let attachments = self.files.keys().filter(|name| name.starts_with("attachments/")).count();
        (attachments, self.files.values().map(|file| file.size).sum())
    }

    /// Returns whether the backup has a file.
    pub fn has(&self, member: &Member) -> bool {
        self.files.contains_key(&member.to_string())
    }
}

/// Reader that computes size and hash of the bytes that it passes on.
struct HashingReader<R> {
    inner: R,
    digest: Sha256,
    size: u64,
}

impl<R: Read> HashingReader<R> {
    fn new(inner: R) -> Self {
        Self { inner, digest: Sha256::new(), size: 0 }
    }

    fn finish(self) -> FileSummary {
        let sha256 = self.digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        FileSummary { size: self.size, sha256 }
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.digest.update(buffer.get(..count).unwrap_or_default());
        self.size += count as u64;
        Ok(count)
    }
}

/// Writer of a backup.
pub struct ArchiveWriter {
    tar: tar::Builder<BufWriter<File>>,
    manifest: Manifest,
}

impl ArchiveWriter {
    /// Begins a backup in an empty file.
    pub fn new(file: File) -> Self {
        Self { tar: tar::Builder::new(BufWriter::with_capacity(BUFFER, file)), manifest: Manifest::new() }
    }

    /// Adds a file of any size.
    pub fn add_file(&mut self, member: &Member, path: &Path) -> io::Result<()> {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        self.add_from(member, size, file)
    }

    /// Adds a file from memory.
    pub fn add(&mut self, member: &Member, content: &[u8]) -> io::Result<()> {
        self.add_from(member, content.len() as u64, content)
    }

    fn add_from(&mut self, member: &Member, size: u64, content: impl Read) -> io::Result<()> {
        let name = member.to_string();
        let mut content = HashingReader::new(content.take(size));
        self.tar.append_data(&mut header(size), &name, &mut content)?;
        let summary = content.finish();
        if summary.size != size {
            return Err(io::Error::other(format!("{name} became shorter while it was copied")));
        }
        self.manifest.files.insert(name, summary);
        Ok(())
    }

    /// Adds the manifest and returns it once everything is on the disk.
    pub fn finish(mut self) -> io::Result<Manifest> {
        let text = serde_json::to_vec(&self.manifest)?;
        self.tar.append_data(&mut header(text.len() as u64), MANIFEST, text.as_slice())?;
        let mut file = self.tar.into_inner()?;
        file.flush()?;
        file.get_ref().sync_all()?;
        Ok(self.manifest)
    }
}

fn header(size: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o600);
    header.set_mtime(u64::try_from(crate::db::now() / 1_000).unwrap_or_default());
    header
}

/// Reads a whole backup and returns its manifest. Fails unless every file is as the manifest says.
pub fn check(path: &Path) -> Result<Manifest, ArchiveError> {
    let mut files = BTreeMap::new();
    let mut manifest: Option<Manifest> = None;
    for entry in tar::Archive::new(open(path)?).entries()? {
        // A header that cannot be read: the rest is missing or damaged.
        let is_first = files.is_empty();
        let mut entry = entry.map_err(|_| if is_first { ArchiveError::Foreign } else { ArchiveError::Incomplete })?;
        let name = name_of(&entry)?;
        if name == MANIFEST && manifest.is_none() {
            let mut text = Vec::new();
            entry.read_to_end(&mut text)?;
            manifest = Some(parse(&text)?);
            continue;
        }
        if manifest.is_some() || Member::parse(&name).is_none() {
            return Err(ArchiveError::Foreign);
        }
        let mut content = HashingReader::new(entry);
        io::copy(&mut content, &mut io::sink())?;
        files.insert(name, content.finish());
    }
    let manifest = match manifest {
        Some(manifest) => manifest,
        None if files.is_empty() => return Err(ArchiveError::Foreign),
        None => return Err(ArchiveError::Incomplete),
    };
    let names = manifest.files.keys().chain(files.keys());
    match names.into_iter().find(|name| manifest.files.get(*name) != files.get(*name)) {
        Some(name) => Err(ArchiveError::Damaged(name.clone())),
        None => Ok(manifest),
    }
}

/// Passes the wanted files of a checked backup to `receive`. Fails if one has changed since the check.
pub fn extract(
    path: &Path,
    manifest: &Manifest,
    wanted: impl Fn(&Member) -> bool,
    mut receive: impl FnMut(&Member, &mut dyn Read) -> io::Result<()>,
) -> Result<(), ArchiveError> {
    let mut archive = tar::Archive::new(open(path)?);
    for entry in archive.entries_with_seek()? {
        let entry = entry?;
        let name = name_of(&entry)?;
        let Some(member) = Member::parse(&name).filter(&wanted) else { continue };
        let mut content = HashingReader::new(entry);
        receive(&member, &mut content)?;
        if manifest.files.get(&name) != Some(&content.finish()) {
            return Err(ArchiveError::Damaged(name));
        }
    }
    Ok(())
}

fn open(path: &Path) -> Result<BufReader<File>, ArchiveError> {
    Ok(BufReader::with_capacity(BUFFER, File::open(path)?))
}

fn name_of<R: Read>(entry: &tar::Entry<'_, R>) -> Result<String, ArchiveError> {
    String::from_utf8(entry.path_bytes().into_owned()).map_err(|_| ArchiveError::Foreign)
}

fn parse(text: &[u8]) -> Result<Manifest, ArchiveError> {
    let format: Format = serde_json::from_slice(text).map_err(|_| ArchiveError::Damaged(MANIFEST.to_owned()))?;
    if format.format > FORMAT {
        return Err(ArchiveError::Newer(format.format));
    }
    serde_json::from_slice(text).map_err(|_| ArchiveError::Damaged(MANIFEST.to_owned()))
}

/// The part of a manifest that every format has.
#[derive(Deserialize)]
struct Format {
    format: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const HASH: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    /// Writes a backup with a database and a photo.
    fn backup(path: &Path) {
        let mut writer = ArchiveWriter::new(File::create(path).unwrap());
        writer.add(&Member::Sqlite, b"rows").unwrap();
        writer.add(&Member::Attachment(HASH.to_owned()), &[7; 3_000]).unwrap();
        writer.finish().unwrap();
    }

    #[test]
    fn extracted_files_equal_the_added_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backup.tar");
        backup(&path);
        let manifest = check(&path).unwrap();
        assert_eq!(manifest.totals(), (1, 3_004));
        let mut extracted = Vec::new();
        let mut receive = |member: &Member, content: &mut dyn Read| {
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes)?;
            extracted.push((member.clone(), bytes));
            Ok(())
        };
        extract(&path, &manifest, |member| *member != Member::Sqlite, &mut receive).unwrap();
        extract(&path, &manifest, |member| *member == Member::Sqlite, &mut receive).unwrap();
        let photo = (Member::Attachment(HASH.to_owned()), vec![7; 3_000]);
        assert_eq!(extracted, [photo, (Member::Sqlite, b"rows".to_vec())]);
    }

    #[test]
    fn no_changed_byte_of_a_file_passes_the_check() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backup.tar");
        backup(&path);
        let bytes = std::fs::read(&path).unwrap();
        // The two files: a header of 512 bytes each, and their content.
        for at in [0, 100, 512, 515, 1_024, 1_130, 1_536, 4_000] {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            std::fs::write(&path, changed).unwrap();
            assert!(check(&path).is_err(), "byte {at}");
        }
    }

    #[test]
    fn no_shortened_backup_passes_the_check() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backup.tar");
        backup(&path);
        let bytes = std::fs::read(&path).unwrap();
        let manifest_at = 512 + 512 + 512 + 3_072;
        for length in [0, 100, 512, 600, 1_024, 2_000, manifest_at, manifest_at + 100, manifest_at + 512] {
            std::fs::write(&path, &bytes[..length]).unwrap();
            assert!(check(&path).is_err(), "{length} bytes");
        }
    }

    #[rstest]
    #[case("attachments/../jiedui.db")]
    #[case("../database.sqlite")]
    #[case("imports/x")]
    #[case("/etc/passwd")]
    fn names_outside_the_format_are_no_members(#[case] name: &str) {
        assert_eq!(Member::parse(name), None);
    }

    #[test]
    fn manifest_of_a_later_format_is_named() {
        assert!(matches!(parse(br#"{"format": 99, "parts": []}"#), Err(ArchiveError::Newer(99))));
    }
}
