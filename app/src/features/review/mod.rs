//! The review queue, the oldest entry first. A wide screen has a table with a detail pane, a phone rows and a card over them.

mod actions;
mod card;
mod entry_detail;
mod facts;
mod keys;
mod queue;
mod rows;
mod totals;

pub use entry_detail::EntryDetail;

use crate::labels::texts::fill;
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::storage::entry_view::EntryView;
use crate::ui::chips::{Chip, Chips};
use crate::ui::data_table::{ColumnChoice, DataTable, use_columns};
use crate::ui::detail_pane::{DetailPane, Neighbour};
use crate::ui::dialog::Dialog;
use crate::ui::entry::deletion::PendingDeletions;
use crate::ui::filter::{FilterBar, HiddenFilters, parameters_of, use_list_filter};
use crate::ui::list_row::ListRows;
use crate::ui::loading::{NothingFound, ReplicaNotice};
use crate::ui::older::{Older, RecordList};
use crate::ui::selection::use_keys;
use crate::ui::skeleton::Skeleton;
use crate::ui::wide::use_is_wide;
use actions::{ReviewActions, approve};
use card::{HistoryDetails, ReviewCard};
use jiedui_core::access::rights::may_edit;
use jiedui_core::figures::figure::Filter;
use keys::press_key;
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use queue::{Queue, QuickFilter, use_queue};
use rows::{OLDEST_FIRST, columns, list_row, table_row};
use std::collections::BTreeSet;
use std::sync::Arc;
use totals::totals;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

