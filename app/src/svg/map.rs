//! The collaboration map: outlines, shaded places, pairings as curves and organisations as points. What has a size on the
//! screen is drawn in that size and made as small as the plane is large (`scale`): letters are then of the same size at
//! each zoom, and a browser makes a font of a size once. With one anew at each step a zoom took it three times as long.

use crate::svg::label::{Area, OccupiedAreas};
use crate::svg::viewport::Viewport;
use crate::svg::{escaped, tenth, thousandth};
use jiedui_core::directory::place::Side;
use jiedui_core::figures::overview::Overview;
use jiedui_core::map::layout::{MapLayout, MarkerCluster};
use jiedui_core::map::outline::{OUTLINES, Outline, PLANE, draw, drawn, project};
use jiedui_core::values::field_error::Language;
use std::collections::BTreeSet;
use std::fmt::Write;

/// How far above its point a county's name stands, in units of the plane: organisations gather around the point.
const NAME_ABOVE: f64 = 20.0;
/// How large a county's name is where the whole is seen, in units of the plane: 11 pixels on a phone 360 pixels wide.
const NAME_SIZE: f64 = 23.0;
/// How large a town's mark and its name are where the whole is seen.
const TOWN_SIZE: f64 = 14.0;
/// How many names are said of organisations at one point.
const NAMED: usize = 4;
/// The radius of an organisation, and the size of a gathering's number.
const RADIUS: f64 = 8.5;
const NUMBER_SIZE: u32 = 13;
/// Lines have so many thicknesses more than the thinnest.
const THICKEST: u32 = 3;

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

/// The lines near to what is seen, as SVG; those of `changed` pairings flash. All lines of a programme that are as thick
/// are one path, and there are few of them however many pairings there are: what a browser takes for a path is several
/// times what it takes for a curve more in it.
pub fn lines(scene: &MapLayout, view: Viewport, changed: &BTreeSet<usize>) -> String {
    // Those that flash come last; each programme has its thicknesses beside each other.
    let group = |programme: usize, steps: u32| programme * (THICKEST as usize + 1) + steps as usize;
    let groups = group(scene.programmes.len(), 0);
    let mut paths = vec![String::new(); 2 * groups];
    for bundle in &scene.bundles {
        let [from, towards, to] = bundle.curve;
        if !view.is_near(from, to) {
            continue;
        }
        // As thick as its activity, each step ten times as much.
        let steps = bundle.entries.checked_ilog10().map_or(0, |tens| tens + 1).min(THICKEST);
        let flashes = !changed.is_empty() && scene.pairings(bundle).iter().any(|own| changed.contains(own));
        let Some(path) = paths.get_mut(group(bundle.programme, steps) + if flashes { groups } else { 0 }) else {
            continue;
        };
        for (letter, point) in [('M', from), ('Q', towards), (' ', to)] {
            path.push(letter);
            draw(path, point);
        }
    }
    let mut text = String::new();
    for (number, path) in paths.iter().enumerate().filter(|(_, path)| !path.is_empty()) {
        let flash = if number < groups { "" } else { " flash" };
        let (programme, steps) = (number % groups / group(1, 0), number % group(1, 0));
        // From 1.5 to 5.1 pixels.
        let width = tenth(1.5 + 1.2 * steps as f64);
        let programme = escaped(scene.programme(programme));
        // Writing to a text does not fail.
        let _ = write!(text, "<path class=\"pairing {programme}{flash}\" d=\"{path}\" stroke-width=\"{width}\"/>");
    }
    text
}

