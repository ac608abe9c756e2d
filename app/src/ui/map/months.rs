//! The month player: a slider over the months of the map, and a button that plays them.

use crate::labels::texts::fill;
use crate::state::use_app_state;
use crate::ui::filter::use_filter;
use crate::ui::url_state::{HistoryStep, use_url_state};
use jiedui_core::values::month::Month;
use leptos::prelude::*;
use std::time::Duration;

/// Time that each month is shown.
const INTERVAL: Duration = Duration::from_millis(900);

/// The slider moves the end of the filter, which is in the address. Playing moves the map only: links to other screens keep the
/// chosen month.
#[component]
pub fn MonthPlayer(
    /// Month that is being played.
    played: RwSignal<Option<Month>>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let address = use_url_state();
    let filter = use_filter();
    // The months of the chosen year, or of all years.
    let months = Memo::new(move |_| {
        let year = filter.get().year;
        let years = app.overviews.years.get();
        let first = year.or(years.last().copied()).unwrap_or(app.today.year());
        let last = year.or(years.first().copied()).unwrap_or(app.today.year());
        Month::first_of(first).to(Month::last_of(last)).collect::<Vec<Month>>()
    });
    let last = move || months.with(|months| months.len().saturating_sub(1));
    let position = Memo::new(move |_| match played.get().or(filter.get().until) {
        // An end after the last month is the last month.
        Some(until) => months.with(|months| months.iter().position(|month| *month >= until)).unwrap_or_else(last),
        None => last(),
    });
    let go = move |number: usize| {
        let month = months.with_untracked(|months| months.get(number).copied());
        let all = number >= months.with_untracked(Vec::len).saturating_sub(1);
        let until = month.filter(|_| !all).map(|month| month.to_string()).unwrap_or_default();
        address.change(&[("until", until)], HistoryStep::Replacing);
    };
    let show = move |number: usize| played.set(months.with_untracked(|months| months.get(number).copied()));
    let playing = RwSignal::new(false);
    let timer = StoredValue::new(None::<IntervalHandle>);
    let stop = move || {
        playing.set(false);
        played.set(None);
        timer.update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
        });
    };
    on_cleanup(move || {
        timer.try_update_value(|timer| {
            if let Some(timer) = timer.take() {
                timer.clear();
            }
        });
    });
    let play = move |_| {
        if playing.get_untracked() {
            return stop();
        }
        let next = move || {
            let number = position.get_untracked();
            if number >= last() { stop() } else { show(number + 1) }
        };
        show(0);
        playing.set(true);
        timer.set_value(set_interval_with_handle(next, INTERVAL).ok());
    };
    let label = move || {
        let month = played.get().or(filter.get().until).or_else(|| months.with(|months| months.last().copied()));
        month.map(|month| fill(texts.until_month(), &[&month])).unwrap_or_default()
    };
    view! {
        <div class="map-months scripted-only">
            <button type="button" class="button-quiet" aria-pressed=move || playing.get().to_string() on:click=play>
                {move || if playing.get() { texts.stop() } else { texts.play() }}
            </button>
            <input type="range" min="0" aria-label=texts.months() aria-valuetext=label max=move || last().to_string()
                prop:value=move || position.get().to_string()
                on:input=move |event| { stop(); event_target_value(&event).parse().into_iter().for_each(go); }/>
            <span>{label}</span>
        </div>
    }
}
