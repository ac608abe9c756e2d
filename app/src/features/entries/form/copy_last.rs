//! The button that copies the last entry of the same activity.

use super::draft_from_fields::copy_from_last;
use crate::state::AppState;
use crate::storage::drafts::Draft;
use crate::ui::entry_form::DraftChange;
use crate::ui::recent::use_recent;
use jiedui_core::entry::field;
use leptos::prelude::*;

/// Renders a button that fills a new form from the last entry of the same activity, except date, numbers and note.
pub fn copy_last_button(
    app: AppState,
    draft: RwSignal<Option<Draft>>,
    edit: Callback<DraftChange>,
    activity: String,
) -> impl IntoView {
    let is_new = Memo::new(move |_| draft.with(|draft| draft.as_ref().is_some_and(|draft| draft.base_rev == 0)));
    let recent = use_recent();
    let last = Memo::new(move |_| {
        let recent = recent.get().filter(|_| is_new.get())?;
        Some(recent.iter().find(|mine| mine.entry.activity == activity)?.fields.clone())
    });
    let fill_in = move |_| {
        if let Some(fields) = last.get_untracked() {
            edit.run(Box::new(move |draft| *draft = copy_from_last(draft, &fields)));
        }
    };
    move || {
        last.with(Option::is_some).then(|| {
            let place = last.with(|last| {
                let code = last.as_ref()?.get(field::PLACE)?.as_str()?;
                app.geography.places.with(|places| Some(places.get(code)?.short_name().to_owned()))
            });
            let words = app.texts.same_as_last();
            let words = place.map_or(words.to_owned(), |place| format!("{words} · {place}"));
            view! { <button type="button" class="button button-quiet" on:click=fill_in>{words}</button> }
        })
    }
}
