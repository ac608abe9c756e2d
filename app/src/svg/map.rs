//! The collaboration map: outlines, shaded counties, pairings as curves and organisations as points.
//!
//! Marks and letters keep one size on the screen: they are drawn in that size and scaled down by the zoom. A browser then
//! creates a font of each size once; with a new size at each step, a zoom took three times as long.

use super::viewport::Viewport;
use super::writer::{Svg, SvgWriter, tenth, thousandth};
use crate::labels::programme_color::programme_style;
use jiedui_core::catalogue::Catalogue;
use jiedui_core::directory::place::Side;
use jiedui_core::figures::overview::Overview;
use jiedui_core::map::layout::{MapLayout, MarkerCluster};
use jiedui_core::map::outline::{OUTLINES, Outline, draw, drawn};
use jiedui_core::values::language::Language;
use std::collections::BTreeSet;

/// Most names in the tooltip of a cluster.
const TOOLTIP_NAMES: usize = 4;
/// Radius of an organisation's point.
const RADIUS: f64 = 8.5;
/// Font size of a cluster's number.
const NUMBER_SIZE: &str = "13";
/// Number of stroke widths above the thinnest.
const WIDTH_STEPS: u32 = 3;

/// A county with its shade.
#[derive(Clone, Debug, PartialEq)]
pub struct ShadedCounty {
    /// Code of the county.
    pub code: String,
    /// Quantile class, 0 to 4; 0 for nothing.
    pub class: usize,
    /// Amount, for the tooltip.
    pub title: String,
}

/// Draws the lines of pairings in and near the viewport; those of `changed` pairings flash.
///
/// Lines of a programme with the same width share one path: a path costs a browser several times as much as a curve.
pub fn lines(layout: &MapLayout, catalogue: &Catalogue, view: Viewport, changed: &BTreeSet<usize>) -> Svg {
    // A programme's widths are neighbours; the flashing paths come last.
    let path_number = |programme: usize, steps: u32| programme * (WIDTH_STEPS as usize + 1) + steps as usize;
    let steady = path_number(layout.programmes.len(), 0);
    let mut paths = vec![String::new(); 2 * steady];
    for bundle in &layout.bundles {
        let [from, control, to] = bundle.curve;
        if !view.is_near(from, to) {
            continue;
        }
        // Each step of the width means ten times as many entries.
        let steps = bundle.entries.checked_ilog10().map_or(0, |tens| tens + 1).min(WIDTH_STEPS);
        let flashes = !changed.is_empty() && layout.pairings(bundle).iter().any(|pairing| changed.contains(pairing));
        let Some(path) = paths.get_mut(path_number(bundle.programme, steps) + if flashes { steady } else { 0 }) else {
            continue;
        };
        for (command, point) in [('M', from), ('Q', control), (' ', to)] {
            path.push(command);
            draw(path, point);
        }
    }
    let mut svg = SvgWriter::default();
    for (number, path) in paths.iter().enumerate().filter(|(_, path)| !path.is_empty()) {
        let flash = if number < steady { "" } else { " flash" };
        let (programme, steps) = (number % steady / path_number(1, 0), number % path_number(1, 0));
        // 1.5 to 5.1 pixels.
        let width = tenth(1.5 + 1.2 * steps as f64);
        let class = format!("map-pairing{flash}");
        let style = programme_style(catalogue, layout.programme(programme));
        svg.empty("path", &[("class", &class), ("style", &style), ("d", path), ("stroke-width", &width)]);
    }
    svg.finish()
}

