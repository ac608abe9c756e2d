//! Conflicts of an entry: both values with author and time, and the choice between them.

use crate::labels::entry::activity_name;
use crate::labels::texts::fill;
use crate::labels::time_format::in_china;
use crate::labels::value::ValueLabels;
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::storage::my_entries::{Conflict, EntryProgress, MyEntry};
use crate::storage::user_db::UserDb;
use crate::sync;
use crate::ui::loading::{Loading, LoadingStored, NothingFound};
use crate::ui::photo::photo_address;
use crate::ui::stored::use_stored;
use jiedui_core::entry::field;
use jiedui_core::sync::{Op, Path, all_paths, conflicting_values};
use jiedui_core::values::date::format_date;
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map};
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;

/// Path by which the server names the entry as a whole.
const DELETED: &str = "deleted";
/// Fields of a review decision, which are chosen together.
const DECISION: [&str; 3] = [field::STATE, field::REVIEW_NOTE, field::REVIEW_FIELDS];

lazy_screen!(
    /// A conflict and the choice between its values.
    ConflictChoice, render_conflict, ConflictOf
);

/// The choice for the entry in the address.
#[component]
fn ConflictOf() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.conflict_title());
    let params = use_params_map();
    let id = move || params.get().get("id").and_then(|id| Uuid::parse_str(&id).ok());
    // A choice in progress stays on the screen until a value changes.
    let read = use_stored(move |reading| {
        let id = id();
        Some(async move {
            let entry = match id {
                Some(id) => UserDb::open(reading.user).await?.my_entry_of(id).await?,
                None => None,
            };
            Ok(entry.map(|(entry, _)| entry).filter(|entry| matches!(entry.progress, EntryProgress::Conflict(_))))
        })
    });
    let conflict = Memo::new(move |_| read.get().flatten());
    // Labels need the forms, the directory and the places. Nothing is shown before they are loaded, or cannot be loaded.
    let is_labelled = RwSignal::new(false);
    Effect::new(move |_| {
        spawn_local(async move {
            sync::load_labels(app).await;
            is_labelled.try_set(true);
        });
    });
    // A change of the overview keeps the choice in progress.
    let is_loaded = Memo::new(move |_| read.with(Option::is_some) && app.overviews.server.with(Option::is_some));
    move || {
        if app.session.user.with(Option::is_none) {
            return view! { <crate::ui::page::PleaseSignIn/> }.into_any();
        }
        if !is_loaded.get() {
            return view! { <LoadingStored/> }.into_any();
        }
        if !is_labelled.get() {
            return view! { <Loading/> }.into_any();
        }
        match conflict.get() {
            Some(entry) => match &entry.progress {
                EntryProgress::Conflict(conflict) => choice(app, &entry, conflict).into_any(),
                _ => ().into_any(),
            },
            None => view! { <NothingFound text=texts.conflict_none()/> }.into_any(),
        }
    }
}

/// The two sides of a choice.
#[derive(Clone)]
struct Row {
    /// Paths that are chosen together.
    paths: Vec<Path<'static>>,
    heading: String,
    mine: Shown,
    theirs: Shown,
    /// Author and time of the other value.
    by: String,
    at: String,
}

/// A value as text.
#[derive(Clone)]
struct Shown {
    lines: Vec<String>,
    photos: Vec<String>,
}

impl Shown {
    fn words(text: &str) -> Self {
        Self { lines: vec![text.to_owned()], photos: Vec::new() }
    }

    fn view(self, app: AppState) -> impl IntoView {
        let photo =
            move |sha256: String| view! { <img src=move || photo_address(app, &sha256) alt=app.texts.photo()/> };
        let lines = self.lines.into_iter().map(|line| view! { <strong>{line}</strong> }).collect_view();
        let photos = (!self.photos.is_empty())
            .then(|| view! { <span class="photo-taken">{self.photos.into_iter().map(photo).collect_view()}</span> });
        (lines, photos)
    }
}

