//! Age of the figures, and how many of this phone's entries they include.

use crate::labels::texts::fill;
use crate::labels::time_format::{in_china, minutes_since_1970};
use crate::state::{AppState, use_app_state};
use crate::ui::html::Html;
use leptos::prelude::*;

/// Shows when the server computed the figures, and how many local entries were added to them.
#[component]
pub fn Freshness() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let as_of = move || {
        app.overviews
            .server
            .with(|overview| overview.as_ref().map(|overview| overview.as_of.clone()))
            .unwrap_or_default()
    };
    let local_count = move || {
        app.my_entries.summary.with(|entries| entries.as_ref().map_or(0, |entries| entries.not_in_overview.len()))
    };
    view! {
        <p class="dashboard-freshness" class:old=move || !app.sync.online.get()>
            <span inner_html=move || Html::text(&fill(texts.figures_of(), &[&in_china(&as_of())])).into_string()></span>
            <span inner_html=move || match app.sync.online.get() {
                true => String::new(),
                false => Html::text(&format!(" · {}", fill(texts.offline_since(), &[&age(app, &as_of())]))).into_string(),
            }></span>
            {move || (local_count() > 0).then(|| view! { <strong class="mark">{fill(texts.own_unsent(), &[&local_count()])}</strong> })}
        </p>
    }
}

/// Describes how long ago an instant was by this phone's clock.
fn age(app: AppState, instant: &str) -> String {
    let texts = app.texts;
    let now = (app.session.now.get() / 60_000.0) as i64;
    match now - minutes_since_1970(instant).unwrap_or(i64::MAX) {
        // A clock that is behind the server's says nothing about the age; a minute may be its error.
        ..-1 => texts.age_unknown().to_owned(),
        -1..1 => texts.just_now().to_owned(),
        minutes @ 1..60 => fill(texts.minutes_ago(), &[&minutes]),
        minutes @ 60..1440 => fill(texts.hours_ago(), &[&(minutes / 60)]),
        minutes => fill(texts.days_ago(), &[&(minutes / 1440)]),
    }
}
