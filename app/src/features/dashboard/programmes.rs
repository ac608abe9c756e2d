//! The programmes at a glance. A press on one sets the programme filter of the whole page.

use super::amount::{amount, approved_percent, short_count};
use super::headline::{is_over, use_briefing};
use crate::labels::programme_color::color_style;
use crate::labels::texts::fill;
use crate::state::{AppState, use_app_state};
use crate::ui::icon::icon_html;
use crate::ui::url_state::use_url_state;
use jiedui_core::catalogue::Programme;
use jiedui_core::figures::briefing::{ProgrammeBrief, TargetCounts};
use jiedui_core::figures::figure::Filter;
use jiedui_core::figures::overview::Overview;
use leptos::prelude::*;
use maud::{Markup, html};

/// Programmes that have an icon of their own in the sprite.
const ICONS: [&str; 6] = ["party_building", "industry", "marketing", "labour", "education", "health"];

/// The cards of all programmes.
#[component]
pub fn ProgrammeList(
    /// Current filter.
    filter: Memo<Filter>,
) -> impl IntoView {
    let app = use_app_state();
    let briefing = use_briefing(filter);
    let address = use_url_state();
    let programmes = Memo::new(move |_| {
        let overview = app.overviews.server.get().unwrap_or_default();
        overview.catalogue.counted_programmes().cloned().collect::<Vec<Programme>>()
    });
    let card = move |programme: Programme| {
        let (style, shown) = (color_style(programme.color), StoredValue::new(programme));
        let is_chosen = Memo::new(move |_| {
            filter.with(|filter| shown.with_value(|programme| filter.programme.as_ref() == Some(&programme.code)))
        });
        let href = move || {
            let code = shown.with_value(|programme| programme.code.clone());
            address.changed(&[("programme", if is_chosen.get() { String::new() } else { code })])
        };
        let content = Memo::new(move |_| {
            let overview = app.overviews.local_for(&filter.get()).unwrap_or_default();
            shown.with_value(|programme| {
                let briefing = briefing.get();
                let brief = briefing.as_ref()?.programmes.iter().find(|brief| brief.programme == programme.code)?;
                Some(face(app, &overview, programme, brief, is_over(app, &filter.get())).into_string())
            })
        });
        let code = shown.with_value(|programme| programme.code.clone());
        view! {
            <li style=style>
                <a class="dashboard-programme" data-noscroll href=href data-programme=code
                    aria-current=move || is_chosen.get().then_some("true") inner_html=move || content.get().unwrap_or_default()></a>
            </li>
        }
    };
    view! {
        <h2 class="unseen">{app.texts.programme()}</h2>
        <ul class="dashboard-programmes">{move || programmes.get().into_iter().map(card).collect_view()}</ul>
    }
}

/// Renders the content of a card.
fn face(app: AppState, overview: &Overview, programme: &Programme, brief: &ProgrammeBrief, is_over: bool) -> Markup {
    let texts = app.texts;
    let icon = match ICONS.contains(&programme.code.as_str()) {
        true => icon_html(&format!("programme-{}", programme.code.replace('_', "-"))),
        false => icon_html("overview"),
    };
    let leads =
        brief.leads.iter().filter_map(|figure| Some((overview.catalogue.indicator(&figure.indicator)?, figure)));
    let entries = brief.entries.map(|approved| match approved_percent(approved) {
        Some(share) => fill(texts.brief_entries(), &[&short_count(approved.entries, app.language), &share]),
        None => texts.no_entries().to_owned(),
    });
    html! {
        span class="dashboard-programme-name" { (icon) (app.pick(&programme.name, &programme.name_en)) }
        @for (indicator, figure) in leads {
            span class="dashboard-lead" {
                small { (app.pick(&indicator.name, &indicator.name_en)) }
                span {
                    (amount(&app.labels(), figure.actual.map(|actual| (actual, figure.actual_qualifier)),
                        app.pick(&indicator.unit, &indicator.unit_en)))
                }
            }
        }
        @if let Some(counts) = brief.targets { (target_bar(app, counts, is_over)) }
        @if let Some(entries) = entries { span class="dashboard-fact" { (entries) } }
        @if let Some(comparison) = brief.comparison.filter(|it| it.entries + it.earlier > 0) {
            span class="dashboard-fact" {
                @match comparison.percent() {
                    Some(0) => { (texts.brief_change_same()) }
                    Some(percent) => { (fill(texts.brief_change(), &[&signed(percent)])) }
                    None => { (texts.brief_change_none()) }
                }
            }
        }
    }
}

fn signed(percent: i64) -> String {
    if percent < 0 { format!("−{}", percent.unsigned_abs()) } else { format!("+{percent}") }
}

/// Renders the targets of a programme by their status, as a bar and as words.
fn target_bar(app: AppState, counts: TargetCounts, is_over: bool) -> Markup {
    let texts = app.texts;
    if counts.targets == 0 {
        return html! { span class="dashboard-fact" { (texts.brief_no_targets()) } };
    }
    let behind = if is_over { texts.brief_missed() } else { texts.brief_behind() };
    let parts = [
        ("dashboard-target-reached", counts.reached),
        ("dashboard-target-pace", counts.on_pace),
        ("dashboard-target-ill", counts.behind),
        ("dashboard-target-idle", counts.idle),
    ];
    html! {
        span class="dashboard-targets" aria-hidden="true" {
            @for (class, number) in parts {
                @if number > 0 { span class=(class) style={ "flex-grow:" (number) } {} }
            }
        }
        span class="dashboard-fact" {
            (fill(texts.brief_reached_of(), &[&counts.reached, &counts.targets]))
            @if counts.behind > 0 { " " strong class="dashboard-behind" { (fill(behind, &[&counts.behind])) } }
        }
    }
}
