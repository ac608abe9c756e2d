//! The report of a year or a month, to print and sign: one page a programme.

use crate::labels::figure::FigureLabels;
use crate::labels::number::{percent, qualified};
use crate::labels::programme_color::color_style;
use crate::labels::texts::fill;
use crate::labels::time_format::day_in_china;
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::ui::filter::{FilterBar, use_filter};
use crate::ui::loading::LoadingOnline;
use crate::ui::url_state::{HistoryStep, use_url_state};
use jiedui_core::catalogue::{Aggregation, Indicator, Programme};
use jiedui_core::figures::target_status::adds_up;
use jiedui_core::figures::{
    figure::{Figure, Filter},
    overview::Overview,
};
use jiedui_core::values::sort::collect_sorted;
use jiedui_core::values::{month::Month, quantity::Quantity};
use leptos::prelude::*;
use leptos_router::components::A;
use maud::{Markup, html};
use std::collections::BTreeMap;

lazy_screen!(display:
    /// The report.
    ReportPage, render_report, Report
);

/// The screen.
#[component]
fn Report() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.report());
    let filter = use_filter();
    crate::sync::separate::follow(app, filter);
    let address = use_url_state();
    let back = move || format!("/{}", address.query());
    let month = move || filter.get().until;
    let months = move || {
        let (year, until) = (filter.get().year.unwrap_or(app.today.year()), filter.get().until);
        let option = |month: Month| {
            let text = month.to_string();
            view! { <option value=text.clone() selected=until == Some(month)>{text.clone()}</option> }
        };
        Month::first_of(year).to(Month::last_of(year)).map(option).collect_view()
    };
    // A report of all years is one of the current year.
    let of_year = Memo::new(move |_| {
        let filter = filter.get();
        Filter { year: filter.year.or(Some(app.today.year())), ..filter }
    });
    let overview = move || {
        let filter = of_year.get();
        let year_before = filter.year.map(|year| year - 1);
        // Without the year before, its column would be missing.
        let overview = app.overviews.complete_for(&filter)?;
        year_before.is_none_or(|year| overview.has_year(year)).then_some(overview)
    };
    let body = move || match overview() {
        Some(overview) => whole(app, &overview, &of_year.get(), month()),
        None => String::new(),
    };
    view! {
        <article class="report">
            <p class="back"><A href=back>{texts.back_to_view()}</A></p>
            <div class="dashboard-above">
                <FilterBar filter>
                    <label>
                        <span>{texts.report_on()}</span>
                        <select name="until" on:change=move |event| address.change(&[("until", event_target_value(&event))], HistoryStep::Further)>
                            <option value="">{texts.whole_year()}</option>
                            {months}
                        </select>
                    </label>
                </FilterBar>
                <button type="button" class="button button-primary scripted-only" on:click=move |_| { let _ = window().print(); }>{texts.print()}</button>
            </div>
            <div inner_html=body></div>
            {move || overview().is_none().then(|| view! { <LoadingOnline/> })}
        </article>
    }
}

/// A row of the table: one indicator.
struct Line<'a> {
    indicator: &'a Indicator,
    /// Figure of the year, up to the month of a monthly report.
    now: Figure,
    /// Figure of the month alone.
    month: Option<Quantity>,
    /// Figure of the same period of the previous year.
    before: Option<Quantity>,
}

