//! `jiedui export`, `import` and `verify`: entries out and in, and the check of all figures.

use crate::attachment_store::AttachmentStore;
use crate::cli::error::CliError;
use crate::cli::open::open;
use crate::config::Storage;
use crate::db::records::push::{self, Push};
use crate::db::{
    Db, DbError,
    figures::verify,
    files::attachment,
    records::{entry, idempotency},
    reference::load,
};
use jiedui_core::access::user::{Role, Scope, User};
use jiedui_core::sync::Kind;
use jiedui_core::sync::{Mutation, Op, Outcome, Record};
use jiedui_core::values::quantity::Quantity;
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::ExitCode;
use uuid::Uuid;

/// Returns the program's own user, which may do anything.
fn nobody() -> User {
    let scope = Scope::default();
    User { id: Uuid::nil(), username: String::new(), name: String::new(), role: Role::Admin, scope }
}

/// Entries read at a time.
const PAGE: i64 = 1_000;

/// Writes all entries and all items of the ledgers to standard output, one a line.
pub async fn export(storage: &Storage) -> Result<(), CliError> {
    let (db, _) = open(storage).await?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for kind in [Kind::Entry, Kind::LedgerItem] {
        let mut after = 0;
        loop {
            let page = entry::oldest(&db, &kind, after, PAGE).await?;
            for listed in &page.records {
                let line = serde_json::to_string(listed).map_err(DbError::from)?;
                writeln!(out, "{line}").map_err(|error| CliError::Io("standard output".into(), error))?;
            }
            match page.last {
                Some(last) => after = last,
                None => break,
            }
        }
    }
    Ok(())
}

/// Takes in what [`export`] wrote; the same file twice changes nothing.
pub async fn import(file: &Path, storage: &Storage) -> Result<ExitCode, CliError> {
    let io = |error| CliError::Io(file.display().to_string(), error);
    let content = std::fs::read(file).map_err(io)?;
    // The file's content is the client: the same file again is the same mutations again.
    let client = Uuid::from_slice(&Sha256::digest(&content)[..16]).unwrap_or_default();
    let mut mutations = Vec::new();
    for (line, seq) in BufReader::new(content.as_slice()).lines().zip(1..) {
        let record: Record = serde_json::from_str(&line.map_err(io)?)
            .map_err(|error| CliError::Argument(format!("{}: line {seq}: {error}", file.display())))?;
        let Record { kind, id, mut fields, .. } = record;
        fields.retain(|_, value| !value.is_null());
        mutations.push(Mutation { seq, kind, id, base_rev: 0, epoch: None, op: Op::Put, fields });
    }
    let (db, _) = open(storage).await?;
    let reference = load::load(&db).await?;
    let (mut taken, mut refused) = (0, 0);
    let actor = nobody();
    let last_day = crate::clock::last_day();
    for batch in mutations.chunks(500) {
        let mut numbered = Vec::with_capacity(batch.len());
        for mutation in batch {
            numbered.push((mutation.clone(), idempotency::digest(mutation)?));
        }
        let push = Push { actor: actor.clone(), client, mutations: numbered, last_day, whole: false };
        for result in push::push(&db, &reference, &[push]).await?.0.concat() {
            if result.outcome == Outcome::Rejected {
                refused += 1;
                for error in result.errors {
                    eprintln!("line {}: {}: {}", result.seq, error.field, error.message);
                }
            } else {
                taken += 1;
            }
        }
    }
    println!("{taken} taken, {refused} refused");
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Photos looked at together.
const PHOTOS: i64 = 1_000;

/// Recomputes every figure and prints those that differ, and what cannot be read.
pub async fn verify(storage: &Storage) -> Result<ExitCode, CliError> {
    let (db, _) = open(storage).await?;
    let reference = load::load(&db).await?;
    let verify::Findings { differences, unreadable } = verify::verify(&db, &reference).await?;
    for (kind, id, error) in &unreadable {
        println!("{kind} {id}: cannot be read: {error}");
    }
    for difference in &differences {
        let verify::Difference { key, stored, counted } = difference;
        println!("{key}: kept {}, counted {}", or_nothing(stored), or_nothing(counted));
    }
    println!("{} differences", differences.len());
    tell_missing_photos(&db, storage).await?;
    Ok(if differences.is_empty() && unreadable.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Lists stored photos without a file in this data folder. This is not an error: phones that still have one send it again.
async fn tell_missing_photos(db: &Db, storage: &Storage) -> Result<(), CliError> {
    let (store, mut after) = (AttachmentStore::new(&storage.data_dir), String::new());
    loop {
        let hashes = attachment::hashes_after(db, &after, PHOTOS).await?;
        let Some(last) = hashes.last() else { return Ok(()) };
        after.clone_from(last);
        for sha256 in &hashes {
            let failed = |error| CliError::Io(store.folder().display().to_string(), error);
            if !store.has(sha256).map_err(failed)? {
                eprintln!("the photo {sha256} is not in {}", store.folder().display());
            }
        }
    }
}

fn or_nothing(sums: &Option<(i64, i64)>) -> String {
    let text =
        |(value, entries): &(i64, i64)| format!("{} of {entries} entries", Quantity::from_ten_thousandths(*value));
    sums.as_ref().map_or("nothing".to_owned(), text)
}
