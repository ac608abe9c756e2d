//! Importing a spreadsheet in three steps: choose the activity and the file, match sheet, heading and columns, look at what will
//! be written; then import all of it or nothing, and undo it.

mod columns;
mod layout;
mod mistakes;
mod panel;
mod preview;

use crate::api::imports;
use crate::labels::entry::activity_name;
use crate::labels::texts::fill;
use crate::labels::time_format::in_china;
use crate::lazy_screen;
use crate::state::use_app_state;
use columns::columns;
use jiedui_core::api::imports::{ImportResponse, Stage};
use layout::layout;
use leptos::prelude::*;
use mistakes::mistakes;
use panel::{Panel, Step};
use preview::preview;
use std::sync::Arc;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

/// What is chosen in place of an activity where entries that exist are to be changed.
const UPDATE: &str = "update";

lazy_screen!(
    /// Importing a spreadsheet.
    ImportWizard, render_import, ImportTable
);

/// The screen.
#[component]
fn ImportTable() -> impl IntoView {
    let model = use_app_state();
    let texts = model.texts;
    crate::ui::page::title(texts.nav_import);
    let desk = Panel {
        model,
        import: RwSignal::new(None),
        step: RwSignal::new(Step::Choose),
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
            return view! { <crate::ui::page::PleaseSignIn/> }.into_any();
        }
        view! {
            <section class="list import">
                <h1>{texts.nav_import}</h1>
                {steps(desk)}
                <div hidden=move || desk.step.get() != Step::Choose>
                    <p class="hint">{texts.import_lead}</p>
                    {choose(desk)}
                </div>
                {move || desk.failed.get().map(|why| view! { <p class="notice bad" role="alert">{why}</p> })}
                {move || shown.get().map(|import| one(desk, import))}
                <div hidden=move || desk.step.get() != Step::Choose>{earlier(desk)}</div>
            </section>
        }
        .into_any()
    }
}

/// The steps, each of which can be gone back to.
fn steps(desk: Panel) -> impl IntoView {
    let texts = desk.model.texts;
    let can_go = move |step: Step| match step {
        Step::Choose => true,
        Step::Match => desk.import.with(|own| own.as_ref().is_some_and(|own| own.can_match())),
        Step::Preview => desk.import.with(|own| own.as_ref().is_some_and(|own| own.stage == Stage::Checked)),
    };
    let step = |(number, step, words): (usize, Step, &'static str)| {
        let current = move || (desk.step.get() == step).then_some("step");
        view! {
            <li>
                <button type="button" aria-current=current disabled=move || desk.step.get() != step && !can_go(step)
                    on:click=move |_| desk.step.set(step)>
                    <span class="number">{number}</span>{words}
                </button>
            </li>
        }
    };
    let all = [
        (1, Step::Choose, texts.import_step_choose),
        (2, Step::Match, texts.import_step_match),
        (3, Step::Preview, texts.import_step_preview),
    ];
    view! { <ol class="import-steps">{all.map(step).collect_view()}</ol> }
}

