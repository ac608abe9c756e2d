//! The sheet of a selected pairing or organisation. It is in the lazy chunk.

use super::data::{MapData, MapSelection};
use super::lists::{organisation_buttons, pairing_buttons, select_on_click};
use crate::labels::directory::pairing_name;
use crate::labels::number::{entry_count, qualified};
use crate::labels::texts::fill;
use crate::state::{AppState, use_app_state};
use crate::storage::lists::{EntryRange, EntryRow};
use crate::ui::entry_list::entry_list;
use crate::ui::filter::{parameters_of, query_of};
use crate::ui::lazy::lazy;
use crate::ui::older::{Older, RecordList};
use crate::ui::stored::{FoundEntries, Match, scan, use_stored};
use futures::FutureExt;
use jiedui_core::directory::organisation::{Organisation, Pairing};
use jiedui_core::figures::figure::Filter;
use jiedui_core::map::index::{EntryTotals, OrganisationMarker, PairingLine};
use jiedui_core::values::date::format_date;
use leptos::prelude::*;
use maud::{Markup, html};
use std::sync::Arc;
use uuid::Uuid;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

/// Longest list of entries in a sheet.
const LIMIT: usize = 5;

#[wasm_split(browse, fallible, preload(load_sheet))]
fn render_sheet(
    selection: RwSignal<Option<MapSelection>>,
    data: Memo<Arc<MapData>>,
) -> Result<AnyView, SplitLoaderError> {
    Ok(view! { <Sheet selection data/> }.into_any())
}

/// Loads the sheet and renders it.
#[component]
pub fn LazySheet(
    /// Selected pairings or organisations; `None` closes the sheet.
    selection: RwSignal<Option<MapSelection>>,
    /// Data of the map.
    data: Memo<Arc<MapData>>,
) -> impl IntoView {
    lazy(|| Box::pin(load_sheet()), move || render_sheet(selection, data).now_or_never().and_then(Result::ok))
}

/// The sheet.
#[component]
fn Sheet(
    /// Selected pairings or organisations; `None` closes the sheet.
    selection: RwSignal<Option<MapSelection>>,
    /// Data of the map.
    data: Memo<Arc<MapData>>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let entries = use_stored(move |reading| {
        let Some(MapSelection::Pairings(ids)) = selection.get() else { return None };
        let &[pairing] = ids.as_slice() else { return None };
        let (from, until) = data.with(|data| data.filter.dates());
        Some(async move {
            let matches = |row: &EntryRow| match row.head() {
                Some(head) if head.pairing == Some(pairing) => Match::Found,
                _ => Match::No,
            };
            let range = EntryRange { from, until, ..EntryRange::all() };
            scan(&reading, &range, LIMIT, matches, |found| (pairing, found)).await
        })
    });
    let is_open = RwSignal::new(false);
    let content = move || {
        let data = data.get();
        let directory = data.overview.directory();
        Some(match selection.get()? {
            MapSelection::Pairings(ids) if ids.len() == 1 => {
                let pairing = ids.first().and_then(|id| directory.pairing(*id))?;
                let found = entries.get().filter(|(of, _)| *of == pairing.id).map(|(_, found)| found);
                pairing_sheet(app, &data, pairing, found.as_ref(), is_open.get())
            }
            MapSelection::Pairings(ids) => pairings_sheet(app, &data, &ids),
            MapSelection::Organisations(ids) if ids.len() == 1 => {
                organisation_sheet(app, &data, ids.first().and_then(|id| directory.organisation(*id))?)
            }
            MapSelection::Organisations(ids) => organisations_sheet(app, &data, &ids),
        })
    };
    let content = Memo::new(move |_| content().map(Markup::into_string));
    let is_shown = Memo::new(move |_| content.with(Option::is_some));
    move || {
        is_shown.get().then(|| {
            view! {
                <section class="sheet" aria-label=texts.details() on:click=select_on_click(selection)>
                    <button type="button" class="button-quiet close" aria-label=texts.close() on:click=move |_| selection.set(None)>"×"</button>
                    <div inner_html=move || content.get().unwrap_or_default()></div>
                    {older(app, selection, data, entries, is_open)}
                </section>
            }
        })
    }
}

/// Reads a pairing's entries from the server where the phone has few of them.
fn older(
    app: AppState,
    selection: RwSignal<Option<MapSelection>>,
    data: Memo<Arc<MapData>>,
    entries: Signal<Option<(Uuid, FoundEntries)>>,
    is_open: RwSignal<bool>,
) -> impl IntoView {
    let pairing = Memo::new(move |_| {
        let is_signed_in = app.session.user.with(Option::is_some);
        match selection.get()? {
            MapSelection::Pairings(ids) if ids.len() == 1 && is_signed_in => ids.first().copied(),
            _ => None,
        }
    });
    let query = Signal::derive(move || {
        let filter = data.with(|data| Filter { place: None, programme: None, ..data.filter.clone() });
        pairing.get().map(|id| format!("{}&pairing={id}", parameters_of(&filter))).unwrap_or_default()
    });
    let first = Signal::derive(move || data.with(|data| data.filter.dates().0));
    let few = Memo::new(move |_| {
        entries.with(|entries| entries.as_ref().is_some_and(|(_, found)| found.are_fewer_than(LIMIT)))
    });
    move || pairing.get().map(|_| view! { <Older part=RecordList::Entries query first few is_open/> })
}

