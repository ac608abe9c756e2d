//! Buttons that show the list items which the filter hides.

use super::query::ALL_YEARS;
use crate::labels::texts::fill;
use crate::state::use_app_state;
use crate::ui::url_state::{HistoryStep, use_url_state};
use leptos::prelude::*;

/// Shows how many more items the list would have without its filter, and removes the filter on request.
#[component]
pub fn HiddenFilters(
    /// Number of hidden items in other years.
    in_years: Signal<usize>,
    /// Number of all hidden items, including those in other years.
    beyond: Signal<usize>,
) -> impl IntoView {
    let (texts, address) = (use_app_state().texts, use_url_state());
    let every_year = || ("year", ALL_YEARS.to_owned());
    let show = move |changes: Vec<(&'static str, String)>| move |_| address.change(&changes, HistoryStep::Further);
    let [from, until] = ["from", "until"].map(|name| (name, String::new()));
    let years = vec![every_year(), from.clone(), until.clone()];
    let mut all = vec![every_year(), from, until];
    all.extend(["programme", "place", "include", "state", "pairing"].map(|name| (name, String::new())));
    view! {
        {move || (in_years.get() > 0).then(|| view! {
            <button type="button" class="button filters-hidden" data-hidden="years" on:click=show(years.clone())>
                {fill(texts.hidden_years(), &[&in_years.get()])}
            </button>
        })}
        {move || (beyond.get() > in_years.get()).then(|| view! {
            <button type="button" class="button filters-hidden" data-hidden="all" on:click=show(all.clone())>
                {fill(texts.hidden_more(), &[&beyond.get()])}
            </button>
        })}
    }
}
