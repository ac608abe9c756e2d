//! The headline: how much is reached and recorded, as one sentence of figures.

use super::amount::{approved_percent, short_count};
use crate::labels::texts::fill;
use crate::state::{AppState, use_app_state};
use crate::ui::loading::LoadingOnline;
use jiedui_core::figures::briefing::{Briefing, Comparison, TargetCounts};
use jiedui_core::figures::figure::Filter;
use jiedui_core::figures::overview::Overview;
use leptos::prelude::*;
use maud::html;
use std::cell::RefCell;
use std::sync::{Arc, Weak};
use time::Date;

/// Returns the briefing under a filter; `None` while no overview covers it. A change that leaves all figures as they were changes
/// nothing.
pub fn use_briefing(filter: Memo<Filter>) -> Memo<Option<Arc<Briefing>>> {
    let app = use_app_state();
    Memo::new(move |_| {
        let filter = filter.get();
        Some(briefing_of(&app.overviews.local_for(&filter)?, &filter, app.today))
    })
}

/// A briefing, with the overview and the filter that it was computed from.
type LastBriefing = (Weak<Overview>, Filter, Date, Arc<Briefing>);

thread_local! {
    /// Several parts of the page show the same briefing.
    static LAST: RefCell<Option<LastBriefing>> = const { RefCell::new(None) };
}

fn briefing_of(overview: &Arc<Overview>, filter: &Filter, today: Date) -> Arc<Briefing> {
    let is_same = |(of, under, on, _): &&LastBriefing| {
        of.upgrade().is_some_and(|of| Arc::ptr_eq(&of, overview)) && under == filter && *on == today
    };
    if let Some(briefing) = LAST.with_borrow(|last| last.as_ref().filter(is_same).map(|last| last.3.clone())) {
        return briefing;
    }
    let briefing = Arc::new(Briefing::new(overview, filter, today));
    LAST.set(Some((Arc::downgrade(overview), filter.clone(), today, briefing.clone())));
    briefing
}

/// The headline.
#[component]
pub fn Headline(
    /// Current filter.
    filter: Memo<Filter>,
) -> impl IntoView {
    let app = use_app_state();
    let briefing = use_briefing(filter);
    let is_missing = Memo::new(move |_| briefing.with(Option::is_none));
    let sentence = move || briefing.get().map(|briefing| headline(app, &briefing, &filter.get())).unwrap_or_default();
    view! {
        <Show when=move || is_missing.get()><LoadingOnline/></Show>
        <div inner_html=sentence></div>
    }
}

fn headline(app: AppState, briefing: &Briefing, filter: &Filter) -> String {
    let texts = app.texts;
    let overview = app.overviews.local_for(filter).unwrap_or_default();
    if !overview.has_entries(filter) && briefing.entries.is_none_or(|approved| approved.entries == 0) {
        let years: Vec<String> = app.overviews.years.with(|years| years.iter().map(ToString::to_string).collect());
        let targets = briefing.targets.filter(|counts| counts.targets > 0);
        return html! {
            p class="dashboard-headline empty" { (fill(texts.no_figures(), &[&years.join(texts.list_comma())])) }
            @if let Some(targets) = targets { p class="dashboard-more" { (fill(texts.brief_targets_idle(), &[&targets.targets])) } }
        }
        .into_string();
    }
    let period = match filter.year {
        Some(year) => fill(texts.of_year(), &[&year]),
        None => texts.all_years().to_owned(),
    };
    let place = filter.place.as_deref().map(|code| place_name(app, &overview, code));
    let targets = targets(app, briefing.targets, is_over(app, filter));
    let entries = briefing.entries.map(|approved| {
        let share = approved_percent(approved).unwrap_or_else(|| "—".to_owned());
        fill(texts.brief_entries(), &[&short_count(approved.entries, app.language), &share])
    });
    let sentence: Vec<String> = targets.into_iter().chain(entries).collect();
    html! {
        p class="dashboard-headline" {
            @if let Some(place) = place { (place) " " }
            (period)
            @if !sentence.is_empty() { (texts.brief_colon()) (sentence.join(texts.brief_semicolon())) }
        }
        p class="dashboard-more" {
            @if let Some(counts) = briefing.targets.filter(|counts| counts.on_pace + counts.idle > 0) {
                span { (fill(texts.brief_targets_rest(), &[&counts.on_pace, &counts.idle])) }
            }
            @if filter.place.is_some() { span { (texts.brief_place_targets()) } }
            @if let Some(comparison) = &briefing.comparison { span { (compared(app, comparison)) } }
        }
    }
    .into_string()
}

fn place_name(app: AppState, overview: &Overview, code: &str) -> String {
    let place = overview.places.iter().find(|place| place.code == code);
    place.map_or_else(|| app.place_label(code), |place| place.short_name().to_owned())
}

/// Returns whether the filter's year is over: its targets are then reached or missed.
pub fn is_over(app: AppState, filter: &Filter) -> bool {
    filter.year.is_some_and(|year| year < app.today.year())
}

fn targets(app: AppState, counts: Option<TargetCounts>, is_over: bool) -> Option<String> {
    let counts = counts?;
    Some(match counts.targets {
        0 => app.texts.brief_no_targets().to_owned(),
        _ => {
            let pattern = if is_over { app.texts.brief_targets_over() } else { app.texts.brief_targets() };
            fill(pattern, &[&counts.targets, &counts.reached, &counts.behind])
        }
    })
}

/// Describes entries against those in the same months of the year before.
fn compared(app: AppState, comparison: &Comparison) -> String {
    let (texts, Comparison { months: (first, last), entries, earlier }) = (app.texts, *comparison);
    let months = match first == last {
        true => fill(texts.brief_month(), &[&first.number()]),
        false => fill(texts.brief_months(), &[&first.number(), &last.number()]),
    };
    let difference = short_count(entries.abs_diff(earlier), app.language);
    let percent = comparison.percent().map(i64::abs).unwrap_or_default();
    if earlier == 0 {
        return fill(texts.brief_none_before(), &[&months]);
    }
    match entries.cmp(&earlier) {
        std::cmp::Ordering::Greater => fill(texts.brief_more(), &[&months, &difference, &percent]),
        std::cmp::Ordering::Less => fill(texts.brief_fewer(), &[&months, &difference, &percent]),
        std::cmp::Ordering::Equal => fill(texts.brief_equal(), &[&months]),
    }
}
