//! Index of the map: positions of organisations and entry counts by organisation and pairing. It is independent of the
//! filter, so a new filter only adds up counts.

use crate::directory::organisation::Organisation;
use crate::directory::place::{Level, covers};
use crate::figures::entry_count::EntryCount;
use crate::figures::figure::Filter;
use crate::figures::overview::Overview;
use crate::map::outline::{LONGITUDE, OUTLINES, Outline};
use crate::values::uuid_map::UuidMap;
use std::collections::BTreeMap;

/// Distance in degrees between the first two approximate positions of a county.
const SPREAD: f64 = 0.04;
/// Number of points after which the spiral has left every county and restarts with a smaller radius.
const POINTS_PER_LAP: u32 = 400;
/// Places use every `STEP`th point of the spiral. In small counties the spiral is denser, up to `MAX_DENSITY` times.
const STEP: usize = 5;
const MAX_DENSITY: u32 = 8;
/// Cosine and sine of the golden angle, which spreads points evenly.
const GOLDEN_ROTATION: (f64, f64) = (-0.737_368_878_078_319_7, 0.675_490_294_261_523_8);

/// Longitude and latitude in degrees.
pub type Position = (f64, f64);

/// Marker of an organisation.
#[derive(Clone, Debug, PartialEq)]
pub struct OrganisationMarker {
    /// Index of the organisation in the overview.
    pub organisation: usize,
    /// Position.
    pub position: Position,
    /// Whether the position was derived from the place.
    pub approximate: bool,
    /// Whether the organisation has a pairing on the map.
    pub paired: bool,
    /// Entries that concern the organisation.
    pub counts: EntryTotals,
}

/// Line of a pairing.
#[derive(Clone, Debug, PartialEq)]
pub struct PairingLine {
    /// Index of the pairing in the overview.
    pub pairing: usize,
    /// Indices of its organisations, side A first.
    pub ends: [usize; 2],
    /// Positions of its organisations.
    pub positions: [Position; 2],
    /// Entries under the pairing.
    pub counts: EntryTotals,
}

/// Features of the map that pass a filter.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Features {
    /// Organisations.
    pub points: Vec<OrganisationMarker>,
    /// Pairings.
    pub lines: Vec<PairingLine>,
}

/// Number of entries of a feature.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct EntryTotals {
    /// All entries.
    pub entries: u64,
    /// Verified entries.
    pub verified: u64,
}

impl EntryTotals {
    fn add(&mut self, count: &EntryCount) {
        let entries = u64::try_from(count.entries).unwrap_or_default();
        self.entries += entries;
        self.verified += if count.verified { entries } else { 0 };
    }
}

/// Directory and entry counts of an overview, with indices instead of identifiers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MapIndex {
    edition: String,
    /// Position of each organisation.
    positions: Vec<Option<Position>>,
    /// Indices of the organisations of each pairing.
    ends: Vec<Option<[usize; 2]>>,
    /// Indices of the pairing and the organisation of each entry count.
    targets: Vec<(Option<usize>, Option<usize>)>,
}

impl MapIndex {
    /// Creates the index of an overview. Positions are reused from an earlier index of the same edition.
    pub fn new(overview: &Overview, earlier: Option<&Self>) -> Self {
        let organisations: UuidMap<usize> =
            overview.organisations.iter().enumerate().map(|(number, organisation)| (organisation.id, number)).collect();
        let pairings: UuidMap<usize> =
            overview.pairings.iter().enumerate().map(|(number, pairing)| (pairing.id, number)).collect();
        let reusable = earlier.filter(|previous| previous.edition == overview.edition && !previous.edition.is_empty());
        let (positions, ends) = match reusable {
            Some(previous) => (previous.positions.clone(), previous.ends.clone()),
            None => {
                let end = |id| organisations.get(&id).copied();
                let ends = overview
                    .pairings
                    .iter()
                    .map(|pairing| Some([end(pairing.organisation_a)?, end(pairing.organisation_b)?]));
                (positions(&overview.organisations), ends.collect())
            }
        };
        let target = |count: &EntryCount| {
            let pairing = count.pairing.and_then(|id| pairings.get(&id).copied());
            (pairing, count.organisation.and_then(|id| organisations.get(&id).copied()))
        };
        let targets = overview.entry_counts.iter().map(target).collect();
        Self { edition: overview.edition.clone(), positions, ends, targets }
    }