/// Renders the name, a line about it, and the number of entries.
fn heading(app: AppState, name: &str, line: &str, counts: EntryTotals) -> Markup {
    html! {
        h2 { (name) }
        p { (line) }
        p {
            (entry_count(app.texts, counts.entries))
            @if counts.entries > 0 { " · " (fill(app.texts.entries_verified(), &[&counts.verified])) }
        }
    }
}

fn pairing_sheet(
    app: AppState,
    data: &MapData,
    pairing: &Pairing,
    found: Option<&FoundEntries>,
    is_open: bool,
) -> Markup {
    let (texts, overview, filter) = (app.texts, &*data.overview, &data.filter);
    let is_line = |line: &&PairingLine| overview.pairings.get(line.pairing).is_some_and(|other| other.id == pairing.id);
    let counts = data.features.lines.iter().find(is_line).map(|line| line.counts).unwrap_or_default();
    let programme = overview.catalogue.programme(&pairing.programme);
    let programme = programme.map(|programme| app.pick(&programme.name, &programme.name_en)).unwrap_or_default();
    let since =
        pairing.from.map_or(texts.since_unknown().to_owned(), |from| fill(texts.since(), &[&format_date(from)]));
    let ended = pairing.to.map(|to| fill(texts.ended(), &[&format_date(to)]));
    let facts: Vec<String> = [programme.to_owned(), since].into_iter().chain(ended).collect();
    let (list, count) = entry_list(app, overview, found, is_open);
    html! {
        (heading(app, &pairing_name(app.labels(), overview, pairing), &facts.join(" · "), counts))
        (amounts(app, data, pairing))
        h3 { (texts.latest_entries()) }
        (list)
        @if is_open || count > 0 {
            @let query = query_of(&Filter { place: None, programme: None, ..filter.clone() });
            p {
                a class="button" href={ "/list" (query) "&pairing=" (pairing.id) } {
                    @if count > 0 { (fill(texts.open_list(), &[&count])) } @else { (texts.open_whole_list()) }
                }
            }
        }
    }
}

/// Renders the pairing's figures as a table, if it has any.
fn amounts(app: AppState, data: &MapData, pairing: &Pairing) -> Markup {
    let (overview, filter) = (&*data.overview, &data.filter);
    let figures = overview.figures_of_pairings(&[pairing.id], filter).unwrap_or_default();
    let rows = figures.iter().filter_map(|figure| {
        let indicator = overview.catalogue.indicator(&figure.indicator)?;
        let amount = qualified(app.texts, figure.actual?.shown(), figure.actual_qualifier);
        Some((app.pick(&indicator.name, &indicator.name_en), amount, app.pick(&indicator.unit, &indicator.unit_en)))
    });
    let rows: Vec<_> = rows.collect();
    html! {
        @if !rows.is_empty() {
            table class="table-amounts" {
                @for (name, amount, unit) in &rows { tr { th scope="row" { (name) } td { (amount) " " (unit) } } }
            }
        }
    }
}

fn pairings_sheet(app: AppState, data: &MapData, ids: &[Uuid]) -> Markup {
    let is_selected =
        |line: &&PairingLine| data.overview.pairings.get(line.pairing).is_some_and(|pairing| ids.contains(&pairing.id));
    let lines: Vec<&PairingLine> = data.features.lines.iter().filter(is_selected).collect();
    html! {
        h2 { (fill(app.texts.pairings_shown(), &[&lines.len()])) }
        (pairing_buttons(app, data, &lines))
    }
}

fn organisation_sheet(app: AppState, data: &MapData, organisation: &Organisation) -> Markup {
    let overview = &*data.overview;
    let place = overview.places.iter().find(|place| place.code == organisation.place);
    let place = place.map(|place| place.name.as_str()).unwrap_or_default();
    let programme = overview.catalogue.programme(&organisation.programme);
    let programme = programme.map(|programme| app.pick(&programme.name, &programme.name_en)).unwrap_or_default();
    let approximate = if organisation.position.is_none() { app.texts.approximate() } else { "" };
    let facts: Vec<&str> = [programme, place, approximate].into_iter().filter(|fact| !fact.is_empty()).collect();
    let number = overview.organisations.iter().position(|other| other.id == organisation.id);
    let point = data.features.points.iter().find(|point| Some(point.organisation) == number);
    let counts = point.map(|point| point.counts).unwrap_or_default();
    let ends_here = |line: &&PairingLine| line.ends.iter().any(|end| Some(*end) == number);
    let lines: Vec<&PairingLine> = data.features.lines.iter().filter(ends_here).collect();
    html! {
        (heading(app, app.pick(&organisation.name, &organisation.name_en), &facts.join(" · "), counts))
        @if !lines.is_empty() { (pairing_buttons(app, data, &lines)) }
    }
}

fn organisations_sheet(app: AppState, data: &MapData, ids: &[Uuid]) -> Markup {
    let id = |point: &OrganisationMarker| {
        data.overview.organisations.get(point.organisation).map(|organisation| organisation.id)
    };
    let points = data.features.points.iter().filter(|point| id(point).is_some_and(|id| ids.contains(&id)));
    html! {
        h2 { (fill(app.texts.organisations_here(), &[&ids.len()])) }
        (organisation_buttons(app, data, points))
    }
}
