//! The collaboration map: drawing, gestures, controls, and its text alternative.

mod controls;
mod data;
mod gesture;
mod lists;
mod months;
mod shading;
mod sheet;

use crate::labels::texts::fill;
use crate::state::use_app_state;
use crate::svg::map::{lines, outlines, points};
use crate::svg::place_names::{county_names, towns};
use crate::svg::viewport::Viewport;
use crate::ui::deferred::deferred;
use crate::ui::url_state::{HistoryStep, use_url_state};
use controls::{Legend, MapControls};
use data::{MapData, MapSelection, PreviousCounts, changed_pairings};
use gesture::{Gesture, attribute_at};
use jiedui_core::figures::figure::Filter;
use jiedui_core::map::index::{Features, MapIndex};
use jiedui_core::map::layout::MapLayout;
use jiedui_core::map::outline::project;
use jiedui_core::values::month::Month;
use leptos::html::Div;
use leptos::prelude::*;
use lists::{select_on_click, text_alternative};
use shading::shading;
use sheet::LazySheet;
use std::sync::Arc;
use std::time::Duration;

/// Time without movement after which the address takes the viewport.
const SETTLED: Duration = Duration::from_millis(400);

/// Distance in pixels at which a touch selects a line: a line is thinner than a finger.
const TOUCH_RADIUS: f64 = 10.0;

