//! The collaboration map: outlines, shaded places, pairings as curves and organisations as points. What would overlap at
//! the zoom it is drawn for gathers: points into counts, and with them the pairings between the same two.

use super::viewport::Viewport;
use super::{escaped, tenth};
use jiedui_core::domain::atlas::{Features, Point};
use jiedui_core::domain::cluster::{Cluster, clusters};
use jiedui_core::domain::map::{OUTLINES, Outline, drawn, project};
use jiedui_core::domain::{Language, Organisation, Overview, Side};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// How far above its point a county's name stands, in units of the plane: organisations gather around the point.
const NAME_ABOVE: f64 = 20.0;
/// How large a county's name is where the whole is seen, in units of the plane: 11 pixels on a phone 360 pixels wide.
const NAME_SIZE: f64 = 23.0;
/// How large a town's mark and its name are where the whole is seen.
const TOWN_SIZE: f64 = 14.0;
/// How far a line's middle is pushed aside, as a share of its length: lines between the same places stay apart.
const BEND: f64 = 0.12;
/// Points nearer than this gather, in units of the plane at zoom 1.
const NEAR: f64 = 24.0;
/// Of how many straight pieces a curve is taken to be, where one asks how far it is.
const PIECES: u32 = 12;
/// How many names are said of organisations at one point.
const NAMED: usize = 4;
/// Up to so many organisations gather only where they would overlap.
const FEW: f64 = 100.0;
/// The radius of an organisation.
const RADIUS: f64 = 8.5;

/// Pairings of one programme between two points of the map.
#[derive(Clone, Debug, PartialEq)]
pub struct Bundle {
    /// The programme's code.
    pub programme: String,
    /// The pairings' numbers in the overview.
    pub pairings: Vec<usize>,
    /// How many entries they have.
    pub entries: u64,
    curve: Curve,
}

/// A line bent to the side (quadratic Bézier), so that two of them do not cover each other: from, towards, to, on the plane.
type Curve = [(f64, f64); 3];

/// Organisations at one point of the map.
#[derive(Clone, Debug, PartialEq)]
pub struct Gathering {
    /// The organisations' numbers in the overview.
    pub organisations: Vec<usize>,
    /// Where it is drawn, on the plane.
    pub middle: (f64, f64),
    /// The programme that all of them take part in chiefly; none where they differ.
    programme: Option<String>,
    /// Whether no position of them is known exactly.
    approximate: bool,
    name: String,
}

/// What is drawn at a zoom.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// The lines.
    pub bundles: Vec<Bundle>,
    /// The points.
    pub gatherings: Vec<Gathering>,
    /// Pairings whose two ends are drawn as one point.
    pub within: Vec<usize>,
}

/// A place that is shaded: its code, its class (0 for nothing), and what is said of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shaded {
    /// The county's code.
    pub code: String,
    /// The class, 0 to 4.
    pub class: usize,
    /// Its amount, in words.
    pub title: String,
}

/// A town without an outline, drawn as a mark.
#[derive(Clone, Debug, PartialEq)]
pub struct Town {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Where it is drawn, on the plane.
    pub at: (f64, f64),
    /// Its class and amount, where it has one.
    pub shaded: Option<(usize, String)>,
}

