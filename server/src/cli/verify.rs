//! `jiedui verify`: recomputes all figures, and finds unreadable data and missing photos.

use crate::attachment_store::AttachmentStore;
use crate::cli::error::CliError;
use crate::cli::open::open;
use crate::config::Storage;
use crate::db::audit::verify::{self as audit_chain, Chain};
use crate::db::figures::verify;
use crate::db::files::attachment;
use crate::db::reference::load;
use crate::db::{Db, Unreadable};
use jiedui_core::values::quantity::Quantity;
use std::process::ExitCode;

/// Number of photos that are checked at a time.
const PHOTOS: i64 = 1_000;

/// Recomputes every figure. Prints the figures that differ and the unreadable data.
pub async fn verify(storage: &Storage) -> Result<ExitCode, CliError> {
    let (db, _) = open(storage).await?;
    let reference = load::load(&db).await?;
    let verify::Findings { differences, unreadable } = verify::verify(&db, &reference).await?;
    for Unreadable { kind, id, reason } in &unreadable {
        println!("{kind} {id}: cannot be read: {reason}");
    }
    for difference in &differences {
        let verify::Difference { key, stored, counted } = difference;
        println!("{key}: kept {}, counted {}", sums_text(stored), sums_text(counted));
    }
    println!("{} differences", differences.len());
    report_missing_photos(&db, storage).await?;
    Ok(if differences.is_empty() && unreadable.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Walks the audit trail. Prints the number of its rows, or the first broken row.
pub async fn verify_audit(storage: &Storage) -> Result<ExitCode, CliError> {
    let (db, _) = open(storage).await?;
    let mut tx = db.for_long_work().begin_reading().await?;
    let chain = audit_chain::verify(&mut tx).await?;
    tx.rollback().await?;
    match chain {
        Chain::Whole(rows) => {
            println!("audit trail: {rows} rows, none changed");
            Ok(ExitCode::SUCCESS)
        }
        Chain::Broken(number, reason) => {
            println!("audit trail: row {number} is broken: {reason}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Lists stored photos without a file in this data folder. This is not an error: phones that still have one send it again.
async fn report_missing_photos(db: &Db, storage: &Storage) -> Result<(), CliError> {
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

fn sums_text(sums: &Option<(i64, i64)>) -> String {
    let text =
        |(value, entries): &(i64, i64)| format!("{} of {entries} entries", Quantity::from_ten_thousandths(*value));
    sums.as_ref().map_or("nothing".to_owned(), text)
}
