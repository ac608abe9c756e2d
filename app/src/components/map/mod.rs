//! The collaboration map, drawn as SVG: it is in the first paint and needs no library.

use crate::model::{Model, use_model};
use crate::texts::fill;
use jiedui_core::domain::map::{Line, OUTLINES, Outline, PLANE, Point, drawn, features, project};
use jiedui_core::domain::{Filter, Overview, Side};
use leptos::prelude::*;

/// How far above its point a county's name stands, in units of the plane: organisations gather around the point.
const NAME_ABOVE: f64 = 20.0;
/// How far a line's middle is pushed aside, as a share of its length: lines between the same places stay apart.
const BEND: f64 = 0.12;

fn side_class(outline: &Outline) -> &'static str {
    match outline.side {
        Some(Side::A) => "county side-a",
        Some(Side::B) => "county side-b",
        None => "county around",
    }
}

/// All outlines, then all names: no county covers another's.
fn counties(model: Model) -> impl IntoView {
    let paths = OUTLINES.iter().map(|own| view! { <path class=side_class(own) d=own.path()/> });
    let names = OUTLINES.iter().map(|own| {
        let (x, y) = project(own.label);
        let place = moved_to((x, y - NAME_ABOVE));
        view! { <text class=side_class(own) transform=place>{model.pick(own.name, own.name_en)}</text> }
    });
    view! { <g class="outlines">{paths.collect_view()}{names.collect_view()}</g> }
}

/// A line bent to the side (quadratic Bézier), so that two of them do not cover each other.
fn curve([from, to]: [(f64, f64); 2], turn: usize) -> String {
    let ((x1, y1), (x2, y2)) = (project(from), project(to));
    let bend = BEND * (1.0 + (turn / 2) as f64) * if turn.is_multiple_of(2) { 1.0 } else { -1.0 };
    let (x, y) = ((x1 + x2) / 2.0 + (y2 - y1) * bend, (y1 + y2) / 2.0 - (x2 - x1) * bend);
    format!("M{}Q{} {}", drawn((x1, y1)), drawn((x, y)), drawn((x2, y2)))
}

fn moved_to(point: (f64, f64)) -> String {
    format!("translate({})", drawn(point))
}

/// The map under a filter, and beside it in words what it shows.
#[component]
pub fn Map(
    /// The filter in force.
    filter: Memo<Filter>,
) -> impl IntoView {
    let model = use_model();
    let texts = model.texts;
    let shown = move || model.shown.get().unwrap_or_default();
    view! {
        <figure class="map">
            <svg viewBox=format!("0 0 {}", drawn(PLANE)) role="img" aria-label=texts.map_label>
                {counties(model)}
                {move || {
                    let (overview, filter) = (shown(), filter.get());
                    let (points, lines) = features(&overview, &filter);
                    view! {
                        <g class="pairings">
                            {lines.iter().enumerate().map(|(turn, line)| line_view(model, &overview, line, turn)).collect_view()}
                        </g>
                        <g class="organisations">
                            {points.iter().map(|point| point_view(model, point)).collect_view()}
                        </g>
                    }
                }}
            </svg>
            <figcaption>
                <ul class="legend">
                    <li><span class="key side-a" aria-hidden="true"></span>{texts.side_a}</li>
                    <li><span class="key side-b" aria-hidden="true"></span>{texts.side_b}</li>
                    <li><span class="key approximate" aria-hidden="true"></span>{texts.approximate}</li>
                </ul>
                {move || {
                    let (overview, filter) = (shown(), filter.get());
                    let (points, lines) = features(&overview, &filter);
                    let pairs = lines.iter().map(|line| {
                        let class = format!("pair {}", line.pairing.programme);
                        view! { <li class=class>{pair_name(model, &overview, line)}" "<small>{counted(model, line.counts.entries)}</small></li> }
                    }).collect_view();
                    let single = points.iter().filter(|point| {
                        let id = point.organisation.id;
                        !lines.iter().any(|line| line.pairing.organisation_a == id || line.pairing.organisation_b == id)
                    }).map(|point| {
                        let class = format!("single {}", point.organisation.programme);
                        view! { <li class=class>{point_name(model, point)}</li> }
                    }).collect_view();
                    view! {
                        <h2>{fill(texts.pairings_shown, &[&lines.len()])}</h2>
                        <ul class="pairs">{pairs}</ul>
                        <h2>{texts.other_organisations}</h2>
                        <ul class="pairs">{single}</ul>
                    }
                }}
                <p class="map-source">{move || match model.map_number.get_value() {
                    Some(number) => fill(texts.map_number, &[&number]),
                    None => texts.map_source.to_owned(),
                }}</p>
            </figcaption>
        </figure>
    }
}

fn counted(model: Model, entries: u64) -> String {
    if entries == 0 { model.texts.no_entries.to_owned() } else { fill(model.texts.of_entries, &[&entries]) }
}

fn point_name(model: Model, point: &Point<'_>) -> String {
    model.pick(&point.organisation.name, &point.organisation.name_en).to_owned()
}

fn pair_name(model: Model, overview: &Overview, line: &Line<'_>) -> String {
    let name = |id| {
        let own = overview.directory().organisation(id);
        own.map(|own| model.pick(&own.name, &own.name_en).to_owned()).unwrap_or_default()
    };
    format!("{} — {}", name(line.pairing.organisation_a), name(line.pairing.organisation_b))
}

fn line_view(model: Model, overview: &Overview, line: &Line<'_>, turn: usize) -> impl IntoView + use<> {
    // As thick as its activity, from 2 to 8 units, each step ten times as much.
    let width = 2 + 2 * line.counts.entries.checked_ilog10().map_or(0, |tens| tens + 1).min(3);
    let title = format!("{} · {}", pair_name(model, overview, line), counted(model, line.counts.entries));
    view! {
        <path class=format!("pairing {}", line.pairing.programme) d=curve(line.ends, turn) stroke-width=width.to_string()>
            <title>{title}</title>
        </path>
    }
}

fn point_view(model: Model, point: &Point<'_>) -> impl IntoView + use<> {
    let approximate = if point.approximate { " approximate" } else { "" };
    let class = format!("organisation {}{approximate}", point.organisation.programme);
    let title = format!("{} · {}", point_name(model, point), counted(model, point.counts.entries));
    view! {
        <circle class=class transform=moved_to(project(point.position)) r="7"><title>{title}</title></circle>
    }
}
