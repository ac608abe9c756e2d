//! Who stands where on the map, and how many entries concern whom: what does not depend on a filter is made ready once,
//! so that another filter is a matter of adding up.

use crate::directory::organisation::Organisation;
use crate::directory::place::{Level, covers};
use crate::figures::figure::Filter;
use crate::figures::overview::{EntryCount, Overview};
use crate::map::outline::{LONGITUDE, OUTLINES, Outline};
use crate::values::uuid_map::UuidMap;
use std::collections::BTreeMap;

/// Distance of the second approximate point of a county from the first, in degrees.
const SPREAD: f64 = 0.04;
/// After so many points a spiral has left every county; it starts again, narrower.
const LAP: u32 = 400;
/// Every so manieth point of the spiral is a place's, in a county that is large enough; in others so many times closer.
const APART: usize = 5;
const CLOSEST: u32 = 8;
/// Cosine and sine of the golden angle: points turned by it never line up.
const GOLDEN_ROTATION: (f64, f64) = (-0.737_368_878_078_319_7, 0.675_490_294_261_523_8);

/// Longitude and latitude in degrees.
pub type Position = (f64, f64);

/// An organisation on the map.
#[derive(Clone, Debug, PartialEq)]
pub struct OrganisationMarker {
    /// The organisation's number in the overview.
    pub organisation: usize,
    /// Where it stands.
    pub position: Position,
    /// Whether the position follows from the place alone.
    pub approximate: bool,
    /// Whether one of the pairings on the map is its.
    pub paired: bool,
    /// How many entries concern it.
    pub counts: EntryTotals,
}

/// A pairing on the map.
#[derive(Clone, Debug, PartialEq)]
pub struct PairingLine {
    /// The pairing's number in the overview.
    pub pairing: usize,
    /// The numbers of its organisations, the one of side a first.
    pub ends: [usize; 2],
    /// Where they stand.
    pub positions: [Position; 2],
    /// How many entries it has.
    pub counts: EntryTotals,
}

/// What a filter leaves of the map.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    /// The organisations.
    pub points: Vec<OrganisationMarker>,
    /// The pairings.
    pub lines: Vec<PairingLine>,
}

/// How many entries stand behind something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct EntryTotals {
    /// All that count.
    pub entries: u64,
    /// Those that a reviewer has verified.
    pub verified: u64,
}

impl EntryTotals {
    fn add(&mut self, tally: &EntryCount) {
        let entries = u64::try_from(tally.entries).unwrap_or_default();
        self.entries += entries;
        self.verified += if tally.verified { entries } else { 0 };
    }
}

/// An overview's directory and tallies, by number instead of by identifier.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MapIndex {
    edition: String,
    /// Of each organisation.
    positions: Vec<Option<Position>>,
    /// Of each pairing.
    ends: Vec<Option<[usize; 2]>>,
    /// Of each tally: its pairing, and its organisation.
    tallies: Vec<(Option<usize>, Option<usize>)>,
}

impl MapIndex {
    /// That of an overview. What an earlier one of the same edition knows of the directory is taken from it.
    pub fn new(overview: &Overview, earlier: Option<&Self>) -> Self {
        let organisations: UuidMap<usize> =
            overview.organisations.iter().enumerate().map(|(number, own)| (own.id, number)).collect();
        let pairings: UuidMap<usize> =
            overview.pairings.iter().enumerate().map(|(number, own)| (own.id, number)).collect();
        let same = earlier.filter(|own| own.edition == overview.edition && !own.edition.is_empty());
        let (positions, ends) = match same {
            Some(own) => (own.positions.clone(), own.ends.clone()),
            None => {
                let end = |id| organisations.get(&id).copied();
                let ends =
                    overview.pairings.iter().map(|own| Some([end(own.organisation_a)?, end(own.organisation_b)?]));
                (positions(&overview.organisations), ends.collect())
            }
        };
        let whose = |tally: &EntryCount| {
            let pairing = tally.pairing.and_then(|id| pairings.get(&id).copied());
            (pairing, tally.organisation.and_then(|id| organisations.get(&id).copied()))
        };
        let tallies = overview.entry_counts.iter().map(whose).collect();
        Self { edition: overview.edition.clone(), positions, ends, tallies }
    }

