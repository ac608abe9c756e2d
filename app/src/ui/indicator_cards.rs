//! Cards of all indicators, grouped by programme.

mod card;

use crate::labels::programme_color::color_style;
use crate::labels::texts::fill;
use crate::state::{AppState, use_app_state};
use crate::ui::indicator_items::{Item, read_item, use_items, use_programmes};
use crate::ui::loading::LoadingOnline;
use card::card_html;
use jiedui_core::catalogue::Programme;
use jiedui_core::figures::figure::Filter;
use leptos::prelude::*;

/// The cards of every indicator that the filter leaves.
#[component]
pub fn IndicatorCards(
    /// Current filter.
    filter: Memo<Filter>,
) -> impl IntoView {
    let app = use_app_state();
    let programmes = use_programmes();
    let has_overview = Memo::new(move |_| app.overviews.local_for(&filter.get()).is_some());
    let is_empty = Memo::new(move |_| {
        let filter = filter.get();
        app.overviews.local_for(&filter).is_some_and(|overview| !overview.has_entries(&filter))
    });
    view! {
        <Show when=move || has_overview.get() fallback=move || view! { <LoadingOnline/> }>
            <div class="dashboard-figures">
                {move || programmes.get().into_iter().map(|programme| view! { <ProgrammeCards programme filter/> }).collect_view()}
                {move || is_empty.get().then(|| view! { <p class="empty">{years_with_figures(app)}</p> })}
            </div>
        </Show>
    }
}

/// The cards of a programme.
#[component]
fn ProgrammeCards(programme: Programme, filter: Memo<Filter>) -> impl IntoView {
    let app = use_app_state();
    let code = StoredValue::new(programme.code.clone());
    let cards = use_items(&programme, filter, card_html);
    let codes = Memo::new(move |_| {
        let overview = app.overviews.server.get().unwrap_or_default();
        let indicators = overview.catalogue.indicators.iter();
        let of_programme = indicators.filter(|indicator| code.with_value(|code| indicator.programme == *code));
        of_programme.map(|indicator| indicator.code.clone()).collect::<Vec<_>>()
    });
    let card = move |code: String| {
        let (class_code, html_code) = (code.clone(), code.clone());
        let class = move || format!("card {}", read_item(cards, &class_code, Item::class));
        view! { <li class=class data-indicator=code inner_html=move || read_item(cards, &html_code, Item::html)></li> }
    };
    let is_hidden = move || cards.with(Option::is_none) || codes.with(Vec::is_empty);
    view! {
        <section class="programme" style=color_style(programme.color) hidden=is_hidden>
            <h2>{app.pick(&programme.name, &programme.name_en).to_owned()}</h2>
            <ul class="cards">{move || codes.get().into_iter().map(card).collect_view()}</ul>
        </section>
    }
}

/// Reports that no figures match the filter, and lists the years with figures.
fn years_with_figures(app: AppState) -> String {
    let years: Vec<String> = app.overviews.years.with(|years| years.iter().map(|year| year.to_string()).collect());
    fill(app.texts.no_figures(), &[&years.join("、")])
}
