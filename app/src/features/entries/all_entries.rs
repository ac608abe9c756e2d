//! All entries that the user may see, searched and filtered in the phone's replica.

use super::entry_table::EntryTable;
use crate::labels::code::entry_state;
use crate::labels::directory::pairing_name;
use crate::labels::entry::{activity_name, answers_of};
use crate::labels::texts::fill;
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::storage::StoreError;
use crate::storage::entry_view::EntryView;
use crate::storage::lists::{EntryRange, EntryRow, Shared};
use crate::storage::user_db::UserDb;
use crate::ui::entry::deletion::PendingDeletions;
use crate::ui::entry_list::entry_row;
use crate::ui::filter::{FilterBar, HiddenFilters, parameters_of, unreadable_notice, use_list_filter};
use crate::ui::loading::{NothingFound, ReplicaNotice};
use crate::ui::older::{Older, RecordList};
use crate::ui::search::{PAGE, SearchField, SearchResults, use_words};
use crate::ui::skeleton::Skeleton;
use crate::ui::stored::{FoundEntries, Match, Reading, newest, scan, use_stored};
use crate::ui::url_state::{HistoryStep, use_url_state};
use crate::ui::wide::use_is_wide;
use jiedui_core::entry::State;
use jiedui_core::figures::figure::CompiledFilter;
use jiedui_core::figures::{figure::Filter, overview::Overview};
use jiedui_core::values::date::format_date;
use leptos::prelude::*;
use std::sync::Arc;
use uuid::Uuid;

/// Content of the list.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ListContent {
    Loading,
    Nothing,
    /// The table of a wide screen.
    Table,
    /// The rows of a phone.
    Rows,
}

/// States to choose from.
const STATES: [State; 3] = [State::Submitted, State::Verified, State::Returned];

lazy_screen!(
    /// All entries that the user may see.
    AllEntries, render_all_entries, List
);