/// Number of entries rendered at first, and added at each press of the button.
const PAGE: usize = 50;
/// Name of the table in local storage.
const TABLE: &str = "review";

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
    let filter_now = Memo::new(move |_| Filter { verified_only: false, ..filter.get() });
    let is_wide = use_is_wide();
    let (listed, sort) = (RwSignal::new(PAGE), RwSignal::new(OLDEST_FIRST));
    let queue = use_queue(app, filter_now, listed, sort, is_wide);
    let Queue { read, page, facts, .. } = queue;
    let (chosen, is_choosing) = (RwSignal::new(BTreeSet::<Uuid>::new()), RwSignal::new(false));
    let is_asking = RwSignal::new(false);
    // Only entries that still wait are approved.
    let of_queue = Memo::new(move |_| {
        chosen.with(|chosen| {
            read.with(|read| {
                let views = read.iter().flat_map(|waiting| &waiting.queue);
                views.filter(|view| chosen.contains(&view.id)).cloned().collect::<Vec<_>>()
            })
        })
    });
    let approve_chosen = Callback::new(move |()| {
        let entries = of_queue.with_untracked(|views| views.iter().map(|view| (view.id, view.rev)).collect());
        chosen.set(BTreeSet::new());
        is_choosing.set(false);
        spawn_local(approve(app, entries));
    });
    // Likely duplicates are reviewed one by one.
    let choose_all = move |_| {
        let has_duplicates = |view: &EntryView| {
            facts
                .with_untracked(|facts| facts.get(&view.id).is_none_or(|facts| !facts.comparison.duplicates.is_empty()))
        };
        let ids =
            page.with_untracked(|page| page.iter().filter(|view| !has_duplicates(view)).map(|view| view.id).collect());
        chosen.set(ids);
        is_choosing.set(true);
    };
    let several = move |_| {
        is_choosing.update(|is_choosing| *is_choosing = !*is_choosing);
        chosen.set(BTreeSet::new());
    };
    let query = Signal::derive(move || format!("{}&state=submitted", parameters_of(&filter_now.get())));
    let first = Signal::derive(move || filter_now.get().dates().0);
    let navigate = use_navigate();
    use_keys(move |key| {
        press_key(key, queue, chosen, |id| {
            navigate(&format!("/entries/{id}"), leptos_router::NavigateOptions::default())
        })
    });
    let is_countable = Memo::new(move |_| app.replica.state.get().is_countable());
    let count = Memo::new(move |_| read.with(|read| read.as_ref().map(|waiting| waiting.queue.len())));
    let has_entries = Memo::new(move |_| count.get().is_some_and(|count| count > 0));
    let hidden = move |all: usize| match is_countable.get() {
        true => all.saturating_sub(count.get().unwrap_or_default()),
        false => 0,
    };
    let in_years =
        Signal::derive(move || hidden(read.with(|read| read.as_ref().map_or(0, |waiting| waiting.in_any_year))));
    let beyond = Signal::derive(move || hidden(read.with(|read| read.as_ref().map_or(0, |waiting| waiting.all))));
    let of_others = move || read.with(|read| read.as_ref().map_or(0, |waiting| waiting.of_others));
    let has_more = move || queue.narrowed.with(|views| views.len()) > listed.get();
    let table = columns(texts);
    let shown = use_columns(TABLE, &table);
    let on_open = Callback::new(move |id| queue.open(id));
    let list = move || {
        let columns = table.clone();
        match is_wide.get() {
            true => {
                let rows = queue.rows(app, table_row);
                let current = queue.current;
                view! { <DataTable label=texts.nav_review() columns shown rows sort current on_open chosen/> }
                    .into_any()
            }
            false => {
                let rows = queue.rows(app, list_row);
                view! { <ListRows rows on_open chosen is_choosing/> }.into_any()
            }
        }
    };
    let choice = columns(texts);
    let column_choice =
        move || is_wide.get().then(|| view! { <ColumnChoice table=TABLE columns=choice.clone() shown/> });
    let pane = move || queue.current.get().map(|id| view! { <Pane queue id is_wide/> });
    let chosen_count = move || chosen.with(BTreeSet::len);
    let confirm = Signal::derive(move || fill(texts.approve_confirm(), &[&of_queue.with(Vec::len)]));
    // Reading the user again must not rebuild the screen.
    let reviews = Memo::new(move |_| app.session.user.with(|user| user.as_ref().map(|user| user.role.reviews())));
    move || {
        match reviews.get() {
            None => return view! { <crate::ui::page::PleaseSignIn/> }.into_any(),
            Some(false) => return view! { <p class="empty">{texts.not_a_reviewer()}</p> }.into_any(),
            Some(true) => {}
        }
        view! {
            <section class="list review">
                <h1>{texts.nav_review()}</h1>
                <FilterBar filter with_include=false/>
                {move || match count.get() {
                    None => view! { <Skeleton/> }.into_any(),
                    Some(0) => view! { <NothingFound text=texts.nothing_waits()/> }.into_any(),
                    Some(_) => ().into_any(),
                }}
                <div hidden=move || !has_entries.get()>
                    <p role="status">{move || is_countable.get().then(|| fill(texts.entries_wait(), &[&count.get().unwrap_or_default()]))}</p>
                    {move || has_entries.get().then(|| view! { <ReplicaNotice/> })}
                    <p class="actions review-bulk">
                        <button type="button" class="button" on:click=choose_all>{texts.choose_shown()}</button>
                        <button type="button" class="button" hidden=is_wide aria-pressed=move || is_choosing.get().to_string() on:click=several>
                            {texts.choose_several()}
                        </button>
                        <button type="button" class="button button-primary" id="verify-chosen" on:click=move |_| is_asking.set(true)
                            hidden=move || !is_wide.get() && !is_choosing.get() disabled=move || chosen_count() == 0>
                            {move || fill(texts.verify_chosen(), &[&chosen_count()])}
                        </button>
                    </p>
                    <div class="review-tools">
                        {quick_filters(app, queue)}
                        {column_choice.clone()}
                    </div>
                    <div class="pane-list" inert=move || !is_wide.get() && queue.current.get().is_some()>
                        {list.clone()}
                        <Show when=has_more>
                            <button type="button" class="button" on:click=move |_| listed.update(|listed| *listed += PAGE)>{texts.more()}</button>
                        </Show>
                    </div>
                    {pane}
                </div>
                {move || (of_others() > 0).then(|| view! {
                    <p class="note" data-second-person>{fill(texts.second_person_waits(), &[&of_others()])}</p>
                })}
                <HiddenFilters in_years beyond/>
                <Older part=RecordList::Reviews query first/>
                <PendingDeletions/>
                <p class="note" hidden=move || !is_wide.get()>{texts.review_keys()}</p>
                <Dialog label=texts.approve_title() confirm open=is_asking on_confirm=approve_chosen>
                    {move || bulk_summary(app, queue, &of_queue.get())}
                </Dialog>
            </section>
        }
        .into_any()
    }
}

/// Renders the quick filters that some entries pass, each with their number.
fn quick_filters(app: AppState, queue: Queue) -> impl IntoView {
    let texts = app.texts;
    let options = Memo::new(move |_| {
        let chip = |(code, filter): (&str, QuickFilter)| {
            let matching =
                |waiting: &Arc<queue::Waiting>| waiting.queue.iter().filter(|view| filter.matches(app, view)).count();
            let count = queue.read.with(|read| read.as_ref().map_or(0, matching));
            let text = match filter {
                QuickFilter::NoPhoto => texts.quick_no_photo(),
                QuickFilter::LongWait => texts.quick_long_wait(),
            };
            (count > 0).then(|| Chip { value: code.to_owned(), text: fill(text, &[&count]) })
        };
        QuickFilter::ALL.into_iter().filter_map(chip).collect::<Vec<_>>()
    });
    // A second press removes the filter.
    let choose = Callback::new(move |code: String| {
        queue.quick.update(|quick| *quick = if *quick == code { String::new() } else { code });
    });
    // The last entry that passes the filter has been decided.
    Effect::new(move |_| {
        options.track();
        let is_gone = |quick: &String| options.with(|options| options.iter().all(|chip| chip.value != *quick));
        if queue.quick.with_untracked(|quick| !quick.is_empty() && is_gone(quick)) {
            queue.quick.set(String::new());
        }
    });
    view! { <Chips label=texts.quick_filters() options value=queue.quick on_choose=choose/> }
}