/// Draws the organisations and clusters in and near the viewport.
pub fn points(layout: &MapLayout, overview: &Overview, language: Language, view: Viewport) -> Svg {
    let mut svg = SvgWriter::default();
    let (scale, single) = (thousandth(1.0 / view.zoom), tenth(RADIUS));
    let styles: Vec<String> =
        layout.programmes.iter().map(|programme| programme_style(&overview.catalogue, programme)).collect();
    for (number, cluster) in layout.clusters.iter().enumerate() {
        if !view.is_near(cluster.middle, cluster.middle) {
            continue;
        }
        let count = cluster.organisations.len();
        let style = cluster.programme.and_then(|programme| styles.get(programme)).map_or("", String::as_str);
        let approximate = if cluster.approximate { " approximate" } else { "" };
        let transform = format!("translate({}) scale({scale})", drawn(cluster.middle));
        let (title, number) = (names_of(cluster, overview, language), number.to_string());
        if count == 1 {
            let class = format!("map-organisation{approximate}");
            svg.open(
                "circle",
                &[
                    ("class", &class),
                    ("style", style),
                    ("data-point", &number),
                    ("transform", &transform),
                    ("r", &single),
                ],
            );
            svg.element("title", &[], &title);
            svg.close("circle");
        } else {
            let digits = count.checked_ilog10().unwrap_or_default();
            let class = format!("map-cluster{approximate}");
            svg.open("g", &[("class", &class), ("style", style), ("data-point", &number), ("transform", &transform)]);
            svg.empty("circle", &[("r", &tenth(RADIUS + 4.0 + 3.0 * f64::from(digits)))]);
            svg.element("text", &[("font-size", NUMBER_SIZE)], &count.to_string());
            svg.element("title", &[], &title);
            svg.close("g");
        }
    }
    svg.finish()
}

/// Returns the first names of a cluster.
fn names_of(cluster: &MarkerCluster, overview: &Overview, language: Language) -> String {
    let numbers = cluster.organisations.iter().take(TOOLTIP_NAMES);
    let organisations = numbers.filter_map(|number| overview.organisations.get(*number));
    let names = organisations.map(|organisation| language.pick(&organisation.name, &organisation.name_en));
    names.collect::<Vec<_>>().join("、")
}

/// Returns the CSS class of an outline and of its name.
pub(super) fn side_class(outline: &Outline) -> &'static str {
    match outline.side {
        Some(Side::A) => "map-county map-side-a",
        Some(Side::B) => "map-county map-side-b",
        None => "map-county map-surroundings",
    }
}

