//! Index of a directory: the places of each pairing, and the places at which each organisation can be on the map.

use super::Directory;
use super::place::Level;
use crate::values::sort::{collect_sorted, sort_by};
use crate::values::uuid_map::UuidMap;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Levels of the places that filters resolve without asking for a village.
const LEVELS: [Level; 3] = [Level::City, Level::County, Level::Township];

/// Returns the codes of a place and the places above it, from the city down to the township.
pub fn ancestors(code: &str) -> impl Iterator<Item = &str> {
    LEVELS.into_iter().filter_map(|level| code.get(..level.digits()))
}

/// Places of a directory's pairings and organisations, for many look-ups.
#[derive(Clone, Debug, Default)]
pub struct DirectoryIndex {
    ends: UuidMap<[Uuid; 2]>,
    places: UuidMap<String>,
    shown_at: UuidMap<BTreeSet<String>>,
}

impl DirectoryIndex {
    /// Creates the index of a directory.
    pub fn new(directory: Directory<'_>) -> Self {
        let organisations = directory.organisations.iter();
        let mut index = Self {
            ends: directory.pairings.iter().map(|it| (it.id, [it.organisation_a, it.organisation_b])).collect(),
            places: organisations.map(|organisation| (organisation.id, organisation.place.clone())).collect(),
            shown_at: UuidMap::default(),
        };
        for (id, place) in &index.places {
            index.shown_at.entry(*id).or_default().extend(ancestors(place).map(str::to_owned));
        }
        for [a, b] in index.ends.values() {
            for (organisation, partner) in [(a, b), (b, a)] {
                let Some(place) = index.places.get(partner) else { continue };
                index.shown_at.entry(*organisation).or_default().extend(ancestors(place).map(str::to_owned));
            }
        }
        index
    }

    /// Returns the organisations of a pairing.
    pub fn ends(&self, pairing: Option<Uuid>) -> &[Uuid] {
        pairing.and_then(|id| self.ends.get(&id)).map_or(&[], |ends| ends.as_slice())
    }

    /// Returns the codes of the places above and at a pairing's organisations.
    pub fn places_of(&self, pairing: Option<Uuid>) -> BTreeSet<&str> {
        let places = self.ends(pairing).iter().filter_map(|id| self.places.get(id));
        collect_sorted(places.flat_map(|place| ancestors(place)))
    }

    /// Returns the codes of the places for which a filter matches an entry at `place` under `pairing`. They go down to
    /// the township and include the empty code for the whole region.
    pub fn places_matching<'a>(&'a self, place: &'a str, pairing: Option<Uuid>) -> BTreeSet<&'a str> {
        let mut places = self.places_of(pairing);
        places.extend(ancestors(place).chain([""]));
        places
    }

    /// Returns the codes of the places whose map shows an organisation: those above and at the organisation and its
    /// partners.
    pub fn shown_at(&self, organisation: Uuid) -> impl Iterator<Item = &str> {
        self.shown_at.get(&organisation).into_iter().flatten().map(String::as_str)
    }

    /// Returns the pairings of these organisations.
    pub fn pairings_of(&self, organisations: &[Uuid]) -> Vec<Uuid> {
        let is_of = |ends: &[Uuid; 2]| ends.iter().any(|end| organisations.contains(end));
        self.ends.iter().filter(|(_, ends)| is_of(ends)).map(|(id, _)| *id).collect()
    }

    /// Returns the pairings whose organisations, or the places of these, differ from an earlier directory.
    pub fn pairings_that_moved(&self, earlier: &Self) -> Vec<Uuid> {
        let has_moved = |id: &Uuid| {
            let of = |index: &'_ Self| (index.ends.get(id).copied(), index.owned_places_of(*id));
            of(self) != of(earlier)
        };
        let mut moved: Vec<Uuid> = self.ends.keys().chain(earlier.ends.keys()).copied().filter(has_moved).collect();
        sort_by(&mut moved, Ord::cmp);
        moved.dedup();
        moved
    }

    /// Returns the organisations that are on the maps of other places than with an earlier directory.
    pub fn organisations_that_moved(&self, earlier: &Self) -> Vec<Uuid> {
        let has_moved = |id: &Uuid| self.shown_at.get(id) != earlier.shown_at.get(id);
        let all = self.shown_at.keys().chain(earlier.shown_at.keys()).copied();
        let mut moved: Vec<Uuid> = all.filter(has_moved).collect();
        sort_by(&mut moved, Ord::cmp);
        moved.dedup();
        moved
    }

    fn owned_places_of(&self, pairing: Uuid) -> BTreeSet<String> {
        self.places_of(Some(pairing)).into_iter().map(str::to_owned).collect()
    }
}