impl Scene {
    /// Gathers what would overlap.
    pub fn new(overview: &Overview, features: &Features, language: Language, zoom: f64) -> Self {
        let places: Vec<(f64, f64)> = features.points.iter().map(|point| project(point.position)).collect();
        // The more there are, the farther they gather: a thousand lines tell nothing.
        let crowded = (features.points.len() as f64 / FEW).sqrt().clamp(1.0, 7.0);
        let gathered = clusters(&places, NEAR * crowded / zoom);
        let mut cluster_of: Vec<Option<usize>> = vec![None; overview.organisations.len()];
        for (number, cluster) in gathered.iter().enumerate() {
            for point in cluster.members.iter().filter_map(|member| features.points.get(*member)) {
                cluster_of.get_mut(point.organisation).into_iter().for_each(|own| *own = Some(number));
            }
        }
        let mut scene = Self::default();
        let mut found: BTreeMap<(usize, usize, &str), usize> = BTreeMap::new();
        // How many lines there are already between the same two.
        let mut turns: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        for line in &features.lines {
            let Some(pairing) = overview.pairings.get(line.pairing) else { continue };
            let [Some(a), Some(b)] = line.ends.map(|end| cluster_of.get(end).copied().flatten()) else { continue };
            if a == b {
                scene.within.push(line.pairing);
                continue;
            }
            let at = |number: usize| gathered.get(number).map(|own| own.middle).unwrap_or_default();
            let index = *found.entry((a, b, &pairing.programme)).or_insert_with(|| {
                let turns = turns.entry((a, b)).or_default();
                let curve = curve([at(a), at(b)], std::mem::replace(turns, *turns + 1));
                scene.bundles.push(Bundle {
                    programme: pairing.programme.clone(),
                    pairings: Vec::new(),
                    entries: 0,
                    curve,
                });
                scene.bundles.len() - 1
            });
            if let Some(bundle) = scene.bundles.get_mut(index) {
                bundle.pairings.push(line.pairing);
                bundle.entries += line.counts.entries;
            }
        }
        scene.gatherings = gathered.iter().map(|cluster| gathering(cluster, overview, features, language)).collect();
        scene
    }

    /// The line that is nearest to a point of the plane, where one is nearer than `within`.
    pub fn line_at(&self, point: (f64, f64), within: f64) -> Option<&Bundle> {
        let gaps = self.bundles.iter().map(|own| (gap(own.curve, point), own));
        gaps.filter(|(gap, _)| *gap < within).min_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, own)| own)
    }

    /// The lines near to what is seen, as SVG; those of `changed` pairings flash. All lines of a programme that
    /// are as thick are one path, and there are few of them however many pairings there are: what a browser takes for a
    /// path is several times what it takes for a curve more in it.
    pub fn lines(&self, view: Viewport, changed: &BTreeSet<usize>) -> String {
        let mut paths: BTreeMap<(bool, &str, u32), String> = BTreeMap::new();
        for bundle in &self.bundles {
            let [from, towards, to] = bundle.curve;
            if !view.is_near(from, to) {
                continue;
            }
            // As thick as its activity, each step ten times as much.
            let steps = bundle.entries.checked_ilog10().map_or(0, |tens| tens + 1).min(3);
            let flashes = bundle.pairings.iter().any(|id| changed.contains(id));
            let path = paths.entry((flashes, &bundle.programme, steps)).or_default();
            // Writing to a text does not fail.
            let _ = write!(path, "M{}Q{} {}", drawn(from), drawn(towards), drawn(to));
        }
        let mut text = String::new();
        for ((flashes, programme, steps), path) in paths {
            let flash = if flashes { " flash" } else { "" };
            // From 1.5 to 5.1 pixels.
            let width = tenth(1.5 + 1.2 * f64::from(steps));
            let programme = escaped(programme);
            let _ = write!(text, "<path class=\"pairing {programme}{flash}\" d=\"{path}\" stroke-width=\"{width}\"/>");
        }
        text
    }

    /// The points near to what is seen, as SVG.
    pub fn points(&self, view: Viewport) -> String {
        let (mut text, zoom) = (String::new(), view.zoom);
        for (number, own) in self.gatherings.iter().enumerate() {
            if !view.is_near(own.middle, own.middle) {
                continue;
            }
            let many = own.organisations.len();
            let programme = own.programme.as_deref().map(escaped).unwrap_or_default();
            let approximate = if own.approximate { " approximate" } else { "" };
            let at = drawn(own.middle);
            let title = escaped(&own.name);
            let _ = if many == 1 {
                let radius = tenth(RADIUS / zoom);
                write!(
                    text,
                    "<circle class=\"organisation {programme}{approximate}\" data-point=\"{number}\" \
                     transform=\"translate({at})\" r=\"{radius}\"><title>{title}</title></circle>",
                )
            } else {
                let digits = many.checked_ilog10().unwrap_or_default();
                let radius = RADIUS + 4.0 + 3.0 * f64::from(digits);
                write!(
                    text,
                    "<g class=\"gathering {programme}{approximate}\" data-point=\"{number}\" transform=\"translate({at})\">\
                     <circle r=\"{}\"/><text font-size=\"{}\">{many}</text><title>{title}</title></g>",
                    tenth(radius / zoom),
                    tenth(13.0 / zoom),
                )
            };
        }
        text
    }
}

