//! Choice of the activity and upload of the file.

use crate::api::imports;
use crate::features::import::panel::{ImportStep, Panel};
use jiedui_core::catalogue::Activity;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

/// Choice in place of an activity, to change existing entries.
const UPDATE: &str = "update";

/// Renders the choice of activity, the link to its template, and the choice of file.
pub fn choose(panel: Panel) -> impl IntoView {
    let (app, texts) = (panel.app, panel.app.texts);
    let activity = RwSignal::new(String::new());
    let upload = move |event: leptos::ev::Event| {
        let Some(input) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else { return };
        let Some(file) = input.files().and_then(|files| files.item(0)) else { return };
        let code = activity.get_untracked();
        let code = if code == UPDATE { String::new() } else { code };
        panel.import.set(None);
        panel.step.set(ImportStep::Choose);
        panel.work(async move {
            let uploaded = imports::upload(&code, &file, app.language).await;
            // Otherwise the corrected file, chosen again under the same name, would fire no event.
            input.set_value("");
            uploaded
        });
    };
    let groups = move || {
        let overview = app.overviews.server.get().unwrap_or_default();
        let scope = app.session.user.with(|user| user.as_ref().map(|user| user.scope.clone())).unwrap_or_default();
        let programmes = overview.catalogue.programmes.iter().filter(|programme| scope.has_programme(&programme.code));
        programmes
            .filter_map(|programme| {
                let activities =
                    overview.catalogue.activities.iter().filter(|activity| activity.programme == programme.code);
                let option = |activity: &Activity| {
                    view! { <option value=activity.code.clone()>{app.pick(&activity.name, &activity.name_en).to_owned()}</option> }
                };
                let options: Vec<_> = activities.map(option).collect();
                (!options.is_empty()).then(|| {
                    view! { <optgroup label=app.pick(&programme.name, &programme.name_en).to_owned()>{options}</optgroup> }
                })
            })
            .collect_view()
    };
    let template = move || format!("/api/v1/imports/template.xlsx?activity={}", activity.get());
    let is_update = move || activity.with(|code| code == UPDATE);
    view! {
        <div class="form">
            <div class="form-row">
                <label for="import-activity">{texts.activity()}</label>
                <select id="import-activity" on:change=move |event| activity.set(event_target_value(&event))>
                    <option value="">{texts.please_choose()}</option>
                    {groups}
                    <option value=UPDATE>{texts.import_update()}</option>
                </select>
            </div>
            {move || (!activity.with(String::is_empty)).then(|| view! {
                {if is_update() {
                    view! { <p class="hint">{texts.import_update_hint()}</p> }.into_any()
                } else {
                    view! { <p><a class="button button-quiet" href=template rel="external">{texts.import_template()}</a></p> }.into_any()
                }}
                <div class="form-row">
                    <label for="import-file">{texts.import_file()}</label>
                    <input id="import-file" type="file" accept=".xlsx,.xls,.csv" disabled=move || panel.busy.get() on:change=upload/>
                </div>
            })}
        </div>
    }
}
