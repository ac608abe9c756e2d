//! Names of counties, and towns with their names, placed so that no name covers another.

use super::label::{Area, OccupiedAreas};
use super::map::side_class;
use super::writer::{Svg, SvgWriter, tenth, thousandth};
use jiedui_core::map::outline::{OUTLINES, Outline, PLANE, drawn, project};
use jiedui_core::values::language::Language;

/// Distance of a county's name above its point, in units of the plane: organisations gather around the point.
const NAME_ABOVE: f64 = 20.0;
/// Size of a county's name on the whole map, in units of the plane: 11 pixels on a phone 360 pixels wide.
const NAME_SIZE: f64 = 23.0;
/// Size of a town's mark and its name on the whole map.
const TOWN_SIZE: f64 = 14.0;
/// Distance of a town's name below its mark, in sizes of the mark.
const TOWN_NAME_BELOW: f64 = 1.85;

/// A town without an outline, drawn as a mark.
#[derive(Clone, Debug, PartialEq)]
pub struct Town {
    /// Code of the town.
    pub code: String,
    /// Name of the town.
    pub name: String,
    /// Position on the plane.
    pub at: (f64, f64),
    /// Quantile class and amount, if any.
    pub shade: Option<(usize, String)>,
}

/// Returns the scale of names at a zoom: they shrink more slowly than the plane grows.
fn name_scale(zoom: f64) -> f64 {
    // `zoom.powf(-0.75)`, without the wasm code of a general power.
    1.0 / (zoom.sqrt() * zoom.sqrt().sqrt())
}

/// Returns the area of a town's name.
fn town_name_area(town: &Town, zoom: f64) -> Area {
    let ((x, y), size) = (town.at, TOWN_SIZE * name_scale(zoom));
    Area::around((x, y + TOWN_NAME_BELOW * size), &town.name, size)
}

/// Draws towns as marks, with their names and amounts. A name that would cover an earlier one appears at a closer zoom.
pub fn towns(towns: &[Town], zoom: f64) -> Svg {
    let mut svg = SvgWriter::default();
    let (scale, size) = (thousandth(name_scale(zoom)), tenth(TOWN_SIZE));
    let mut occupied = OccupiedAreas::default();
    for town in towns {
        let (class, amount) = match &town.shade {
            None => ("map-county no-data".to_owned(), ""),
            Some((class, amount)) => (format!("map-county shade-{class}"), amount.as_str()),
        };
        let transform = format!("translate({}) scale({scale})", drawn(town.at));
        svg.open("g", &[("class", "map-town"), ("data-place", &town.code), ("transform", &transform)]);
        svg.empty("circle", &[("class", &class), ("r", &size)]);
        if occupied.take(town_name_area(town, zoom)) {
            let below = tenth(TOWN_NAME_BELOW * TOWN_SIZE);
            svg.element("text", &[("class", "map-county"), ("font-size", &size), ("y", &below)], &town.name);
        }
        svg.element("title", &[], &format!("{} {amount}", town.name));
        svg.close("g");
    }
    svg.finish()
}

/// Draws the names of the counties, above all outlines. A name that would cover a town's name or an earlier one appears at
/// a closer zoom; counties of the two regions come first.
pub fn county_names(language: Language, zoom: f64, towns: &[Town]) -> Svg {
    let mut svg = SvgWriter::default();
    let (scale, size) = (thousandth(name_scale(zoom)), tenth(NAME_SIZE));
    for (outline, name, at) in place_names(language, zoom, towns).0 {
        let transform = format!("translate({}) scale({scale})", drawn(at));
        svg.element("text", &[("class", side_class(outline)), ("font-size", &size), ("transform", &transform)], name);
    }
    svg.finish()
}

/// An outline, its name, and the middle of the name.
type PlacedName = (&'static Outline, &'static str, (f64, f64));

/// Places the names that there is room for. Returns them with all areas that names occupy.
fn place_names(language: Language, zoom: f64, towns: &[Town]) -> (Vec<PlacedName>, OccupiedAreas) {
    let mut occupied = OccupiedAreas::default();
    for town in towns {
        occupied.take(town_name_area(town, zoom));
    }
    let mut placed = Vec::new();
    let (regions, around): (Vec<&Outline>, Vec<&Outline>) = OUTLINES.iter().partition(|outline| outline.side.is_some());
    for outline in regions.into_iter().chain(around) {
        let (x, y) = project(outline.label);
        let (name, size) = (language.pick(outline.name, outline.name_en), NAME_SIZE * name_scale(zoom));
        // Names at the edge of the map move inside.
        let at = Area::around((x, y - NAME_ABOVE / zoom), name, size).middle_within(PLANE);
        if occupied.take(Area::around(at, name, size)) {
            placed.push((outline, name, at));
        }
    }
    (placed, occupied)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn county_names_are_complete_at_the_closest_zoom() {
        let count = |zoom| county_names(Language::Chinese, zoom, &[]).matches("<text").count();
        assert!(count(1.0) >= 8 && count(1.0) < OUTLINES.len(), "{}", count(1.0));
        assert!(count(2.0) >= count(1.0));
        assert_eq!(count(16.0), OUTLINES.len());
    }

    #[test]
    fn town_shows_its_name_class_and_amount() {
        let town = |shade| Town { code: "522728109".into(), name: "沫阳镇".into(), at: (1.0, 2.0), shade };
        let drawn = towns(&[town(Some((2, "44.17".into()))), town(None)], 1.0);
        assert!(drawn.contains("shade-2") && drawn.contains("沫阳镇 44.17") && drawn.contains("map-county no-data"));
    }

    proptest! {
        #[test]
        fn names_never_overlap_and_are_never_cut_off(
            zoom in 1.0..16.0_f64, english in any::<bool>(), positions in prop::collection::vec((60.0..460.0_f64, 60.0..880.0_f64), 0..12),
        ) {
            let language = if english { Language::English } else { Language::Chinese };
            let town = |at: (f64, f64)| Town { code: "522728109".into(), name: "红水河镇".into(), at, shade: None };
            let towns: Vec<Town> = positions.into_iter().map(town).collect();
            let (placed, occupied) = place_names(language, zoom, &towns);
            let areas = occupied.areas();
            for (number, area) in areas.iter().enumerate() {
                prop_assert!(areas[number + 1..].iter().all(|other| !area.overlaps(other)));
            }
            for (_, name, at) in placed {
                prop_assert!(Area::around(at, name, NAME_SIZE * name_scale(zoom) * 0.999).is_within(PLANE), "{} at {:?}", name, at);
            }
        }
    }
}
