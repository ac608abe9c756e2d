//! An indicator's figure as HTML: amount, target, progress and verified part.

use crate::labels::code::qualifier_pattern;
use crate::labels::figure::FigureLabels;
use crate::labels::number::percent;
use crate::labels::texts::Texts;
use jiedui_core::values::quantity::{Qualifier, Quantity};
use maud::{Markup, html};

/// Renders an amount in short form. A shortened amount has the exact number as a tooltip and for programs.
pub fn exact(amount: Quantity) -> Markup {
    let (shown, all) = (amount.shown(), amount.to_string());
    html! {
        @if shown == all { (shown) } @else { data value=(all.replace(',', "")) title=(all) { (shown) } }
    }
}

/// Renders an amount as [`exact`] does, with its qualifier.
pub fn exact_qualified(texts: &Texts, amount: Quantity, qualifier: Qualifier) -> Markup {
    if qualifier == Qualifier::Exact {
        return exact(amount);
    }
    let (before, after) = qualifier_pattern(texts, qualifier).split_once("{}").unwrap_or_default();
    html! { (before) (exact(amount)) (after) }
}

/// Renders the target, the progress towards it and the pace.
pub fn target_lines(figure_labels: &FigureLabels<'_>) -> Markup {
    let FigureLabels { labels, figure, filter, .. } = figure_labels;
    let progress = figure.actual.zip(figure.target.as_ref()).filter(|_| filter.covers_target());
    let progress = progress.and_then(|(actual, target)| {
        let width = actual.percent_of(target.value).unwrap_or_default().clamp(0, 100);
        Some((width, percent(labels.texts, actual, target.value)?))
    });
    html! {
        @if let Some(target) = figure_labels.target() { p class="figure-target" { (target) } }
        @if let Some((width, percent)) = progress {
            p class="figure-progress" {
                span class="figure-track" aria-hidden="true" { span style={ "width:" (width) "%" } {} }
                span { (percent) }
            }
        }
        @if let Some((pace, on_track)) = figure_labels.pace() {
            p class={ "figure-pace " (if on_track { "well" } else { "ill" }) } { (pace) }
        }
    }
}

/// Renders the verified part below a bar of two tones.
pub fn verified_line(figure_labels: &FigureLabels<'_>) -> Markup {
    html! {
        @if let Some((verified, share)) = figure_labels.verified() {
            p class="figure-shares" { span aria-hidden="true" { span style={ "width:" (share) "%" } {} } (verified) }
        }
    }
}
