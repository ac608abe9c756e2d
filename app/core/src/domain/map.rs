//! The map: outlines of the counties, where organisations stand on it, and its drawing plane.

use super::figure::Filter;
use super::organisation::{Organisation, Pairing};
use super::overview::Overview;
use super::place::{Side, covers};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The outline of a county.
#[derive(Debug)]
pub struct Outline {
    /// Its statistical code.
    pub code: &'static str,
    /// Its name in Chinese.
    pub name: &'static str,
    /// Its name in English.
    pub name_en: &'static str,
    /// Its region; `None` for the counties around.
    pub side: Option<Side>,
    /// A point well inside, longitude and latitude in degrees.
    pub label: (f64, f64),
    /// Where the outline begins, longitude and latitude in hundred-thousandths of a degree.
    start: (i32, i32),
    /// The steps from each of its points to the next; the last leads back to the first.
    steps: &'static [(i16, i16)],
}

include!(concat!(env!("OUT_DIR"), "/outlines.rs"));

/// The drawing plane in its own units: all outlines fit in it.
pub const PLANE: (f64, f64) = (520.0, 940.0);

const WEST: f64 = 106.10;
const NORTH: f64 = 27.40;
/// The cosine of 26.2° N, the middle: it makes a degree of longitude as long as it is there.
const LONGITUDE: f64 = 0.897;
/// Units of the plane in a degree of latitude.
const DEGREE: f64 = 400.0;
/// Distance of the second approximate point of a county from the first, in degrees.
const SPREAD: f64 = 0.04;
/// After so many points a spiral has left every county; it starts again, narrower.
const LAP: u32 = 400;
/// The golden angle in radians: points turned by it never line up.
const GOLDEN_ANGLE: f64 = 2.399_963_229_728_653;

/// A position in degrees on the drawing plane (equirectangular, true in the middle).
pub fn project((longitude, latitude): (f64, f64)) -> (f64, f64) {
    ((longitude - WEST) * LONGITUDE * DEGREE, (NORTH - latitude) * DEGREE)
}

/// A point of the plane as it stands in an SVG path, to a tenth of a unit. Written by whole numbers: what formats any
/// floating-point number would be some kilobytes more for each phone.
pub fn drawn((x, y): (f64, f64)) -> String {
    let tenths = |number: f64| {
        let tenths = (number * 10.0).round() as i64;
        format!("{}{}.{}", if tenths < 0 { "-" } else { "" }, tenths.abs() / 10, tenths.abs() % 10)
    };
    format!("{} {}", tenths(x), tenths(y))
}

impl Outline {
    /// The outline, longitude and latitude in degrees, its last point its first.
    pub fn ring(&self) -> impl Iterator<Item = (f64, f64)> {
        let walk = |at: &mut (i32, i32), step: &(i16, i16)| {
            *at = (at.0 + i32::from(step.0), at.1 + i32::from(step.1));
            Some(*at)
        };
        let points = std::iter::once(self.start).chain(self.steps.iter().scan(self.start, walk));
        points.map(|(x, y)| (f64::from(x) / 1e5, f64::from(y) / 1e5))
    }

    /// Whether a position lies inside (even–odd rule).
    pub fn contains(&self, (x, y): (f64, f64)) -> bool {
        let edges = self.ring().zip(self.ring().skip(1));
        let crossed =
            edges.filter(|((x1, y1), (x2, y2))| (*y1 > y) != (*y2 > y) && x < (x2 - x1) * (y - y1) / (y2 - y1) + x1);
        crossed.count() % 2 == 1
    }

    /// The outline as an SVG path on the drawing plane.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for (index, point) in self.ring().enumerate() {
            path.push(if index == 0 { 'M' } else { 'L' });
            path.push_str(&drawn(project(point)));
        }
        path.push('Z');
        path
    }
}

/// An organisation on the map.
#[derive(Clone, Debug, PartialEq)]
pub struct Point<'a> {
    /// The organisation.
    pub organisation: &'a Organisation,
    /// Longitude and latitude in degrees.
    pub position: (f64, f64),
    /// Whether the position follows from the place alone.
    pub approximate: bool,
    /// How many entries concern it.
    pub counts: Counts,
}

/// A pairing on the map.
#[derive(Clone, Debug, PartialEq)]
pub struct Line<'a> {
    /// The pairing.
    pub pairing: &'a Pairing,
    /// The ends, the one of side a first.
    pub ends: [(f64, f64); 2],
    /// How many entries it has.
    pub counts: Counts,
}

/// How many entries stand behind something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// All that count.
    pub entries: u64,
    /// Those that a reviewer has verified.
    pub verified: u64,
}

/// Where each organisation stands. One without a position of its own gets a point in its county by rule: the county's
/// label point, and those after the first on a sunflower spiral around it, skipping what would lie outside. An
/// organisation of the whole city stands around the middle of the city's counties.
fn positions(organisations: &[Organisation]) -> BTreeMap<Uuid, (f64, f64)> {
    let mut taken: BTreeMap<String, u32> = BTreeMap::new();
    let mut positions = BTreeMap::new();
    for organisation in organisations {
        let county: String = organisation.place.chars().take(6).collect();
        let position = organisation.position.or_else(|| {
            let outlines: Vec<&Outline> = OUTLINES.iter().filter(|outline| covers(&county, outline.code)).collect();
            let centre = centre(&outlines)?;
            let turn = taken.entry(county).or_default();
            // Each lap begins at the centre, which lies inside.
            let spiral = (*turn..*turn + LAP).map(|turn| (turn, spiral(centre, turn)));
            let inside = |point: (f64, f64)| outlines.iter().any(|outline| outline.contains(point));
            let (found, point) = spiral.into_iter().find(|(_, point)| inside(*point)).unwrap_or((*turn, centre));
            *turn = found + 1;
            Some(point)
        });
        if let Some(position) = position {
            positions.insert(organisation.id, position);
        }
    }
    positions
}