fn whole(app: AppState, overview: &Overview, filter: &Filter, month: Option<Month>) -> String {
    let year = filter.year.unwrap_or(app.today.year());
    let now = Filter { year: Some(year), from: None, until: month, ..filter.clone() };
    let of_month = month.map(|month| Filter { from: Some(month), ..now.clone() });
    let before = Filter { year: Some(year - 1), from: None, until: month.map(Month::year_before), ..filter.clone() };
    let by_code = |filter: &Filter| -> BTreeMap<String, Figure> {
        collect_sorted(overview.figures(filter).into_iter().map(|figure| (figure.indicator.clone(), figure)))
    };
    let (figures, of_month, of_year_before) = (by_code(&now), of_month.as_ref().map(by_code), by_code(&before));
    let actual = |figures: &BTreeMap<String, Figure>, indicator: &Indicator| figures.get(&indicator.code)?.actual;
    let line = |indicator| {
        Some(Line {
            indicator,
            month: of_month.as_ref().and_then(|figures| actual(figures, indicator)),
            before: actual(&of_year_before, indicator),
            now: figures.get(&indicator.code)?.clone(),
        })
    };
    let place = filter.place.as_deref().and_then(|code| overview.places.iter().find(|place| place.code == code));
    let place = match (filter.place.as_deref(), place) {
        (_, Some(place)) => place.name.clone(),
        (Some(code), None) => app.geography.places.with(|places| places.label(code)),
        (None, None) => app.texts.all_places().to_owned(),
    };
    // A new programme without indicators has a page only if it is chosen.
    let programmes: Vec<&Programme> = match &filter.programme {
        Some(code) => overview.catalogue.programme(code).into_iter().collect(),
        None => overview.catalogue.counted_programmes().collect(),
    };
    let place_label = |code: &str| app.place_label(code);
    let time = month.map_or(year.to_string(), |month| month.to_string());
    let report = Of { app, overview, filter: &now, time, place, place_label: &place_label };
    programmes
        .into_iter()
        .map(|programme| {
            let indicators =
                overview.catalogue.indicators.iter().filter(|indicator| indicator.programme == programme.code);
            let lines: Vec<Line<'_>> = indicators.filter_map(line).collect();
            page(&report, programme, &lines).into_string()
        })
        .collect()
}

/// Scope of a report.
struct Of<'a> {
    app: AppState,
    overview: &'a Overview,
    filter: &'a Filter,
    /// Year or month.
    time: String,
    place: String,
    /// Returns the name of a place that the overview does not have.
    place_label: &'a dyn Fn(&str) -> String,
}

impl<'a> Of<'a> {
    fn words(&self, line: &'a Line<'a>) -> FigureLabels<'a> {
        let Self { app, overview, filter, .. } = *self;
        FigureLabels {
            labels: app.labels(),
            today: app.today,
            overview,
            indicator: line.indicator,
            figure: &line.now,
            filter,
            place_label: self.place_label,
        }
    }
}

/// Renders a programme's page.
fn page<'a>(report: &Of<'a>, programme: &Programme, lines: &'a [Line<'a>]) -> Markup {
    let Of { app, overview, filter, time, place, .. } = report;
    let texts = app.texts;
    let name = app.pick(&programme.name, &programme.name_en);
    let has_levels =
        lines.iter().any(|line| matches!(line.indicator.aggregation, Aggregation::Latest | Aggregation::Mean));
    let has_other_targets = !filter.covers_target() && lines.iter().any(|line| line.now.target.is_some());
    html! {
        section class="page programme" style=(color_style(programme.color)) {
            h1 { (fill(texts.report_title(), &[&name, &time])) }
            p { (place) " · " (fill(texts.figures_of(), &[&day_in_china(&overview.as_of)])) }
            (table(report, name, lines))
            (lacking(report, lines))
            @if has_levels { p class="note" { (texts.levels_note()) } }
            @if has_other_targets { p class="note" { (texts.targets_of_all()) } }
            p class="report-signatures" {
                span { (texts.signed_by_a()) } span { (texts.signed_by_b()) } span { (texts.signed_on()) }
            }
        }
    }
}

/// Returns the text of a row in a column; `None` for an empty cell.
type Cell<'a> = Box<dyn Fn(&Line<'_>) -> Option<String> + 'a>;