/// The activity, its template, and the file.
fn choose(desk: Panel) -> impl IntoView {
    let (model, texts) = (desk.model, desk.model.texts);
    let activity = RwSignal::new(String::new());
    let bring = move |event: leptos::ev::Event| {
        let Some(input) = event.target().and_then(|own| own.dyn_into::<HtmlInputElement>().ok()) else { return };
        let Some(file) = input.files().and_then(|files| files.item(0)) else { return };
        let code = activity.get_untracked();
        let code = if code == UPDATE { String::new() } else { code };
        desk.import.set(None);
        desk.step.set(Step::Choose);
        desk.work(async move {
            let brought = imports::upload(&code, &file, model.language).await;
            // The same file may be chosen again once it has been put right.
            input.set_value("");
            brought
        });
    };
    let groups = move || {
        let overview = model.server_overview.get().unwrap_or_default();
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
    let is_update = move || activity.with(|own| own == UPDATE);
    view! {
        <div class="form">
            <div class="form-row">
                <label for="import-activity">{texts.activity}</label>
                <select id="import-activity" on:change=move |event| activity.set(event_target_value(&event))>
                    <option value="">{texts.please_choose}</option>
                    {groups}
                    <option value=UPDATE>{texts.import_update}</option>
                </select>
            </div>
            {move || (!activity.with(String::is_empty)).then(|| view! {
                {if is_update() {
                    view! { <p class="hint">{texts.import_update_hint}</p> }.into_any()
                } else {
                    view! { <p><a class="button button-quiet" href=template rel="external">{texts.import_template}</a></p> }.into_any()
                }}
                <div class="form-row">
                    <label for="import-file">{texts.import_file}</label>
                    <input id="import-file" type="file" accept=".xlsx,.xls,.csv" disabled=move || desk.busy.get() on:change=bring/>
                </div>
            })}
        </div>
    }
}

/// How far an import has come, in words.
fn words(desk: Panel, import: &ImportResponse) -> String {
    let texts = desk.model.texts;
    let rows = import.rows;
    let problem = |usual: &str| import.problem.clone().unwrap_or_else(|| usual.to_owned());
    match import.stage {
        Stage::Checking if import.waits => texts.import_waits.to_owned(),
        Stage::Checking => fill(texts.import_checking, &[&import.done.unwrap_or_default(), &rows]),
        Stage::Checked if import.wrong == 0 => fill(texts.import_right, &[&rows]),
        Stage::Checked => fill(texts.import_wrong, &[&rows, &import.wrong_rows, &import.wrong]),
        Stage::Writing => fill(texts.import_writing, &[&rows]),
        Stage::Done if import.updates > 0 => fill(texts.import_done_updates, &[&import.new, &import.updates]),
        Stage::Done => fill(texts.import_done, &[&rows]),
        Stage::Undone => texts.import_undone.to_owned(),
        Stage::Cancelled => texts.import_cancelled.to_owned(),
        Stage::Unreadable => problem(texts.import_unreadable),
        Stage::Empty => problem(texts.import_empty),
        Stage::TooMany => problem(texts.import_too_many),
    }
}

/// One import: how far it has come, and what its step shows.
fn one(desk: Panel, import: ImportResponse) -> impl IntoView {
    let model = desk.model;
    let texts = model.texts;
    let overview = model.server_overview.get_untracked().unwrap_or_default();
    let name = if import.activity.is_empty() {
        texts.import_update.to_owned()
    } else {
        activity_name(model.labels(), &overview, &import.activity).to_owned()
    };
    let (stage, rows, done) = (import.stage, import.rows, import.done);
    let (words, of_file) = (words(desk, &import), format!("{} · {}", import.name, name));
    let goes_on = import.goes_on();
    let import = Arc::new(import);
    let of_step = {
        let import = import.clone();
        move || {
            match desk.step.get() {
            Step::Match if import.can_match() => view! {
                {layout(desk, &import)}
                {(stage == Stage::Checked).then(|| columns(desk, &import))}
                <p class="actions">
                    <button type="button" class="button button-primary" id="import-next" disabled=move || desk.busy.get() || stage != Stage::Checked
                        on:click=move |_| desk.step.set(Step::Preview)>{texts.import_next}</button>
                </p>
            }
            .into_any(),
            Step::Preview if stage == Stage::Checked => view! {
                {(import.wrong > 0).then(|| mistakes(model, import.clone()))}
                {preview(model, &import)}
            }
            .into_any(),
            _ => ().into_any(),
        }
        }
    };
    view! {
        <h2>{of_file}</h2>
        <p role="status" data-stage=format!("{stage:?}")>{words}</p>
        {goes_on.then(|| view! {
            <progress class="receiving" max=rows.max(1).to_string() value=done.map(|done| done.to_string()) aria-label=texts.import_progress></progress>
        })}
        {of_step}
        {actions(desk, &import)}
    }
}

/// What can be done with an import.
fn actions(desk: Panel, import: &ImportResponse) -> impl IntoView + use<> {
    let (model, texts) = (desk.model, desk.model.texts);
    let (stage, rows, done) = (import.stage, import.rows, import.done);
    let id = import.id;
    let write = move |_| {
        desk.busy.set(false);
        desk.work(async move { imports::write(id, model.language).await });
    };
    let take_back = move |_| {
        let sure = stage != Stage::Done || window().confirm_with_message(texts.import_undo_sure).unwrap_or(false);
        if sure {
            // A check that is under way is cancelled, not waited for.
            desk.busy.set(false);
            desk.work(async move { imports::revert(id, model.language).await });
        }
    };
    let is_right = stage == Stage::Checked && import.wrong == 0;
    let writes = is_right && import.new + import.updates > 0;
    // A server that was stopped while it wrote has written all or nothing; the same request goes on with it.
    let is_left = stage == Stage::Writing && done.is_none();
    let write_words = if is_left {
        texts.import_resume.to_owned()
    } else if import.updates > 0 {
        fill(texts.import_write_updates, &[&import.new, &import.updates])
    } else {
        fill(texts.import_write, &[&rows])
    };
    let back = match stage {
        Stage::Checking | Stage::Checked => Some(texts.cancel),
        Stage::Done if import.can_undo => Some(texts.import_undo),
        _ => None,
    };
    let write_words = StoredValue::new(write_words);
    view! {
        <p class="actions">
            {move || (is_left || (writes && desk.step.get() == Step::Preview)).then(|| view! {
                <button type="button" class="button button-primary" id="import-write" disabled=move || desk.busy.get() && !is_left on:click=write>
                    {write_words.get_value()}
                </button>
            })}
            {back.map(|words| view! { <button type="button" class="button" id="import-back" on:click=take_back>{words}</button> })}
            {(stage == Stage::Done).then(|| view! { <a class="button button-quiet" href="/list">{texts.nav_list}</a> })}
        </p>
    }
}

/// What was brought before.
fn earlier(desk: Panel) -> impl IntoView {
    let (model, texts) = (desk.model, desk.model.texts);
    let item = move |own: ImportResponse| {
        let overview = model.server_overview.get_untracked().unwrap_or_default();
        let name = if own.activity.is_empty() {
            texts.import_update.to_owned()
        } else {
            activity_name(model.labels(), &overview, &own.activity).to_owned()
        };
        let words_of_item = format!("{} · {} · {}", in_china(&own.created_at), own.name, name);
        let stage = words(desk, &own);
        let open = move |_| {
            let id = own.id;
            desk.step.set(Step::Choose);
            desk.import.set(None);
            desk.work(async move { imports::ask(id).await });
        };
        view! {
            <li class="entry">
                <span>{words_of_item}</span>
                <span class="state">{stage}</span>
                <button type="button" class="button-quiet" on:click=open>{texts.open}</button>
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
