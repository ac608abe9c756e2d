//! The report of an indicator: heading, charts by month and by year, and breakdowns, as HTML.

use super::breakdown::breakdown;
use crate::labels::directory::pairing_name;
use crate::labels::figure::FigureLabels;
use crate::labels::number::entry_count;
use crate::labels::programme_color::programme_style;
use crate::state::AppState;
use crate::svg::chart::{Column, Series, column_chart, line_chart};
use crate::ui::figure_lines::{exact, exact_qualified, target_lines, verified_line};
use crate::ui::filter::query_of;
use jiedui_core::catalogue::{Aggregation, Indicator};
use jiedui_core::directory::place::Level;
use jiedui_core::figures::breakdown::{Dimension, Group};
use jiedui_core::figures::figure::{Figure, Filter};
use jiedui_core::figures::overview::Overview;
use jiedui_core::figures::selection::Selection;
use jiedui_core::values::sort::{sort_by, sort_by_key};
use jiedui_core::values::{month::Month, quantity::Quantity};
use maud::{Markup, html};

/// Years that the line chart compares.
pub const YEARS: usize = 4;

/// Renders the report; only its heading if no year has a figure.
pub fn indicator_report(app: AppState, overview: &Overview, indicator: &Indicator, filter: &Filter) -> Markup {
    let selection = overview.selection(indicator, filter);
    let by_year_of = overview.selections_by_year(indicator, filter);
    let figure = selection.figure();
    // A place's share of a target is no line to reach.
    let target = figure.target.as_ref().filter(|_| filter.covers_target()).map(|target| target.value);
    html! {
        (heading(app, overview, indicator, &figure, filter))
        @if !by_year_of.is_empty() {
            (by_month(app, &selection, filter))
            (by_year(app, &by_year_of, target, filter))
            (by_place(app, overview, &selection, filter))
            (by_pairing(app, overview, &selection, filter))
        }
    }
}

fn heading(app: AppState, overview: &Overview, indicator: &Indicator, figure: &Figure, filter: &Filter) -> Markup {
    let texts = app.texts;
    let place_label = |code: &str| app.place_label(code);
    let figure_labels = FigureLabels {
        labels: app.labels(),
        today: app.today,
        overview,
        indicator,
        figure,
        filter,
        place_label: &place_label,
    };
    let count = entry_count(texts, figure.entries);
    html! {
        header class="programme" style=(programme_style(&overview.catalogue, &indicator.programme)) {
            h1 { (app.pick(&indicator.name, &indicator.name_en)) }
            p class="figure-amount" {
                strong {
                    @if let Some(actual) = figure.actual {
                        (exact_qualified(texts, actual, figure.actual_qualifier))
                    } @else { "—" }
                }
                " " span class="unit" { (app.pick(&indicator.unit, &indicator.unit_en)) }
            }
            (target_lines(&figure_labels))
            (verified_line(&figure_labels))
            p class="figure-entries" { @if figure.entries == 0 { (count) } @else { a href="#entries" { (count) } } }
        }
    }
}

fn by_month(app: AppState, selection: &Selection<'_>, filter: &Filter) -> Markup {
    let (texts, slices) = (app.texts, selection.split(Dimension::Month).unwrap_or_default());
    let range = match filter.year {
        Some(year) => Some((Month::first_of(year), Month::last_of(year))),
        None => slices.first().zip(slices.last()).and_then(|(first, last)| match (&first.of, &last.of) {
            (Group::Month(first), Group::Month(last)) => Some((*first, *last)),
            _ => None,
        }),
    };
    let Some((first, last)) = range else { return Markup::default() };
    let name = |month: Month| if filter.year.is_some() { month.number().to_string() } else { month.to_string() };
    let column = |month| {
        let slice = slices.iter().find(|slice| slice.of == Group::Month(month));
        let (value, verified) = slice.map(|slice| (slice.value, slice.verified)).unwrap_or_default();
        Column { name: name(month), value, verified }
    };
    let columns: Vec<Column> = first.to(last).map(column).collect();
    let rows = html! {
        @for column in &columns {
            tr { th scope="row" { (column.name) } td { (exact(column.value)) } td { (exact(column.verified)) } }
        }
    };
    html! {
        section {
            h2 { (texts.by_month()) }
            (column_chart(texts.by_month(), app.language, &columns, None))
            p class="legend" {
                span class="key verified" {} (texts.verified_part()) " "
                span class="key hatched" {} (texts.unverified_part())
            }
            (chart_table(app, &[texts.by_month(), texts.amount(), texts.verified_part()], &rows))
        }
    }
}

