//! The collaboration map: what is drawn, what one may do with it, and beside it in words what it shows.

mod gesture;
pub mod lists;
mod sheet;
mod tools;

use crate::labels::texts::fill;
use crate::shell::scheduler::deferred;
use crate::state::use_app_state;
use crate::svg::map::{self, Shaded, Town, names, outlines, towns};
use crate::svg::viewport::Viewport;
use crate::ui::url_state::{HistoryStep, use_url_state};
use gesture::{Gesture, carried};
use jiedui_core::directory::place::covers;
use jiedui_core::directory::place::{Level, Place};
use jiedui_core::figures::breakdown::{Dimension, Group, split};
use jiedui_core::figures::{contribution::Contribution, figure::Filter, overview::Overview};
use jiedui_core::map::choropleth::QuantileClasses;
use jiedui_core::map::index::{Features, MapIndex, Position, spread_positions};
use jiedui_core::map::layout::MapLayout;
use jiedui_core::map::outline::project;
use jiedui_core::values::quantity::Quantity;
use leptos::html::Div;
use leptos::prelude::*;
use lists::{select_on_click, text_alternative};
use sheet::LazySheet;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tools::{Legend, MapControls};
use uuid::Uuid;

/// How long the map rests until the address says where it is looked at.
const REST: Duration = Duration::from_millis(400);

/// How far from a line one may touch it, in pixels: a line is thinner than a finger.
const REACH: f64 = 10.0;

/// What somebody has touched.
#[derive(Clone, Debug, PartialEq)]
pub enum Selection {
    /// One pairing or several.
    Pairings(Vec<Uuid>),
    /// One organisation or several.
    Organisations(Vec<Uuid>),
}

/// The shades of the places, where they are shaded.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shading {
    counties: Vec<Shaded>,
    /// Those of the county that the filter is for; the counties are not shaded then.
    towns: Vec<Town>,
    classes: QuantileClasses,
}

fn shading(overview: &Overview, filter: &Filter, code: &str) -> Option<Shading> {
    let indicator = overview.catalogue.indicator(code)?;
    let county = filter.place.as_deref().map(|place| Level::County.ancestor_code(place));
    let county = county.filter(|county| county.len() == Level::County.digits());
    // Every county is shaded, whichever the filter is for, or every town of its county.
    let filter = Filter { place: county.map(str::to_owned), programme: None, ..filter.clone() };
    let sieve = filter.compile(&overview.catalogue, overview.directory());
    let parts: Vec<&Contribution> =
        overview.contributions.iter().filter(|part| part.indicator == code && sieve.matches(part)).collect();
    let level = if county.is_some() { Level::Township } else { Level::County };
    let shares = split(indicator, &parts, Dimension::Place(level)).into_iter().filter_map(|share| match share.of {
        Group::Place(code) if county.is_none_or(|county| covers(county, &code)) => Some((code, share.value)),
        _ => None,
    });
    let shares: BTreeMap<String, Quantity> = shares.collect();
    let classes = QuantileClasses::of(shares.values().copied());
    let shade = |value: &Quantity| (classes.class_of(*value), value.shown());
    let Some(county) = county else {
        let counties = shares.iter().map(|(code, value)| {
            let (class, title) = shade(value);
            Shaded { code: code.clone(), class, title }
        });
        return Some(Shading { counties: counties.collect(), towns: Vec::new(), classes });
    };
    let towns: Vec<&Place> = overview.places.iter().filter(|place| place.parent == county).collect();
    let spots = spread_positions(county, towns.len());
    let town = |(place, spot): (&Place, &Position)| Town {
        code: place.code.clone(),
        name: place.name.clone(),
        at: project(*spot),
        shaded: shares.get(&place.code).map(shade),
    };
    let towns = towns.into_iter().zip(&spots).map(town).collect();
    Some(Shading { counties: Vec::new(), towns, classes })
}

/// A filter, and how many entries each pairing had under it, by its number.
type Before = (Filter, Vec<(usize, u64)>);

/// The pairings that have more or fewer entries than before under the same filter.
fn changed(before: &mut Option<Before>, filter: &Filter, features: &Features) -> BTreeSet<usize> {
    let now: Vec<(usize, u64)> = features.lines.iter().map(|line| (line.pairing, line.counts.entries)).collect();
    let changed = match before {
        Some((own, counts)) if own == filter && counts.len() == now.len() => {
            let both = counts.iter().zip(&now);
            both.filter(|(before, now)| before != now).map(|(_, (number, _))| *number).collect()
        }
        _ => BTreeSet::new(),
    };
    *before = Some((filter.clone(), now));
    changed
}

/// What is drawn: an overview, and what a filter leaves of it.
#[derive(Clone, Debug, Default)]
pub struct MapData {
    overview: Arc<Overview>,
    filter: Filter,
    features: Features,
    changed: BTreeSet<usize>,
}

