//! The review queue, the oldest entry first. Keys: J and K move, V verifies, R returns.

mod actions;
mod entry_detail;

pub use entry_detail::EntryDetail;

use crate::labels::texts::fill;
use crate::lazy_screen;
use crate::state::use_app_state;
use crate::storage::entry_view::EntryView;
use crate::storage::lists::EntryRange;
use crate::storage::user_db::UserDb;
use crate::ui::entry::card::{EntryCard, likely_same};
use crate::ui::entry::deletion::PendingDeletions;
use crate::ui::entry::history::History;
use crate::ui::filter::{FilterBar, HiddenFilters, parameters_of, use_list_filter};
use crate::ui::loading::{LoadingStored, NothingFound, ReplicaNotice};
use crate::ui::older::{Older, Part};
use crate::ui::stored::{all_of, use_stored};
use actions::{ReviewActions, approve};
use jiedui_core::entry::State;
use jiedui_core::figures::figure::{CompiledFilter, Filter};
use leptos::ev;
use leptos::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use time::Date;
use uuid::Uuid;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;

/// Number of entries rendered at first, and added at each press of the button.
const PAGE: usize = 30;

/// Entries that wait for the user's review.
#[derive(Clone, Debug, Default, PartialEq)]
struct Waiting {
    /// Entries that pass the filter, oldest first.
    queue: Vec<EntryView>,
    /// Number of entries that pass it in any year.
    in_any_year: usize,
    /// Number of all entries that wait.
    all: usize,
    /// Number of entries with the user's own numbers, which wait for another reviewer.
    of_others: usize,
    /// The entries of each place and day that is listed, to find likely duplicates.
    near: BTreeMap<(String, Date), Arc<Vec<EntryView>>>,
}

impl Waiting {
    /// Returns the entries of the same place and day.
    fn near(&self, record: &EntryView) -> Arc<Vec<EntryView>> {
        self.near.get(&(record.entry.place.clone(), record.entry.date)).cloned().unwrap_or_default()
    }
}

lazy_screen!(
    /// Entries that wait for a reviewer.
    ReviewQueue, render_review, Review
);