fn gathering(cluster: &Cluster, overview: &Overview, features: &Features, language: Language) -> Gathering {
    let points = cluster.members.iter().filter_map(|member| features.points.get(*member));
    let members: Vec<(&Point, &Organisation)> =
        points.filter_map(|point| Some((point, overview.organisations.get(point.organisation)?))).collect();
    let first = members.first().map(|(_, own)| own.programme.as_str());
    let alike = members.iter().all(|(_, own)| Some(own.programme.as_str()) == first);
    let names = members.iter().take(NAMED).map(|(_, own)| language.pick(&own.name, &own.name_en));
    Gathering {
        organisations: members.iter().map(|(point, _)| point.organisation).collect(),
        middle: cluster.middle,
        programme: first.filter(|_| alike).map(str::to_owned),
        approximate: members.iter().all(|(point, _)| point.approximate),
        name: names.collect::<Vec<_>>().join("、"),
    }
}

fn curve([from, to]: [(f64, f64); 2], turn: usize) -> Curve {
    let ((x1, y1), (x2, y2)) = (from, to);
    let bend = BEND * (1.0 + (turn / 2) as f64) * if turn.is_multiple_of(2) { 1.0 } else { -1.0 };
    [from, ((x1 + x2) / 2.0 + (y2 - y1) * bend, (y1 + y2) / 2.0 - (x2 - x1) * bend), to]
}

/// How far a point is from a curve, by way of straight pieces of it.
fn gap([from, towards, to]: Curve, point: (f64, f64)) -> f64 {
    let at = |piece: u32| {
        let along = f64::from(piece) / f64::from(PIECES);
        let mix = |from: f64, towards: f64, to: f64| {
            (1.0 - along).powi(2) * from + 2.0 * (1.0 - along) * along * towards + along.powi(2) * to
        };
        (mix(from.0, towards.0, to.0), mix(from.1, towards.1, to.1))
    };
    let of_piece = |piece: u32| {
        let (one, other) = (at(piece), at(piece + 1));
        let (across, down) = (other.0 - one.0, other.1 - one.1);
        let length = (across * across + down * down).max(f64::EPSILON);
        let along = (((point.0 - one.0) * across + (point.1 - one.1) * down) / length).clamp(0.0, 1.0);
        (one.0 + along * across - point.0).hypot(one.1 + along * down - point.1)
    };
    (0..PIECES).map(of_piece).fold(f64::MAX, f64::min)
}

fn side_class(outline: &Outline) -> &'static str {
    match outline.side {
        Some(Side::A) => "county side-a",
        Some(Side::B) => "county side-b",
        None => "county around",
    }
}

/// The outlines of the counties. Where places are shaded, those of the two regions without an amount are hatched.
pub fn outlines(shaded: Option<&[Shaded]>) -> String {
    let mut text = String::from(
        "<defs><pattern id=\"no-data\" width=\"7\" height=\"7\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">\
         <rect class=\"no-data-ground\" width=\"7\" height=\"7\"/><rect class=\"no-data-line\" width=\"1.5\" height=\"7\"/></pattern></defs>",
    );
    for own in OUTLINES {
        let shade = shaded.filter(|_| own.side.is_some()).map(|all| all.iter().find(|shaded| shaded.code == own.code));
        let (class, title) = match shade {
            None => (String::new(), ""),
            Some(None) => (" no-data".to_owned(), ""),
            Some(Some(shaded)) => (format!(" shade-{}", shaded.class), shaded.title.as_str()),
        };
        let _ = write!(
            text,
            "<path class=\"{}{class}\" data-place=\"{}\" d=\"{}\"><title>{}</title></path>",
            side_class(own),
            own.code,
            own.path(),
            escaped(title)
        );
    }
    text
}

