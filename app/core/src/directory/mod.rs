//! Directory of organisations and pairings, with the tree of places.

pub mod index;
pub mod organisation;
pub mod place;
mod validate;

use crate::values::sort::collect_sorted;
use crate::values::uuid_map::UuidSet;
use organisation::{Organisation, Pairing};
use place::{Level, covers};
use std::collections::BTreeSet;
use uuid::Uuid;

/// The organisations and pairings of the directory.
#[derive(Clone, Copy)]
pub struct Directory<'a> {
    /// Organisations.
    pub organisations: &'a [Organisation],
    /// Pairings.
    pub pairings: &'a [Pairing],
}

impl<'a> Directory<'a> {
    /// Returns the organisation with this identifier.
    pub fn organisation(&self, id: Uuid) -> Option<&'a Organisation> {
        self.organisations.iter().find(|organisation| organisation.id == id)
    }

    /// Returns the pairing with this identifier.
    pub fn pairing(&self, id: Uuid) -> Option<&'a Pairing> {
        self.pairings.iter().find(|pairing| pairing.id == id)
    }

    /// Returns all pairings of an organisation, present and past.
    pub fn pairings_of(&self, organisation: Uuid) -> impl Iterator<Item = &'a Pairing> + use<'a> {
        let has =
            move |pairing: &&Pairing| pairing.organisation_a == organisation || pairing.organisation_b == organisation;
        self.pairings.iter().filter(has)
    }

    /// Returns the places of a pairing's organisations.
    pub fn places_of(&self, pairing: Uuid) -> impl Iterator<Item = &'a str> {
        let ends = self.pairing(pairing).map(|pairing| [pairing.organisation_a, pairing.organisation_b]);
        let directory = *self;
        ends.into_iter().flatten().filter_map(move |id| Some(directory.organisation(id)?.place.as_str()))
    }

    /// Returns whether one of the pairing's organisations is at or below a place.
    pub fn is_pairing_at(&self, id: Uuid, place: &str) -> bool {
        self.places_of(id).any(|end| covers(place, end))
    }

    /// Returns the pairings with an organisation at or below a place.
    pub fn pairings_at(&self, place: &str) -> UuidSet {
        let organisations = self.organisations.iter().filter(|organisation| covers(place, &organisation.place));
        let organisations: UuidSet = organisations.map(|organisation| organisation.id).collect();
        let touches = |pairing: &&Pairing| {
            organisations.contains(&pairing.organisation_a) || organisations.contains(&pairing.organisation_b)
        };
        self.pairings.iter().filter(touches).map(|pairing| pairing.id).collect()
    }

    /// Returns the codes of all places for which a filter matches an entry at `place` under `pairing`, including the
    /// empty code for the whole region.
    pub fn scopes(&self, place: &'a str, pairing: Option<Uuid>) -> BTreeSet<&'a str> {
        let places = std::iter::once(place).chain(pairing.into_iter().flat_map(|id| self.places_of(id)));
        let levels = [Level::City, Level::County, Level::Township, Level::Village];
        let above = |place: &'a str| levels.into_iter().filter_map(|level| place.get(..level.digits()));
        collect_sorted(places.flat_map(above).chain([""]))
    }
}
