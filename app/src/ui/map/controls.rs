//! Controls next to the map: zoom, shading, and the legend.

use super::data::MapData;
use super::gesture::STEP;
use super::months::MonthPlayer;
use super::shading::Shading;
use crate::labels::programme_color::color_style;
use crate::state::use_app_state;
use crate::svg::viewport::Viewport;
use crate::ui::url_state::{HistoryStep, use_url_state};
use jiedui_core::catalogue::{Indicator, Programme};
use jiedui_core::values::month::Month;
use leptos::prelude::*;
use std::sync::Arc;

/// Zoom buttons, the choice of a shading indicator, and the month player.
#[component]
pub fn MapControls(
    /// Visible part of the map.
    view: RwSignal<Viewport>,
    /// Zooms to the features that the filter leaves.
    fit: impl Fn() + Copy + 'static,
    /// Month that the month player shows.
    played: RwSignal<Option<Month>>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let address = use_url_state();
    let zoom = move |factor: f64| view.update(|view| *view = view.zoomed(factor, view.middle));
    let shade = move || address.get("shade").unwrap_or_default();
    let indicators = Memo::new(move |_| {
        let overview = app.overviews.server.get().unwrap_or_default();
        let indicators = overview.catalogue.indicators.iter();
        let option =
            |indicator: &Indicator| (indicator.code.clone(), app.pick(&indicator.name, &indicator.name_en).to_owned());
        indicators.map(option).collect::<Vec<_>>()
    });
    view! {
        <div class="map-tools scripted-only">
            <button type="button" class="button-quiet" aria-label=texts.closer() on:click=move |_| zoom(STEP)>"＋"</button>
            <button type="button" class="button-quiet" aria-label=texts.farther() on:click=move |_| zoom(1.0 / STEP)>"－"</button>
            <button type="button" class="button-quiet" on:click=move |_| view.set(Viewport::default())>{texts.whole_map()}</button>
            <button type="button" class="button-quiet" on:click=move |_| fit()>{texts.fit()}</button>
            <select aria-label=texts.shade_by() prop:value=shade on:change=move |event| {
                address.change(&[("shade", event_target_value(&event))], HistoryStep::Further);
            }>
                <option value="">{texts.no_shade()}</option>
                {move || indicators.get().into_iter().map(|(code, name)| {
                    let option = code.clone();
                    view! { <option value=code selected=move || shade() == option>{name}</option> }
                }).collect_view()}
            </select>
        </div>
        <MonthPlayer played/>
    }
}

/// Meaning of the map's colours and dashes: the programmes that the filter leaves, then the sides or the quantile classes.
#[component]
pub fn Legend(
    /// Shading of the map, if any.
    shading: Memo<Option<Arc<Shading>>>,
    /// The map's data.
    data: Memo<Arc<MapData>>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let programmes = Memo::new(move |_| {
        data.with(|data| {
            let chosen = data.filter.programme.as_deref();
            let programmes = data.overview.catalogue.programmes.iter();
            let programmes = programmes.filter(|programme| chosen.is_none_or(|chosen| programme.code == chosen));
            let key = |programme: &Programme| {
                (color_style(programme.color), app.pick(&programme.name, &programme.name_en).to_owned())
            };
            programmes.map(key).collect::<Vec<_>>()
        })
    });
    let key = |class: String, text: String| view! { <li><span class=format!("key {class}") aria-hidden="true"></span>{text}</li> };
    view! {
        <ul class="legend">
            {move || programmes.get().into_iter().map(|(style, name)| {
                view! { <li><span class="key key-programme" style=style aria-hidden="true"></span>{name}</li> }
            }).collect_view()}
            {move || match shading.get() {
                None => vec![
                    key("map-side-a".to_owned(), texts.side_a().to_owned()),
                    key("map-side-b".to_owned(), texts.side_b().to_owned()),
                ],
                Some(shading) => {
                    let mut lower = None;
                    let mut keys = vec![key("no-data".to_owned(), texts.no_data().to_owned()), key("shade-0".to_owned(), "0".to_owned())];
                    for (class, limit) in (1..).zip(shading.classes.limits()) {
                        // Rounded up, so that no amount of the class exceeds the limit.
                        let limit = limit.rounded_up(2).to_string();
                        let from = lower.replace(limit.clone()).map_or("0 <".to_owned(), |lower| format!("{lower} <"));
                        keys.push(key(format!("shade-{class}"), format!("{from} … ≤ {limit}")));
                    }
                    keys
                }
            }}
            {key("approximate".to_owned(), texts.approximate().to_owned())}
        </ul>
    }
}