    /// The organisations and pairings that a filter leaves, with the entries behind each: an entry under a pairing
    /// concerns its two ends. The overview is the one that the atlas was made of.
    pub fn features(&self, overview: &Overview, filter: &Filter) -> Features {
        let sieve = filter.compile(&overview.catalogue, overview.directory());
        let mut of_pairing = vec![EntryTotals::default(); overview.pairings.len()];
        let mut of_organisation = vec![EntryTotals::default(); overview.organisations.len()];
        for (tally, &(pairing, organisation)) in overview.entry_counts.iter().zip(&self.tallies) {
            if !sieve.matches_programme(&tally.programme)
                || !sieve.matches_at(&tally.place, tally.pairing, tally.month, tally.verified)
            {
                continue;
            }
            let ends = pairing.and_then(|number| self.ends.get(number).copied().flatten());
            let add = |counts: &mut [EntryTotals], number: usize| {
                if let Some(own) = counts.get_mut(number) {
                    own.add(tally);
                }
            };
            pairing.into_iter().for_each(|number| add(&mut of_pairing, number));
            ends.into_iter().flatten().for_each(|number| add(&mut of_organisation, number));
            let apart = organisation.filter(|number| ends.is_none_or(|ends| !ends.contains(number)));
            apart.into_iter().for_each(|number| add(&mut of_organisation, number));
        }
        let count = |counts: &[EntryTotals], number: usize| counts.get(number).copied().unwrap_or_default();
        let position = |number: usize| self.positions.get(number).copied().flatten();
        let mut is_end = vec![false; overview.organisations.len()];
        let mut lines = Vec::new();
        for (number, pairing) in overview.pairings.iter().enumerate() {
            if !sieve.matches_programme(&pairing.programme) || !sieve.matches_pairing(pairing.id) {
                continue;
            }
            let Some(ends) = self.ends.get(number).copied().flatten() else { continue };
            let [Some(a), Some(b)] = ends.map(position) else { continue };
            for end in ends {
                is_end.get_mut(end).into_iter().for_each(|own| *own = true);
            }
            lines.push(PairingLine { pairing: number, ends, positions: [a, b], counts: count(&of_pairing, number) });
        }
        let near = |place: &str| filter.place.as_deref().is_none_or(|wanted| covers(wanted, place));
        let point = |(number, own): (usize, &Organisation)| {
            let paired = is_end.get(number).copied().unwrap_or_default();
            let itself = sieve.matches_programme(&own.programme) && near(&own.place);
            (paired || itself).then_some(())?;
            let (position, approximate) = (position(number)?, own.position.is_none());
            Some(OrganisationMarker {
                organisation: number,
                position,
                approximate,
                paired,
                counts: count(&of_organisation, number),
            })
        };
        Features { points: overview.organisations.iter().enumerate().filter_map(point).collect(), lines }
    }
}

/// Where each organisation stands. One without a position of its own gets a point in its county by rule: the county's
/// label point, and those after the first on a sunflower spiral around it, skipping what would lie outside. An
/// organisation of the whole city stands around the middle of the city's counties.
fn positions(organisations: &[Organisation]) -> Vec<Option<Position>> {
    let mut taken: BTreeMap<String, u32> = BTreeMap::new();
    let position = |organisation: &Organisation| {
        let county = Level::County.ancestor_code(&organisation.place).to_owned();
        organisation.position.or_else(|| {
            let outlines: Vec<&Outline> = OUTLINES.iter().filter(|outline| covers(&county, outline.code)).collect();
            let centre = centre(&outlines)?;
            let turn = taken.entry(county).or_default();
            // Each lap begins at the centre, which lies inside.
            let spiral = (*turn..*turn + LAP).map(|turn| (turn, spiral(centre, turn)));
            let inside = |point: (f64, f64)| outlines.iter().any(|outline| outline.contains(point));
            let (found, point) = spiral.into_iter().find(|(_, point)| inside(*point)).unwrap_or((*turn, centre));
            *turn = found + 1;
            Some(point)
        })
    };
    organisations.iter().map(position).collect()
}

/// A point for each of so many places of a county whose own positions nobody knows, by the same rule, farther apart.
pub fn spread_positions(county: &str, count: usize) -> Vec<Position> {
    let outlines: Vec<&Outline> = OUTLINES.iter().filter(|outline| outline.code == county).collect();
    let Some(centre) = centre(&outlines) else { return Vec::new() };
    let inside = |point: &Position| outlines.iter().any(|outline| outline.contains(*point));
    // In a small county they stand closer.
    let at = |turn: usize, closer: u32| {
        let point = spiral(centre, u32::try_from(turn).unwrap_or_default());
        let towards = |point: f64, centre: f64| centre + (point - centre) / f64::from(closer);
        (towards(point.0, centre.0), towards(point.1, centre.1))
    };
    let spots = |closer: u32| -> Vec<Position> {
        (0..LAP as usize).step_by(APART).map(|turn| at(turn, closer)).filter(inside).take(count).collect()
    };
    (1..=CLOSEST).map(spots).find(|spots| spots.len() == count).unwrap_or_default()
}

fn spiral(centre: (f64, f64), turn: u32) -> (f64, f64) {
    let (lap, turn_of_lap) = (turn / LAP, turn % LAP);
    let radius = SPREAD * f64::from(turn_of_lap).sqrt() / f64::from(1 + lap);
    let (cos, sin) = golden_turns(turn);
    (centre.0 + radius * cos / LONGITUDE, centre.1 + radius * sin)
}

/// Returns cosine and sine of a multiple of the golden angle, by repeated squaring of the rotation: trigonometric functions
/// would be 8 KB more wasm in the first screen.
fn golden_turns(mut turns: u32) -> (f64, f64) {
    let rotated = |(a, b): (f64, f64), (c, d): (f64, f64)| (a * c - b * d, a * d + b * c);
    let (mut rotation, mut power) = ((1.0, 0.0), GOLDEN_ROTATION);
    while turns > 0 {
        if turns & 1 == 1 {
            rotation = rotated(rotation, power);
        }
        power = rotated(power, power);
        turns >>= 1;
    }
    rotation
}

