//! The card of the entry under review: photos, and answers next to those of the last entry. It names unusual numbers, and shows
//! likely duplicates side by side.

use super::facts::{Facts, days_waited, submitted_on};
use crate::labels::code::entry_state;
use crate::labels::directory::pairing_name;
use crate::labels::entry::{activity_name, amount_of, answers_of, return_reason};
use crate::labels::programme_color::programme_style;
use crate::labels::texts::fill;
use crate::state::{AppState, use_app_state};
use crate::storage::entry_view::EntryView;
use crate::ui::entry::history::History;
use crate::ui::entry::parts::recorder;
use crate::ui::entry_list::is_closed;
use crate::ui::photo::photos;
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::date::format_date;
use leptos::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The card.
#[component]
pub fn ReviewCard(
    /// The entry.
    record: EntryView,
    /// Its comparison with others.
    facts: Arc<Facts>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let overview = app.overviews.server.get_untracked().unwrap_or_default();
    let (entry, labels) = (&record.entry, app.labels());
    let name = activity_name(labels, &overview, &entry.activity).to_owned();
    let activity = overview.catalogue.activity(&entry.activity);
    let style = activity.map(|activity| programme_style(&overview.catalogue, &activity.programme)).unwrap_or_default();
    let reason = return_reason(labels, app.today, &record.fields);
    let unusual = facts.comparison.unusual.iter().filter_map(|(code, median)| {
        let (field, median) = amount_of(labels, &overview, &entry.activity, code, *median)?;
        Some(view! { <p class="notice review-unusual">{fill(texts.median_note(), &[&field, &median])}</p> })
    });
    let unusual = unusual.collect_view();
    let photo_entry = entry.clone();
    let duplicates = facts.duplicates();
    let side_by_side = (!duplicates.is_empty()).then(|| duplicates_table(app, &overview, &record, &duplicates));
    let (waits, closed) = (record.waits, is_closed(&overview, entry));
    view! {
        <div class="entry-whole review-card" style=style>
            <h2><a href=format!("/list/{}", record.id)>{name}</a></h2>
            <p class="note">{origin(app, &record)}</p>
            {waits.then(|| view! { <p class="state waiting">{texts.state_on_phone()}</p> })}
            {closed.then(|| view! { <p class="state closed">{texts.state_closed()}</p> })}
            {reason.map(|reason| view! { <p class="entry-reasons">{reason}</p> })}
            <div class="photos review-photos" inner_html=move || photos(app, &photo_entry).into_string()></div>
            {unusual}
            {answers_table(app, &overview, &record, facts.previous())}
            {side_by_side}
        </div>
    }
}

/// The history of an entry, which is fetched when it is opened.
#[component]
pub fn HistoryDetails(
    /// The entry.
    record: EntryView,
) -> impl IntoView {
    let opened = RwSignal::new(false);
    view! {
        <details on:toggle=move |_| opened.set(true)>
            <summary>{use_app_state().texts.history()}</summary>
            {move || opened.get().then(|| view! { <History record=record.clone()/> })}
        </details>
    }
}

/// Returns the recorder of an entry, and when it was submitted.
fn origin(app: AppState, record: &EntryView) -> String {
    let texts = app.texts;
    let submitted = submitted_on(record);
    let submitted = (!submitted.is_empty()).then(|| fill(texts.submitted_at(), &[&submitted]));
    let waited = days_waited(app, record).filter(|days| *days > 0);
    let waited = waited.map(|days| format!("{} {}", texts.waiting(), fill(texts.waiting_days(), &[&days])));
    let name = Some(recorder(app, record)).filter(|name| !name.is_empty());
    name.into_iter().chain(submitted).chain(waited).collect::<Vec<_>>().join(" · ")
}

