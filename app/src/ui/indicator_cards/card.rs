//! The card of one indicator, as HTML.

use crate::labels::figure::FigureLabels;
use crate::labels::number::{entry_count, qualified};
use crate::labels::texts::fill;
use crate::svg::chart::sparkline;
use crate::ui::figure_lines::{target_lines, verified_line};
use crate::ui::html::Html;
use jiedui_core::figures::selection::Selection;
use jiedui_core::values::month::Month;
use jiedui_core::values::quantity::Qualifier;
use maud::html;

/// Renders the content of a card. `query` is the filter for its links.
pub fn card_html(
    figure_labels: &FigureLabels<'_>,
    selection: &Selection<'_>,
    query: &str,
    unsent: bool,
) -> Option<Html> {
    let FigureLabels { labels, indicator, figure, filter, .. } = *figure_labels;
    let texts = labels.texts;
    let amount =
        figure.actual.map_or("—".to_owned(), |actual| qualified(texts, actual.shown(), figure.actual_qualifier));
    let inexact = if figure.actual_qualifier == Qualifier::Exact { "" } else { " inexact" };
    let none = if figure.actual.is_none() { " none" } else { "" };
    let link = format!("/indicators/{}{query}", indicator.code);
    let months = selection.months();
    let sparkline = months.and_then(|(first, last)| {
        let range = filter.year.map_or((first, last), |year| (Month::first_of(year), last));
        sparkline(&selection.running_totals(range))
    });
    let count = entry_count(texts, figure.entries);
    let content = html! {
        h3 { a href=(link) { (labels.pick(&indicator.name, &indicator.name_en)) } }
        p class={ "figure-amount" (none) (inexact) } {
            strong { (amount) } " " span class="unit" { (labels.pick(&indicator.unit, &indicator.unit_en)) }
        }
        (target_lines(figure_labels))
        @if let Some(sparkline) = sparkline { (sparkline) }
        (verified_line(figure_labels))
        p class="figure-entries" {
            @if figure.entries == 0 { (count) } @else { a href={ (link) "#entries" } { (count) } }
            @if let Some((_, last)) = months { span { (fill(texts.last_in(), &[&last])) } }
        }
        @if unsent { p class="mark" { (texts.with_unsent()) } }
    };
    Some(content.into())
}
