//! Choice of the activity of a new entry, by programme.

use crate::labels::entry::answers_line;
use crate::labels::programme_color::{color_style, programme_style};
use crate::labels::texts::fill;
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::ui::loading::LoadingOnline;
use crate::ui::recent::{Recent, use_recent};
use jiedui_core::catalogue::{Activity, Catalogue};
use jiedui_core::entry::Entry;
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::date::format_date;
use leptos::prelude::*;
use leptos_router::components::A;

/// Most recent activities.
const RECENT: usize = 6;

lazy_screen!(record:
    /// The choice of an activity.
    ActivityChoice, render_choose_activity, Choose
);

/// The activities that the user may record.
#[component]
fn Choose() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.nav_new());
    let own = use_recent();
    move || {
        let Some(user) = app.session.user.get() else { return view! { <crate::ui::page::PleaseSignIn/> }.into_any() };
        let Some(overview) = app.overviews.server.get() else {
            return view! { <LoadingOnline/> }.into_any();
        };
        let catalogue = &overview.catalogue;
        let programmes = catalogue.programmes.iter().filter(|programme| user.scope.has_programme(&programme.code));
        let only_one = user.scope.programmes.len() == 1;
        let groups = programmes.filter_map(|programme| {
            let activities = catalogue.activities.iter().filter(|activity| activity.programme == programme.code);
            let link = |activity: &Activity| {
                let name = app.pick(&activity.name, &activity.name_en).to_owned();
                view! { <li><A href=format!("/entries/new/{}", activity.code)>{name}</A></li> }
            };
            let links: Vec<_> = activities.map(link).collect();
            // A new programme has no activity yet.
            (!links.is_empty()).then(|| {
                view! {
                    <details class="programme" style=color_style(programme.color) open=only_one>
                        <summary>{app.pick(&programme.name, &programme.name_en).to_owned()}</summary>
                        <ul class="choices">{links}</ul>
                    </details>
                }
            })
        });
        let recent = move || {
            let overview = app.overviews.server.get().unwrap_or_default();
            let entries = last_of_each(own, &overview.catalogue);
            (!entries.is_empty()).then(|| {
                view! {
                    <h2>{texts.recent()}</h2>
                    <ul class="choices choices-recent">
                        {entries.iter().map(|entry| recent_view(app, &overview, entry)).collect_view()}
                    </ul>
                }
            })
        };
        view! {
            <section class="narrow">
                <h1>{texts.choose_activity()}</h1>
                {recent}
                {groups.collect_view()}
            </section>
        }
        .into_any()
    }
}

/// Returns the user's last entry of each activity that the catalogue still has, the latest first.
fn last_of_each(recent: Recent, catalogue: &Catalogue) -> Vec<Entry> {
    recent.with(|entries| {
        let mut recent: Vec<Entry> = Vec::new();
        for mine in entries.iter().flat_map(|entries| entries.iter()) {
            let activity = &mine.entry.activity;
            let is_new = !recent.iter().any(|entry| entry.activity == *activity);
            if recent.len() < RECENT && is_new && catalogue.activity(activity).is_some() {
                recent.push(mine.entry.clone());
            }
        }
        recent
    })
}

/// A link to the form of another entry like the last one.
fn recent_view(app: AppState, overview: &Overview, entry: &Entry) -> impl IntoView + use<> {
    let activity = overview.catalogue.activity(&entry.activity);
    let name = activity.map(|activity| app.pick(&activity.name, &activity.name_en)).unwrap_or_default().to_owned();
    let style = activity.map(|activity| programme_style(&overview.catalogue, &activity.programme)).unwrap_or_default();
    let place = app
        .geography
        .places
        .with(|places| places.get(&entry.place).map(|place| place.short_name().to_owned()).unwrap_or_default());
    let answers = answers_line(app.labels(), overview, entry, " · ");
    let last = fill(app.texts.last_time(), &[&format_date(entry.date), &place, &answers]);
    view! {
        <li class="programme" style=style>
            <A href=format!("/entries/new/{}?again", entry.activity)>
                <span><strong>{name}</strong><small>{last}</small></span>
            </A>
        </li>
    }
}
