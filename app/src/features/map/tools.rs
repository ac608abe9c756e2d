//! What one may do with the map without a finger on it: go closer, shade it, and let the months pass.

use crate::features::map::Shading;
use crate::features::map::gesture::STEP;
use crate::labels::texts::fill;
use crate::state::use_app_state;
use crate::svg::viewport::Viewport;
use crate::ui::filter_bar::use_filter;
use crate::ui::url_state::{HistoryStep, use_url_state};
use jiedui_core::values::month::Month;
use leptos::prelude::*;
use std::sync::Arc;
use std::time::Duration;

/// How long each month stands while the months pass.
const BEAT: Duration = Duration::from_millis(900);

/// Buttons, the choice of what the map is shaded by, and the months.
#[component]
pub fn MapControls(
    /// What is seen of the map.
    view: RwSignal<Viewport>,
    /// Shows all that the filter leaves.
    fit: impl Fn() + Copy + 'static,
) -> impl IntoView {
    let model = use_app_state();
    let texts = model.texts;
    let address = use_url_state();
    let zoom = move |factor: f64| view.update(|view| *view = view.zoomed(factor, view.middle));
    let shade = move || address.get("shade").unwrap_or_default();
    let indicators = Memo::new(move |_| {
        let own = model.server_overview.get().unwrap_or_default();
        let named = own.catalogue.indicators.iter();
        named.map(|own| (own.code.clone(), model.pick(&own.name, &own.name_en).to_owned())).collect::<Vec<_>>()
    });
    view! {
        <div class="map-tools scripted-only">
            <button type="button" class="quiet" aria-label=texts.closer on:click=move |_| zoom(STEP)>"＋"</button>
            <button type="button" class="quiet" aria-label=texts.farther on:click=move |_| zoom(1.0 / STEP)>"－"</button>
            <button type="button" class="quiet" on:click=move |_| view.set(Viewport::default())>{texts.whole_map}</button>
            <button type="button" class="quiet" on:click=move |_| fit()>{texts.fit}</button>
            <select aria-label=texts.shade_by prop:value=shade on:change=move |event| {
                address.change(&[("shade", event_target_value(&event))], HistoryStep::Further);
            }>
                <option value="">{texts.no_shade}</option>
                {move || indicators.get().into_iter().map(|(code, name)| {
                    let own = code.clone();
                    view! { <option value=code selected=move || shade() == own>{name}</option> }
                }).collect_view()}
            </select>
        </div>
        <Months/>
    }
}

/// The months of what is shown, one after the other.
#[component]
fn Months() -> impl IntoView {
    let model = use_app_state();
    let texts = model.texts;
    let address = use_url_state();
    let filter = use_filter();
    // Those of the year, or of all years.
    let months = Memo::new(move |_| {
        let year = filter.get().year;
        let years = model.years.get();
        let first = year.or(years.last().copied()).unwrap_or(model.today.year());
        let last = year.or(years.first().copied()).unwrap_or(model.today.year());
        Month::first_of(first).to(Month::last_of(last)).collect::<Vec<Month>>()
    });
    let last = move || months.with(|months| months.len().saturating_sub(1));
    let at = Memo::new(move |_| match filter.get().until {
        // One after all of them takes in all of them.
        Some(until) => months.with(|months| months.iter().position(|month| *month >= until)).unwrap_or_else(last),
        None => last(),
    });
    let go = move |number: usize| {
        let month = months.with_untracked(|months| months.get(number).copied());
        let all = number >= months.with_untracked(Vec::len).saturating_sub(1);
        let until = month.filter(|_| !all).map(|month| month.to_string()).unwrap_or_default();
        address.change(&[("until", until)], HistoryStep::Replacing);
    };
    let playing = RwSignal::new(false);
    let beat = StoredValue::new(None::<IntervalHandle>);
    let stop = move || {
        playing.set(false);
        beat.update_value(|beat| {
            if let Some(beat) = beat.take() {
                beat.clear();
            }
        });
    };
    on_cleanup(move || {
        beat.try_update_value(|beat| {
            if let Some(beat) = beat.take() {
                beat.clear();
            }
        });
    });
    let play = move |_| {
        if playing.get_untracked() {
            return stop();
        }
        let next = move || {
            let number = at.get_untracked();
            if number >= last() { stop() } else { go(number + 1) }
        };
        go(0);
        playing.set(true);
        beat.set_value(set_interval_with_handle(next, BEAT).ok());
    };
    let said = move || {
        let month = filter.get().until.or_else(|| months.with(|months| months.last().copied()));
        month.map(|month| fill(texts.until_month, &[&month])).unwrap_or_default()
    };
    view! {
        <div class="months scripted-only">
            <button type="button" class="quiet" aria-pressed=move || playing.get().to_string() on:click=play>
                {move || if playing.get() { texts.stop } else { texts.play }}
            </button>
            <input type="range" min="0" aria-label=texts.months aria-valuetext=said max=move || last().to_string()
                prop:value=move || at.get().to_string()
                on:input=move |event| { stop(); event_target_value(&event).parse().into_iter().for_each(go); }/>
            <span>{said}</span>
        </div>
    }
}

/// What the map's colours and dashes mean.
#[component]
pub fn Legend(
    /// The shades, where places are shaded.
    shading: Memo<Option<Arc<Shading>>>,
) -> impl IntoView {
    let texts = use_app_state().texts;
    let key = |class: String, text: String| view! { <li><span class=format!("key {class}") aria-hidden="true"></span>{text}</li> };
    view! {
        <ul class="legend">
            {move || match shading.get() {
                None => vec![
                    key("side-a".to_owned(), texts.side_a.to_owned()),
                    key("side-b".to_owned(), texts.side_b.to_owned()),
                ],
                Some(shading) => {
                    let mut least = None;
                    let mut keys = vec![key("no-data".to_owned(), texts.no_data.to_owned()), key("shade-0".to_owned(), "0".to_owned())];
                    for (class, limit) in (1..).zip(shading.classes.limits()) {
                        // Rounded up: no amount of the class is above what is said.
                        let limit = limit.rounded_up(2).to_string();
                        let from = least.replace(limit.clone()).map_or("0 <".to_owned(), |own| format!("{own} <"));
                        keys.push(key(format!("shade-{class}"), format!("{from} … ≤ {limit}")));
                    }
                    keys
                }
            }}
            {key("approximate".to_owned(), texts.approximate.to_owned())}
        </ul>
    }
}