/// The map under a filter, and beside it in words what it shows.
#[component]
pub fn Map(
    /// The filter in force.
    filter: Memo<Filter>,
) -> impl IntoView {
    let model = use_app_state();
    let texts = model.texts;
    let address = use_url_state();
    let seen = Memo::new_with_compare(
        move |_| model.overview_for(&filter.get()).unwrap_or_default(),
        |one, other| one.zip(other).is_none_or(|(one, other)| !Arc::ptr_eq(one, other)),
    );
    let shown = move || seen.get();
    let first = untrack(|| address.get("map")).as_deref().and_then(Viewport::from_code).unwrap_or_default();
    let view = RwSignal::new(first);
    // It is drawn in tasks of its own: that of a tap has the browser look for what lies under the finger in between.
    let drawn_view = deferred(view);
    let zoom = Memo::new(move |_| drawn_view.get().zoom);
    let is_close = move || zoom.get() > 1.0;
    let frame = NodeRef::<Div>::new();
    let gesture = Gesture::new(view, frame);
    Effect::new(move |_| {
        drawn_view.track();
        gesture.is_drawn();
    });
    let shading = Memo::new(move |_| {
        let code = address.get("shade")?;
        shading(&shown(), &filter.get(), &code).map(Arc::new)
    });
    let atlas = Memo::new_with_compare(
        move |earlier: Option<&Arc<MapIndex>>| Arc::new(MapIndex::new(&shown(), earlier.map(|own| &**own))),
        |_, _| true,
    );
    let before = StoredValue::new(None::<Before>);
    let leaf = Memo::new_with_compare(
        move |_| {
            let (atlas, overview, filter) = (atlas.get(), shown(), filter.get());
            let there = overview.entry_counts.len() + overview.organisations.len() > 0;
            let features = if there { atlas.features(&overview, &filter) } else { Features::default() };
            let changed = before.try_update_value(|before| changed(before, &filter, &features)).unwrap_or_default();
            Arc::new(MapData { overview, filter, features, changed })
        },
        |_, _| true,
    );
    let scene = Memo::new_with_compare(
        move |_| {
            let leaf = leaf.get();
            Arc::new(MapLayout::new(&leaf.overview, &leaf.features, zoom.get()))
        },
        |_, _| true,
    );
    let lines = move || map::lines(&scene.get(), drawn_view.get(), &leaf.get().changed);
    // Words and numbers are what a browser takes longest for: they follow the lines.
    let seen_points =
        deferred(Memo::new_with_compare(move |_| (leaf.get(), scene.get(), drawn_view.get()), |_, _| true));
    let points =
        move || seen_points.with(|(leaf, scene, view)| map::points(scene, &leaf.overview, model.language, *view));
    let in_words = deferred(leaf);
    let zoom_of_names = deferred(zoom);
    let chosen = RwSignal::new(None::<Selection>);
    // Where the map is looked at is part of the address, once it rests.
    let mut tell = debounce(REST, move |code| address.change(&[("map", code)], HistoryStep::Replacing));
    Effect::new(move |started: Option<bool>| {
        let view = view.get();
        if started.is_some() {
            tell(if view == Viewport::default() { String::new() } else { view.code() });
        }
        true
    });
    let fit = move || {
        let leaf = leaf.get_untracked();
        view.set(Viewport::fitting(leaf.features.points.iter().map(|point| project(point.position))));
    };
    let line_at = move |event: &web_sys::MouseEvent| {
        let (point, unit) = gesture.at(event)?;
        scene.with_untracked(|scene| scene.bundle_at(point, REACH / unit).map(|own| scene.pairings(own).to_vec()))
    };
    let touch = move |event: web_sys::MouseEvent| {
        if gesture.has_dragged() {
            return;
        }
        let number = |name: &str| carried(&event, name).and_then(|number| number.parse::<usize>().ok());
        let leaf = leaf.get_untracked();
        if let Some(number) = number("data-point") {
            let numbers = scene.with_untracked(|own| own.clusters.get(number).map(|own| own.organisations.clone()));
            let of = |number: &usize| leaf.overview.organisations.get(*number).map(|own| own.id);
            chosen.set(Some(Selection::Organisations(numbers.unwrap_or_default().iter().filter_map(of).collect())));
        } else if let Some(numbers) = line_at(&event) {
            let of = |number: &usize| leaf.overview.pairings.get(*number).map(|own| own.id);
            chosen.set(Some(Selection::Pairings(numbers.iter().filter_map(of).collect())));
        } else if let Some(place) = carried(&event, "data-place") {
            address.toggle("place", place);
        }
    };
    view! {
        <figure class="map">
            <div
                class="map-frame" class:close=is_close node_ref=frame tabindex="0" role="group" aria-label=texts.map_keys
                on:pointerdown=move |event| gesture.down(&event)
                on:pointermove=move |event| gesture.moved(&event)
                on:pointerup=move |event| gesture.up(&event)
                on:pointercancel=move |event| gesture.up(&event)
                on:wheel=move |event| gesture.wheel(&event)
                on:dblclick=move |event| gesture.double(&event)
                on:keydown=move |event| gesture.key(&event)
                on:click=touch
            >
                <svg viewBox=move || drawn_view.get().view_box() role="img" aria-label=texts.map_label>
                    <g class="outlines" inner_html=move || {
                        outlines(shading.get().as_ref().filter(|own| own.towns.is_empty()).map(|own| own.counties.as_slice()))
                    }></g>
                    <g inner_html=move || shading.get().map(|own| towns(&own.towns, zoom.get())).unwrap_or_default()></g>
                    <g class="pairings" inner_html=lines></g>
                    <g class="organisations" inner_html=points></g>
                    <g class="county-names" inner_html=move || {
                        let shading = shading.get();
                        names(model.language, zoom_of_names.get(), shading.as_ref().map(|own| own.towns.as_slice()).unwrap_or_default())
                    }></g>
                </svg>
            </div>
            <MapControls view fit/>
            <Show when=move || chosen.with(Option::is_some)><LazySheet chosen leaf/></Show>
            <figcaption>
                <Legend shading/>
                <div class="map-words" on:click=select_on_click(chosen) inner_html=move || in_words.with(|leaf| text_alternative(model, leaf))></div>
                <p class="map-source">{move || match model.map_number.get_value() {
                    Some(number) => fill(texts.map_number, &[&number]),
                    None => texts.map_source.to_owned(),
                }}</p>
            </figcaption>
        </figure>
    }
}
