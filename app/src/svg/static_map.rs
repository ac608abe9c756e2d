//! A map that stands still: one organisation and its partners.

use crate::svg::map::{lines, names, outlines, points};
use crate::svg::viewport::Viewport;
use jiedui_core::figures::{figure::Filter, overview::Overview};
use jiedui_core::map::index::MapIndex;
use jiedui_core::map::layout::MapLayout;
use jiedui_core::values::field_error::Language;
use std::collections::BTreeSet;
use uuid::Uuid;

/// The picture, as SVG; `label` says what it shows. Nothing where the organisation has no partner.
pub fn partners(overview: &Overview, organisation: Uuid, language: Language, label: &str) -> Option<String> {
    let mut features = MapIndex::new(overview, None).features(overview, &Filter::default());
    let is_own = |number: usize| {
        overview
            .pairings
            .get(number)
            .is_some_and(|own| [own.organisation_a, own.organisation_b].contains(&organisation))
    };
    features.lines.retain(|line| is_own(line.pairing));
    let ends: BTreeSet<usize> = features.lines.iter().flat_map(|line| line.ends).collect();
    features.points.retain(|point| ends.contains(&point.organisation));
    if ends.is_empty() {
        return None;
    }
    let (scene, view) = (MapLayout::new(overview, &features, 1.0), Viewport::default());
    Some(format!(
        "<figure class=\"map still\"><div class=\"map-frame\"><svg viewBox=\"{}\" role=\"img\" aria-label=\"{}\">\
            <g class=\"outlines\">{}</g><g class=\"pairings\">{}</g><g class=\"organisations\">{}</g>\
            <g class=\"county-names\">{}</g></svg></div></figure>",
        view.view_box(),
        crate::svg::escaped(label),
        outlines(None),
        lines(&scene, view, &BTreeSet::new()),
        points(&scene, overview, language, view),
        names(language, 1.0, &[])
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiedui_core::directory::organisation::{Organisation, Pairing};
    use serde_json::json;

    #[test]
    fn shows_its_own_partners_and_nobody_elses() {
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
        let picture = partners(&overview, Uuid::from_u128(2), Language::Chinese, "地图").unwrap();
        assert_eq!(picture.matches("class=\"pairing ").count(), 1);
        assert_eq!(partners(&overview, Uuid::from_u128(9), Language::Chinese, "地图"), None);
    }
}