/// The points near to what is seen, as SVG.
pub fn points(scene: &MapLayout, overview: &Overview, language: Language, view: Viewport) -> String {
    let mut text = String::new();
    let (scale, single) = (thousandth(1.0 / view.zoom), tenth(RADIUS));
    for (number, own) in scene.clusters.iter().enumerate() {
        if !view.is_near(own.middle, own.middle) {
            continue;
        }
        let many = own.organisations.len();
        let programme = own.programme.map(|number| escaped(scene.programme(number))).unwrap_or_default();
        let approximate = if own.approximate { " approximate" } else { "" };
        let at = drawn(own.middle);
        let title = escaped(&names_of(own, overview, language));
        let _ = if many == 1 {
            write!(
                text,
                "<circle class=\"organisation {programme}{approximate}\" data-point=\"{number}\" \
                 transform=\"translate({at}) scale({scale})\" r=\"{single}\"><title>{title}</title></circle>",
            )
        } else {
            let digits = many.checked_ilog10().unwrap_or_default();
            let radius = tenth(RADIUS + 4.0 + 3.0 * f64::from(digits));
            write!(
                text,
                "<g class=\"gathering {programme}{approximate}\" data-point=\"{number}\" \
                 transform=\"translate({at}) scale({scale})\">\
                 <circle r=\"{radius}\"/><text font-size=\"{NUMBER_SIZE}\">{many}</text><title>{title}</title></g>",
            )
        };
    }
    text
}

