//! Choice of the activity and upload of the file.

use crate::api::imports;
use crate::features::import::panel::{Panel, Step};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;

/// Choice in place of an activity, to change existing entries.
const UPDATE: &str = "update";

/// Renders the choice of activity, the link to its template, and the choice of file.
pub fn choose(desk: Panel) -> impl IntoView {
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
        let overview = model.overviews.server.get().unwrap_or_default();
        let scope = model.session.user.with(|user| user.as_ref().map(|user| user.scope.clone())).unwrap_or_default();
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
