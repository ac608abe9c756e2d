//! All answers of an entry, and its likely duplicates.

use crate::labels::code::entry_state;
use crate::labels::directory::pairing_name;
use crate::labels::entry::{activity_name, answers_line, answers_of, return_reason};
use crate::labels::programme_color::programme_style;
use crate::state::{AppState, use_app_state};
use crate::storage::entry_view::EntryView;
use crate::ui::entry_list::is_closed;
use crate::ui::photo::photos;
use jiedui_core::entry::State;
use jiedui_core::entry::duplicate::is_likely_same;
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::date::format_date;
use leptos::prelude::*;
use std::sync::Arc;

/// The entry's answers in a table.
#[component]
pub fn EntryCard(
    /// The entry.
    record: EntryView,
    /// All entries on this phone, to find likely duplicates.
    all: Arc<Vec<EntryView>>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let overview = app.overviews.server.get_untracked().unwrap_or_default();
    let entry = &record.entry;
    let (date, place) = (format_date(entry.date), entry.place.clone());
    // The places may be loaded after the entry.
    let place = move || app.geography.places.with(|places| places.label(&place));
    let mut rows = answers_of(app.labels(), &overview, entry);
    let directory = overview.directory();
    if let Some(pairing) = entry.pairing.and_then(|id| directory.pairing(id)) {
        rows.push((texts.pairing().to_owned(), pairing_name(app.labels(), &overview, pairing)));
    }
    if let Some(organisation) = entry.organisation.and_then(|id| directory.organisation(id)) {
        rows.push((texts.organisation().to_owned(), app.pick(&organisation.name, &organisation.name_en).to_owned()));
    }
    if !entry.note.is_empty() {
        rows.push((texts.note().to_owned(), entry.note.clone()));
    }
    if let Some((east, north)) = entry.position {
        rows.push((texts.position().to_owned(), format!("{north:.5}, {east:.5}")));
    }
    if let Some(source) = &entry.source {
        rows.push((texts.source().to_owned(), source.clone()));
    }
    let name = activity_name(app.labels(), &overview, &entry.activity).to_owned();
    let activity = overview.catalogue.activity(&entry.activity);
    let style = activity.map(|activity| programme_style(&overview.catalogue, &activity.programme)).unwrap_or_default();
    let same: Vec<_> =
        likely_same(&record, &all).iter().map(|duplicate| duplicate_link(app, &overview, duplicate)).collect();
    let reason = return_reason(app.labels(), app.today, &record.fields);
    let (waits, closed) = (record.waits, is_closed(&overview, entry));
    view! {
        <div class="entry-whole" style=style>
            <h2><a href=format!("/list/{}", record.id)>{name}</a></h2>
            <p class=format!("state {}", state_class(entry.state))>
                {entry_state(texts, entry.state)}{waits.then(|| format!(" · {}", texts.state_on_phone()))}
            </p>
            {closed.then(|| view! { " "<p class="state closed">{texts.state_closed()}</p> })}
            {reason.map(|reason| view! { <p class="entry-reasons">{reason}</p> })}
            <div class="scroll" tabindex="0" role="region" aria-label=texts.details()>
                <table class="table-amounts">
                    <tr><th scope="row">{texts.date()}</th><td>{date}</td></tr>
                    <tr><th scope="row">{texts.place()}</th><td>{place}</td></tr>
                    {rows.into_iter().map(|(name, value)| view! { <tr><th scope="row">{name}</th><td>{value}</td></tr> }).collect_view()}
                </table>
            </div>
            <div class="photos" inner_html={
                let entry = entry.clone();
                move || photos(app, &entry).into_string()
            }></div>
            {(!same.is_empty()).then(|| view! { <div class="notice"><p>{texts.likely_same()}</p><ul>{same}</ul></div> })}
        </div>
    }
}

fn state_class(state: State) -> &'static str {
    match state {
        State::Submitted => "received",
        State::Verified => "done",
        State::Returned => "bad",
    }
}

/// Returns the likely duplicates of an entry.
pub fn likely_same(record: &EntryView, all: &[EntryView]) -> Vec<EntryView> {
    all.iter().filter(|other| other.id != record.id && is_likely_same(&other.entry, &record.entry)).cloned().collect()
}

fn duplicate_link(app: AppState, overview: &Overview, duplicate: &EntryView) -> impl IntoView + use<> {
    let (date, place) =
        (format_date(duplicate.entry.date), app.geography.places.with(|places| places.label(&duplicate.entry.place)));
    let words = answers_line(app.labels(), overview, &duplicate.entry, "；");
    let state = entry_state(app.texts, duplicate.entry.state);
    view! { <li><a href=format!("/list/{}", duplicate.id)>{format!("{date} {place} {words} · {state}")}</a></li> }
}
