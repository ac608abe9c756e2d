//! Figures after a change of the directory: entries under a pairing count at the places of its organisations.

use super::query::{TallyRow, counts_query};
use super::{latest, query, subjects, sums};
use crate::db::bulk::select_in;
use crate::db::{Result, Tx};
use jiedui_core::directory::index::DirectoryIndex;
use jiedui_core::figures::contribution::Contribution;
use jiedui_core::figures::entry_count::EntryCount;
use std::collections::BTreeMap;
use uuid::Uuid;

#[cfg(test)]
pub(super) const COUNTS_OF_ORGANISATIONS: &str = counts_query!("organisation");
#[cfg(test)]
pub(super) const COUNTS_OF_PAIRINGS: &str = counts_query!("pairing");

/// Moves the figures of the entries whose places or markers on the map differ between two directories. Reads the stored
/// contributions of the changed pairings, and no entry.
pub async fn apply(tx: &mut Tx, before: &DirectoryIndex, after: &DirectoryIndex, change: i64) -> Result<()> {
    let moved = after.pairings_that_moved(before);
    let parts = query::of_pairings(tx, &moved).await?;
    let gone: Vec<Contribution> = parts.iter().cloned().map(Contribution::negated).collect();
    let subtracted = sums::sums_of(&gone, before);
    sums::write_sums(tx, &subtracted, change).await?;
    sums::write_sums(tx, &sums::sums_of(&parts, after), change).await?;
    subjects::write(tx, &subjects::touched_by(&gone), after, change).await?;
    let mut last = latest::Touched::default();
    for part in &parts {
        last.look_for(part, before);
        last.look_for(part, after);
    }
    latest::write(tx, last, after, change).await?;
    let counts = counts_of(tx, before, after).await?;
    let gone: Vec<EntryCount> = counts.iter().cloned().map(EntryCount::negated).collect();
    let mut changed = sums::map_counts_of(&gone, before);
    changed.extend(sums::map_counts_of(&counts, after));
    sums::write_map_counts(tx, &jiedui_core::figures::entry_count::merge_counts(changed), change).await
}

/// Reads the entry counts that the map can show elsewhere: those of the organisations whose places on the map differ, and
/// of their pairings.
async fn counts_of(tx: &mut Tx, before: &DirectoryIndex, after: &DirectoryIndex) -> Result<Vec<EntryCount>> {
    let organisations = after.organisations_that_moved(before);
    let mut pairings = after.pairings_that_moved(before);
    pairings.extend(after.pairings_of(&organisations));
    pairings.extend(before.pairings_of(&organisations));
    pairings.sort_unstable();
    pairings.dedup();
    let mut rows = select_in!(tx, counts_query!("organisation"), organisations, TallyRow, |values, id| {
        values.push_bind(*id);
    });
    rows.extend(select_in!(tx, counts_query!("pairing"), pairings, TallyRow, |values, id| {
        values.push_bind(*id);
    }));
    let counts = rows.into_iter().filter_map(TallyRow::into_count);
    let keyed = counts.map(|count| {
        let key: (String, String, Option<Uuid>, Option<Uuid>, String, bool) = (
            count.programme.clone(),
            count.place.clone(),
            count.pairing,
            count.organisation,
            count.month.to_string(),
            count.verified,
        );
        (key, count)
    });
    // A count may be found by its organisation and by its pairing.
    Ok(keyed.collect::<BTreeMap<_, _>>().into_values().collect())
}
