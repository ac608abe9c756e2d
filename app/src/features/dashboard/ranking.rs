//! Places by entries or by an indicator. A press on one sets the place filter of the whole page.

use super::amount::{amount, short};
use crate::state::{AppState, use_app_state};
use crate::ui::loading::LoadingOnline;
use crate::ui::url_state::{HistoryStep, use_url_state};
use jiedui_core::figures::briefing::{Order, RankBy, RankRow, Ranking};
use jiedui_core::figures::figure::Filter;
use jiedui_core::values::quantity::{Qualifier, Quantity};
use leptos::prelude::*;
use maud::{Markup, html};
use std::sync::Arc;

/// The ranking.
#[component]
pub fn RankingList(
    /// Current filter.
    filter: Memo<Filter>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let address = use_url_state();
    let order = if app.ranks_places { Order::Value } else { Order::Code };
    let ranking = Memo::new(move |_| {
        // A village has its own overview, its neighbours are in that of the whole.
        let overview = app.overviews.complete_for(&Filter::default())?;
        let by = address.get("rank").map_or(RankBy::Entries, RankBy::Indicator);
        Some(Arc::new(Ranking::new(&overview, &filter.get(), by, order)?))
    });
    let codes = Memo::new(move |_| {
        let ranking = ranking.get();
        ranking.iter().flat_map(|ranking| &ranking.rows).map(|row| row.place.clone()).collect::<Vec<String>>()
    });
    let options = Memo::new(move |_| {
        let overview = app.overviews.server.get().unwrap_or_default();
        let programme = filter.with(|filter| filter.programme.clone());
        let is_offered = |code: &String| programme.as_ref().is_none_or(|programme| programme == code);
        let offered = overview.catalogue.indicators.iter().filter(|indicator| is_offered(&indicator.programme));
        let name = |code: &str, name: &str| (code.to_owned(), name.to_owned());
        offered
            .map(|indicator| name(&indicator.code, app.pick(&indicator.name, &indicator.name_en)))
            .collect::<Vec<(String, String)>>()
    });
    let chosen = move || address.get("rank").unwrap_or_default();
    let row = move |code: String| {
        let place = StoredValue::new(code.clone());
        let wanted = Memo::new(move |_| filter.with(|filter| filter.place.clone()).unwrap_or_default());
        // A chosen village is in its township.
        let is_chosen = move || wanted.with(|wanted| place.with_value(|place| wanted.starts_with(place.as_str())));
        let href = move || {
            let is_exactly = wanted.with(|wanted| place.with_value(|place| wanted == place));
            address.changed(&[("place", if is_exactly { String::new() } else { place.get_value() })])
        };
        let content = Memo::new(move |_| {
            let ranking = ranking.get()?;
            let row = place.with_value(|place| ranking.rows.iter().find(|row| row.place == *place).cloned())?;
            Some(bar(app, &ranking, &row).into_string())
        });
        view! {
            <li><a data-noscroll data-place-row=code href=href aria-current=move || is_chosen().then_some("true")
                inner_html=move || content.get().unwrap_or_default()></a></li>
        }
    };
    view! {
        <div class="dashboard-ranking-head">
            <h2>{texts.rank_title()}</h2>
            <select class="scripted-only" aria-label=texts.rank_by() prop:value=chosen on:change=move |event| {
                address.change(&[("rank", event_target_value(&event))], HistoryStep::Further);
            }>
                <option value="">{texts.rank_by_entries()}</option>
                {move || options.get().into_iter().map(|(code, name)| {
                    let option = code.clone();
                    view! { <option value=code selected=move || chosen() == option>{name}</option> }
                }).collect_view()}
            </select>
        </div>
        <ol class="dashboard-ranks" class:plain=!app.ranks_places>{move || codes.get().into_iter().map(row).collect_view()}</ol>
        {move || match ranking.with(Option::is_none) {
            true if app.overviews.are_in_packs() => view! { <p class="note">{texts.rank_in_packs()}</p> }.into_any(),
            true => view! { <LoadingOnline/> }.into_any(),
            false => codes.with(Vec::is_empty).then(|| view! { <p class="empty">{texts.rank_none()}</p> }).into_any(),
        }}
    }
}

/// Renders a place with a bar: the approved part is solid, the rest hatched.
fn bar(app: AppState, ranking: &Ranking, row: &RankRow) -> Markup {
    let overview = app.overviews.server.get_untracked().unwrap_or_default();
    let largest = ranking.rows.iter().map(|row| row.value).max().unwrap_or_default();
    let width = |value: Quantity| value.percent_of(largest).unwrap_or_default().clamp(0, 100);
    let (whole, solid) = (width(row.value), width(row.verified.unwrap_or(row.value).min(row.value)));
    let indicator = match &ranking.by {
        RankBy::Entries => None,
        RankBy::Indicator(code) => overview.catalogue.indicator(code),
    };
    let unit = indicator.map_or(app.texts.entry_unit(), |indicator| app.pick(&indicator.unit, &indicator.unit_en));
    let share = row.verified.filter(|_| row.value > Quantity::ZERO).and_then(|verified| verified.percent_of(row.value));
    html! {
        span class="dashboard-rank-name" { (row.name) }
        span class="dashboard-rank-bar" aria-hidden="true" {
            span class="dashboard-rank-whole" style={ "width:" (whole) "%" } {}
            span class="dashboard-rank-solid" style={ "width:" (solid) "%" } {}
        }
        span class="dashboard-rank-value" title=(short(row.value, app.language, unit)) {
            (amount(&app.labels(), Some((row.value, Qualifier::Exact)), unit))
            @if let Some(share) = share { small { (app.texts.verified_part()) " " (share) "%" } }
        }
    }
}
