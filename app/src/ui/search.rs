//! Search in a list: the query, which lives in the address, and the results, page by page.

use crate::state::use_app_state;
use crate::ui::url_state::{HistoryStep, use_url_state};
use leptos::leptos_dom::helpers::debounce;
use leptos::prelude::*;
use std::time::Duration;

/// Results shown at first, and added at each press of the button.
pub const PAGE: usize = 60;
/// Debounce time of the search field.
const DEBOUNCE: Duration = Duration::from_millis(250);

/// Returns the words of the query in lower case.
pub fn use_words() -> Memo<Vec<String>> {
    let address = use_url_state();
    Memo::new(move |_| {
        let query = address.get("q").unwrap_or_default().to_lowercase();
        query.split_whitespace().map(str::to_owned).collect()
    })
}

/// The search field.
#[component]
pub fn SearchField(
    /// Label of the field.
    label: &'static str,
) -> impl IntoView {
    let address = use_url_state();
    let mut search = debounce(DEBOUNCE, move |query| address.change(&[("q", query)], HistoryStep::Replacing));
    view! {
        <label>
            <span>{label}</span>
            <input type="search" prop:value=move || address.get("q").unwrap_or_default()
                on:input=move |event| search(event_target_value(&event))/>
        </label>
    }
}

/// The results.
#[component]
pub fn SearchResults(
    /// Number of results, as text.
    summary: String,
    /// Shown results, as escaped HTML.
    rows: String,
    /// Whether there are more results than shown.
    more: bool,
    /// Number of results shown.
    listed: RwSignal<usize>,
) -> impl IntoView {
    let texts = use_app_state().texts;
    view! {
        <p class="note" role="status">{summary}</p>
        <ul class="latest" inner_html=rows></ul>
        {more.then(|| view! {
            <button type="button" class="button" on:click=move |_| listed.update(|listed| *listed += PAGE)>{texts.more()}</button>
        })}
    }
}
