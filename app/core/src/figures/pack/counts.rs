//! Entry counts of the map, so that the number of counts does not depend on the number of entries.
//!
//! A pairing is on the map of a place only if one of its organisations is there. A filter for that place then matches all
//! its entries, so their number needs no place. An organisation counts the entries of its pairings and, by place, its
//! other ones.

use crate::directory::index::DirectoryIndex;
use crate::figures::entry_count::EntryCount;
use uuid::Uuid;

/// Returns the counts of a pack to which a count by place, pairing and organisation adds. One is of the pairing. The others
/// are of each organisation, at the places whose map shows it.
pub fn rows_of(count: &EntryCount, directory: &DirectoryIndex) -> Vec<EntryCount> {
    let row = |place: &str, pairing: Option<Uuid>, organisation: Option<Uuid>| EntryCount {
        programme: count.programme.clone(),
        place: place.to_owned(),
        pairing,
        organisation,
        month: count.month,
        verified: count.verified,
        entries: count.entries,
    };
    let mut rows = Vec::new();
    if count.pairing.is_some() {
        rows.push(row("", count.pairing, None));
    }
    let ends = directory.ends(count.pairing);
    let places = directory.places_matching(&count.place, count.pairing);
    let places_of_pairing = directory.places_of(count.pairing);
    let separate = count.organisation.filter(|id| !ends.contains(id));
    for organisation in ends.iter().copied().chain(separate) {
        let is_end = Some(organisation) != separate;
        let counts_with_pairing = |place: &str| is_end && (place.is_empty() || places_of_pairing.contains(place));
        let shown_at = directory.shown_at(organisation).chain([""]);
        for place in shown_at.filter(|place| places.contains(place) && !counts_with_pairing(place)) {
            rows.push(row(place, None, Some(organisation)));
        }
    }
    rows
}
