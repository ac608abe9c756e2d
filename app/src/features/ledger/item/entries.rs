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
use leptos::prelude::*;

/// Most entries listed.
const LIMIT: usize = 30;

/// Lists entries of the item's programme at its place or under its pairing, each with a checkbox.
#[component]
pub fn MeetingEntries(
    /// Form of the item.
    form: Form,
) -> impl IntoView {
    let (model, texts) = (form.model, form.model.texts);
    let entries = use_entries(|| true);
    let offered = Memo::new(move |_| {
        let draft = form.drafting.draft.get().unwrap_or_default();
        let overview = model.overviews.server.get().unwrap_or_default();
        let (place, programme, pairing) =
            (draft.get(field::PLACE), draft.get(field::PROGRAMME), draft.get(field::PAIRING));
        let fits = |own: &&EntryView| {
            let entry = &own.entry;
            let is_of = overview.catalogue.activity(&entry.activity).is_some_and(|own| own.programme == programme);
            let is_at = !place.is_empty() && (covers(&place, &entry.place) || covers(&entry.place, &place));
            let is_under = entry.pairing.is_some_and(|id| id.to_string() == pairing);
            draft.entries.contains(&own.id) || is_of && (is_at || is_under)
        };
        let all = entries.get()?;
        let mut found: Vec<EntryView> = all.iter().filter(fits).cloned().collect();
        found.sort_by_key(|own| !draft.entries.contains(&own.id));
        found.truncate(LIMIT.max(draft.entries.len()));
        // The order must not change while the user chooses.
        found.sort_by_key(|own| std::cmp::Reverse((own.entry.date, own.id)));
        Some(found)
    });
    let item = move |own: &EntryView, overview: &Overview| {
        let id = own.id;
        let name = activity_name(model.labels(), overview, &own.entry.activity).to_owned();
        let line = answers_line(model.labels(), overview, &own.entry, "；");
        let words = format!("{} {name} {line}", format_date(own.entry.date));
        let is_chosen =
            move || form.drafting.draft.with(|draft| draft.as_ref().is_some_and(|draft| draft.entries.contains(&id)));
        let toggle = move |_| {
            form.change(|draft| {
                let before = draft.entries.len();
                draft.entries.retain(|own| *own != id);
                if draft.entries.len() == before {
                    draft.entries.push(id);
                }
            });
        };
        view! { <label class="choose"><input type="checkbox" prop:checked=is_chosen on:change=toggle/>{words}</label> }
    };
    view! {
        <fieldset class="form-row" id="field-entries">
            <legend>{format!("{}{}", texts.need_entries, texts.optional)}</legend>
            {move || {
                let overview = model.overviews.server.get().unwrap_or_default();
                match offered.get() {
                    None => view! { <LoadingStored/> }.into_any(),
                    Some(found) if found.is_empty() => view! { <NothingFound text=texts.need_no_entries/> }.into_any(),
                    Some(found) => found.iter().map(|own| item(own, &overview)).collect_view().into_any(),
                }
            }}
        </fieldset>
    }
}