fn spiral(centre: (f64, f64), turn: u32) -> (f64, f64) {
    let (lap, turn_of_lap) = (turn / LAP, turn % LAP);
    let radius = SPREAD * f64::from(turn_of_lap).sqrt() / f64::from(1 + lap);
    let angle = GOLDEN_ANGLE * f64::from(turn);
    (centre.0 + radius * angle.cos() / LONGITUDE, centre.1 + radius * angle.sin())
}

fn centre(outlines: &[&Outline]) -> Option<(f64, f64)> {
    let count = outlines.len() as f64;
    let sum = outlines.iter().fold((0.0, 0.0), |sum, outline| (sum.0 + outline.label.0, sum.1 + outline.label.1));
    (!outlines.is_empty()).then_some((sum.0 / count, sum.1 / count))
}

/// The organisations and pairings that a filter leaves, with the entries behind each.
pub fn features<'a>(overview: &'a Overview, filter: &Filter) -> (Vec<Point<'a>>, Vec<Line<'a>>) {
    let positions = positions(&overview.organisations);
    let directory = overview.directory();
    let programme = |code: &str| filter.programme.as_deref().is_none_or(|wanted| wanted == code);
    let near = |place: &str| filter.place.as_deref().is_none_or(|wanted| covers(wanted, place));
    let touches = |id| filter.place.as_deref().is_none_or(|wanted| directory.pairing_touches(id, wanted));
    let lines: Vec<Line<'a>> = overview
        .pairings
        .iter()
        .filter(|pairing| programme(&pairing.programme) && touches(pairing.id))
        .filter_map(|pairing| {
            let ends = [*positions.get(&pairing.organisation_a)?, *positions.get(&pairing.organisation_b)?];
            Some(Line { pairing, ends, counts: overview.count(filter, |tally| tally.pairing == Some(pairing.id)) })
        })
        .collect();
    let partner =
        |id: Uuid| lines.iter().any(|line| line.pairing.organisation_a == id || line.pairing.organisation_b == id);
    let points = overview
        .organisations
        .iter()
        .filter(|own| partner(own.id) || (programme(&own.programme) && near(&own.place)))
        .filter_map(|organisation| {
            let id = organisation.id;
            let paired: Vec<Uuid> = overview
                .pairings
                .iter()
                .filter(|pairing| pairing.organisation_a == id || pairing.organisation_b == id)
                .map(|pairing| pairing.id)
                .collect();
            let concerns = |tally: &super::overview::Tally| {
                tally.organisation == Some(id) || tally.pairing.is_some_and(|pairing| paired.contains(&pairing))
            };
            Some(Point {
                organisation,
                position: *positions.get(&id)?,
                approximate: organisation.position.is_none(),
                counts: overview.count(filter, concerns),
            })
        })
        .collect();
    (points, lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(code: &str) -> &'static Outline {
        OUTLINES.iter().find(|outline| outline.code == code).unwrap()
    }

    fn organisation(number: u128, place: &str) -> Organisation {
        serde_json::from_value(serde_json::json!({"id": Uuid::from_u128(number), "name": "", "name_en": "",
            "kind": "school", "side": "b", "place": place, "programme": "education"}))
        .unwrap()
    }

    #[test]
    fn every_outline_is_closed_fits_the_plane_and_holds_its_label() {
        assert_eq!(OUTLINES.len(), 16);
        for outline in OUTLINES {
            assert_eq!(outline.ring().next(), outline.ring().last(), "{}", outline.name);
            assert!(outline.contains(outline.label), "{}", outline.name);
            for point in outline.ring() {
                let (x, y) = project(point);
                assert!((0.0..=PLANE.0).contains(&x) && (0.0..=PLANE.1).contains(&y), "{} {x} {y}", outline.name);
            }
        }
        assert!(!outline("522728").contains(outline("520111").label));
    }

    #[test]
    fn approximate_points_stay_in_their_county_and_apart() {
        let schools: Vec<Organisation> = (0..40).map(|n| organisation(n, "522728108")).collect();
        let positions = positions(&schools);
        let luodian = outline("522728");
        let mut seen: Vec<(f64, f64)> = Vec::new();
        for position in positions.values() {
            assert!(luodian.contains(*position));
            let near = |other: &(f64, f64)| (other.0 - position.0).hypot(other.1 - position.1) < SPREAD / 2.0;
            assert!(!seen.iter().any(near), "{position:?} is too near to another");
            seen.push(*position);
        }
        assert_eq!(seen.len(), 40);
    }

    #[test]
    fn a_position_that_a_person_has_set_is_kept() {
        let mut school = organisation(1, "522728108");
        school.position = Some((106.7, 25.4));
        assert_eq!(positions(&[school])[&Uuid::from_u128(1)], (106.7, 25.4));
    }
}
