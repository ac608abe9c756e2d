//! What is known of a pairing or an organisation that somebody has touched on the map.

use crate::features::dashboard::indicator_cards::{counted, qualified};
use crate::features::map::lists::{organisation_buttons, pair_buttons, pair_name, select_on_click};
use crate::features::map::{MapData, Selection};
use crate::labels::texts::fill;
use crate::shell::lazy::lazy;
use crate::state::{AppState, use_app_state};
use crate::storage::entry_view::EntryView;
use crate::svg::escaped;
use crate::ui::entry_list::{entry_list, use_entries};
use crate::ui::filter_bar::query_of;
use futures::FutureExt;
use jiedui_core::directory::organisation::{Organisation, Pairing};
use jiedui_core::entry::Entry;
use jiedui_core::figures::figure::figure_of;
use jiedui_core::figures::{contribution::Contribution, figure::Filter};
use jiedui_core::map::index::{EntryTotals, OrganisationMarker, PairingLine};
use jiedui_core::values::date::format_date;
use leptos::prelude::*;
use std::fmt::Write;
use std::sync::Arc;
use uuid::Uuid;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

/// The most entries that a sheet lists.
const LISTED: usize = 5;

#[wasm_split(later, fallible, preload(load_sheet))]
fn render_sheet(chosen: RwSignal<Option<Selection>>, leaf: Memo<Arc<MapData>>) -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <Sheet chosen leaf/> }.into_any())
}

/// The sheet, which is in the lazy chunk.
#[component]
pub fn LazySheet(
    /// What somebody has touched; none closes it.
    chosen: RwSignal<Option<Selection>>,
    /// What the map shows.
    leaf: Memo<Arc<MapData>>,
) -> impl IntoView {
    lazy(|| Box::pin(load_sheet()), move || render_sheet(chosen, leaf).now_or_never().and_then(Result::ok))
}

/// The sheet.
#[component]
fn Sheet(
    /// What somebody has touched; none closes it.
    chosen: RwSignal<Option<Selection>>,
    /// What the map shows.
    leaf: Memo<Arc<MapData>>,
) -> impl IntoView {
    let model = use_app_state();
    let texts = model.texts;
    let entries = use_entries(move || chosen.with(Option::is_some));
    let content = move || {
        let leaf = leaf.get();
        let directory = leaf.overview.directory();
        Some(match chosen.get()? {
            Selection::Pairings(ids) if ids.len() == 1 => {
                let pairing = ids.first().and_then(|id| directory.pairing(*id))?;
                of_pairing(model, &leaf, pairing, entries.get().as_deref())
            }
            Selection::Pairings(ids) => of_pairings(model, &leaf, &ids),
            Selection::Organisations(ids) if ids.len() == 1 => {
                of_organisation(model, &leaf, ids.first().and_then(|id| directory.organisation(*id))?)
            }
            Selection::Organisations(ids) => of_organisations(model, &leaf, &ids),
        })
    };
    move || {
        content().map(|content| {
            view! {
                <section class="sheet" aria-label=texts.details on:click=select_on_click(chosen)>
                    <button type="button" class="quiet close" aria-label=texts.close on:click=move |_| chosen.set(None)>"×"</button>
                    <div inner_html=content></div>
                </section>
            }
        })
    }
}

fn head(name: &str, line: &str, model: AppState, counts: EntryTotals) -> String {
    let verified = if counts.entries == 0 {
        String::new()
    } else {
        format!(" · {}", fill(model.texts.entries_verified, &[&counts.verified]))
    };
    format!(
        "<h2>{}</h2><p>{}</p><p>{}{verified}</p>",
        escaped(name),
        escaped(line),
        escaped(&counted(model.texts, counts.entries))
    )
}

