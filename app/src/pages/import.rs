//! Bringing in a spreadsheet: choose the activity and the file, say which column is which field, see what is wrong in which row,
//! import all of it or nothing, and take it back.

mod columns;
mod desk;
mod mistakes;

use crate::components::entry_list::activity_name;
use crate::instant::in_china;
use crate::model::use_model;
use crate::sync::import::{self, Import, Stage};
use crate::texts::fill;
use columns::columns;
use desk::Desk;
use leptos::prelude::*;
use mistakes::{LISTED, mistakes};
use std::sync::Arc;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

/// The screen.
#[component]
pub fn ImportTable() -> impl IntoView {
    let model = use_model();
    let texts = model.texts;
    super::title(texts.nav_import);
    let desk = Desk {
        model,
        import: RwSignal::new(None),
        busy: RwSignal::new(false),
        failed: RwSignal::new(None),
        earlier: RwSignal::new(None),
    };
    Effect::new(move |_| {
        if model.user.with(Option::is_some) {
            desk.list();
        }
    });
    let shown = Memo::new(move |_| desk.import.get());
    move || {
        if model.user.with(Option::is_none) {
            return view! { <super::PleaseSignIn/> }.into_any();
        }
        view! {
            <section class="list import">
                <h1>{texts.nav_import}</h1>
                <p class="hint">{texts.import_lead}</p>
                {choose(desk)}
                {move || desk.failed.get().map(|why| view! { <p class="notice bad" role="alert">{why}</p> })}
                {move || shown.get().map(|import| one(desk, import))}
                {earlier(desk)}
            </section>
        }
        .into_any()
    }
}

/// The activity, its template, and the file.
fn choose(desk: Desk) -> impl IntoView {
    let (model, texts) = (desk.model, desk.model.texts);
    let activity = RwSignal::new(String::new());
    let bring = move |event: leptos::ev::Event| {
        let Some(input) = event.target().and_then(|own| own.dyn_into::<HtmlInputElement>().ok()) else { return };
        let Some(file) = input.files().and_then(|files| files.item(0)) else { return };
        let code = activity.get_untracked();
        desk.import.set(None);
        desk.work(async move {
            let brought = import::bring(&code, &file, model.language).await;
            // The same file may be chosen again once it has been put right.
            input.set_value("");
            brought
        });
    };
    let groups = move || {
        let overview = model.received.get().unwrap_or_default();
        let scope = model.user.with(|user| user.as_ref().map(|user| user.scope.clone())).unwrap_or_default();
        let programmes = overview.catalogue.programmes.iter().filter(|own| scope.has_programme(&own.code));
        programmes
            .map(|programme| {
                let own = overview.catalogue.activities.iter().filter(|own| own.programme == programme.code);
                let options = own.map(|own| {
                    view! { <option value=own.code.clone()>{model.pick(&own.name, &own.name_en).to_owned()}</option> }
                });
                view! {
                    <optgroup label=model.pick(&programme.name, &programme.name_en).to_owned()>{options.collect_view()}</optgroup>
                }
            })
            .collect_view()
    };
    let template = move || format!("/api/v1/imports/template.xlsx?activity={}", activity.get());
    view! {
        <div class="form">
            <div class="row">
                <label for="import-activity">{texts.activity}</label>
                <select id="import-activity" on:change=move |event| activity.set(event_target_value(&event))>
                    <option value="">{texts.please_choose}</option>
                    {groups}
                </select>
            </div>
            {move || (!activity.with(String::is_empty)).then(|| view! {
                <p><a class="button quiet" href=template rel="external">{texts.import_template}</a></p>
                <div class="row">
                    <label for="import-file">{texts.import_file}</label>
                    <input id="import-file" type="file" accept=".xlsx,.xls,.csv" disabled=move || desk.busy.get() on:change=bring/>
                </div>
            })}
        </div>
    }
}

