//! Pairings and organisations as lists of buttons: the map's text alternative, and the content of its sheet.

use super::data::{MapData, MapSelection};
use super::gesture::attribute_at;
use crate::labels::number::entry_count;
use crate::labels::programme_color::programme_style;
use crate::labels::texts::fill;
use crate::state::AppState;
use jiedui_core::map::index::{OrganisationMarker, PairingLine};
use jiedui_core::values::sort::sort_by_key;
use leptos::prelude::*;
use maud::{Markup, html};
use uuid::Uuid;

/// Longest list.
const LIMIT: usize = 60;

/// Renders what the map shows as two lists, for screen readers and for searching in the page.
pub fn text_alternative(app: AppState, data: &MapData) -> Markup {
    let lines = &data.features.lines;
    let unpaired = data.features.points.iter().filter(|point| !point.paired);
    html! {
        h2 { (fill(app.texts.pairings_shown(), &[&lines.len()])) }
        (pairing_buttons(app, data, &lines.iter().collect::<Vec<_>>()))
        h2 { (app.texts.other_organisations()) }
        (organisation_buttons(app, data, unpaired))
    }
}

/// Returns a click handler that selects the pairing or the organisation whose button was clicked.
pub fn select_on_click(selection: RwSignal<Option<MapSelection>>) -> impl Fn(web_sys::MouseEvent) + Copy {
    move |event| {
        let id = |name: &str| attribute_at(&event, name).and_then(|id| Uuid::parse_str(&id).ok());
        if let Some(pairing) = id("data-pairing") {
            selection.set(Some(MapSelection::Pairings(vec![pairing])));
        } else if let Some(organisation) = id("data-organisation") {
            selection.set(Some(MapSelection::Organisations(vec![organisation])));
        }
    }
}

/// Renders a list of pairings, those with the most entries first.
pub fn pairing_buttons(app: AppState, data: &MapData, lines: &[&PairingLine]) -> Markup {
    let mut sorted = lines.to_vec();
    sort_by_key(&mut sorted, |line| std::cmp::Reverse(line.counts.entries));
    let name = |number: usize| {
        let organisation = data.overview.organisations.get(number);
        organisation.map(|organisation| app.pick(&organisation.name, &organisation.name_en)).unwrap_or_default()
    };
    html! {
        ul class="map-pairs" {
            @for line in sorted.iter().take(LIMIT) {
                @if let Some(pairing) = data.overview.pairings.get(line.pairing) {
                    li class="pair" style=(programme_style(&data.overview.catalogue, &pairing.programme)) {
                        button type="button" data-pairing=(pairing.id) {
                            (name(line.ends[0])) " — " (name(line.ends[1])) " "
                            small { (entry_count(app.texts, line.counts.entries)) }
                        }
                    }
                }
            }
        }
        (and_more(app, lines.len()))
    }
}

/// Shows how many items the list omits.
fn and_more(app: AppState, count: usize) -> Markup {
    html! { @if count > LIMIT { p { (fill(app.texts.and_more(), &[&(count - LIMIT)])) } } }
}

/// Renders a list of organisations.
pub fn organisation_buttons<'a>(
    app: AppState,
    data: &MapData,
    points: impl Iterator<Item = &'a OrganisationMarker>,
) -> Markup {
    let points: Vec<&OrganisationMarker> = points.collect();
    html! {
        ul class="map-pairs" {
            @for point in points.iter().take(LIMIT) {
                @if let Some(organisation) = data.overview.organisations.get(point.organisation) {
                    li class="single" style=(programme_style(&data.overview.catalogue, &organisation.programme)) {
                        button type="button" data-organisation=(organisation.id) {
                            (app.pick(&organisation.name, &organisation.name_en)) " "
                            small { (entry_count(app.texts, point.counts.entries)) }
                        }
                    }
                }
            }
        }
        (and_more(app, points.len()))
    }
}
