//! Bringing in a spreadsheet: choose the activity and the file, say which column is which field, see what is wrong in which row,
//! import all of it or nothing, and take it back.

use crate::components::entry_list::activity_name;
use crate::instant::in_china;
use crate::model::{Model, use_model};
use crate::sync::api::ApiError;
use crate::sync::import::{self, Import, Stage, Target};
use crate::texts::fill;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use std::sync::Arc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlInputElement;

/// How often it is asked how far the server has come, in milliseconds.
const ASK: u32 = 300;
/// So many mistakes are listed at first.
const LISTED: usize = 100;

/// What the screen works on.
#[derive(Clone, Copy)]
struct Desk {
    model: Model,
    import: RwSignal<Option<Import>>,
    busy: RwSignal<bool>,
    failed: RwSignal<Option<String>>,
    earlier: RwSignal<Option<Vec<Import>>>,
}

impl Desk {
    fn tell(self, error: ApiError) {
        let texts = self.model.texts;
        let words = error.detail.unwrap_or_else(|| texts.import_no_network.to_owned());
        let more: Vec<String> =
            error.errors.iter().filter_map(|own| own.limit).map(|own| fill(texts.import_so_many, &[&own])).collect();
        self.failed.set(Some([vec![words], more].concat().join("。")));
    }

    /// Does something with the server, then looks how far it has come until it is done with.
    fn work(self, work: impl Future<Output = Result<Import, ApiError>> + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failed.set(None);
        spawn_local(async move {
            match work.await {
                Ok(import) => {
                    let id = import.id.clone();
                    self.import.set(Some(import));
                    self.follow(id).await;
                }
                Err(error) => {
                    self.tell(error);
                    // A row may have become wrong meanwhile: it is being checked again.
                    if let Some(id) = self.import.with_untracked(|own| own.as_ref().map(|own| own.id.clone())) {
                        self.follow(id).await;
                    }
                }
            }
            self.busy.set(false);
            self.list();
        });
    }

    async fn follow(self, id: String) {
        loop {
            let is_mine = self.import.with_untracked(|own| own.as_ref().is_some_and(|own| own.id == id));
            match import::ask(&id).await {
                Ok(import) if is_mine => {
                    let goes_on = matches!(import.stage, Stage::Checking | Stage::Writing) || import.done.is_some();
                    self.import.set(Some(import));
                    if !goes_on {
                        return;
                    }
                }
                Ok(_) => return,
                Err(error) if error.status != 0 => return self.tell(error),
                // The server goes on without us; it is asked again when the line is back.
                Err(_) => {}
            }
            TimeoutFuture::new(ASK).await;
        }
    }

    fn list(self) {
        spawn_local(async move {
            if let Ok(all) = import::all().await {
                self.earlier.set(Some(all));
            }
        });
    }
}

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
                    <input id="import-file" type="file" accept=".xlsx,.xls,.ods,.csv" disabled=move || desk.busy.get() on:change=bring/>
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

/// Which field each column is.
fn columns(desk: Desk, import: &Arc<Import>) -> impl IntoView + use<> {
    let (model, texts) = (desk.model, desk.model.texts);
    let missing: Vec<String> = import
        .choices
        .iter()
        .filter(|own| own.required && !is_said(import, &own.path))
        .map(|own| own.label.clone())
        .collect();
    let import = import.clone();
    let row = {
        let import = import.clone();
        move |at: usize| {
            let (own, heading) =
                (import.columns.get(at).cloned().flatten(), import.heading.get(at).cloned().unwrap_or_default());
            let set = {
                let import = import.clone();
                move |event: leptos::ev::Event| {
                    let chosen = Some(event_target_value(&event)).filter(|path| !path.is_empty());
                    let mut columns = import.columns.clone();
                    // A field is one column's.
                    columns
                        .iter_mut()
                        .filter(|other| chosen.is_some() && **other == chosen)
                        .for_each(|other| *other = None);
                    if let Some(column) = columns.get_mut(at) {
                        *column = chosen;
                    }
                    let id = import.id.clone();
                    desk.work(async move { import::set_columns(&id, &columns, model.language).await });
                }
            };
            let option = |target: &Target| {
                let is_own = own.as_ref() == Some(&target.path);
                view! { <option value=target.path.clone() selected=is_own>{target.label.clone()}</option> }
            };
            let label = fill(texts.import_column_of, &[&heading]);
            view! {
                <tr>
                    <th scope="row">{heading}</th>
                    <td>
                        <select aria-label=label disabled=move || desk.busy.get() on:change=set>
                            <option value="">{texts.import_no_field}</option>
                            {import.choices.iter().map(option).collect_view()}
                        </select>
                    </td>
                </tr>
            }
        }
    };
    let rows: Vec<_> = (0..import.heading.len()).map(row).collect();
    view! {
        <details open=!missing.is_empty()>
            <summary>{texts.import_columns}</summary>
            {(!missing.is_empty()).then(|| view! { <p class="notice bad">{fill(texts.import_missing, &[&missing.join("、")])}</p> })}
            <table class="amounts">
                <thead><tr><th scope="col">{texts.import_column}</th><th scope="col">{texts.import_field}</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </details>
    }
}

fn is_said(import: &Import, path: &str) -> bool {
    import.columns.iter().flatten().any(|own| own == path)
}

/// What is wrong, row by row.
fn mistakes(model: Model, import: Arc<Import>) -> impl IntoView {
    let texts = model.texts;
    let listed = RwSignal::new(LISTED);
    let rows = {
        let import = import.clone();
        move || {
            let row = |own: &import::Mistake| {
                view! {
                    <tr>
                        <th scope="row">{own.row}</th>
                        <td>{own.column.clone()}</td>
                        <td>{own.value.clone()}</td>
                        <td>{own.error.clone().in_language(model.language).message}</td>
                    </tr>
                }
            };
            import.mistakes.iter().take(listed.get()).map(row).collect_view()
        }
    };
    let all = import.mistakes.len();
    view! {
        <div class="scroll" tabindex="0" role="region" aria-label=texts.import_mistakes>
            <table class="numbers mistakes">
                <caption>{texts.import_mistakes}</caption>
                <thead>
                    <tr>
                        <th scope="col">{texts.import_row}</th>
                        <th scope="col">{texts.import_column}</th>
                        <th scope="col">{texts.import_value}</th>
                        <th scope="col">{texts.import_what}</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {move || (all > listed.get()).then(|| view! {
            <button type="button" class="button" on:click=move |_| listed.update(|listed| *listed += LISTED)>{texts.more}</button>
        })}
        {(import.wrong > all as u64).then(|| view! { <p class="hint">{fill(texts.import_told, &[&all])}</p> })}
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