/// Returns author and time of the last change of a path. Falls back to the last change of any path.
fn other(app: AppState, conflict: &Conflict, path: &Path<'_>) -> (String, String) {
    let others = conflict.outgoing.answer.as_ref().map(|answer| answer.others.as_slice()).unwrap_or_default();
    let of_path = others.iter().rev().find(|other| other.changed.iter().any(|changed| changed == path));
    let other = of_path.or(others.last());
    let name = other.map(|other| other.name.as_str()).filter(|name| !name.is_empty());
    (
        name.unwrap_or(app.texts.conflict_someone()).to_owned(),
        other.map(|revision| in_china(&revision.at)).unwrap_or_default(),
    )
}

/// Returns a row for every value that the server has not accepted.
fn rows(app: AppState, entry: &MyEntry, conflict: &Conflict) -> Vec<Row> {
    let texts = app.texts;
    let mutation = &conflict.outgoing.mutation;
    let whole = |paths, heading, mine, theirs| {
        let (by, at) = other(app, conflict, &Path::from(DELETED));
        let (mine, theirs) = (Shown::words(mine), Shown::words(theirs));
        vec![Row { paths, heading: fill(heading, &[&by]), mine, theirs, by, at }]
    };
    let (_, theirs) = match (&conflict.theirs, mutation.op) {
        (None, _) => {
            let all = all_paths(&mutation.fields).into_iter().collect();
            return whole(all, texts.conflict_deleted_by(), texts.conflict_restore(), texts.conflict_keep_deleted());
        }
        (Some(_), Op::Delete) => {
            return whole(vec![Path::from(DELETED)], texts.entry(), texts.conflict_delete(), texts.conflict_keep());
        }
        (Some(theirs), Op::Put) => theirs,
    };
    let answered = conflict.outgoing.answer.as_ref().and_then(|answer| answer.record.as_ref());
    let answered = answered.map_or(theirs, |record| &record.fields);
    let activity = entry.entry.activity.as_str();
    let overview = app.overviews.server.get_untracked().unwrap_or_default();
    app.geography.places.with_untracked(|places| {
        let reader = ValueLabels { labels: app.labels(), overview: &overview, places };
        let version = |fields: &jiedui_core::entry::Fields| {
            fields.get(field::VERSION).and_then(Value::as_u64).and_then(|version| u32::try_from(version).ok())
        };
        let (my_version, their_version) = (version(&mutation.fields).or(version(theirs)), version(theirs));
        let show = |version, path: &Path<'_>, value: &Value| {
            let photos = match value {
                Value::Array(all) if *path == field::ATTACHMENTS => {
                    all.iter().filter_map(Value::as_str).map(str::to_owned).collect()
                }
                _ => Vec::new(),
            };
            Shown { lines: reader.lines(activity, version, path, value), photos }
        };
        let mut rows: Vec<Row> = Vec::new();
        for differing in conflicting_values(mutation, answered, theirs) {
            let path = &differing.path;
            let mut mine = show(my_version, path, &differing.mine);
            let mut theirs = show(their_version, path, &differing.theirs);
            if DECISION.iter().any(|name| path == name) {
                if let Some(row) = rows.iter_mut().find(|row| row.paths.iter().any(|path| *path == DECISION[0])) {
                    row.mine.lines.append(&mut mine.lines);
                    row.theirs.lines.append(&mut theirs.lines);
                    continue;
                }
                let (by, at) = other(app, conflict, path);
                let named = DECISION.iter().filter(|name| mutation.fields.contains_key(**name));
                let paths = named.map(|name| Path::from(*name)).collect();
                rows.push(Row { paths, heading: texts.review_decision().to_owned(), mine, theirs, by, at });
                continue;
            }
            let (by, at) = other(app, conflict, path);
            let heading = reader.name(activity, path);
            rows.push(Row { paths: vec![differing.path], heading, mine, theirs, by, at });
        }
        rows
    })
}