    /// Returns the organisations and pairings that pass a filter, with their entry counts. An entry under a pairing
    /// concerns both of its organisations. `overview` must be the one that the index was created from.
    pub fn features(&self, overview: &Overview, filter: &Filter) -> Features {
        let compiled = filter.compile(&overview.catalogue, overview.directory());
        let mut of_pairing = vec![EntryTotals::default(); overview.pairings.len()];
        let mut of_organisation = vec![EntryTotals::default(); overview.organisations.len()];
        for (count, &(pairing, organisation)) in overview.entry_counts.iter().zip(&self.targets) {
            if !compiled.matches_programme(&count.programme)
                || !compiled.matches_at(&count.place, count.pairing, count.month, count.verified)
            {
                continue;
            }
            let ends = pairing.and_then(|number| self.ends.get(number).copied().flatten());
            let add = |counts: &mut [EntryTotals], number: usize| {
                if let Some(total) = counts.get_mut(number) {
                    total.add(count);
                }
            };
            pairing.into_iter().for_each(|number| add(&mut of_pairing, number));
            ends.into_iter().flatten().for_each(|number| add(&mut of_organisation, number));
            let separate = organisation.filter(|number| ends.is_none_or(|ends| !ends.contains(number)));
            separate.into_iter().for_each(|number| add(&mut of_organisation, number));
        }
        let total_of = |counts: &[EntryTotals], number: usize| counts.get(number).copied().unwrap_or_default();
        let position = |number: usize| self.positions.get(number).copied().flatten();
        let mut is_end = vec![false; overview.organisations.len()];
        let mut lines = Vec::new();
        for (number, pairing) in overview.pairings.iter().enumerate() {
            if !compiled.matches_programme(&pairing.programme) || !compiled.matches_pairing(pairing.id) {
                continue;
            }
            let Some(ends) = self.ends.get(number).copied().flatten() else { continue };
            let [Some(a), Some(b)] = ends.map(position) else { continue };
            for end in ends {
                is_end.get_mut(end).into_iter().for_each(|flag| *flag = true);
            }
            lines.push(PairingLine { pairing: number, ends, positions: [a, b], counts: total_of(&of_pairing, number) });
        }
        let near = |place: &str| filter.place.as_deref().is_none_or(|wanted| covers(wanted, place));
        let point = |(number, organisation): (usize, &Organisation)| {
            let paired = is_end.get(number).copied().unwrap_or_default();
            let matches = compiled.matches_programme(&organisation.programme) && near(&organisation.place);
            (paired || matches).then_some(())?;
            let (position, approximate) = (position(number)?, organisation.position.is_none());
            Some(OrganisationMarker {
                organisation: number,
                position,
                approximate,
                paired,
                counts: total_of(&of_organisation, number),
            })
        };
        Features { points: overview.organisations.iter().enumerate().filter_map(point).collect(), lines }
    }
}

/// Returns the position of each organisation. Without a stored position it is placed in its county: at the label
/// point, then on a sunflower spiral around it, skipping points outside. Organisations of a city are placed around the
/// centre of its counties.
fn positions(organisations: &[Organisation]) -> Vec<Option<Position>> {
    let mut taken: BTreeMap<String, u32> = BTreeMap::new();
    let position = |organisation: &Organisation| {
        let county = Level::County.ancestor_code(&organisation.place).to_owned();
        organisation.position.or_else(|| {
            let outlines: Vec<&Outline> = OUTLINES.iter().filter(|outline| covers(&county, outline.code)).collect();
            let centre = centre(&outlines)?;
            let turn = taken.entry(county).or_default();
            // Each lap starts at the centre, which is inside.
            let spiral = (*turn..*turn + POINTS_PER_LAP).map(|turn| (turn, spiral(centre, turn)));
            let inside = |point: (f64, f64)| outlines.iter().any(|outline| outline.contains(point));
            let (index, point) = spiral.into_iter().find(|(_, point)| inside(*point)).unwrap_or((*turn, centre));
            *turn = index + 1;
            Some(point)
        })
    };
    organisations.iter().map(position).collect()
}

/// Returns `count` positions in a county for places without a known position, on a wider spiral.
pub fn spread_positions(county: &str, count: usize) -> Vec<Position> {
    let outlines: Vec<&Outline> = OUTLINES.iter().filter(|outline| outline.code == county).collect();
    let Some(centre) = centre(&outlines) else { return Vec::new() };
    let inside = |point: &Position| outlines.iter().any(|outline| outline.contains(*point));
    // The spiral is denser in a small county.
    let at = |turn: usize, closer: u32| {
        let point = spiral(centre, u32::try_from(turn).unwrap_or_default());
        let towards = |point: f64, centre: f64| centre + (point - centre) / f64::from(closer);
        (towards(point.0, centre.0), towards(point.1, centre.1))
    };
    let candidates = |closer: u32| -> Vec<Position> {
        (0..POINTS_PER_LAP as usize).step_by(STEP).map(|turn| at(turn, closer)).filter(inside).take(count).collect()
    };
    (1..=MAX_DENSITY).map(candidates).find(|positions| positions.len() == count).unwrap_or_default()
}

fn spiral(centre: (f64, f64), turn: u32) -> (f64, f64) {
    let (lap, turn_of_lap) = (turn / POINTS_PER_LAP, turn % POINTS_PER_LAP);
    let radius = SPREAD * f64::from(turn_of_lap).sqrt() / f64::from(1 + lap);
    let (cos, sin) = golden_turns(turn);
    (centre.0 + radius * cos / LONGITUDE, centre.1 + radius * sin)
}

/// Returns cosine and sine of a multiple of the golden angle, by repeated squaring of the rotation. Trigonometric
/// functions would enlarge the app.
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
mod tests;