/// One import: how far it has come, its columns, its mistakes, and what can be done with it.
fn one(desk: Desk, import: Import) -> impl IntoView {
    let (model, texts) = (desk.model, desk.model.texts);
    let overview = model.received.get_untracked().unwrap_or_default();
    let name = activity_name(model, &overview, &import.activity).to_owned();
    let (id, id_of_back) = (import.id.clone(), import.id.clone());
    let write = move |_| {
        let id = id.clone();
        desk.work(async move { import::write(&id, model.language).await });
    };
    let (stage, rows, done) = (import.stage, import.rows, import.done);
    let take_back = move |_| {
        let sure = stage != Stage::Done || window().confirm_with_message(texts.import_undo_sure).unwrap_or(false);
        if sure {
            let id = id_of_back.clone();
            // A check that is under way is cancelled, not waited for.
            desk.busy.set(false);
            desk.work(async move { import::take_back(&id, model.language).await });
        }
    };
    let is_right = stage == Stage::Checked && import.wrong == 0;
    let goes_on = matches!(stage, Stage::Checking | Stage::Writing) || done.is_some();
    let import = Arc::new(import);
    let words = match stage {
        Stage::Checking => fill(texts.import_checking, &[&done.unwrap_or_default(), &rows]),
        Stage::Checked if is_right && import.likely.is_empty() => fill(texts.import_right, &[&rows]),
        Stage::Checked if is_right => {
            let numbers: Vec<String> = import.likely.iter().take(LISTED).map(ToString::to_string).collect();
            let likely = fill(texts.import_likely, &[&import.likely.len(), &numbers.join("、")]);
            format!("{}。{likely}", fill(texts.import_right, &[&rows]))
        }
        Stage::Checked => fill(texts.import_wrong, &[&rows, &import.wrong_rows, &import.wrong]),
        Stage::Writing => fill(texts.import_writing, &[&rows]),
        Stage::Done => fill(texts.import_done, &[&rows]),
        Stage::Undone => texts.import_undone.to_owned(),
        Stage::Cancelled => texts.import_cancelled.to_owned(),
        Stage::Unreadable => texts.import_unreadable.to_owned(),
        Stage::Empty => texts.import_empty.to_owned(),
        Stage::TooMany => texts.import_too_many.to_owned(),
    };
    let back = match stage {
        Stage::Checking | Stage::Checked => Some(texts.cancel),
        Stage::Done => Some(texts.import_undo),
        _ => None,
    };
    let of_file = format!("{} · {}", import.name, name);
    view! {
        <h2>{of_file}</h2>
        <p role="status" data-stage=format!("{stage:?}")>{words}</p>
        {goes_on.then(|| view! {
            <progress class="receiving" max=rows.max(1).to_string() value=done.map(|done| done.to_string()) aria-label=texts.import_progress></progress>
        })}
        {(stage == Stage::Checked).then(|| columns(desk, &import))}
        {(stage == Stage::Checked && import.wrong > 0).then(|| mistakes(model, import.clone()))}
        <p class="actions">
            {is_right.then(|| view! {
                <button type="button" class="button primary" id="import-write" disabled=move || desk.busy.get() on:click=write>
                    {fill(texts.import_write, &[&rows])}
                </button>
            })}
            {back.map(|words| view! { <button type="button" class="button" id="import-back" on:click=take_back>{words}</button> })}
            {(stage == Stage::Done).then(|| view! { <a class="button quiet" href="/list">{texts.nav_list}</a> })}
        </p>
    }
}

/// What was brought before.
fn earlier(desk: Desk) -> impl IntoView {
    let (model, texts) = (desk.model, desk.model.texts);
    let item = move |own: Import| {
        let overview = model.received.get_untracked().unwrap_or_default();
        let words = format!(
            "{} · {} · {}",
            in_china(&own.created_at),
            own.name,
            activity_name(model, &overview, &own.activity)
        );
        let stage = match own.stage {
            Stage::Done => fill(texts.import_done, &[&own.rows]),
            Stage::Undone => texts.import_undone.to_owned(),
            Stage::Cancelled => texts.import_cancelled.to_owned(),
            Stage::Checking | Stage::Writing => texts.loading.to_owned(),
            _ => fill(texts.import_wrong, &[&own.rows, &own.wrong_rows, &own.wrong]),
        };
        let open = move |_| {
            let id = own.id.clone();
            desk.work(async move { import::ask(&id).await });
        };
        view! {
            <li class="entry">
                <span>{words}</span>
                <span class="state">{stage}</span>
                <button type="button" class="quiet" on:click=open>{texts.open}</button>
            </li>
        }
    };
    move || {
        let all = desk.earlier.get().filter(|all| !all.is_empty())?;
        Some(
            view! { <h2>{texts.import_earlier}</h2><ul class="entries">{all.into_iter().map(item).collect_view()}</ul> },
        )
    }
}
