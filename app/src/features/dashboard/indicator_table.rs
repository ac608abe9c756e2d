//! All indicators as one table, grouped by programme. Those without entries are in a closed list below it.

use super::attention::REST;
use super::indicator_row::{rest_html, row_html};
use crate::labels::figure::FigureLabels;
use crate::labels::programme_color::color_style;
use crate::labels::texts::fill;
use crate::state::{AppState, use_app_state};
use crate::ui::filter::query_of;
use crate::ui::indicator_items::{Item, read_item, use_items, use_programmes};
use crate::ui::loading::LoadingOnline;
use jiedui_core::catalogue::Programme;
use jiedui_core::figures::figure::Filter;
use leptos::prelude::*;

/// The table of every indicator that the filter leaves.
#[component]
pub fn IndicatorTable(
    /// Current filter.
    filter: Memo<Filter>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let programmes = use_programmes();
    let has_overview = Memo::new(move |_| app.overviews.local_for(&filter.get()).is_some());
    let before = move || match filter.with(|filter| filter.year) {
        Some(year) => fill(texts.of_year(), &[&(year - 1)]),
        None => String::new(),
    };
    let rest = Memo::new(move |_| rest(app, &filter.get()));
    let is_empty = Memo::new(move |_| rest.with(|rest| rest.with_entries == 0));
    view! {
        <Show when=move || has_overview.get() fallback=move || view! { <LoadingOnline/> }>
            <h2>{texts.indicators_all()}</h2>
            <table class="indicators" hidden=move || is_empty.get()>
                <thead>
                    <tr>
                        <th scope="col">{texts.indicator()}</th>
                        <th scope="col">{texts.amount()}</th>
                        <th scope="col">{before}</th>
                        <th scope="col">{texts.target()}</th>
                        <th scope="col">{texts.verified_part()}</th>
                        <th scope="col">{texts.indicators_course()}</th>
                        <th scope="col">{texts.entries_head()}</th>
                    </tr>
                </thead>
                {move || programmes.get().into_iter().map(|programme| view! { <ProgrammeRows programme filter/> }).collect_view()}
            </table>
            <details class="dashboard-rest" id=REST hidden=move || rest.with(|rest| rest.items.is_empty())>
                <summary>{move || rest.with(|rest| fill(texts.indicators_rest(), &[&rest.with_entries, &rest.items.len()]))}</summary>
                <ul>
                    {move || rest.get().items.into_iter().map(|(code, html)| view! { <li data-indicator=code inner_html=html></li> }).collect_view()}
                </ul>
            </details>
        </Show>
    }
}

/// Indicators without entries, and the number of the others.
#[derive(Clone, Debug, Default, PartialEq)]
struct Rest {
    with_entries: usize,
    items: Vec<(String, String)>,
}

fn rest(app: AppState, filter: &Filter) -> Rest {
    let Some(overview) = app.overviews.local_for(filter) else { return Rest::default() };
    let query = query_of(filter);
    let place_label = |code: &str| app.place_label(code);
    let mut rest = Rest::default();
    for selection in overview.selections(filter) {
        if !selection.is_empty() {
            rest.with_entries += 1;
            continue;
        }
        let figure = selection.figure();
        let figure_labels = FigureLabels {
            labels: app.labels(),
            today: app.today,
            overview: &overview,
            indicator: selection.indicator,
            figure: &figure,
            filter,
            place_label: &place_label,
        };
        rest.items.push((selection.indicator.code.clone(), rest_html(&figure_labels, &query)));
    }
    rest
}

/// The rows of a programme.
#[component]
fn ProgrammeRows(programme: Programme, filter: Memo<Filter>) -> impl IntoView {
    let app = use_app_state();
    let rows = use_items(&programme, filter, row_html);
    let codes = Memo::new(move |_| {
        let overview = app.overviews.server.get().unwrap_or_default();
        let rows = rows.get().unwrap_or_default();
        let indicators = overview.catalogue.indicators.iter();
        let has_row = indicators.filter(|indicator| rows.contains_key(&indicator.code));
        has_row.map(|indicator| indicator.code.clone()).collect::<Vec<_>>()
    });
    let row = move |code: String| {
        let (class_code, html_code) = (code.clone(), code.clone());
        let class = move || read_item(rows, &class_code, Item::class);
        view! { <tr class=class data-indicator=code inner_html=move || read_item(rows, &html_code, Item::html)></tr> }
    };
    view! {
        <tbody style=color_style(programme.color) hidden=move || codes.with(Vec::is_empty)>
            <tr class="indicators-programme"><th colspan="7" scope="rowgroup">{app.pick(&programme.name, &programme.name_en).to_owned()}</th></tr>
            {move || codes.get().into_iter().map(row).collect_view()}
        </tbody>
    }
}
