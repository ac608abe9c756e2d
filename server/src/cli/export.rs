//! `jiedui export`: writes entries and ledger items as JSON lines.

use crate::cli::error::CliError;
use crate::cli::open::open;
use crate::config::Storage;
use crate::db::DbError;
use crate::db::audit::{self, Act, By, Object};
use crate::db::records::entry;
use jiedui_core::audit::{Action, ObjectKind};
use jiedui_core::sync::Kind;
use std::io::Write;

/// Number of entries that are read at a time.
const PAGE: i64 = 1_000;

/// Writes all entries and all items of the ledgers to standard output, one a line.
pub async fn export(storage: &Storage) -> Result<(), CliError> {
    let (db, _) = open(storage).await?;
    let object = Object::new(ObjectKind::Export, "all.jsonl", "all.jsonl");
    audit::note(&db, &Act::new(By::command_line(), Action::Exported, object)).await?;
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
