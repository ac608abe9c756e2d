//! `jiedui generate`: adds made-up entries for demonstrations and benchmarks.

use crate::cli::error::CliError;
use crate::cli::open::open;
use crate::clock;
use crate::config::Storage;
use crate::db::records::push::insert_trusted;
use crate::db::reference::{fill, load};
use jiedui_core::fixtures::pairings;
use jiedui_core::fixtures::sample::{FIRST_DAY, Sample};
use std::io::{IsTerminal, Write};

/// Number of entries in one transaction.
const STEP: u64 = 20_000;

/// Adds the pairings and entries of a seed, except existing ones. If interrupted, complete transactions remain and the command can
/// be repeated.
pub async fn generate(entries: u64, pairings: u64, seed: u64, storage: &Storage) -> Result<(), CliError> {
    let (db, _) = open(storage).await?;
    if pairings > 0 {
        let reference = load::load(&db).await?;
        let (organisations, pairings) = pairings::directory(seed, pairings, &reference.catalogue, &reference.places);
        fill::add_directory(&db, &organisations, &pairings).await?;
    }
    let reference = load::load(&db).await?;
    let directory = (reference.organisations.as_slice(), reference.pairings.as_slice());
    let last_day = clock::today();
    let sample = Sample::new(seed, &reference.catalogue, &reference.places, directory, (FIRST_DAY, last_day));
    let mut added = 0;
    for first in (0..entries).step_by(usize::try_from(STEP).unwrap_or(usize::MAX)) {
        let numbers = first..(first + STEP).min(entries);
        let done = numbers.end;
        added += insert_trusted(&db, &reference, numbers.map(|number| sample.entry(number)).collect()).await?;
        if std::io::stderr().is_terminal() {
            // Only progress; an error is harmless.
            let _ = write!(std::io::stderr(), "\r{done} / {entries}");
        }
    }
    println!("{added} entries added");
    db.close().await;
    Ok(())
}