/// Renders the table of a page. Leaves out columns that are empty in every row, such as targets if none is set.
fn table<'a>(report: &Of<'a>, name: &str, lines: &'a [Line<'a>]) -> Markup {
    let texts = report.app.texts;
    let is_whole = report.filter.covers_target();
    let has_targets = lines.iter().any(|line| line.now.target.is_some());
    let has_month = report.filter.until.is_some();
    let has_before = lines.iter().any(|line| line.before.is_some());
    let shown = |amount: Option<Quantity>| amount.map(Quantity::shown);
    let mut columns: Vec<(&str, Cell<'_>)> = Vec::new();
    if has_targets {
        let target = |line: &Line<'_>| {
            line.now.target.as_ref().map(|target| qualified(texts, target.value.shown(), target.qualifier))
        };
        columns.push((if is_whole { texts.target() } else { texts.target_of_both() }, Box::new(target)));
    }
    columns.push((
        texts.actual(),
        Box::new(|line| line.now.actual.map(|actual| qualified(texts, actual.shown(), line.now.actual_qualifier))),
    ));
    if has_month {
        columns.push((texts.in_month(), Box::new(move |line| shown(line.month))));
    }
    if has_targets {
        let done = move |line: &Line<'_>| {
            let (actual, target) = line.now.actual.zip(line.now.target.as_ref())?;
            (is_whole || adds_up(line.indicator)).then(|| percent(texts, actual, target.value)).flatten()
        };
        columns.push((if is_whole { texts.done() } else { texts.done_of_all() }, Box::new(done)));
    }
    // A mean or a latest value of the verified entries is not a part of the figure.
    columns.push((
        texts.verified_part(),
        Box::new(move |line| shown(line.now.verified.filter(|_| adds_up(line.indicator)))),
    ));
    if has_before {
        columns.push((texts.year_before(), Box::new(move |line| shown(line.before))));
        let change = |line: &Line<'_>| {
            let change = line.now.actual? + -line.before?;
            Some(format!("{}{}", if change > Quantity::ZERO { "+" } else { "" }, change.shown()))
        };
        columns.push((texts.change_since(), Box::new(change)));
    }
    html! {
        div class="scroll" tabindex="0" role="region" aria-label=(name) {
            table {
                thead {
                    tr {
                        th scope="col" { (texts.indicator()) }
                        th scope="col" { (texts.unit()) }
                        @for (head, _) in &columns { th scope="col" { (head) } }
                    }
                }
                tbody {
                    @for line in lines {
                        tr {
                            th scope="row" { (report.app.pick(&line.indicator.name, &line.indicator.name_en)) }
                            td { (report.app.pick(&line.indicator.unit, &line.indicator.unit_en)) }
                            @for (_, cell) in &columns { td { (cell(line).unwrap_or_else(|| "—".to_owned())) } }
                        }
                    }
                }
            }
        }
    }
}

/// Lists the targets that are not reached, and by how much, or that have no figure yet. Writes nothing for a place: no
/// target was set for it.
fn lacking<'a>(report: &Of<'a>, lines: &'a [Line<'a>]) -> Markup {
    let texts = report.app.texts;
    let has_targets = lines.iter().any(|line| line.now.target.is_some());
    if has_targets && !report.filter.covers_target() {
        return Markup::default();
    }
    let of = |line: &'a Line<'a>| {
        let words = match (&line.now.target, line.now.actual) {
            // The distance to a target is unknown without a figure.
            (Some(_), None) => texts.no_entries().to_owned(),
            _ => report.words(line).pace().filter(|(_, is_well)| !is_well)?.0,
        };
        Some((report.app.pick(&line.indicator.name, &line.indicator.name_en), words))
    };
    let lacking: Vec<_> = lines.iter().filter_map(of).collect();
    html! {
        h2 { (texts.targets_lacking()) }
        @if !has_targets {
            p { (texts.none_set()) }
        } @else if lacking.is_empty() {
            p { (texts.none_lacking()) }
        } @else {
            ul { @for (name, words) in lacking { li { (name) "：" (words) } } }
        }
    }
}