fn of_pairing(model: AppState, leaf: &MapData, pairing: &Pairing, entries: Option<&Vec<EntryView>>) -> String {
    let texts = model.texts;
    let (overview, filter) = (&*leaf.overview, &leaf.filter);
    let is_own = |line: &&PairingLine| overview.pairings.get(line.pairing).is_some_and(|own| own.id == pairing.id);
    let counts = leaf.features.lines.iter().find(is_own).map(|line| line.counts).unwrap_or_default();
    let programme = overview.catalogue.programme(&pairing.programme);
    let mut line = vec![programme.map(|own| model.pick(&own.name, &own.name_en).to_owned()).unwrap_or_default()];
    line.push(pairing.from.map_or(texts.since_unknown.to_owned(), |from| fill(texts.since, &[&format_date(from)])));
    line.extend(pairing.to.map(|to| fill(texts.ended, &[&format_date(to)])));
    let mut text = head(&pair_name(model, overview, pairing), &line.join(" · "), model, counts);
    let sieve = filter.compile(&overview.catalogue, overview.directory());
    let own: Vec<&Contribution> =
        overview.contributions.iter().filter(|part| part.pairing == Some(pairing.id) && sieve.matches(part)).collect();
    let mut rows = String::new();
    for indicator in &overview.catalogue.indicators {
        let figure = figure_of(indicator, &own, filter.year);
        let Some(actual) = figure.actual else { continue };
        let amount = qualified(texts, actual.shown(), figure.actual_qualifier);
        let (name, unit) =
            (model.pick(&indicator.name, &indicator.name_en), model.pick(&indicator.unit, &indicator.unit_en));
        // Writing to a text does not fail.
        let _ = write!(rows, "<tr><th scope=\"row\">{}</th><td>{} {}</td></tr>", escaped(name), amount, escaped(unit));
    }
    if !rows.is_empty() {
        let _ = write!(text, "<table class=\"amounts\">{rows}</table>");
    }
    let _ = write!(text, "<h3>{}</h3>", texts.latest_entries);
    let is_own = |entry: &Entry| entry.pairing == Some(pairing.id) && filter.matches_month(entry.date.into());
    let (list, count) = entry_list(model, overview, entries, is_own, LISTED);
    text.push_str(&list);
    if count > 0 {
        let query = query_of(&Filter { place: None, programme: None, ..filter.clone() });
        let words = fill(texts.open_list, &[&count]);
        let _ = write!(text, "<p><a class=\"button\" href=\"/list{query}&amp;pairing={}\">{words}</a></p>", pairing.id);
    }
    text
}

fn of_pairings(model: AppState, leaf: &MapData, ids: &[Uuid]) -> String {
    let is_here =
        |line: &&PairingLine| leaf.overview.pairings.get(line.pairing).is_some_and(|own| ids.contains(&own.id));
    let lines: Vec<&PairingLine> = leaf.features.lines.iter().filter(is_here).collect();
    let title = fill(model.texts.pairings_shown, &[&lines.len()]);
    format!("<h2>{title}</h2>{}", pair_buttons(model, leaf, &lines))
}

fn of_organisation(model: AppState, leaf: &MapData, own: &Organisation) -> String {
    let overview = &*leaf.overview;
    let place = overview.places.iter().find(|place| place.code == own.place).map(|place| place.name.as_str());
    let programme = overview.catalogue.programme(&own.programme);
    let programme = programme.map(|own| model.pick(&own.name, &own.name_en)).unwrap_or_default();
    let approximate = if own.position.is_none() { model.texts.approximate } else { "" };
    let line = [programme, place.unwrap_or_default(), approximate];
    let line: Vec<&str> = line.into_iter().filter(|part| !part.is_empty()).collect();
    let number = overview.organisations.iter().position(|organisation| organisation.id == own.id);
    let point = leaf.features.points.iter().find(|point| Some(point.organisation) == number);
    let counts = point.map(|point| point.counts).unwrap_or_default();
    let mut text = head(model.pick(&own.name, &own.name_en), &line.join(" · "), model, counts);
    let is_own = |line: &&PairingLine| line.ends.iter().any(|end| Some(*end) == number);
    let lines: Vec<&PairingLine> = leaf.features.lines.iter().filter(is_own).collect();
    if !lines.is_empty() {
        text.push_str(&pair_buttons(model, leaf, &lines));
    }
    text
}

fn of_organisations(model: AppState, leaf: &MapData, ids: &[Uuid]) -> String {
    let id = |point: &OrganisationMarker| leaf.overview.organisations.get(point.organisation).map(|own| own.id);
    let here = leaf.features.points.iter().filter(|point| id(point).is_some_and(|id| ids.contains(&id)));
    let title = fill(model.texts.organisations_here, &[&ids.len()]);
    format!("<h2>{title}</h2>{}", organisation_buttons(model, leaf, here))
}
