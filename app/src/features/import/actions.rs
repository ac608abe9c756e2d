//! Buttons that write, cancel or undo an import.

use crate::api::imports;
use crate::features::import::panel::{ImportStep, Panel};
use crate::labels::texts::fill;
use jiedui_core::api::imports::{ImportResponse, Stage};
use leptos::prelude::*;

/// Renders the buttons for an import.
pub fn actions(panel: Panel, import: &ImportResponse) -> impl IntoView + use<> {
    let (app, texts) = (panel.app, panel.app.texts);
    let (stage, rows, done) = (import.stage, import.rows, import.done);
    let id = import.id;
    let write = move |_| {
        panel.busy.set(false);
        panel.work(async move { imports::write(id, app.language).await });
    };
    let revert = move |_| {
        let sure = stage != Stage::Done || window().confirm_with_message(texts.import_undo_sure()).unwrap_or(false);
        if sure {
            // A check in progress is cancelled.
            panel.busy.set(false);
            panel.work(async move { imports::revert(id, app.language).await });
        }
    };
    let is_right = stage == Stage::Checked && import.wrong == 0;
    let writes = is_right && import.new + import.updates > 0;
    // A server that stopped while writing has written all or nothing; the same request continues.
    let is_left = stage == Stage::Writing && done.is_none();
    let write_words = if is_left {
        texts.import_resume().to_owned()
    } else if import.updates > 0 {
        fill(texts.import_write_updates(), &[&import.new, &import.updates])
    } else {
        fill(texts.import_write(), &[&rows])
    };
    let back = match stage {
        Stage::Checking | Stage::Checked => Some(texts.cancel()),
        Stage::Done if import.can_undo => Some(texts.import_undo()),
        _ => None,
    };
    let write_words = StoredValue::new(write_words);
    view! {
        <p class="actions">
            {move || (is_left || (writes && panel.step.get() == ImportStep::Preview)).then(|| view! {
                <button type="button" class="button button-primary" id="import-write" disabled=move || panel.busy.get() && !is_left on:click=write>
                    {write_words.get_value()}
                </button>
            })}
            {back.map(|words| view! { <button type="button" class="button" id="import-back" on:click=revert>{words}</button> })}
            {(stage == Stage::Done).then(|| view! { <a class="button button-quiet" href="/list">{texts.nav_list()}</a> })}
        </p>
    }
}
