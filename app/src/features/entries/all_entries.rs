//! All entries that the user may see, searched and filtered in the phone's replica.

use crate::labels::code::entry_state;
use crate::labels::directory::pairing_name;
use crate::labels::entry::{activity_name, answers_of};
use crate::labels::texts::fill;
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::storage::entry_view::EntryView;
use crate::ui::entry::deletion::PendingDeletions;
use crate::ui::entry_list::{entry_row, use_entries};
use crate::ui::filter::{FilterBar, HiddenFilters, unreadable_notice, use_list_filter};
use crate::ui::loading::{LoadingStored, NothingFound, ReplicaNotice};
use crate::ui::search::{PAGE, SearchField, SearchResults, use_words};
use crate::ui::url_state::{HistoryStep, use_url_state};
use jiedui_core::entry::State;
use jiedui_core::figures::figure::CompiledFilter;
use jiedui_core::figures::{figure::Filter, overview::Overview};
use jiedui_core::values::date::format_date;
use leptos::prelude::*;
use uuid::Uuid;

lazy_screen!(
    /// All entries that the user may see.
    AllEntries, render_all_entries, List
);

/// The list.
#[component]
fn List() -> impl IntoView {
    let model = use_app_state();
    let texts = model.texts;
    crate::ui::page::title(texts.nav_list());
    let (filter, address) = (use_list_filter(), use_url_state());
    let entries = use_entries(|| true);
    let listed = RwSignal::new(PAGE);
    let pairing = Memo::new(move |_| address.get("pairing").and_then(|id| Uuid::parse_str(&id).ok()));
    let state = Memo::new(move |_| address.get("state").unwrap_or_default());
    let wrong = Memo::new(move |_| {
        let is_state =
            |code: &str| [State::Submitted, State::Verified, State::Returned].iter().any(|state| state.code() == code);
        let wrong_pairing = address.get("pairing").filter(|id| Uuid::parse_str(id).is_err());
        let wrong_state = address.get("state").filter(|code| !is_state(code));
        let wrong = [(texts.pairing(), wrong_pairing), (texts.state(), wrong_state)];
        wrong.into_iter().filter_map(|(label, value)| Some((label, value?))).collect::<Vec<_>>()
    });
    let words = use_words();
    // The matches, and the numbers of further matches in any year and without filters.
    let matches = Memo::new(move |_| {
        let (overview, filter) = (model.overviews.server.get().unwrap_or_default(), filter.get());
        let (words, state, pairing) = (words.get(), state.get(), pairing.get());
        let any_year = Filter { year: None, from: None, until: None, ..filter.clone() };
        let [compiled, any_year] =
            [&filter, &any_year].map(|filter| filter.compile(&overview.catalogue, overview.directory()));
        let (mut in_years, mut beyond) = (0, 0);
        let wanted = |entry_view: &&EntryView| {
            let entry = &entry_view.entry;
            if !has_words(model, &overview, entry_view, &words) {
                return false;
            }
            let programme = overview.catalogue.activity(&entry.activity).map(|activity| activity.programme.as_str());
            let is_verified = entry.state == State::Verified;
            let takes = |compiled: &CompiledFilter<'_>| {
                compiled.matches_at(&entry.place, entry.pairing, entry.date.into(), is_verified)
            };
            let others = programme.is_some_and(|code| compiled.matches_programme(code))
                && (state.is_empty() || entry.state.code() == state)
                && pairing.is_none_or(|pairing| entry.pairing == Some(pairing));
            let is_found = others && takes(&compiled);
            beyond += usize::from(!is_found);
            in_years += usize::from(others && !is_found && takes(&any_year));
            is_found
        };
        let matches = entries
            .with(|entries| entries.as_ref().map(|entries| entries.iter().filter(wanted).cloned().collect::<Vec<_>>()));
        (matches, in_years, beyond)
    });
    let is_countable = Memo::new(move |_| model.replica.state.get().is_countable());
    let in_years = Signal::derive(move || if is_countable.get() { matches.with(|matches| matches.1) } else { 0 });
    // A chosen filter is expected to hide entries. A search is not, so it offers the matches in other years.
    let beyond = Signal::derive(move || {
        if words.with(Vec::is_empty) || !is_countable.get() { 0 } else { matches.with(|matches| matches.2) }
    });
    let state_option = move |option_state: State| {
        view! { <option value=option_state.code() selected=move || state.get() == option_state.code()>{entry_state(texts, option_state)}</option> }
    };
    let body = move || {
        let overview = model.overviews.server.get().unwrap_or_default();
        matches.with(|(matches, _, _)| match matches {
            None => view! { <LoadingStored/> }.into_any(),
            Some(matches) if matches.is_empty() => view! { <NothingFound text=texts.nothing_found()/> }.into_any(),
            Some(matches) => {
                let row = |entry_view: &EntryView| {
                    entry_row(model, &overview, Some(entry_view.id), &entry_view.entry).into_string()
                };
                let rows: String = matches.iter().take(listed.get()).map(row).collect();
                let more = matches.len() > listed.get();
                let summary =
                    if is_countable.get() { fill(texts.found_entries(), &[&matches.len()]) } else { String::new() };
                view! { <ReplicaNotice/><SearchResults summary rows more listed/> }.into_any()
            }
        })
    };
    move || {
        if model.session.user.with(Option::is_none) {
            return view! { <crate::ui::page::PleaseSignIn/> }.into_any();
        }
        view! {
            <section class="list">
                <h1>{texts.nav_list()}</h1>
                <FilterBar filter/>
                <div class="filters">
                    <SearchField label=texts.search()/>
                    <label>
                        <span>{texts.state()}</span>
                        <select on:change=move |event| address.change(&[("state", event_target_value(&event))], HistoryStep::Further)>
                            <option value="">{texts.all_states()}</option>
                            {[State::Submitted, State::Verified, State::Returned].map(state_option)}
                        </select>
                    </label>
                </div>
                {move || unreadable_notice(texts, wrong.get())}
                {move || pairing.get().map(|id| of_pairing(model, id))}
                {body}
                <HiddenFilters in_years beyond/>
                <PendingDeletions/>
                <p class="actions">
                    <a href=move || taken_away(&filter.get(), &state.get()) rel="external" class="button button-quiet">{texts.entries_as_xlsx()}</a>
                </p>
            </section>
        }
        .into_any()
    }
}

