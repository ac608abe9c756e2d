//! Choice of the entries that meet a ledger item.

use crate::features::ledger::item::form::Form;
use crate::labels::entry::{activity_name, answers_line};
use crate::storage::entry_view::EntryView;
use crate::ui::entry_list::use_entries;
use crate::ui::loading::{LoadingStored, NothingFound};
use jiedui_core::directory::place::covers;
use jiedui_core::entry::field;
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::date::format_date;
use jiedui_core::values::sort::sort_by_key;
use leptos::prelude::*;

/// Most entries listed.
const LIMIT: usize = 30;

/// Lists entries of the item's programme at its place or under its pairing, each with a checkbox.
#[component]
pub fn MeetingEntries(
    /// Form of the item.
    form: Form,
) -> impl IntoView {
    let (app, texts) = (form.app, form.app.texts);
    let entries = use_entries(|| true);
    let offered = Memo::new(move |_| {
        let draft = form.drafting.draft.get().unwrap_or_default();
        let overview = app.overviews.server.get().unwrap_or_default();
        let (place, programme, pairing) =
            (draft.get(field::PLACE), draft.get(field::PROGRAMME), draft.get(field::PAIRING));
        let fits = |view: &&EntryView| {
            let entry = &view.entry;
            let is_of =
                overview.catalogue.activity(&entry.activity).is_some_and(|activity| activity.programme == programme);
            let is_at = !place.is_empty() && (covers(&place, &entry.place) || covers(&entry.place, &place));
            let is_under = entry.pairing.is_some_and(|id| id.to_string() == pairing);
            draft.entries.contains(&view.id) || is_of && (is_at || is_under)
        };
        let all = entries.get()?;
        let mut offered: Vec<EntryView> = all.iter().filter(fits).cloned().collect();
        sort_by_key(&mut offered, |view| !draft.entries.contains(&view.id));
        offered.truncate(LIMIT.max(draft.entries.len()));
        // The order must not change while the user chooses.
        sort_by_key(&mut offered, |view| std::cmp::Reverse((view.entry.date, view.id)));
        Some(offered)
    });
    let item = move |view: &EntryView, overview: &Overview| {
        let id = view.id;
        let name = activity_name(app.labels(), overview, &view.entry.activity).to_owned();
        let line = answers_line(app.labels(), overview, &view.entry, "；");
        let words = format!("{} {name} {line}", format_date(view.entry.date));
        let is_chosen =
            move || form.drafting.draft.with(|draft| draft.as_ref().is_some_and(|draft| draft.entries.contains(&id)));
        let toggle = move |_| {
            form.change(|draft| {
                let before = draft.entries.len();
                draft.entries.retain(|entry| *entry != id);
                if draft.entries.len() == before {
                    draft.entries.push(id);
                }
            });
        };
        view! { <label class="choose"><input type="checkbox" prop:checked=is_chosen on:change=toggle/>{words}</label> }
    };
    view! {
        <fieldset class="form-row" id="field-entries">
            <legend>{format!("{}{}", texts.need_entries(), texts.optional())}</legend>
            {move || {
                let overview = app.overviews.server.get().unwrap_or_default();
                match offered.get() {
                    None => view! { <LoadingStored/> }.into_any(),
                    Some(views) if views.is_empty() => view! { <NothingFound text=texts.need_no_entries()/> }.into_any(),
                    Some(views) => views.iter().map(|view| item(view, &overview)).collect_view().into_any(),
                }
            }}
        </fieldset>
    }
}
