//! All indicators as one table, grouped by programme. Those without entries are in a closed list below it.

use super::attention::REST;
use super::indicator_row::{Row, rest_html, row_html};
use crate::labels::figure::FigureLabels;
use crate::labels::programme_color::color_style;
use crate::labels::texts::fill;
use crate::state::{AppState, use_app_state};
use crate::ui::deferred::deferred;
use crate::ui::filter::query_of;
use crate::ui::loading::LoadingOnline;
use jiedui_core::catalogue::Programme;
use jiedui_core::figures::figure::{Figure, Filter};
use jiedui_core::figures::overview::Overview;
use jiedui_core::figures::selection::Selection;
use jiedui_core::values::sort::collect_sorted;
use leptos::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows by the code of their indicator.
type Rows = BTreeMap<String, Row>;

/// Input of a programme's rows.
#[derive(Clone, Debug)]
struct Input {
    filter: Filter,
    /// Overview with this phone's local entries.
    local: Arc<Overview>,
    /// Overview as the server sent it.
    server: Arc<Overview>,
}

impl PartialEq for Input {
    /// Compares overviews by address: comparing their content would take longer than rendering them.
    fn eq(&self, other: &Self) -> bool {
        self.filter == other.filter
            && Arc::ptr_eq(&self.local, &other.local)
            && Arc::ptr_eq(&self.server, &other.server)
    }
}

/// The table of every indicator that the filter leaves.
#[component]
pub fn IndicatorTable(
    /// Current filter.
    filter: Memo<Filter>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    // Programmes rarely change; a change of the figures alone keeps the elements and the focus.
    let programmes = Memo::new(move |_| {
        app.overviews
            .server
            .with(|overview| overview.as_ref().map(|overview| overview.catalogue.programmes.clone()))
            .unwrap_or_default()
    });
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
    let code = StoredValue::new(programme.code.clone());
    let current = Memo::new(move |_| {
        let filter = filter.get();
        let is_wanted = filter.programme.as_ref().is_none_or(|wanted| code.with_value(|code| wanted == code));
        let (local, server) =
            is_wanted.then(|| app.overviews.local_for(&filter).zip(app.overviews.server_for(&filter))).flatten()?;
        Some(Input { filter, local, server })
    });
    let input = deferred(current);
    let previous = StoredValue::new(None::<Previous>);
    let rows = Memo::new(move |_| {
        input
            .with(|input| {
                input.as_ref().map(|input| {
                    previous
                        .try_update_value(|previous| code.with_value(|code| Arc::new(rows(app, input, code, previous))))
                })
            })
            .flatten()
    });
    let codes = Memo::new(move |_| {
        let overview = app.overviews.server.get().unwrap_or_default();
        let rows = rows.get().unwrap_or_default();
        let indicators = overview.catalogue.indicators.iter();
        let has_row = indicators.filter(|indicator| rows.contains_key(&indicator.code));
        has_row.map(|indicator| indicator.code.clone()).collect::<Vec<_>>()
    });
    let read = move |code: &str, read: fn(&Row) -> String| {
        rows.with(|rows| rows.as_ref().and_then(|rows| rows.get(code)).map(read)).unwrap_or_default()
    };
    let row = move |code: String| {
        let (class_code, html_code) = (code.clone(), code.clone());
        let class = move || read(&class_code, Row::class);
        view! { <tr class=class data-indicator=code inner_html=move || read(&html_code, Row::html)></tr> }
    };
    view! {
        <tbody style=color_style(programme.color) hidden=move || codes.with(Vec::is_empty)>
            <tr class="indicators-programme"><th colspan="7" scope="rowgroup">{app.pick(&programme.name, &programme.name_en).to_owned()}</th></tr>
            {move || codes.get().into_iter().map(row).collect_view()}
        </tbody>
    }
}

/// The previous rendering: its filter, and by indicator the figure and its flash.
type Previous = (Filter, BTreeMap<String, (Figure, Option<&'static str>)>);

/// Renders the rows of a programme's indicators with entries. Figures that differ from the previous ones under the same filter flash.
fn rows(app: AppState, input: &Input, programme: &str, previous: &mut Option<Previous>) -> Rows {
    let Input { filter, local, server } = input;
    let query = query_of(filter);
    let filter = &Filter { programme: Some(programme.to_owned()), ..filter.clone() };
    let figures = by_code(local, filter);
    let server_figures = if Arc::ptr_eq(local, server) { None } else { Some(by_code(server, filter)) };
    let earlier = previous.take().filter(|(earlier, _)| earlier == filter).map(|(_, figures)| figures);
    let next_flash = if local.change % 2 == 0 { "flash-even" } else { "flash-odd" };
    // An unchanged figure keeps its flash, so that rendering it again does not restart the animation.
    let flash_of = |code: &str, figure: &Figure| {
        let (earlier, flash) = earlier.as_ref()?.get(code)?;
        if earlier == figure { *flash } else { Some(next_flash) }
    };
    let place_label = |code: &str| app.place_label(code);
    let row = |(code, (figure, selection)): (&String, &(Figure, Selection<'_>))| {
        let unsent = server_figures.as_ref().is_some_and(|sent| sent.get(code).map(|(sent, _)| sent) != Some(figure));
        let figure_labels = FigureLabels {
            labels: app.labels(),
            today: app.today,
            overview: local,
            indicator: selection.indicator,
            figure,
            filter,
            place_label: &place_label,
        };
        let before = local.figure_of_year_before(selection.indicator, filter);
        let html = row_html(&figure_labels, selection, before.as_ref(), &query, unsent);
        (code.clone(), Row { html, unsent, flash: flash_of(code, figure) })
    };
    let shown = figures.iter().filter(|(_, (_, selection))| !selection.is_empty());
    let rows = collect_sorted(shown.map(row));
    let rendered = figures.iter().map(|(code, (figure, _))| (code.clone(), (figure.clone(), flash_of(code, figure))));
    *previous = Some((filter.clone(), collect_sorted(rendered)));
    rows
}

/// Returns the figure of each indicator, with the selection that it is computed from.
fn by_code<'a>(overview: &'a Overview, filter: &Filter) -> BTreeMap<String, (Figure, Selection<'a>)> {
    let selections = overview.selections(filter).into_iter();
    collect_sorted(selections.map(|selection| (selection.indicator.code.clone(), (selection.figure(), selection))))
}