/// The first of a gathering's names.
fn names_of(own: &MarkerCluster, overview: &Overview, language: Language) -> String {
    let first = own.organisations.iter().take(NAMED).filter_map(|number| overview.organisations.get(*number));
    first.map(|own| language.pick(&own.name, &own.name_en)).collect::<Vec<_>>().join("、")
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

/// How much smaller names are drawn at a zoom: more slowly than the plane grows.
fn shrunk(zoom: f64) -> f64 {
    // zoom to the power of -0.75, without the code of a general power.
    1.0 / (zoom.sqrt() * zoom.sqrt().sqrt())
}

/// Where a town's name stands: below its mark.
fn below_mark(town: &Town, zoom: f64) -> Area {
    let (x, y) = town.at;
    Area::around((x, y + 1.85 * TOWN_SIZE * shrunk(zoom)), &town.name, TOWN_SIZE * shrunk(zoom))
}

/// Towns as marks, with their names and amounts. A name that would lie on one before it comes once the map is closer.
pub fn towns(towns: &[Town], zoom: f64) -> String {
    let mut text = String::new();
    let (scale, size) = (thousandth(shrunk(zoom)), tenth(TOWN_SIZE));
    let mut taken = OccupiedAreas::default();
    for town in towns {
        let (class, amount) = match &town.shaded {
            None => ("no-data".to_owned(), String::new()),
            Some((class, amount)) => (format!("shade-{class}"), amount.clone()),
        };
        let (name, amount) = (escaped(&town.name), escaped(&amount));
        let label = if taken.take(below_mark(town, zoom)) {
            format!("<text class=\"county\" font-size=\"{size}\" y=\"{}\">{name}</text>", tenth(1.85 * TOWN_SIZE))
        } else {
            String::new()
        };
        let _ = write!(
            text,
            "<g class=\"town\" data-place=\"{}\" transform=\"translate({}) scale({scale})\">\
             <circle class=\"county {class}\" r=\"{size}\"/>{label}<title>{name} {amount}</title></g>",
            town.code,
            drawn(town.at),
        );
    }
    text
}

/// The counties' names, drawn over all outlines so that none covers another's. They are large enough for a small screen; a
/// name that would lie on a town's or on one before it comes once the map is closer, those of the two regions first.
pub fn names(language: Language, zoom: f64, towns: &[Town]) -> String {
    let mut text = String::new();
    let scale = thousandth(shrunk(zoom));
    for (own, name, at) in placed_names(language, zoom, towns).0 {
        let _ = write!(
            text,
            "<text class=\"{}\" font-size=\"{}\" transform=\"translate({}) scale({scale})\">{name}</text>",
            side_class(own),
            tenth(NAME_SIZE),
            drawn(at),
        );
    }
    text
}

/// An outline, its name, and the middle of the name.
type PlacedName = (&'static Outline, &'static str, (f64, f64));

/// The names that there is room for, with their middles; and all that is taken by names.
fn placed_names(language: Language, zoom: f64, towns: &[Town]) -> (Vec<PlacedName>, OccupiedAreas) {
    let mut taken = OccupiedAreas::default();
    for town in towns {
        taken.take(below_mark(town, zoom));
    }
    let mut placed = Vec::new();
    let (own, around): (Vec<&Outline>, Vec<&Outline>) = OUTLINES.iter().partition(|own| own.side.is_some());
    for own in own.into_iter().chain(around) {
        let (x, y) = project(own.label);
        let (name, size) = (language.pick(own.name, own.name_en), NAME_SIZE * shrunk(zoom));
        // What would be cut off at the edge of the map is moved inside.
        let at = Area::around((x, y - NAME_ABOVE / zoom), name, size).middle_within(PLANE);
        if taken.take(Area::around(at, name, size)) {
            placed.push((own, name, at));
        }
    }
    (placed, taken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiedui_core::figures::figure::Filter;
    use jiedui_core::fixtures::sample::paired;
    use jiedui_core::map::index::MapIndex;
    use proptest::prelude::*;

    #[test]
    fn what_has_changed_flashes_and_names_stay_text() {
        let mut overview = paired(1);
        overview.organisations[0].name = "单位<".to_owned();
        let features = MapIndex::new(&overview, None).features(&overview, &Filter::default());
        let scene = MapLayout::new(&overview, &features, 1.0);
        let draw = |changed: &[usize]| lines(&scene, Viewport::default(), &changed.iter().copied().collect());
        assert!(draw(&[0]).contains("pairing education flash"));
        assert!(!draw(&[9]).contains("flash"));
        let points = |view| points(&scene, &overview, Language::Chinese, view);
        assert!(points(Viewport::default()).contains("单位&lt;"));
        let away = Viewport { middle: (0.0, 0.0), zoom: 16.0 };
        assert_eq!(lines(&scene, away, &BTreeSet::new()) + &points(away), "", "what is far from it is not drawn");
    }

    #[test]
    fn lines_are_as_thick_as_their_activity_and_a_path_for_each_programme_and_thickness() {
        let overview = paired(40);
        let mut features = MapIndex::new(&overview, None).features(&overview, &Filter::default());
        for (line, entries) in features.lines.iter_mut().zip([0, 0, 7, 7, 70, 70, 70_000, 7_000].into_iter().cycle()) {
            line.counts.entries = entries;
        }
        let drawn = lines(&MapLayout::new(&overview, &features, 16.0), Viewport::default(), &BTreeSet::new());
        for width in ["1.5", "2.7", "3.9", "5.1"] {
            for programme in ["education", "health"] {
                let path = |own: &&str| own.contains(programme) && own.contains(&format!("stroke-width=\"{width}\""));
                let paths: Vec<&str> = drawn.split("<path").filter(path).collect();
                assert_eq!((paths.len(), paths[0].matches('M').count()), (1, 5), "{programme} {width}");
            }
        }
    }

    #[test]
    fn closer_means_more_names_until_all_are_there() {
        let count = |zoom| names(Language::Chinese, zoom, &[]).matches("<text").count();
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

    proptest! {
        #[test]
        fn names_on_the_map_never_meet_and_are_never_cut_off(
            zoom in 1.0..16.0_f64, english in any::<bool>(), spots in prop::collection::vec((60.0..460.0_f64, 60.0..880.0_f64), 0..12),
        ) {
            let language = if english { Language::English } else { Language::Chinese };
            let town = |at: (f64, f64)| Town { code: "522728109".into(), name: "红水河镇".into(), at, shaded: None };
            let towns: Vec<Town> = spots.into_iter().map(town).collect();
            let (placed, taken) = placed_names(language, zoom, &towns);
            let areas = taken.areas();
            for (number, area) in areas.iter().enumerate() {
                prop_assert!(areas[number + 1..].iter().all(|other| !area.meets(other)));
            }
            for (_, name, at) in placed {
                prop_assert!(Area::around(at, name, NAME_SIZE * shrunk(zoom) * 0.999).is_within(PLANE), "{} at {:?}", name, at);
            }
        }
    }
}
