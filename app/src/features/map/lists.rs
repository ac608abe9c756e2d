//! Pairings and organisations in words: beside the map, and in its sheet.

use crate::features::dashboard::indicator_cards::counted;
use crate::features::map::gesture::carried;
use crate::features::map::{MapData, Selection};
use crate::labels::texts::fill;
use crate::state::AppState;
use crate::svg::escaped;
use jiedui_core::directory::organisation::Pairing;
use jiedui_core::figures::overview::Overview;
use jiedui_core::map::index::{OrganisationMarker, PairingLine};
use leptos::prelude::*;
use std::fmt::Write;
use uuid::Uuid;

/// The most that a list has.
const MOST: usize = 60;

/// What the map shows, as two lists: for those who hear the screen, and for who looks for a name.
pub fn text_alternative(model: AppState, leaf: &MapData) -> String {
    let lines = &leaf.features.lines;
    let single = leaf.features.points.iter().filter(|point| !point.paired);
    format!(
        "<h2>{}</h2>{}<h2>{}</h2>{}",
        fill(model.texts.pairings_shown, &[&lines.len()]),
        pair_buttons(model, leaf, &lines.iter().collect::<Vec<_>>()),
        model.texts.other_organisations,
        organisation_buttons(model, leaf, single)
    )
}

/// Chooses the pairing or organisation whose button was pressed.
pub fn select_on_click(chosen: RwSignal<Option<Selection>>) -> impl Fn(web_sys::MouseEvent) + Copy {
    move |event| {
        let id = |name: &str| carried(&event, name).and_then(|id| Uuid::parse_str(&id).ok());
        if let Some(pairing) = id("data-pairing") {
            chosen.set(Some(Selection::Pairings(vec![pairing])));
        } else if let Some(organisation) = id("data-organisation") {
            chosen.set(Some(Selection::Organisations(vec![organisation])));
        }
    }
}

/// The names of both ends.
pub fn pair_name(model: AppState, overview: &Overview, pairing: &Pairing) -> String {
    let name = |id| {
        let own = overview.directory().organisation(id);
        own.map(|own| model.pick(&own.name, &own.name_en).to_owned()).unwrap_or_default()
    };
    format!("{} — {}", name(pairing.organisation_a), name(pairing.organisation_b))
}

/// A list of pairings, those with the most entries first.
pub fn pair_buttons(model: AppState, leaf: &MapData, lines: &[&PairingLine]) -> String {
    let mut sorted = lines.to_vec();
    sorted.sort_by_key(|line| std::cmp::Reverse(line.counts.entries));
    let name = |number: usize| {
        leaf.overview.organisations.get(number).map(|own| model.pick(&own.name, &own.name_en)).unwrap_or_default()
    };
    let mut text = String::from("<ul class=\"pairs\">");
    for line in sorted.iter().take(MOST) {
        let Some(pairing) = leaf.overview.pairings.get(line.pairing) else { continue };
        let [a, b] = line.ends.map(name);
        let _ = write!(
            text,
            "<li class=\"pair {}\"><button type=\"button\" data-pairing=\"{}\">{} — {} <small>{}</small></button></li>",
            escaped(&pairing.programme),
            pairing.id,
            escaped(a),
            escaped(b),
            counted(model.texts, line.counts.entries)
        );
    }
    text.push_str("</ul>");
    and_more(&mut text, model, lines.len());
    text
}

fn and_more(text: &mut String, model: AppState, count: usize) {
    if count > MOST {
        let _ = write!(text, "<p>{}</p>", fill(model.texts.and_more, &[&(count - MOST)]));
    }
}

/// A list of organisations.
pub fn organisation_buttons<'a>(
    model: AppState,
    leaf: &MapData,
    points: impl Iterator<Item = &'a OrganisationMarker>,
) -> String {
    let (mut text, mut count) = (String::from("<ul class=\"pairs\">"), 0);
    for point in points {
        count += 1;
        let Some(own) = leaf.overview.organisations.get(point.organisation).filter(|_| count <= MOST) else { continue };
        let _ = write!(
            text,
            "<li class=\"single {}\"><button type=\"button\" data-organisation=\"{}\">{} <small>{}</small></button></li>",
            escaped(&own.programme),
            own.id,
            escaped(model.pick(&own.name, &own.name_en)),
            counted(model.texts, point.counts.entries)
        );
    }
    text.push_str("</ul>");
    and_more(&mut text, model, count);
    text
}