/// Towns as marks, with their names and amounts.
pub fn towns(towns: &[Town], zoom: f64) -> String {
    let mut text = String::new();
    for town in towns {
        let (class, amount) = match &town.shaded {
            None => ("no-data".to_owned(), String::new()),
            Some((class, amount)) => (format!("shade-{class}"), amount.clone()),
        };
        let (name, amount) = (escaped(&town.name), escaped(&amount));
        let size = TOWN_SIZE / zoom.powf(0.75);
        let _ = write!(
            text,
            "<g class=\"town\" data-place=\"{}\" transform=\"translate({})\"><circle class=\"county {class}\" r=\"{}\"/>\
             <text class=\"county\" font-size=\"{}\" y=\"{}\">{name}</text><title>{name} {amount}</title></g>",
            town.code,
            drawn(town.at),
            tenth(size),
            tenth(size),
            tenth(2.0 * size),
        );
    }
    text
}

/// The counties' names, drawn over all outlines so that none covers another's. They are large enough for a small screen; a
/// name that would run into one before it comes once the map is closer, those of the two regions first.
pub fn names(language: Language, zoom: f64) -> String {
    let mut text = String::new();
    let size = NAME_SIZE / zoom.powf(0.75);
    let mut taken: Vec<((f64, f64), f64)> = Vec::new();
    let (own, around): (Vec<&Outline>, Vec<&Outline>) = OUTLINES.iter().partition(|own| own.side.is_some());
    for own in own.into_iter().chain(around) {
        let (x, y) = project(own.label);
        let at = (x, y - NAME_ABOVE / zoom);
        let name = language.pick(own.name, own.name_en);
        // A Chinese character is as wide as it is high, a letter about half of that.
        let width = size * name.chars().map(|letter| if letter.is_ascii() { 0.55 } else { 1.0 }).sum::<f64>();
        let meets = |(other, other_width): &((f64, f64), f64)| {
            (at.0 - other.0).abs() < (width + other_width) / 2.0 && (at.1 - other.1).abs() < 1.3 * size
        };
        if taken.iter().any(meets) {
            continue;
        }
        taken.push((at, width));
        let _ = write!(
            text,
            "<text class=\"{}\" font-size=\"{}\" transform=\"translate({})\">{name}</text>",
            side_class(own),
            tenth(size),
            drawn(at),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiedui_core::domain::atlas::Atlas;
    use jiedui_core::domain::{Filter, Pairing};
    use uuid::Uuid;

    fn many(count: u128) -> Overview {
        let counties =
            ["520102", "520103", "520111", "520112", "520113", "520115", "520121", "520122", "520123", "520181"];
        let organisation = |number: u128| -> Organisation {
            let (side, place) = match number % 2 {
                0 => ("a", counties[number as usize / 2 % 10]),
                _ => ("b", "522728"),
            };
            serde_json::from_value(
                serde_json::json!({"id": Uuid::from_u128(number), "name": format!("单位{number}<"), "name_en": "",
                "kind": "school", "side": side, "place": place, "programme": "education"}),
            )
            .unwrap()
        };
        let pairing = |number: u128| Pairing {
            id: Uuid::from_u128(1_000_000 + number),
            programme: ["education", "health"][number as usize % 2].into(),
            organisation_a: Uuid::from_u128(2 * number),
            organisation_b: Uuid::from_u128(2 * number + 1),
            from: None,
            to: None,
            source: None,
            agreement: None,
        };
        Overview {
            organisations: (0..2 * count).map(organisation).collect(),
            pairings: (0..count).map(pairing).collect(),
            ..Overview::default()
        }
    }

    #[test]
    fn however_much_gathers_no_pairing_and_no_organisation_is_left_out() {
        let overview = many(2_000);
        let features = Atlas::new(&overview, None).features(&overview, &Filter::default());
        let mut drawn = Vec::new();
        for zoom in [1.0, 4.0, 16.0] {
            let scene = Scene::new(&overview, &features, Language::Chinese, zoom);
            let bundled: usize = scene.bundles.iter().map(|own| own.pairings.len()).sum();
            assert_eq!(bundled + scene.within.len(), 2_000, "at zoom {zoom}");
            let gathered: usize = scene.gatherings.iter().map(|own| own.organisations.len()).sum();
            assert_eq!(gathered, 4_000, "at zoom {zoom}");
            drawn.push(scene.bundles.len() + scene.gatherings.len());
        }
        assert!(drawn.is_sorted() && drawn[0] < 500, "closer means more: {drawn:?}");
    }

    #[test]
    fn what_has_changed_flashes_and_names_stay_text() {
        let overview = many(1);
        let features = Atlas::new(&overview, None).features(&overview, &Filter::default());
        let scene = Scene::new(&overview, &features, Language::Chinese, 1.0);
        let draw = |changed: &[usize]| scene.lines(Viewport::default(), &changed.iter().copied().collect());
        assert!(draw(&[0]).contains("pairing education flash"));
        assert!(!draw(&[9]).contains("flash"));
        assert!(scene.points(Viewport::default()).contains("单位0&lt;"));
        let away = Viewport { middle: (0.0, 0.0), zoom: 16.0 };
        assert_eq!(scene.lines(away, &BTreeSet::new()) + &scene.points(away), "", "what is far from it is not drawn");
    }

    #[test]
    fn a_line_is_found_where_it_is_drawn_and_nowhere_else() {
        let overview = many(40);
        let features = Atlas::new(&overview, None).features(&overview, &Filter::default());
        let scene = Scene::new(&overview, &features, Language::Chinese, 4.0);
        assert!(scene.bundles.len() > 5);
        for bundle in &scene.bundles {
            let [from, towards, to] = bundle.curve;
            // The middle of a quadratic curve.
            let middle = (from.0 / 4.0 + towards.0 / 2.0 + to.0 / 4.0, from.1 / 4.0 + towards.1 / 2.0 + to.1 / 4.0);
            let found = scene.line_at(middle, 2.0).unwrap();
            assert!(gap(found.curve, middle) <= gap(bundle.curve, middle), "none is nearer");
            assert!(gap(bundle.curve, middle) < 1.0);
        }
        assert_eq!(scene.line_at((1.0, 1.0), 2.0), None);
    }

    #[test]
    fn closer_means_more_names_until_all_are_there() {
        let count = |zoom| names(Language::Chinese, zoom).matches("<text").count();
        assert!(count(1.0) >= 8 && count(1.0) < OUTLINES.len(), "{}", count(1.0));
        assert!(count(2.0) >= count(1.0));
        assert_eq!(count(16.0), OUTLINES.len());
    }

    #[test]
    fn a_town_says_its_name_its_class_and_whether_there_is_data() {
        let town = |shaded| Town { code: "522728109".into(), name: "沫阳镇".into(), at: (1.0, 2.0), shaded };
        let drawn = towns(&[town(Some((2, "44.17".into()))), town(None)], 1.0);
        assert!(drawn.contains("shade-2") && drawn.contains("沫阳镇 44.17") && drawn.contains("county no-data"));
    }

    #[test]
    fn a_shaded_map_tells_nothing_from_no_data() {
        let shaded = [Shaded { code: "522728".into(), class: 0, title: "0".into() }];
        let drawn = outlines(Some(&shaded));
        assert_eq!(drawn.matches("no-data\" data-place").count(), 10, "Guiyang's ten");
        assert_eq!(drawn.matches("shade-0").count(), 1);
        assert_eq!(outlines(None).matches("no-data\" data-place").count(), 0);
    }
}