/// The queue.
#[component]
fn Review() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.nav_review());
    // The queue has all years unless the filter names one.
    let filter = use_list_filter();
    let listed = RwSignal::new(PAGE);
    let filter_now = move || Filter { verified_only: false, ..filter.get() };
    // The work page counts the same entries.
    let read = use_stored(move |reading| {
        let (user, overview) = (app.session.user.get()?, app.overviews.server.get()?);
        let (filter, listed) = (filter_now(), listed.get());
        Some(async move {
            let awaits = |view: &EntryView| {
                view.awaits_review_by(&user, &overview.catalogue) || view.awaits_other_than(&user, &overview.catalogue)
            };
            let (mut waiting, of_others): (Vec<EntryView>, Vec<EntryView>) =
                all_of(&reading, &EntryRange::of_state(State::Submitted), awaits)
                    .await?
                    .into_iter()
                    .partition(|view| view.awaits_review_by(&user, &overview.catalogue));
            waiting.reverse();
            let any_year = Filter { year: None, from: None, until: None, ..filter.clone() };
            let [filter, any_year] =
                [&filter, &any_year].map(|filter| filter.compile(&overview.catalogue, overview.directory()));
            let passes = |filter: &CompiledFilter<'_>, view: &EntryView| {
                let entry = &view.entry;
                let programme =
                    overview.catalogue.activity(&entry.activity).map(|activity| activity.programme.as_str());
                // An activity that was removed from the catalogue has no programme.
                programme.map_or(filter.matches_programme(""), |code| filter.matches_programme(code))
                    && filter.matches_at(&entry.place, entry.pairing, entry.date.into(), false)
            };
            let all = waiting.len();
            let in_any_year = waiting.iter().filter(|view| passes(&any_year, view)).count();
            waiting.retain(|view| passes(&filter, view));
            let days: BTreeSet<(String, Date)> =
                waiting.iter().take(listed).map(|view| (view.entry.place.clone(), view.entry.date)).collect();
            let days: Vec<(String, Date)> = days.into_iter().collect();
            let near = UserDb::open(reading.user).await?.entries_on(&days).await?;
            let near = days.into_iter().zip(near.into_iter().map(Arc::new)).collect();
            Ok(Arc::new(Waiting { queue: waiting, in_any_year, all, of_others: of_others.len(), near }))
        })
    });
    let chosen = RwSignal::new(BTreeSet::<Uuid>::new());
    let of_queue = move |wanted: BTreeSet<Uuid>| -> Vec<(Uuid, u64)> {
        read.with(|read| {
            let queue = read.iter().flat_map(|waiting| &waiting.queue);
            queue.filter(|view| wanted.contains(&view.id)).map(|view| (view.id, view.rev)).collect()
        })
    };
    let verify_chosen = move |_| {
        let entries = of_queue(chosen.get_untracked());
        if window().confirm_with_message(&fill(texts.verify_sure(), &[&entries.len()])).unwrap_or(false) {
            chosen.set(BTreeSet::new());
            spawn_local(approve(app, entries));
        }
    };
    // Likely duplicates are reviewed one by one.
    let choose_all = move |_| {
        let ids = read.with_untracked(|read| {
            let shown = read
                .iter()
                .flat_map(|waiting| waiting.queue.iter().take(listed.get_untracked()).map(move |view| (waiting, view)));
            shown
                .filter(|(waiting, view)| likely_same(view, &waiting.near(view)).is_empty())
                .map(|(_, view)| view.id)
                .collect()
        });
        chosen.set(ids);
    };
    let query = Signal::derive(move || format!("{}&state=submitted", parameters_of(&filter_now())));
    let first = Signal::derive(move || filter_now().dates().0);
    let keys = window_event_listener(ev::keydown, by_key);
    on_cleanup(move || keys.remove());
    let ids = Memo::new(move |_| {
        let pair = |view: &EntryView| (view.id, view.rev);
        read.with(|read| read.as_ref().map(|waiting| waiting.queue.iter().map(pair).collect::<Vec<_>>()))
    });
    let is_countable = Memo::new(move |_| app.replica.state.get().is_countable());
    let has_entries = Memo::new(move |_| ids.with(|ids| ids.as_ref().map_or(0, Vec::len)) > 0);
    let count = move || ids.with(|ids| ids.as_ref().map_or(0, Vec::len));
    let hidden = move |all: usize| if is_countable.get() { all.saturating_sub(count()) } else { 0 };
    let in_years =
        Signal::derive(move || hidden(read.with(|read| read.as_ref().map_or(0, |waiting| waiting.in_any_year))));
    let beyond = Signal::derive(move || hidden(read.with(|read| read.as_ref().map_or(0, |waiting| waiting.all))));
    let of_others = move || read.with(|read| read.as_ref().map_or(0, |waiting| waiting.of_others));
    let shown = move || ids.get().unwrap_or_default().into_iter().take(listed.get()).collect::<Vec<_>>();
    let has_more = move || count() > listed.get();
    let item = move |(id, _): (Uuid, u64)| {
        let waiting = read.get_untracked()?;
        let record = waiting.queue.iter().find(|view| view.id == id).cloned()?;
        let all = waiting.near(&record);
        let opened = RwSignal::new(false);
        let (opened_record, same) = (record.clone(), likely_same(&record, &all));
        let toggle = move |_| {
            chosen.update(|chosen| {
                if !chosen.remove(&id) {
                    chosen.insert(id);
                }
            });
        };
        Some(view! {
            <li class="entry" data-entry=id.to_string() tabindex="-1">
                <label class="choose">
                    <input type="checkbox" prop:checked=move || chosen.with(|chosen| chosen.contains(&id)) on:change=toggle/>
                    {texts.choose_this()}
                </label>
                <EntryCard record=record.clone() all/>
                <ReviewActions record same/>
                <details on:toggle=move |_| opened.set(true)>
                    <summary>{texts.history()}</summary>
                    {move || opened.get().then(|| view! { <History record=opened_record.clone()/> })}
                </details>
            </li>
        })
    };
    move || {
        let reviews = app.session.user.with(|user| user.as_ref().map(|user| user.role.reviews()));
        match reviews {
            None => return view! { <crate::ui::page::PleaseSignIn/> }.into_any(),
            Some(false) => return view! { <p class="empty">{texts.not_a_reviewer()}</p> }.into_any(),
            Some(true) => {}
        }
        view! {
            <section class="list review">
                <h1>{texts.nav_review()}</h1>
                <FilterBar filter with_include=false/>
                {move || (count() == 0).then(|| if ids.with(Option::is_none) {
                    view! { <LoadingStored/> }.into_any()
                } else {
                    view! { <NothingFound text=texts.nothing_waits()/> }.into_any()
                })}
                <div hidden=move || count() == 0>
                    <p role="status">{move || is_countable.get().then(|| fill(texts.entries_wait(), &[&count()]))}</p>
                    {move || has_entries.get().then(|| view! { <ReplicaNotice/> })}
                    <p class="actions">
                        <button type="button" class="button" on:click=choose_all>{texts.choose_shown()}</button>
                        <button type="button" class="button button-primary" id="verify-chosen" on:click=verify_chosen
                            disabled=move || chosen.with(BTreeSet::is_empty)>
                            {move || fill(texts.verify_chosen(), &[&chosen.with(BTreeSet::len)])}
                        </button>
                    </p>
                    <ul class="entries">
                        <For each=shown key=|id| *id children=item/>
                    </ul>
                    <Show when=has_more>
                        <button type="button" class="button" on:click=move |_| listed.update(|listed| *listed += PAGE)>{texts.more()}</button>
                    </Show>
                </div>
                {move || (of_others() > 0).then(|| view! {
                    <p class="note" data-second-person>{fill(texts.second_person_waits(), &[&of_others()])}</p>
                })}
                <HiddenFilters in_years beyond/>
                <Older part=Part::Reviews query first/>
                <PendingDeletions/>
                <p class="note">{texts.review_keys()}</p>
            </section>
        }
        .into_any()
    }
}