/// The list.
#[component]
fn List() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.nav_list());
    let (filter, address) = (use_list_filter(), use_url_state());
    let listed = RwSignal::new(PAGE);
    let pairing = Memo::new(move |_| address.get("pairing").and_then(|id| Uuid::parse_str(&id).ok()));
    let state = Memo::new(move |_| address.get("state").unwrap_or_default());
    let wrong = Memo::new(move |_| {
        let is_state = |code: &str| STATES.iter().any(|state| state.code() == code);
        let wrong_pairing = address.get("pairing").filter(|id| Uuid::parse_str(id).is_err());
        let wrong_state = address.get("state").filter(|code| !is_state(code));
        let wrong = [(texts.pairing(), wrong_pairing), (texts.state(), wrong_state)];
        wrong.into_iter().filter_map(|(label, value)| Some((label, value?))).collect::<Vec<_>>()
    });
    let words = use_words();
    // The matches, and the numbers of further matches in any year and without filters.
    let matches = use_stored(move |reading| {
        let (overview, filter) = (app.overviews.server.get()?, filter.get());
        let (words, state, pairing, listed) = (words.get(), state.get(), pairing.get(), listed.get());
        if !words.is_empty() {
            // The search covers the names of places too.
            app.geography.places.track();
        }
        Some(async move {
            let (from, until) = filter.dates();
            let one_state = if filter.verified_only { State::Verified.code() } else { state.as_str() };
            let has_one_state = !filter.verified_only || state.is_empty() || state == one_state;
            let is_indexed =
                words.is_empty() && filter.programme.is_none() && filter.place.is_none() && pairing.is_none();
            if is_indexed && has_one_state {
                let shared = STATES.into_iter().find(|state| state.code() == one_state).map(Shared::State);
                if shared.is_some() || one_state.is_empty() {
                    return in_range(&reading, EntryRange { shared, from, until }, listed).await;
                }
            }
            let any_year = Filter { year: None, from: None, until: None, ..filter.clone() };
            let [in_years, in_any_year] =
                [&filter, &any_year].map(|filter| filter.compile(&overview.catalogue, overview.directory()));
            let class = |row: &EntryRow| {
                let Some(head) = row.head() else { return Match::No };
                if !words.is_empty() && !row.view().is_some_and(|view| has_words(app, &overview, &view, &words)) {
                    return Match::No;
                }
                let activity = overview.catalogue.activity(&head.activity);
                let is_verified = head.state == State::Verified;
                let passes = |filter: &CompiledFilter<'_>| {
                    filter.matches_at(&head.place, head.pairing, head.date.into(), is_verified)
                };
                let others = activity.is_some_and(|activity| in_years.matches_programme(&activity.programme))
                    && (state.is_empty() || head.state.code() == state)
                    && pairing.is_none_or(|pairing| head.pairing == Some(pairing));
                match others {
                    true if passes(&in_years) => Match::Found,
                    true if passes(&in_any_year) => Match::HiddenByYears,
                    _ => Match::Hidden,
                }
            };
            scan(&reading, &EntryRange::all(), listed, class, |found| found).await
        })
    });
    let is_countable = Memo::new(move |_| app.replica.state.get().is_countable());
    let in_years = Signal::derive(move || {
        if is_countable.get() {
            matches.with(|found| found.as_ref().filter(|found| found.is_whole).map_or(0, |found| found.hidden_by_years))
        } else {
            0
        }
    });
    // A chosen filter is expected to hide entries. A search is not, so it offers the matches in other years.
    let beyond = Signal::derive(move || {
        if words.with(Vec::is_empty) || !is_countable.get() {
            0
        } else {
            matches.with(|found| found.as_ref().filter(|found| found.is_whole).map_or(0, |found| found.hidden))
        }
    });
    let query = Signal::derive(move || {
        let pairing = pairing.get().map(|id| format!("&pairing={id}")).unwrap_or_default();
        format!("{}&state={}{pairing}", parameters_of(&filter.get()), state.get())
    });
    let first = Signal::derive(move || filter.get().dates().0);
    let few = Memo::new(move |_| matches.with(|found| found.as_ref().is_some_and(|found| found.are_fewer_than(PAGE))));
    let is_open = RwSignal::new(false);
    let state_option = move |option_state: State| {
        view! { <option value=option_state.code() selected=move || state.get() == option_state.code()>{entry_state(texts, option_state)}</option> }
    };
    let is_wide = use_is_wide();
    let kind = Memo::new(move |_| {
        matches.with(|found| match found {
            None => ListContent::Loading,
            Some(found) if found.count == 0 && found.is_whole => ListContent::Nothing,
            Some(_) if is_wide.get() => ListContent::Table,
            Some(_) => ListContent::Rows,
        })
    });
    let count = Signal::derive(move || {
        let count = matches.with(|found| found.as_ref().filter(|found| found.is_whole).map(|found| found.count));
        count.filter(|_| is_countable.get())
    });
    let summary = move || count.get().map(|count| fill(texts.found_entries(), &[&count])).unwrap_or_default();
    let has_more = move || {
        matches.with(|found| found.as_ref().is_some_and(|found| found.count > found.entries.len() || !found.is_whole))
    };
    let page = Memo::new(move |_| {
        matches.with(|found| Arc::new(found.as_ref().map(|found| found.entries.clone()).unwrap_or_default()))
    });
    let more = move || {
        has_more().then(|| view! {
            <button type="button" class="button" on:click=move |_| listed.update(|listed| *listed += PAGE)>{texts.more()}</button>
        })
    };
    let rows = move || {
        let overview = app.overviews.server.get().unwrap_or_default();
        matches.with(|found| {
            let entries = found.iter().flat_map(|found| &found.entries);
            let rows: String =
                entries.map(|view| entry_row(app, &overview, Some(view.id), &view.entry).into_string()).collect();
            view! { <SearchResults summary=summary() rows more=has_more() listed/> }
        })
    };
    let body = move || match kind.get() {
        ListContent::Loading => view! { <Skeleton/> }.into_any(),
        ListContent::Nothing => {
            let text = if is_open.get() { texts.nothing_found_on_phone() } else { texts.nothing_found() };
            view! { <NothingFound text/> }.into_any()
        }
        ListContent::Table => view! {
            <ReplicaNotice/>
            <p class="note" role="status">{summary}</p>
            <EntryTable page count/>
            {more}
        }
        .into_any(),
        ListContent::Rows => view! { <ReplicaNotice/>{rows} }.into_any(),
    };
    // Reading the user again must not rebuild the screen.
    let is_signed_out = Memo::new(move |_| app.session.user.with(Option::is_none));
    move || {
        if is_signed_out.get() {
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
                            {STATES.map(state_option)}
                        </select>
                    </label>
                </div>
                {move || unreadable_notice(texts, wrong.get())}
                {move || pairing.get().map(|id| of_pairing(app, id))}
                {body}
                <HiddenFilters in_years beyond/>
                <Older part=RecordList::Entries query first few is_open/>
                <PendingDeletions/>
                <p class="actions">
                    <a href=move || taken_away(&filter.get(), &state.get()) rel="external" class="button button-quiet">{texts.entries_as_xlsx()}</a>
                </p>
            </section>
        }
        .into_any()
    }
}

/// Returns the entries of a range, and the number of those that its dates hide. The indexes count all of them.
async fn in_range(
    reading: &Reading<FoundEntries>,
    range: EntryRange,
    limit: usize,
) -> Result<FoundEntries, StoreError> {
    let found = newest(reading, &range, limit).await?;
    let any_year = EntryRange { from: None, until: None, ..range };
    let all: usize = UserDb::open(reading.user).await?.count_entries(&[any_year]).await?.into_iter().sum();
    Ok(FoundEntries { hidden_by_years: all.saturating_sub(found.count), ..found })
}

/// Renders the pairing to which the list is limited, with a button that removes the limit.
fn of_pairing(app: AppState, id: Uuid) -> impl IntoView {
    let address = use_url_state();
    let name = app.overviews.server.with(|overview| {
        let pairing = overview.as_ref()?.directory().pairing(id)?;
        Some(pairing_name(app.labels(), overview.as_ref()?, pairing))
    });
    view! {
        <p class="place-chosen">
            <strong>{name}</strong>
            <button type="button" class="button-quiet" on:click=move |_| address.change(&[("pairing", String::new())], HistoryStep::Further)>
                {app.texts.list_all()}
            </button>
        </p>
    }
}

/// Returns whether the text of an entry contains each of the words.
fn has_words(app: AppState, overview: &Overview, entry_view: &EntryView, words: &[String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let entry = &entry_view.entry;
    let mut text = format!(
        "{} {} {} {}",
        format_date(entry.date),
        activity_name(app.labels(), overview, &entry.activity),
        app.geography.places.with_untracked(|places| places.label(&entry.place)),
        entry.note
    );
    for (name, value) in answers_of(app.labels(), overview, entry) {
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
            .map(|pairing| pairing_name(app.labels(), overview, pairing)),
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
