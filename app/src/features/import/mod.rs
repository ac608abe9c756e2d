//! Import of a spreadsheet in three steps: choose activity and file, match columns, preview.
//!
//! All rows are imported or none, and an import can be undone.

mod actions;
mod columns;
mod earlier;
mod errors;
mod layout;
mod panel;
mod preview;
mod stage;
mod upload;

use crate::labels::entry::activity_name;
use crate::lazy_screen;
use crate::state::use_app_state;
use actions::actions;
use columns::columns;
use earlier::earlier;
use errors::errors;
use jiedui_core::api::imports::{ImportResponse, Stage};
use layout::layout;
use leptos::prelude::*;
use panel::{ImportStep, Panel};
use preview::preview;
use stage::stage_words;
use std::sync::Arc;
use upload::choose;

lazy_screen!(office:
    /// Importing a spreadsheet.
    ImportWizard, render_import, ImportTable
);

/// The screen.
#[component]
fn ImportTable() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.nav_import());
    let panel = Panel {
        app,
        import: RwSignal::new(None),
        step: RwSignal::new(ImportStep::Choose),
        busy: RwSignal::new(false),
        failed: RwSignal::new(None),
        earlier: RwSignal::new(None),
    };
    Effect::new(move |_| {
        if app.session.user.with(Option::is_some) {
            panel.list();
        }
    });
    let shown = Memo::new(move |_| panel.import.get());
    move || {
        if app.session.user.with(Option::is_none) {
            return view! { <crate::ui::page::PleaseSignIn/> }.into_any();
        }
        view! {
            <section class="list import">
                <h1>{texts.nav_import()}</h1>
                {steps(panel)}
                <div hidden=move || panel.step.get() != ImportStep::Choose>
                    <p class="hint">{texts.import_lead()}</p>
                    {choose(panel)}
                </div>
                {move || panel.failed.get().map(|why| view! { <p class="notice bad" role="alert">{why}</p> })}
                {move || shown.get().map(|import| import_view(panel, import))}
                <div hidden=move || panel.step.get() != ImportStep::Choose>{earlier(panel)}</div>
            </section>
        }
        .into_any()
    }
}

/// Renders the steps. Each earlier step can be opened again.
fn steps(panel: Panel) -> impl IntoView {
    let texts = panel.app.texts;
    let can_go = move |step: ImportStep| match step {
        ImportStep::Choose => true,
        ImportStep::Match => panel.import.with(|import| import.as_ref().is_some_and(|import| import.can_match())),
        ImportStep::Preview => {
            panel.import.with(|import| import.as_ref().is_some_and(|import| import.stage == Stage::Checked))
        }
    };
    let step = |(number, step, words): (usize, ImportStep, &'static str)| {
        let current = move || (panel.step.get() == step).then_some("step");
        view! {
            <li>
                <button type="button" aria-current=current disabled=move || panel.step.get() != step && !can_go(step)
                    on:click=move |_| panel.step.set(step)>
                    <span class="number">{number}</span>{words}
                </button>
            </li>
        }
    };
    let all = [
        (1, ImportStep::Choose, texts.import_step_choose()),
        (2, ImportStep::Match, texts.import_step_match()),
        (3, ImportStep::Preview, texts.import_step_preview()),
    ];
    view! { <ol class="import-steps">{all.map(step).collect_view()}</ol> }
}

/// Renders an import: its stage and the content of the step.
fn import_view(panel: Panel, import: ImportResponse) -> impl IntoView {
    let app = panel.app;
    let texts = app.texts;
    let overview = app.overviews.server.get_untracked().unwrap_or_default();
    let name = if import.activity.is_empty() {
        texts.import_update().to_owned()
    } else {
        activity_name(app.labels(), &overview, &import.activity).to_owned()
    };
    let (stage, rows, done) = (import.stage, import.rows, import.done);
    let (words, of_file) = (stage_words(panel, &import), format!("{} · {}", import.name, name));
    let goes_on = import.is_running();
    let import = Arc::new(import);
    let of_step = {
        let import = import.clone();
        move || {
            match panel.step.get() {
            ImportStep::Match if import.can_match() => view! {
                {layout(panel, &import)}
                {(stage == Stage::Checked).then(|| columns(panel, &import))}
                <p class="actions">
                    <button type="button" class="button button-primary" id="import-next" disabled=move || panel.busy.get() || stage != Stage::Checked
                        on:click=move |_| panel.step.set(ImportStep::Preview)>{texts.import_next()}</button>
                </p>
            }
            .into_any(),
            ImportStep::Preview if stage == Stage::Checked => view! {
                {(import.wrong > 0).then(|| errors(app, import.clone()))}
                {preview(app, &import)}
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
            <progress class="receiving" max=rows.max(1).to_string() value=done.map(|done| done.to_string()) aria-label=texts.import_progress()></progress>
        })}
        {of_step}
        {actions(panel, &import)}
    }
}