/// Handles the keys: moves the focus between entries, and presses the buttons of the focused one.
fn by_key(event: web_sys::KeyboardEvent) {
    let typing = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    let typing = typing.is_some_and(|element| matches!(element.tag_name().as_str(), "TEXTAREA" | "INPUT" | "SELECT"));
    if typing || event.ctrl_key() || event.alt_key() || event.meta_key() {
        return;
    }
    let Ok(all) = document().query_selector_all(".review .entry") else { return };
    let entry = |number: u32| all.get(number).and_then(|node| node.dyn_into::<web_sys::HtmlElement>().ok());
    let active = document().active_element();
    let here =
        (0..all.length()).find(|number| entry(*number).is_some_and(|element| element.contains(active.as_deref())));
    let focus = |number: u32| {
        if let Some(element) = entry(number) {
            let _ = element.focus();
            element.scroll_into_view();
        }
    };
    let press = |name: &str| {
        let button = here
            .and_then(entry)
            .and_then(|element| element.query_selector(&format!("[data-decide={name}]")).ok().flatten());
        if let Some(button) = button.and_then(|button| button.dyn_into::<web_sys::HtmlElement>().ok()) {
            button.click();
        }
    };
    match event.key().as_str() {
        "j" => focus(here.map_or(0, |here| here + 1)),
        "k" => focus(here.map_or(0, |here| here.saturating_sub(1))),
        "v" => press("verify"),
        "r" => press("return"),
        _ => {}
    }
}