fn by_year(app: AppState, selections: &[(i32, Selection<'_>)], target: Option<Quantity>, filter: &Filter) -> Markup {
    let texts = app.texts;
    let mut years: Vec<i32> = selections.iter().map(|(year, _)| *year).collect();
    years.extend(filter.year);
    sort_by(&mut years, |left, right| right.cmp(left));
    years.dedup();
    // The chosen year comes first: its line is bold.
    sort_by_key(&mut years, |year| Some(*year) != filter.year);
    years.truncate(YEARS);
    let today = Month::from(app.today);
    let line = |year: &i32| {
        let range = (Month::first_of(*year), Month::last_of(*year));
        let selection = selections.iter().find(|(of, _)| of == year);
        let mut values =
            selection.map(|(_, selection)| selection.running_totals(range)).unwrap_or_else(|| vec![None; 12]);
        // Future months have no value.
        let future = Month::first_of(*year).to(Month::last_of(*year)).map(|month| month > today);
        values.iter_mut().zip(future).for_each(|(value, future)| *value = value.filter(|_| !future));
        Series { name: year.to_string(), values }
    };
    let lines: Vec<Series> = years.iter().map(line).collect();
    let names: Vec<String> = (1..=12).map(|month| month.to_string()).collect();
    let heads: Vec<&str> = std::iter::once(texts.months()).chain(lines.iter().map(|line| line.name.as_str())).collect();
    let rows = html! {
        @for (number, name) in names.iter().enumerate() {
            tr {
                th scope="row" { (name) }
                @for line in &lines {
                    td { @if let Some(value) = line.values.get(number).copied().flatten() { (exact(value)) } @else { "—" } }
                }
            }
        }
    };
    html! {
        section {
            h2 { (texts.by_year()) }
            (line_chart(texts.by_year(), app.language, &names, &lines, target))
            (chart_table(app, &heads, &rows))
        }
    }
}

/// Renders the table behind a chart.
fn chart_table(app: AppState, heads: &[&str], rows: &Markup) -> Markup {
    html! {
        details class="table-numbers" {
            summary { (app.texts.as_table()) }
            table {
                thead { tr { @for head in heads { th scope="col" { (head) } } } }
                tbody { (rows) }
            }
        }
    }
}

fn by_place(app: AppState, overview: &Overview, selection: &Selection<'_>, filter: &Filter) -> Markup {
    let indicator = selection.indicator;
    let level = match filter.place.as_deref().map(str::len) {
        Some(digits) if digits > Level::City.digits() => Level::Township,
        _ => Level::County,
    };
    let place_name = |code: &str| {
        let place = overview.places.iter().find(|place| place.code == code);
        place.map_or_else(|| app.place_label(code), |place| place.name.clone())
    };
    let slices = selection.split(Dimension::Place(level)).unwrap_or_default();
    breakdown(app.texts.by_place(), additivity(app, indicator), slices, |group| match group {
        Group::Place(code) => {
            let below = Filter { place: Some(code.clone()), ..filter.clone() };
            (place_name(code), Some(format!("/indicators/{}{}", indicator.code, query_of(&below))))
        }
        _ => (app.texts.elsewhere().to_owned(), None),
    })
}

/// Renders the breakdown by pairing, or says why it is missing.
fn by_pairing(app: AppState, overview: &Overview, selection: &Selection<'_>, filter: &Filter) -> Markup {
    let Some(slices) = selection.split(Dimension::Pairing) else {
        let reason = if filter.year.is_none() {
            app.texts.by_pairing_of_one_year()
        } else {
            app.texts.by_pairing_of_whole_year()
        };
        return html! { section { h2 { (app.texts.by_pairing()) } p class="note" { (reason) } } };
    };
    breakdown(app.texts.by_pairing(), additivity(app, selection.indicator), slices, |group| match group {
        Group::Pairing(Some(id)) => {
            let pairing = overview.directory().pairing(*id);
            (pairing.map(|pairing| pairing_name(app.labels(), overview, pairing)).unwrap_or_default(), None)
        }
        Group::Elsewhere => (app.texts.elsewhere().to_owned(), None),
        _ => (app.texts.no_pairing().to_owned(), None),
    })
}

/// States whether the groups of a breakdown add up to the whole.
fn additivity(app: AppState, indicator: &Indicator) -> &'static str {
    if indicator.aggregation == Aggregation::Sum { app.texts.adds_up() } else { app.texts.adds_not_up() }
}
