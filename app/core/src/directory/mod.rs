//! The directory: places, organisations and the pairings between them.

pub mod organisation;
pub mod place;
mod validate;

use crate::values::uuid_map::UuidSet;
use organisation::{Organisation, Pairing};
use place::{Level, covers};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Organisations and pairings, to find out whom an entry concerns.
#[derive(Clone, Copy)]
pub struct Directory<'a> {
    /// The organisations.
    pub organisations: &'a [Organisation],
    /// The pairings.
    pub pairings: &'a [Pairing],
}

impl<'a> Directory<'a> {
    /// The organisation with this identifier.
    pub fn organisation(&self, id: Uuid) -> Option<&'a Organisation> {
        self.organisations.iter().find(|organisation| organisation.id == id)
    }

    /// The pairing with this identifier.
    pub fn pairing(&self, id: Uuid) -> Option<&'a Pairing> {
        self.pairings.iter().find(|pairing| pairing.id == id)
    }

    /// The pairings that an organisation has or had.
    pub fn pairings_of(&self, organisation: Uuid) -> impl Iterator<Item = &'a Pairing> + use<'a> {
        let has = move |own: &&Pairing| own.organisation_a == organisation || own.organisation_b == organisation;
        self.pairings.iter().filter(has)
    }

    /// The places of a pairing's organisations.
    pub fn places_of(&self, pairing: Uuid) -> impl Iterator<Item = &'a str> {
        let ends = self.pairing(pairing).map(|pairing| [pairing.organisation_a, pairing.organisation_b]);
        let directory = *self;
        ends.into_iter().flatten().filter_map(move |id| Some(directory.organisation(id)?.place.as_str()))
    }

    /// Whether one of the pairing's organisations is at the place or below it.
    pub fn is_pairing_at(&self, id: Uuid, place: &str) -> bool {
        self.places_of(id).any(|own| covers(place, own))
    }

    /// The pairings with an organisation at the place or below it.
    pub fn pairings_at(&self, place: &str) -> UuidSet {
        let there = self.organisations.iter().filter(|own| covers(place, &own.place));
        let there: UuidSet = there.map(|organisation| organisation.id).collect();
        let touches = |own: &&Pairing| there.contains(&own.organisation_a) || there.contains(&own.organisation_b);
        self.pairings.iter().filter(touches).map(|pairing| pairing.id).collect()
    }

    /// The places under which something counts that happened at a place, under a pairing: all for which
    /// a filter takes it, from the empty code, which is everywhere, to the village.
    pub fn scopes(&self, place: &'a str, pairing: Option<Uuid>) -> BTreeSet<&'a str> {
        let places = std::iter::once(place).chain(pairing.into_iter().flat_map(|id| self.places_of(id)));
        let levels = [Level::City, Level::County, Level::Township, Level::Village];
        let above = |place: &'a str| levels.into_iter().filter_map(|level| place.get(..level.digits()));
        places.flat_map(above).chain([""]).collect()
    }
}