/// The map under a filter, with its text alternative.
#[component]
pub fn Map(
    /// Current filter.
    filter: Memo<Filter>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let address = use_url_state();
    let (chosen, played) = (filter, RwSignal::new(None::<Month>));
    let filter = Memo::new(move |_| {
        let chosen = chosen.get();
        Filter { until: played.get().or(chosen.until), ..chosen }
    });
    let overview = Memo::new_with_compare(
        move |_| app.overviews.local_for(&filter.get()).unwrap_or_default(),
        |before, after| before.zip(after).is_none_or(|(before, after)| !Arc::ptr_eq(before, after)),
    );
    let viewport = untrack(|| address.get("map")).as_deref().and_then(Viewport::from_code).unwrap_or_default();
    let view = RwSignal::new(viewport);
    // Drawing runs in separate tasks: within the task of a tap, the browser would lay out the page in between.
    let drawn_view = deferred(view);
    let zoom = Memo::new(move |_| drawn_view.get().zoom);
    let is_close = move || zoom.get() > 1.0;
    let frame = NodeRef::<Div>::new();
    let gesture = Gesture::new(view, frame);
    Effect::new(move |_| {
        drawn_view.track();
        gesture.clear_transform();
    });
    let shading = Memo::new(move |_| {
        let code = address.get("shade")?;
        shading(&overview.get(), &filter.get(), &code).map(Arc::new)
    });
    let index = Memo::new_with_compare(
        move |earlier: Option<&Arc<MapIndex>>| Arc::new(MapIndex::new(&overview.get(), earlier.map(|index| &**index))),
        |_, _| true,
    );
    let previous = StoredValue::new(None::<PreviousCounts>);
    let data = Memo::new_with_compare(
        move |_| {
            let (index, overview, filter) = (index.get(), overview.get(), filter.get());
            let has_features = overview.entry_counts.len() + overview.organisations.len() > 0;
            let features = if has_features { index.features(&overview, &filter) } else { Features::default() };
            let changed = previous
                .try_update_value(|previous| changed_pairings(previous, &filter, &features))
                .unwrap_or_default();
            Arc::new(MapData { overview, filter, features, changed })
        },
        |_, _| true,
    );
    let layout = Memo::new_with_compare(
        move |_| {
            let data = data.get();
            Arc::new(MapLayout::new(&data.overview, &data.features, zoom.get()))
        },
        |_, _| true,
    );
    let pairing_lines = move || {
        let data = data.get();
        lines(&layout.get(), &data.overview.catalogue, drawn_view.get(), &data.changed).into_string()
    };
    // Text takes a browser the longest, so points and names follow the lines.
    let point_input =
        deferred(Memo::new_with_compare(move |_| (data.get(), layout.get(), drawn_view.get()), |_, _| true));
    let organisation_points = move || {
        point_input.with(|(data, layout, view)| points(layout, &data.overview, app.language, *view).into_string())
    };
    let text_data = deferred(data);
    let name_zoom = deferred(zoom);
    let selection = RwSignal::new(None::<MapSelection>);
    // The viewport is part of the address, once it has settled.
    let mut store_view = debounce(SETTLED, move |code| address.change(&[("map", code)], HistoryStep::Replacing));
    Effect::new(move |started: Option<bool>| {
        let view = view.get();
        if started.is_some() {
            store_view(if view == Viewport::default() { String::new() } else { view.code() });
        }
        true
    });
    let fit = move || {
        let data = data.get_untracked();
        view.set(Viewport::fitting(data.features.points.iter().map(|point| project(point.position))));
    };
    let pairings_at = move |event: &web_sys::MouseEvent| {
        let (point, unit) = gesture.at(event)?;
        layout.with_untracked(|layout| {
            layout.bundle_at(point, TOUCH_RADIUS / unit).map(|bundle| layout.pairings(bundle).to_vec())
        })
    };
    let select = move |event: web_sys::MouseEvent| {
        if gesture.has_dragged() {
            return;
        }
        let number = |name: &str| attribute_at(&event, name).and_then(|number| number.parse::<usize>().ok());
        let data = data.get_untracked();
        if let Some(number) = number("data-point") {
            let numbers = layout
                .with_untracked(|layout| layout.clusters.get(number).map(|cluster| cluster.organisations.clone()));
            let id = |number: &usize| data.overview.organisations.get(*number).map(|organisation| organisation.id);
            selection
                .set(Some(MapSelection::Organisations(numbers.unwrap_or_default().iter().filter_map(id).collect())));
        } else if let Some(numbers) = pairings_at(&event) {
            let id = |number: &usize| data.overview.pairings.get(*number).map(|pairing| pairing.id);
            selection.set(Some(MapSelection::Pairings(numbers.iter().filter_map(id).collect())));
        } else if let Some(place) = attribute_at(&event, "data-place") {
            address.toggle("place", place);
        }
    };
    view! {
        <figure class="map">
            <div
                class="map-frame" class:close=is_close node_ref=frame tabindex="0" role="group" aria-label=texts.map_keys()
                on:pointerdown=move |event| gesture.down(&event)
                on:pointermove=move |event| gesture.moved(&event)
                on:pointerup=move |event| gesture.up(&event)
                on:pointercancel=move |event| gesture.up(&event)
                on:wheel=move |event| gesture.wheel(&event)
                on:dblclick=move |event| gesture.double(&event)
                on:keydown=move |event| gesture.key(&event)
                on:click=select
            >
                <svg viewBox=move || drawn_view.get().view_box() role="img" aria-label=texts.map_label()>
                    <g class="outlines" inner_html=move || {
                        let shading = shading.get();
                        outlines(shading.as_ref().filter(|shading| shading.towns.is_empty()).map(|shading| shading.counties.as_slice())).into_string()
                    }></g>
                    <g inner_html=move || shading.get().map(|shading| towns(&shading.towns, zoom.get())).unwrap_or_default().into_string()></g>
                    <g class="pairings" inner_html=pairing_lines></g>
                    <g class="organisations" inner_html=organisation_points></g>
                    <g class="county-names" inner_html=move || {
                        let shading = shading.get();
                        county_names(app.language, name_zoom.get(), shading.as_ref().map(|shading| shading.towns.as_slice()).unwrap_or_default()).into_string()
                    }></g>
                </svg>
            </div>
            <MapControls view fit played/>
            <Show when=move || selection.with(Option::is_some)><LazySheet selection data/></Show>
            <figcaption>
                <Legend shading data/>
                <div class="map-words" on:click=select_on_click(selection) inner_html=move || text_data.with(|data| text_alternative(app, data).into_string())></div>
                <p class="map-source">{move || match app.geography.map_number.get_value() {
                    Some(number) => fill(texts.map_number(), &[&number]),
                    None => texts.map_source().to_owned(),
                }}</p>
            </figcaption>
        </figure>
    }
}