/// Returns the names and texts of everything that an entry says.
fn lines(app: AppState, overview: &Overview, record: &EntryView) -> Vec<(String, String)> {
    let (texts, entry) = (app.texts, &record.entry);
    let directory = overview.directory();
    let mut lines = vec![
        (texts.date().to_owned(), format_date(entry.date)),
        (texts.place().to_owned(), app.place_label(&entry.place)),
    ];
    lines.extend(answers_of(app.labels(), overview, entry));
    if let Some(pairing) = entry.pairing.and_then(|id| directory.pairing(id)) {
        lines.push((texts.pairing().to_owned(), pairing_name(app.labels(), overview, pairing)));
    }
    if let Some(organisation) = entry.organisation.and_then(|id| directory.organisation(id)) {
        lines.push((texts.organisation().to_owned(), app.pick(&organisation.name, &organisation.name_en).to_owned()));
    }
    if !entry.note.is_empty() {
        lines.push((texts.note().to_owned(), entry.note.clone()));
    }
    if let Some((east, north)) = entry.position {
        lines.push((texts.position().to_owned(), format!("{north:.5}, {east:.5}")));
    }
    if let Some(source) = &entry.source {
        lines.push((texts.source().to_owned(), source.clone()));
    }
    lines
}

/// Renders the answers, next to those of the last entry of the same activity and place.
fn answers_table(
    app: AppState,
    overview: &Overview,
    record: &EntryView,
    previous: Option<&EntryView>,
) -> impl IntoView + use<> {
    let texts = app.texts;
    let before: BTreeMap<String, String> =
        previous.map(|view| answers_of(app.labels(), overview, &view.entry).into_iter().collect()).unwrap_or_default();
    let has_previous = previous.is_some();
    let heading = previous.map(|view| fill(texts.previous_value(), &[&format_date(view.entry.date)]));
    let rows = lines(app, overview, record).into_iter().map(|(name, value)| {
        let before = has_previous.then(|| view! { <td class="review-before">{before.get(&name).cloned()}</td> });
        view! { <tr><th scope="row">{name}</th><td>{value}</td>{before}</tr> }
    });
    let rows = rows.collect_view();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=texts.details()>
            <table class="table-amounts">
                {heading.map(|heading| view! { <thead><tr><td></td><td></td><th scope="col">{heading}</th></tr></thead> })}
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

/// Renders an entry and its likely duplicates side by side.
fn duplicates_table(
    app: AppState,
    overview: &Overview,
    record: &EntryView,
    duplicates: &[EntryView],
) -> impl IntoView + use<> {
    let texts = app.texts;
    let all: Vec<&EntryView> = std::iter::once(record).chain(duplicates).collect();
    let row = |name: &'static str, text: &dyn Fn(&EntryView) -> String| {
        let cells = all.iter().map(|view| view! { <td>{text(view)}</td> }).collect_view();
        view! { <tr><th scope="row">{name}</th>{cells}</tr> }
    };
    let answers = |view: &EntryView| {
        let lines = answers_of(app.labels(), overview, &view.entry).into_iter();
        lines.map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join("；")
    };
    let rows = [
        row(texts.details(), &answers),
        row(texts.recorder(), &|view| recorder(app, view)),
        row(texts.photos(), &|view| view.entry.attachments.len().to_string()),
        row(texts.note(), &|view| view.entry.note.clone()),
        row(texts.state(), &|view| entry_state(texts, view.entry.state).to_owned()),
    ];
    let heading = |view: &EntryView| {
        let date = format_date(view.entry.date);
        view! { <th scope="col"><a href=format!("/list/{}", view.id)>{date}</a></th> }
    };
    let headings = duplicates.iter().map(heading).collect_view();
    view! {
        <div class="notice review-duplicates">
            <p>{texts.likely_same()}</p>
            <div class="scroll" tabindex="0" role="region" aria-label=texts.mark_duplicate()>
                <table class="table-numbers">
                    <thead><tr><td></td><th scope="col">{texts.this_entry()}</th>{headings}</tr></thead>
                    <tbody>{rows.into_iter().collect_view()}</tbody>
                </table>
            </div>
        </div>
    }
}