fn centre(outlines: &[&Outline]) -> Option<(f64, f64)> {
    let count = outlines.len() as f64;
    let sum = outlines.iter().fold((0.0, 0.0), |sum, outline| (sum.0 + outline.label.0, sum.1 + outline.label.1));
    (!outlines.is_empty()).then_some((sum.0 / count, sum.1 / count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_turns_equal_the_trigonometric_functions() {
        let golden_angle = std::f64::consts::PI * (3.0 - 5.0_f64.sqrt());
        for turns in [0, 1, 2, 399, 10_000] {
            let angle = golden_angle * f64::from(turns);
            let (cos, sin) = golden_turns(turns);
            assert!((cos - angle.cos()).abs() < 1e-9 && (sin - angle.sin()).abs() < 1e-9, "{turns}");
        }
    }
    use uuid::Uuid;

    #[test]
    fn each_place_of_a_county_has_a_spot_of_its_own_inside_it() {
        for (county, count) in [("522728", 10), ("520111", 17)] {
            let outline = OUTLINES.iter().find(|outline| outline.code == county).unwrap();
            let spots = spread_positions(county, count);
            assert_eq!(spots.len(), count);
            for (number, one) in spots.iter().enumerate() {
                assert!(outline.contains(*one));
                assert!(spots[number + 1..].iter().all(|other| (one.0 - other.0).hypot(one.1 - other.1) > 0.005));
            }
        }
        assert!(spread_positions("999999", 3).is_empty());
    }
    use crate::directory::organisation::Pairing;

    fn organisation(number: u128, place: &str) -> Organisation {
        serde_json::from_value(serde_json::json!({"id": Uuid::from_u128(number), "name": "", "name_en": "",
            "kind": "school", "side": "b", "place": place, "programme": "education"}))
        .unwrap()
    }

    #[test]
    fn approximate_points_stay_in_their_county_and_apart() {
        let schools: Vec<Organisation> = (0..40).map(|n| organisation(n, "522728108")).collect();
        let luodian = OUTLINES.iter().find(|outline| outline.code == "522728").unwrap();
        let mut seen: Vec<Position> = Vec::new();
        for position in positions(&schools).into_iter().flatten() {
            assert!(luodian.contains(position));
            let near = |other: &Position| (other.0 - position.0).hypot(other.1 - position.1) < SPREAD / 2.0;
            assert!(!seen.iter().any(near), "{position:?} is too near to another");
            seen.push(position);
        }
        assert_eq!(seen.len(), 40);
    }

    #[test]
    fn a_position_that_a_person_has_set_is_kept() {
        let mut school = organisation(1, "522728108");
        school.position = Some((106.7, 25.4));
        assert_eq!(positions(&[school]), [Some((106.7, 25.4))]);
    }

    #[test]
    fn an_entry_under_a_pairing_concerns_both_ends_once_and_a_later_atlas_says_the_same() {
        let tally = |pairing: Option<u128>, organisation: Option<u128>, entries| EntryCount {
            programme: "education".into(),
            place: "522728109".into(),
            pairing: pairing.map(Uuid::from_u128),
            organisation: organisation.map(Uuid::from_u128),
            month: "2026-03".parse().unwrap(),
            verified: entries > 1,
            entries,
        };
        let pairing = Pairing {
            id: Uuid::from_u128(9),
            programme: "education".into(),
            organisation_a: Uuid::from_u128(1),
            organisation_b: Uuid::from_u128(2),
            from: None,
            to: None,
            source: None,
            agreement: None,
        };
        let overview = Overview {
            edition: "one".into(),
            organisations: [(1, "520111"), (2, "522728109"), (3, "522728108")]
                .map(|(id, at)| organisation(id, at))
                .to_vec(),
            pairings: vec![pairing],
            entry_counts: vec![
                tally(Some(9), Some(2), 1),
                tally(Some(9), None, 3),
                tally(None, Some(3), 5),
                tally(Some(77), None, 7),
            ],
            ..Overview::default()
        };
        let atlas = MapIndex::new(&overview, None);
        let features = atlas.features(&overview, &Filter::default());
        let entries: Vec<u64> = features.points.iter().map(|point| point.counts.entries).collect();
        let paired: Vec<bool> = features.points.iter().map(|point| point.paired).collect();
        assert_eq!(paired, [true, true, false]);
        assert_eq!((features.lines[0].counts, entries), (EntryTotals { entries: 4, verified: 3 }, vec![4, 4, 5]));
        let verified = Filter { verified_only: true, ..Filter::default() };
        assert_eq!(atlas.features(&overview, &verified).lines[0].counts, EntryTotals { entries: 3, verified: 3 });
        let near = Filter { place: Some("520111".into()), ..Filter::default() };
        assert_eq!(atlas.features(&overview, &near).points.len(), 2, "its pairing's other end is shown too");
        assert_eq!(MapIndex::new(&overview, Some(&atlas)), atlas);
    }
}