/// Renders the pairing to which the list is limited, with a button that removes the limit.
fn of_pairing(model: AppState, id: Uuid) -> impl IntoView {
    let address = use_url_state();
    let name = model.overviews.server.with(|overview| {
        let pairing = overview.as_ref()?.directory().pairing(id)?;
        Some(pairing_name(model.labels(), overview.as_ref()?, pairing))
    });
    view! {
        <p class="place-chosen">
            <strong>{name}</strong>
            <button type="button" class="button-quiet" on:click=move |_| address.change(&[("pairing", String::new())], HistoryStep::Further)>
                {model.texts.list_all()}
            </button>
        </p>
    }
}

/// Returns whether the text of an entry contains each of the words.
fn has_words(model: AppState, overview: &Overview, entry_view: &EntryView, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let entry = &entry_view.entry;
    let mut text = format!(
        "{} {} {} {}",
        format_date(entry.date),
        activity_name(model.labels(), overview, &entry.activity),
        model.geography.places.with(|places| places.label(&entry.place)),
        entry.note
    );
    for (name, value) in answers_of(model.labels(), overview, entry) {
        text.extend([" ", &name, " ", &value]);
    }
    for id in entry.organisation.into_iter() {
        text.extend(
            overview
                .directory()
                .organisation(id)
                .map(|organisation| format!(" {} {}", organisation.name, organisation.name_en)),
        );
    }
    text.extend(
        entry
            .pairing
            .and_then(|id| overview.directory().pairing(id))
            .map(|pairing| pairing_name(model.labels(), overview, pairing)),
    );
    let text = text.to_lowercase();
    words.iter().all(|word| text.contains(word.as_str()))
}

fn taken_away(filter: &Filter, state: &str) -> String {
    let query = crate::ui::filter::query_of(filter);
    // The export expects no year for all years.
    let query = query.replacen("year=all", "", 1);
    format!("/api/v1/export/entries.xlsx{query}&state={state}")
}
