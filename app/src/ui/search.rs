//! Finding in a list: the words that are typed, which live in the address, and what is found, a page at a time.

use crate::state::use_app_state;
use crate::ui::url_state::{HistoryStep, use_url_state};
use leptos::leptos_dom::helpers::debounce;
use leptos::prelude::*;
use std::time::Duration;

/// How many are drawn at first, and more each time the button is pressed.
pub const PAGE: usize = 60;
/// How long typing rests until the list follows.
const REST: Duration = Duration::from_millis(250);

/// The words that are looked for, in lower case.
pub fn use_words() -> Memo<Vec<String>> {
    let address = use_url_state();
    Memo::new(move |_| {
        let query = address.get("q").unwrap_or_default().to_lowercase();
        query.split_whitespace().map(str::to_owned).collect()
    })
}

/// Where they are typed.
#[component]
pub fn SearchField(
    /// What is looked for.
    label: &'static str,
) -> impl IntoView {
    let address = use_url_state();
    let mut search = debounce(REST, move |query| address.change(&[("q", query)], HistoryStep::Replacing));
    view! {
        <label>
            <span>{label}</span>
            <input type="search" prop:value=move || address.get("q").unwrap_or_default()
                on:input=move |event| search(event_target_value(&event))/>
        </label>
    }
}

/// What is found.
#[component]
pub fn SearchResults(
    /// How many, in words.
    said: String,
    /// Those that are listed, as HTML.
    rows: String,
    /// Whether there are more than are listed.
    more: bool,
    /// How many are.
    listed: RwSignal<usize>,
) -> impl IntoView {
    let texts = use_app_state().texts;
    view! {
        <p class="note" role="status">{said}</p>
        <ul class="latest" inner_html=rows></ul>
        {more.then(|| view! {
            <button type="button" class="button" on:click=move |_| listed.update(|listed| *listed += PAGE)>{texts.more}</button>
        })}
    }
}
