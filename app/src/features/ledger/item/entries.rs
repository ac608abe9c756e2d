//! Choice of the entries that meet a ledger item.

use crate::features::ledger::item::form::ItemFormState;
use crate::labels::entry::{activity_name, answers_line};
use crate::storage::entry_view::EntryView;
use crate::storage::lists::{EntryHead, EntryRange};
use crate::storage::user_db::UserDb;
use crate::ui::loading::{LoadingStored, NothingFound};
use crate::ui::stored::{first, use_stored};
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
    form: ItemFormState,
) -> impl IntoView {
    let (app, texts) = (form.app, form.app.texts);
    let wanted = Memo::new(move |_| {
        let draft = form.drafting.draft.get().unwrap_or_default();
        [field::PLACE, field::PROGRAMME, field::PAIRING].map(|name| draft.get(name))
    });
    let offered = use_stored(move |reading| {
        let ([place, programme, pairing], overview) = (wanted.get(), app.overviews.server.get().unwrap_or_default());
        // The list must not change while the user chooses.
        let draft = form.drafting.draft.get_untracked();
        let chosen = draft.map(|draft| draft.entries).unwrap_or_default();
        Some(async move {
            let fits = |head: &EntryHead| {
                let is_of =
                    overview.catalogue.activity(&head.activity).is_some_and(|activity| activity.programme == programme);
                let is_at = !place.is_empty() && (covers(&place, &head.place) || covers(&head.place, &place));
                let is_under = head.pairing.is_some_and(|id| id.to_string() == pairing);
                is_of && (is_at || is_under)
            };
            let limit = LIMIT.saturating_sub(chosen.len());
            let is_offered = |head: &EntryHead| !chosen.contains(&head.id) && fits(head);
            let mut found = first(&reading, &EntryRange::all(), limit, is_offered).await?;
            let db = UserDb::open(reading.user).await?;
            for id in &chosen {
                found.extend(db.entry_view_of(*id).await?.map(|(view, _)| view));
            }
            sort_by_key(&mut found, |view| std::cmp::Reverse((view.entry.date, view.id)));
            Ok(found)
        })
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