/// Draws the outlines of the counties. With shades, counties of the two regions without an amount are hatched.
pub fn outlines(shades: Option<&[ShadedCounty]>) -> Svg {
    let mut svg = SvgWriter::default();
    let (size, units, turned) =
        (("width", "7"), ("patternUnits", "userSpaceOnUse"), ("patternTransform", "rotate(45)"));
    svg.open("defs", &[]);
    svg.open("pattern", &[("id", "no-data"), size, ("height", "7"), units, turned]);
    svg.empty("rect", &[("class", "map-no-data-ground"), size, ("height", "7")]);
    svg.empty("rect", &[("class", "map-no-data-line"), ("width", "1.5"), ("height", "7")]);
    svg.close("pattern");
    svg.close("defs");
    for outline in OUTLINES {
        let shade = shades
            .filter(|_| outline.side.is_some())
            .map(|shades| shades.iter().find(|county| county.code == outline.code));
        let (shade_class, title) = match shade {
            None => (String::new(), ""),
            Some(None) => (" no-data".to_owned(), ""),
            Some(Some(county)) => (format!(" shade-{}", county.class), county.title.as_str()),
        };
        let class = format!("{}{shade_class}", side_class(outline));
        svg.open("path", &[("class", &class), ("data-place", outline.code), ("d", &outline.path())]);
        svg.element("title", &[], title);
        svg.close("path");
    }
    svg.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiedui_core::figures::figure::Filter;
    use jiedui_core::fixtures::pairings::paired;
    use jiedui_core::map::index::MapIndex;
    use serde_json::json;

    #[test]
    fn changed_lines_flash_and_names_are_escaped() {
        let mut overview = paired(1);
        overview.organisations[0].name = "单位<".to_owned();
        let features = MapIndex::new(&overview, None).features(&overview, &Filter::default());
        let layout = MapLayout::new(&overview, &features, 1.0);
        let catalogue = &overview.catalogue;
        let draw =
            |changed: &[usize]| lines(&layout, catalogue, Viewport::default(), &changed.iter().copied().collect());
        let style = programme_style(catalogue, "education");
        assert!(draw(&[0]).contains(&format!("class=\"map-pairing flash\" style=\"{style}\"")));
        assert!(!draw(&[9]).contains("flash"));
        let points = |view| points(&layout, &overview, Language::Chinese, view);
        assert!(points(Viewport::default()).contains("单位&lt;"));
        let away = Viewport { middle: (0.0, 0.0), zoom: 16.0 };
        assert_eq!(
            lines(&layout, catalogue, away, &BTreeSet::new()).into_string() + &points(away),
            "",
            "distant features are not drawn"
        );
    }

    #[test]
    fn lines_share_a_path_per_programme_and_width() {
        let overview = paired(40);
        let mut features = MapIndex::new(&overview, None).features(&overview, &Filter::default());
        for (line, entries) in features.lines.iter_mut().zip([0, 0, 7, 7, 70, 70, 70_000, 7_000].into_iter().cycle()) {
            line.counts.entries = entries;
        }
        let layout = MapLayout::new(&overview, &features, 16.0);
        let drawn = lines(&layout, &overview.catalogue, Viewport::default(), &BTreeSet::new());
        for width in ["1.5", "2.7", "3.9", "5.1"] {
            for programme in ["education", "health"] {
                let style = programme_style(&overview.catalogue, programme);
                let is_path =
                    |path: &&str| path.contains(&style) && path.contains(&format!("stroke-width=\"{width}\""));
                let paths: Vec<&str> = drawn.split("<path").filter(is_path).collect();
                assert_eq!((paths.len(), paths[0].matches('M').count()), (1, 5), "{programme} {width}");
            }
        }
    }

    #[test]
    fn seventh_programme_is_drawn_in_its_color() {
        let mut overview = paired(2);
        let programme = json!({"code": "ecology", "name": "生态", "name_en": "Ecology", "color": "#123456"});
        overview.catalogue.programmes = vec![serde_json::from_value(programme).unwrap()];
        overview.pairings[0].programme = "ecology".to_owned();
        overview.organisations[..2].iter_mut().for_each(|organisation| organisation.programme = "ecology".to_owned());
        let features = MapIndex::new(&overview, None).features(&overview, &Filter::default());
        let layout = MapLayout::new(&overview, &features, 16.0);
        let count = |drawn: &str, element: &str| {
            let element = format!("<{element} ");
            let is_colored = |tag: &&str| tag.split('>').next().is_some_and(|tag| tag.contains("--programme:#123456;"));
            drawn.split(&element).skip(1).filter(is_colored).count()
        };
        let view = Viewport::default();
        assert_eq!(count(&lines(&layout, &overview.catalogue, view, &BTreeSet::new()), "path"), 1);
        let points = |layout: &MapLayout| points(layout, &overview, Language::Chinese, view);
        assert_eq!(count(&points(&layout), "circle"), 2);
        let mut gathered = layout.clone();
        let organisations = gathered.clusters.iter().flat_map(|cluster| cluster.organisations.clone()).collect();
        gathered.clusters.truncate(1);
        gathered.clusters[0].organisations = organisations;
        gathered.clusters[0].programme = layout.programmes.iter().position(|code| code == "ecology");
        assert_eq!(count(&points(&gathered), "g"), 1);
        gathered.clusters[0].programme = None;
        assert_eq!(count(&points(&gathered), "g"), 0, "organisations of several programmes");
    }

    #[test]
    fn shaded_outlines_distinguish_zero_from_no_data() {
        let shades = [ShadedCounty { code: "522728".into(), class: 0, title: "0".into() }];
        let drawn = outlines(Some(&shades));
        assert_eq!(drawn.matches("no-data\" data-place").count(), 10, "Guiyang's ten");
        assert_eq!(drawn.matches("shade-0").count(), 1);
        assert_eq!(outlines(None).matches("no-data\" data-place").count(), 0);
    }
}
