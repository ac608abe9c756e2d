//! An overview cut into pieces: it may be large, and a slow phone reads and writes it piece by piece.

use crate::directory::organisation::{Organisation, Pairing};
use crate::directory::place::Place;
use crate::figures::contribution::Contribution;
use crate::figures::overview::{EntryCount, Overview};
use serde::{Deserialize, Serialize};

/// How many of something are in a piece: what a slow phone reads or writes within a few thousandths of a second.
pub const SIZE: usize = 250;

/// A piece of an overview's lists.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Chunk {
    /// Some of its places.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<Place>,
    /// Some of its organisations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub organisations: Vec<Organisation>,
    /// Some of its pairings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pairings: Vec<Pairing>,
    /// Some of its parts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "parts")]
    pub contributions: Vec<Contribution>,
    /// Some of its tallies.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[serde(rename = "tallies")]
    pub entry_counts: Vec<EntryCount>,
}

impl Overview {
    /// Its lists in pieces.
    pub fn chunks(&self) -> impl Iterator<Item = Chunk> {
        let places = self.places.chunks(SIZE).map(|own| Chunk { places: own.to_vec(), ..Chunk::default() });
        let organisations = self.organisations.chunks(SIZE);
        let organisations = organisations.map(|own| Chunk { organisations: own.to_vec(), ..Chunk::default() });
        let pairings = self.pairings.chunks(SIZE).map(|own| Chunk { pairings: own.to_vec(), ..Chunk::default() });
        let parts =
            self.contributions.chunks(SIZE).map(|own| Chunk { contributions: own.to_vec(), ..Chunk::default() });
        let tallies =
            self.entry_counts.chunks(SIZE).map(|own| Chunk { entry_counts: own.to_vec(), ..Chunk::default() });
        places.chain(organisations).chain(pairings).chain(parts).chain(tallies)
    }

    /// All of it but these lists.
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
        }
    }

    /// Adds the next piece.
    pub fn add_piece(&mut self, piece: Chunk) {
        self.places.extend(piece.places);
        self.organisations.extend(piece.organisations);
        self.pairings.extend(piece.pairings);
        self.contributions.extend(piece.contributions);
        self.entry_counts.extend(piece.entry_counts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::place::{Level, Side};
    use crate::fixtures::sample::paired;
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
        };
        whole.places = (0..300).map(place).collect();
        let month: Month = "2023-05".parse().unwrap();
        let tally = |number: u128| EntryCount {
            programme: "health".to_owned(),
            place: "520111".to_owned(),
            pairing: Some(Uuid::from_u128(number)),
            organisation: None,
            month,
            verified: true,
            entries: 2,
        };
        whole.entry_counts = (0..1_001).map(tally).collect();
        whole.closed.push(month);
        whole.edition = "one".to_owned();
        whole.change = 7;
        whole
    }

    #[test]
    fn the_pieces_put_together_are_the_whole() {
        let whole = whole();
        let head = serde_json::to_string(&whole.without_lists()).unwrap();
        assert!(head.len() < 1_000);
        let mut again: Overview = serde_json::from_str(&head).unwrap();
        for piece in whole.chunks() {
            let text = serde_json::to_string(&piece).unwrap();
            assert!(text.len() < 100_000, "a piece is small: {} bytes", text.len());
            again.add_piece(serde_json::from_str(&text).unwrap());
        }
        assert_eq!(again, whole);
        assert_eq!(whole.chunks().count(), 2 + 6 + 3 + 5);
    }
}
