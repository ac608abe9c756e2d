//! Chunks of an overview, so that a slow phone can read and write it incrementally.

use crate::directory::organisation::{Organisation, Pairing};
use crate::directory::place::Place;
use crate::figures::contribution::Contribution;
use crate::figures::entry_count::EntryCount;
use crate::figures::overview::Overview;
use serde::{Deserialize, Serialize};

/// Maximum number of items in a chunk, which keeps the UI responsive on slow phones.
pub const SIZE: usize = 250;

/// A chunk of an overview's lists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Chunk {
    /// Places.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    /// Organisations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub organisations: Vec<Organisation>,
    /// Pairings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pairings: Vec<Pairing>,
    /// Contributions.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "parts")]
    pub contributions: Vec<Contribution>,
    /// Entry counts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "tallies")]
    pub entry_counts: Vec<EntryCount>,
}

impl Overview {
    /// Returns the lists of the overview in chunks.
    pub fn chunks(&self) -> impl Iterator<Item = Chunk> {
        let places = self.places.chunks(SIZE).map(|slice| Chunk { places: slice.to_vec(), ..Chunk::default() });
        let organisations = self.organisations.chunks(SIZE);
        let organisations = organisations.map(|slice| Chunk { organisations: slice.to_vec(), ..Chunk::default() });
        let pairings = self.pairings.chunks(SIZE).map(|slice| Chunk { pairings: slice.to_vec(), ..Chunk::default() });
        let contributions =
            self.contributions.chunks(SIZE).map(|slice| Chunk { contributions: slice.to_vec(), ..Chunk::default() });
        let entry_counts =
            self.entry_counts.chunks(SIZE).map(|slice| Chunk { entry_counts: slice.to_vec(), ..Chunk::default() });
        places.chain(organisations).chain(pairings).chain(contributions).chain(entry_counts)
    }

    /// Returns the overview with empty lists.
    pub fn without_lists(&self) -> Self {
        Self {
            change: self.change,
            as_of: self.as_of.clone(),
            edition: self.edition.clone(),
            base_change: self.base_change,
            partial_for: self.partial_for.clone(),
            catalogue: self.catalogue.clone(),
            closed: self.closed.clone(),
            places: Vec::new(),
            organisations: Vec::new(),
            pairings: Vec::new(),
            contributions: Vec::new(),
            entry_counts: Vec::new(),
            pack_years: self.pack_years.clone(),
            source: self.source.clone(),
            packs: self.packs.clone(),
        }
    }

    /// Appends a chunk to the lists.
    pub fn add_chunk(&mut self, chunk: Chunk) {
        self.places.extend(chunk.places);
        self.organisations.extend(chunk.organisations);
        self.pairings.extend(chunk.pairings);
        self.contributions.extend(chunk.contributions);
        self.entry_counts.extend(chunk.entry_counts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::place::{Level, Side};
    use crate::fixtures::pairings::paired;
    use crate::values::month::Month;
    use uuid::Uuid;

    fn whole() -> Overview {
        let mut whole = paired(700);
        let place = |number: usize| Place {
            code: format!("{number:06}"),
            parent: "5201".to_owned(),
            level: Level::County,
            name: "县".to_owned(),
            side: Side::A,
            initials: String::new(),
        };
        whole.places = (0..300).map(place).collect();
        let month: Month = "2023-05".parse().unwrap();
        let entry_count = |number: u128| EntryCount {
            programme: "health".to_owned(),
            place: "520111".to_owned(),
            pairing: Some(Uuid::from_u128(number)),
            organisation: None,
            month,
            verified: true,
            entries: 2,
        };
        whole.entry_counts = (0..1_001).map(entry_count).collect();
        whole.closed.push(month);
        whole.edition = "one".to_owned();
        whole.change = 7;
        whole
    }

    #[test]
    fn chunks_rebuild_the_overview() {
        let whole = whole();
        let head = serde_json::to_string(&whole.without_lists()).unwrap();
        assert!(head.len() < 1_000);
        let mut rebuilt: Overview = serde_json::from_str(&head).unwrap();
        for chunk in whole.chunks() {
            let text = serde_json::to_string(&chunk).unwrap();
            assert!(text.len() < 100_000, "a chunk is small: {} bytes", text.len());
            rebuilt.add_chunk(serde_json::from_str(&text).unwrap());
        }
        assert_eq!(rebuilt, whole);
        assert_eq!(whole.chunks().count(), 2 + 6 + 3 + 5);
    }
}
