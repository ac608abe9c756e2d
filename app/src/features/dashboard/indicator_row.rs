//! The row of one indicator, as HTML.

use super::amount::{amount, short};
use crate::labels::Labels;
use crate::labels::figure::FigureLabels;
use crate::labels::number::{entry_count, qualified};
use crate::labels::texts::fill;
use crate::svg::chart::sparkline;
use crate::ui::figure_lines::{target_lines, verified_line};
use crate::ui::html::Html;
use jiedui_core::figures::figure::Figure;
use jiedui_core::figures::selection::Selection;
use jiedui_core::values::month::Month;
use jiedui_core::values::quantity::{Qualifier, Quantity};
use maud::{Markup, html};

/// Renders the cells of a row. `query` is the filter for its links.
pub fn row_html(
    figure_labels: &FigureLabels<'_>,
    selection: &Selection<'_>,
    query: &str,
    unsent: bool,
) -> Option<Html> {
    let FigureLabels { labels, indicator, figure, filter, overview, .. } = figure_labels;
    if selection.is_empty() {
        return None;
    }
    let before = overview.figure_of_year_before(indicator, filter);
    let (texts, unit) = (labels.texts, labels.pick(&indicator.unit, &indicator.unit_en));
    let link = format!("/indicators/{}{query}", indicator.code);
    let months = selection.months();
    let sparkline = months.and_then(|(first, last)| {
        let range = filter.year.map_or((first, last), |year| (Month::first_of(year), last));
        sparkline(&selection.running_totals(range))
    });
    let value = |figure: &Figure| Some((figure.actual?, figure.actual_qualifier));
    let count = entry_count(texts, figure.entries);
    let cells = html! {
        th scope="row" {
            a href=(link) { (labels.pick(&indicator.name, &indicator.name_en)) }
            @if unsent { span class="mark" { (texts.with_unsent()) } }
        }
        td class="figure-amount" { (amount(labels, value(figure), unit)) }
        td class="indicators-before" {
            @if let Some(before) = before.as_ref().and_then(value) {
                span class="indicators-label" { (fill(texts.of_year(), &[&filter.year.unwrap_or_default().saturating_sub(1)])) " " }
                (plain(labels, before, unit))
            }
        }
        td class="indicators-target" { (target_lines(figure_labels)) }
        td class="indicators-approved" { (verified_line(figure_labels)) }
        td class="indicators-spark" { @if let Some(sparkline) = sparkline { (sparkline) } }
        td class="indicators-entries" {
            @if figure.entries == 0 { (count) } @else { a href={ (link) "#entries" } { (count) } }
            @if let Some((_, last)) = months { span { (fill(texts.last_in(), &[&last])) } }
        }
    };
    Some(cells.into())
}

/// Renders an amount without emphasis.
fn plain(labels: &Labels, (value, qualifier): (Quantity, Qualifier), unit: &str) -> Markup {
    html! { span title=(value) { (qualified(labels.texts, short(value, labels.language, unit), qualifier)) } }
}

/// Renders an indicator without entries: its name and its target.
pub fn rest_html(figure_labels: &FigureLabels<'_>, query: &str) -> String {
    let FigureLabels { labels, indicator, .. } = figure_labels;
    html! {
        a href={ "/indicators/" (indicator.code) (query) } { (labels.pick(&indicator.name, &indicator.name_en)) }
        strong { "—" }
        (target_lines(figure_labels))
    }
    .into_string()
}
