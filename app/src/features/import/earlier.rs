//! List of earlier imports.

use crate::api::imports;
use crate::features::import::panel::{ImportStep, Panel};
use crate::features::import::stage::stage_words;
use crate::labels::entry::activity_name;
use crate::labels::time_format::in_china;
use jiedui_core::api::imports::ImportResponse;
use leptos::prelude::*;

/// Renders the earlier imports.
pub fn earlier(panel: Panel) -> impl IntoView {
    let (app, texts) = (panel.app, panel.app.texts);
    let item = move |import: ImportResponse| {
        let overview = app.overviews.server.get_untracked().unwrap_or_default();
        let name = if import.activity.is_empty() {
            texts.import_update().to_owned()
        } else {
            activity_name(app.labels(), &overview, &import.activity).to_owned()
        };
        let words_of_item = format!("{} · {} · {}", in_china(&import.created_at), import.name, name);
        let stage = stage_words(panel, &import);
        let open = move |_| {
            let id = import.id;
            panel.step.set(ImportStep::Choose);
            panel.import.set(None);
            panel.work(async move { imports::ask(id).await });
        };
        view! {
            <li class="entry">
                <span>{words_of_item}</span>
                <span class="state">{stage}</span>
                <button type="button" class="button-quiet" on:click=open>{texts.open()}</button>
            </li>
        }
    };
    move || {
        let all = panel.earlier.get().filter(|all| !all.is_empty())?;
        Some(
            view! { <h2>{texts.import_earlier()}</h2><ul class="entries">{all.into_iter().map(item).collect_view()}</ul> },
        )
    }
}