/// Renders what a bulk approval covers: entries and sums by activity, then what deserves a second look.
fn bulk_summary(app: AppState, queue: Queue, views: &[EntryView]) -> impl IntoView + use<> {
    let texts = app.texts;
    let overview = app.overviews.server.get_untracked().unwrap_or_default();
    let totals = totals(app.labels(), &overview, views).into_iter().map(|total| {
        let sums = total.sums.into_iter().map(|(name, sum)| format!("{name} {sum}")).collect::<Vec<_>>().join(" · ");
        view! { <tr><th scope="row">{total.name}</th><td>{fill(texts.of_entries(), &[&total.entries])}</td><td>{sums}</td></tr> }
    });
    let totals = totals.collect_view();
    let with = |matches: &dyn Fn(&EntryView) -> bool| views.iter().filter(|view| matches(view)).count();
    let (unusual, duplicates) = queue.facts.with_untracked(|facts| {
        let has = |view: &EntryView, test: &dyn Fn(&facts::Facts) -> bool| {
            facts.get(&view.id).is_some_and(|facts| test(facts))
        };
        let unusual = with(&|view| has(view, &|facts| !facts.comparison.unusual.is_empty()));
        (unusual, with(&|view| has(view, &|facts| !facts.comparison.duplicates.is_empty())))
    });
    let without_photos = with(&|view| view.entry.attachments.is_empty());
    let remarks = [
        (texts.approve_no_photos(), without_photos),
        (texts.approve_unusual(), unusual),
        (texts.approve_duplicates(), duplicates),
    ];
    let remarks = remarks.into_iter().filter(|(_, count)| *count > 0);
    let remarks = remarks.map(|(text, count)| view! { <li>{fill(text, &[&count])}</li> }).collect_view();
    view! {
        <p>{fill(texts.verify_sure(), &[&views.len()])}</p>
        <table class="table-amounts">{totals}</table>
        <ul class="review-remarks">{remarks}</ul>
    }
}

/// The entry that the reviewer decides on.
#[component]
fn Pane(
    /// The queue.
    queue: Queue,
    /// The entry.
    id: Uuid,
    /// Whether the screen is wide.
    is_wide: Signal<bool>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let found = move || queue.page.with(|page| page.iter().find(|view| view.id == id).cloned());
    let first = queue.page.with_untracked(|page| page.iter().find(|view| view.id == id).cloned());
    first.map(|first| {
        // A change of the entry keeps the reason that is being typed.
        let record = Signal::derive(move || found().unwrap_or_else(|| first.clone()));
        let facts = Memo::new(move |_| queue.facts.with(|facts| facts.get(&id).cloned()).unwrap_or_default());
        let rows = Signal::derive(move || queue.page.with(|page| page.len()));
        let count = Signal::derive(move || {
            let count = queue.narrowed.with(|views| views.len());
            Some(count).filter(|_| app.replica.state.get().is_countable())
        });
        let same = Signal::derive(move || facts.with(|facts| facts.duplicates()));
        let edits = Memo::new(move |_| {
            app.session.user.with(|user| {
                let overview = app.overviews.server.get()?;
                Some(may_edit(&record.with(|record| record.fields.clone()), user.as_ref()?, &overview.catalogue))
            })
        });
        let card = move || {
            app.geography.places.track();
            view! { <ReviewCard record=record.get() facts=Arc::clone(&facts.get())/> }
        };
        view! {
            <DetailPane label=texts.nav_review() position=queue.position rows count on_step=Callback::new(move |step: Neighbour| queue.step(step))
                on_close=Callback::new(move |()| queue.close()) is_wide>
                {card}
                {move || view! { <HistoryDetails record=record.get()/> }}
                <div class="pane-foot">
                    <ReviewActions record same/>
                    {move || (edits.get() == Some(true)).then(|| view! { <a class="button" href=format!("/entries/{id}")>{texts.edit()}</a> })}
                </div>
            </DetailPane>
        }
    })
}