fn choice(app: AppState, entry: &MyEntry, conflict: &Conflict) -> impl IntoView + use<> {
    let texts = app.texts;
    let (id, seq) = (entry.id, conflict.outgoing.mutation.seq);
    let gone = conflict.outgoing.answer.as_ref().map_or(0, |answer| answer.rev);
    let rev = conflict.theirs.as_ref().map_or(gone, |(rev, _)| *rev);
    let rows = rows(app, entry, conflict);
    let overview = app.overviews.server.get_untracked().unwrap_or_default();
    let activity = activity_name(app.labels(), &overview, &entry.entry.activity).to_owned();
    let place = app.geography.places.with_untracked(|places| places.label(&entry.entry.place));
    let date = format_date(entry.entry.date);
    // The text of a deletion contains its author.
    let first = rows.first().filter(|_| conflict.theirs.is_some());
    let lead = first.map(|row| fill(texts.conflict_lead(), &[&row.by]));
    let nothing = rows.is_empty().then_some(texts.conflict_settled());
    let count = rows.len();
    // For each row, whether the user's value is chosen; `None` before the choice.
    let chosen = RwSignal::new(BTreeMap::<usize, bool>::new());
    let (asked, busy) = (RwSignal::new(false), RwSignal::new(false));
    let paths = StoredValue::new(rows.iter().map(|row| row.paths.clone()).collect::<Vec<_>>());
    let navigate = use_navigate();
    let save = move |_| {
        let all = chosen.get_untracked();
        if let Some(missing) = (0..count).find(|row| !all.contains_key(row)) {
            asked.set(true);
            focus_on(missing);
            return;
        }
        busy.set(true);
        let taken = paths.with_value(|paths| {
            let mine = paths.iter().enumerate().filter(|(row, _)| all.get(row) == Some(&true));
            mine.flat_map(|(_, paths)| paths.clone()).collect()
        });
        let navigate = navigate.clone();
        spawn_local(async move {
            match sync::choose(app, id, rev, seq, taken).await {
                Ok(()) => navigate("/entries", Default::default()),
                Err(error) => app.storage.error.set(Some(error)),
            }
            busy.set(false);
        });
    };
    let row_view = move |(number, row): (usize, Row)| {
        let name = format!("choice-{number}");
        let pick = move |mine: bool| {
            chosen.update(|chosen| {
                chosen.insert(number, mine);
            })
        };
        let is_missing = move || asked.get() && chosen.with(|chosen| !chosen.contains_key(&number));
        view! {
            <fieldset class="conflict-sides" class:wrong=is_missing>
                <legend>{row.heading}</legend>
                <label>
                    <input type="radio" id=format!("{name}-theirs") name=name.clone() value="theirs" on:change=move |_| pick(false)/>
                    <span>{row.theirs.view(app)}<small>{fill(texts.conflict_theirs(), &[&row.by])}" "<time>{row.at}</time></small></span>
                </label>
                <label>
                    <input type="radio" name=name value="mine" on:change=move |_| pick(true)/>
                    <span>{row.mine.view(app)}<small>{texts.conflict_mine()}</small></span>
                </label>
            </fieldset>
        }
    };
    let is_incomplete = move || asked.get() && chosen.with(|chosen| chosen.len() < count);
    view! {
        <section class="narrow conflict">
            <h1>{texts.conflict_title()}</h1>
            <p class="conflict-which"><strong>{activity}</strong><span>{place}</span><span>{date}</span></p>
            <p class="lead">{lead}{nothing}</p>
            {rows.into_iter().enumerate().map(row_view).collect_view()}
            <p class="error" role="alert">{move || is_incomplete().then_some(texts.conflict_missing())}</p>
            <div class="actions">
                <button type="button" class="button button-primary" id="choose" disabled=busy on:click=save>{texts.conflict_save()}</button>
            </div>
        </section>
    }
}

/// Focuses the first row without a choice.
fn focus_on(row: usize) {
    let input = document().get_element_by_id(&format!("choice-{row}-theirs"));
    if let Some(input) = input.and_then(|input| input.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = input.focus();
    }
}
