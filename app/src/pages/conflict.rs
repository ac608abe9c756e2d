//! Where this person and others have changed the same: both values, who and when, and the choice between them.

use super::entries::field_name;
use crate::components::loading::LoadingStored;
use crate::model::{Model, use_model};
use crate::store::journal::{Conflict, Journalled, Progress};
use crate::sync;
use crate::texts::fill;
use jiedui_core::domain::entry::Fields;
use jiedui_core::sync::{Op, all_paths};
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map};
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

/// The path that stands for the entry as a whole, as the server names it.
const DELETED: &str = "deleted";

/// The choice for the entry that the address names.
#[component]
pub fn ConflictOf() -> impl IntoView {
    let model = use_model();
    let texts = model.texts;
    super::title(texts.conflict_title);
    let params = use_params_map();
    let id = move || params.get().get("id").and_then(|id| Uuid::parse_str(&id).ok());
    move || {
        if model.user.with(Option::is_none) {
            return view! { <super::PleaseSignIn/> }.into_any();
        }
        let Some(journal) = model.journal.get() else {
            return view! { <LoadingStored/> }.into_any();
        };
        let own = journal.entries.iter().find(|own| Some(own.id) == id());
        match own.map(|own| (own, &own.progress)) {
            Some((own, Progress::Conflict(conflict))) => choice(model, own, conflict).into_any(),
            _ => view! { <p class="empty">{texts.conflict_none}</p> }.into_any(),
        }
    }
}

/// Who changed a path last; of no path in particular who changed anything.
fn other(conflict: &Conflict, path: &str) -> Option<(String, String)> {
    let others = conflict.outgoing.answer.as_ref().map(|answer| answer.others.as_slice()).unwrap_or_default();
    let of_path = others.iter().rev().find(|other| other.changed.iter().any(|own| own == path));
    of_path.or(others.last()).map(|other| (other.name.clone(), other.at.clone()))
}

fn value_of<'a>(fields: &'a Fields, path: &str) -> &'a Value {
    let value = match path.strip_prefix("values.") {
        Some(code) => fields.get("values").and_then(|values| values.get(code)),
        None => fields.get(path),
    };
    value.unwrap_or(&Value::Null)
}

/// A value as people read it.
fn shown(model: Model, path: &str, value: &Value) -> String {
    match value {
        Value::String(code) if path == "place" => model.places.with(|places| places.label(code)),
        Value::String(text) if !text.is_empty() => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Null | Value::String(_) => model.texts.nothing_there.to_owned(),
        other => other.to_string(),
    }
}

/// A time of the server's in this phone's zone.
fn local(at: &str) -> String {
    let date = js_sys::Date::new(&at.into());
    let two = |number: u32| format!("{number:02}");
    format!(
        "{}-{}-{} {}:{}",
        date.get_full_year(),
        two(date.get_month() + 1),
        two(date.get_date()),
        two(date.get_hours()),
        two(date.get_minutes())
    )
}

fn choice(model: Model, own: &Journalled, conflict: &Conflict) -> impl IntoView + use<> {
    let texts = model.texts;
    let mutation = &conflict.outgoing.mutation;
    let (id, seq, activity) = (own.id, mutation.seq, own.entry.activity.clone());
    let gone = conflict.outgoing.answer.as_ref().map_or(0, |answer| answer.rev);
    let rev = conflict.theirs.as_ref().map_or(gone, |(rev, _)| *rev);
    // Each row: its paths, its heading, mine, theirs, and who and when.
    let all: Vec<String> = all_paths(&mutation.fields).into_iter().collect();
    type Row = (Vec<String>, String, String, String, Option<(String, String)>);
    let someone = |other: &Option<(String, String)>| {
        other.as_ref().map_or(texts.conflict_someone.to_owned(), |(name, _)| name.clone())
    };
    let rows: Vec<Row> = match (&conflict.theirs, mutation.op) {
        (None, _) => {
            let other = other(conflict, DELETED);
            let by = fill(texts.conflict_deleted_by, &[&someone(&other)]);
            vec![(all, by, texts.conflict_restore.to_owned(), texts.conflict_keep_deleted.to_owned(), other)]
        }
        (Some(_), Op::Delete) => {
            let other = other(conflict, DELETED);
            let (mine, theirs) = (texts.conflict_delete.to_owned(), texts.conflict_keep.to_owned());
            vec![(vec![DELETED.to_owned()], texts.entry.to_owned(), mine, theirs, other)]
        }
        (Some((_, theirs)), Op::Put) => {
            let differing = all.into_iter().filter(|path| value_of(theirs, path) != value_of(&mutation.fields, path));
            let row = |path: String| {
                let show = |fields: &Fields| shown(model, &path, value_of(fields, &path));
                let (mine, theirs, other) = (show(&mutation.fields), show(theirs), other(conflict, &path));
                (vec![path.clone()], field_name(model, &activity, &path), mine, theirs, other)
            };
            differing.map(row).collect()
        }
    };
    // A delete says itself who has done what.
    let first = rows.first().filter(|_| conflict.theirs.is_some());
    let lead = first.map(|row| fill(texts.conflict_lead, &[&someone(&row.4)]));
    let taken = RwSignal::new(BTreeSet::<String>::new());
    let busy = RwSignal::new(false);
    let navigate = use_navigate();
    let save = move |_| {
        busy.set(true);
        let navigate = navigate.clone();
        spawn_local(async move {
            match sync::choose(model, id, rev, seq, taken.get_untracked().into_iter().collect()).await {
                Ok(()) => navigate("/entries", Default::default()),
                Err(error) => model.trouble.set(Some(error)),
            }
            busy.set(false);
        });
    };
    let row_view = move |(number, (paths, heading, mine, theirs, other)): (usize, Row)| {
        let (paths, name) = (StoredValue::new(paths), format!("choice-{number}"));
        let pick = move |take: bool| {
            taken.update(|taken| {
                for path in paths.get_value() {
                    if take {
                        taken.insert(path);
                    } else {
                        taken.remove(&path);
                    }
                }
            });
        };
        let by = other.as_ref().map_or(texts.conflict_someone.to_owned(), |(name, _)| name.clone());
        let at = other.map(|(_, at)| local(&at)).unwrap_or_default();
        view! {
            <fieldset class="sides">
                <legend>{heading}</legend>
                <label>
                    <input type="radio" name=name.clone() value="theirs" checked=true on:change=move |_| pick(false)/>
                    <span><strong>{theirs}</strong><small>{fill(texts.conflict_theirs, &[&by])}" · "{at}</small></span>
                </label>
                <label>
                    <input type="radio" name=name value="mine" on:change=move |_| pick(true)/>
                    <span><strong>{mine}</strong><small>{texts.conflict_mine}</small></span>
                </label>
            </fieldset>
        }
    };
    view! {
        <section class="narrow">
            <h1>{texts.conflict_title}</h1>
            <p class="lead">{lead}</p>
            {rows.into_iter().enumerate().map(row_view).collect_view()}
            <div class="actions">
                <button type="button" class="button primary" id="choose" disabled=busy on:click=save>{texts.conflict_save}</button>
            </div>
        </section>
    }
}
