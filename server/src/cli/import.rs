//! `jiedui import`: imports the file of an export.

use crate::cli::error::CliError;
use crate::cli::open::open;
use crate::config::Storage;
use crate::db::audit::{Act, By, Object};
use crate::db::records::idempotency;
use crate::db::records::push::{self, Push};
use crate::db::reference::load;
use jiedui_core::access::user::{Role, Scope, User};
use jiedui_core::audit::{Action, ObjectKind};
use jiedui_core::sync::{Mutation, Op, Outcome, Record};
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::ExitCode;
use uuid::Uuid;

/// Imports the output of `jiedui export`. Importing the same file twice changes nothing.
pub async fn import(file: &Path, storage: &Storage) -> Result<ExitCode, CliError> {
    let io = |error| CliError::Io(file.display().to_string(), error);
    let content = std::fs::read(file).map_err(io)?;
    // The client identifier is derived from the content, so the same file repeats the same mutations.
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
    let (mut accepted, mut rejected) = (0, 0);
    let actor = program_user();
    let last_day = crate::clock::last_day();
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    for batch in mutations.chunks(500) {
        let mut numbered = Vec::with_capacity(batch.len());
        for mutation in batch {
            numbered.push((mutation.clone(), idempotency::digest(mutation)?));
        }
        let act = Act::new(By::command_line(), Action::Imported, Object::new(ObjectKind::Import, client, &name));
        let act = Some(act.with("rows", batch.len()));
        let by = By::command_line();
        let push = Push { actor: actor.clone(), client, mutations: numbered, last_day, whole: false, by, act };
        for result in push::push(&db, &reference, &[push]).await?.0.concat() {
            match result.outcome {
                Outcome::Applied | Outcome::Merged => accepted += 1,
                Outcome::Conflict => {
                    rejected += 1;
                    eprintln!("line {}: id: the database has other values under this identifier", result.seq);
                }
                Outcome::Rejected => {
                    rejected += 1;
                    for error in result.errors {
                        eprintln!("line {}: {}: {}", result.seq, error.field, error.message);
                    }
                }
            }
        }
    }
    println!("{accepted} taken, {rejected} refused");
    Ok(if rejected == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Returns the user for changes by the program itself, with all rights.
fn program_user() -> User {
    let scope = Scope::default();
    User { id: Uuid::nil(), username: String::new(), name: String::new(), role: Role::Admin, scope, verifies_own: true }
}
