//! The static map of one organisation and its partners.

use super::map::{lines, outlines, points};
use super::place_names::county_names;
use super::viewport::Viewport;
use jiedui_core::figures::{figure::Filter, overview::Overview};
use jiedui_core::map::index::MapIndex;
use jiedui_core::map::layout::MapLayout;
use jiedui_core::values::language::Language;
use jiedui_core::values::sort::collect_sorted;
use maud::{Markup, html};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Draws the map; `label` describes it to screen readers. `None` for an organisation without partners.
pub fn partners(overview: &Overview, organisation: Uuid, language: Language, label: &str) -> Option<Markup> {
    let mut features = MapIndex::new(overview, None).features(overview, &Filter::default());
    let is_partner = |number: usize| {
        let pairing = overview.pairings.get(number);
        pairing.is_some_and(|pairing| [pairing.organisation_a, pairing.organisation_b].contains(&organisation))
    };
    features.lines.retain(|line| is_partner(line.pairing));
    let ends: BTreeSet<usize> = collect_sorted(features.lines.iter().flat_map(|line| line.ends));
    features.points.retain(|point| ends.contains(&point.organisation));
    if ends.is_empty() {
        return None;
    }
    let (layout, view) = (MapLayout::new(overview, &features, 1.0), Viewport::default());
    Some(html! {
        figure class="map map-static" {
            div class="map-frame" {
                svg viewBox=(view.view_box()) role="img" aria-label=(label) {
                    g class="outlines" { (outlines(None)) }
                    g class="pairings" { (lines(&layout, &overview.catalogue, view, &BTreeSet::new())) }
                    g class="organisations" { (points(&layout, overview, language, view)) }
                    g class="county-names" { (county_names(language, 1.0, &[])) }
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiedui_core::directory::organisation::{Organisation, Pairing};
    use serde_json::json;

    #[test]
    fn partners_shows_only_the_organisations_own_pairings() {
        let organisation = |id: u128, side: &str, place: &str| -> Organisation {
            serde_json::from_value(
                json!({"id": Uuid::from_u128(id), "name": "某", "name_en": "", "kind": "village", "side": side,
                "place": place, "programme": "health"}),
            )
            .unwrap()
        };
        let pairing = |id: u128, a: u128, b: u128| -> Pairing {
            serde_json::from_value(json!({"id": Uuid::from_u128(id), "programme": "health",
                "organisation_a": Uuid::from_u128(a), "organisation_b": Uuid::from_u128(b)}))
            .unwrap()
        };
        let organisations = vec![
            organisation(1, "a", "520111"),
            organisation(2, "b", "522728109"),
            organisation(3, "a", "520102"),
            organisation(4, "b", "522728108"),
        ];
        let pairings = vec![pairing(10, 1, 2), pairing(11, 3, 4)];
        let overview = Overview { organisations, pairings, ..Overview::default() };
        let picture = partners(&overview, Uuid::from_u128(2), Language::Chinese, "地图").unwrap().into_string();
        assert_eq!(picture.matches("class=\"map-pairing\"").count(), 1);
        assert!(partners(&overview, Uuid::from_u128(9), Language::Chinese, "地图").is_none());
    }
}
