//! The user's work: returned entries, due items, the review queue, and places without entries this month.

mod periods;

use crate::labels::texts::fill;
use crate::lazy_screen;
use crate::page_event;
use crate::state::replica::ReplicaState;
use crate::state::{AppState, use_app_state};
use crate::storage::entry_view::EntryView;
use crate::storage::ledger_view::ItemView;
use crate::storage::lists::EntryRange;
use crate::storage::user_db::UserDb;
use crate::sync;
use crate::ui::entry_list::entry_row;
use crate::ui::ledger_items::use_ledger;
use crate::ui::ledger_row::ledger_row;
use crate::ui::loading::{LoadingStored, ReplicaNotice};
use crate::ui::stored::{all_of, places_of, use_stored};
use jiedui_core::access::user::{Role, User};
use jiedui_core::directory::place::covers;
use jiedui_core::directory::place::{Level, Place, Places};
use jiedui_core::entry::State;
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::month::Month;
use leptos::prelude::*;
use periods::Periods;
use std::collections::{BTreeMap, BTreeSet};
use time::Duration;
use wasm_bindgen_futures::spawn_local;

/// Items due within this time are due soon.
const SOON: Duration = Duration::days(30);
/// Row limit of a list.
const LISTED: usize = 20;

/// The entries that the screen counts.
#[derive(Clone, Debug, PartialEq)]
struct WorkEntries {
    /// Number of the user's entries of this month.
    this_month: usize,
    /// Entries that wait for the user's review.
    waiting: Vec<EntryView>,
    /// Places with entries of this month.
    places: BTreeSet<String>,
}

lazy_screen!(
    /// The user's work.
    MyWork, render_my_work, Work
);

/// The screen.
#[component]
fn Work() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.nav_work());
    let items = use_ledger();
    let month = Month::from(app.today);
    let entries = use_stored(move |reading| {
        let (user, overview) = (app.session.user.get()?, app.overviews.server.get().unwrap_or_default());
        Some(async move {
            let (from, until) = (month.first_day(), month.last_day());
            let this_month = UserDb::open(reading.user).await?.count_mine(from, until).await?;
            let awaits = |view: &EntryView| view.awaits_review_by(&user, &overview.catalogue);
            let waiting = match user.role.reviews() {
                true => all_of(&reading, &EntryRange::of_state(State::Submitted), awaits).await?,
                false => Vec::new(),
            };
            let places = match user.role.coordinates() {
                true => places_of(&reading, &EntryRange::all().between(from, until)).await?,
                false => BTreeSet::new(),
            };
            Ok(WorkEntries { this_month, waiting, places })
        })
    });
    let drafts = RwSignal::new(0);
    Effect::new(move |_| {
        if let Some(user) = app.session.user.with(|user| user.as_ref().map(|user| user.id)) {
            spawn_local(async move {
                drafts.try_set(sync::unfinished_drafts(app, user).await.len());
            });
        }
    });
    move || {
        let Some(user) = app.session.user.get() else { return view! { <crate::ui::page::PleaseSignIn/> }.into_any() };
        let overview = move || app.overviews.server.get().unwrap_or_default();
        let of = StoredValue::new(user.clone());
        let state = Memo::new(move |_| {
            let state = app.replica.state.get();
            (state.is_countable(), state == ReplicaState::Complete)
        });
        // Nothing is counted before the first pull has ended. A partial replica has a notice, and lists no places without entries.
        let is_countable = move || state.get().0;
        let is_complete = move || state.get().1;
        let returned = move || {
            let this_month = entries.with(|entries| entries.as_ref().map(|entries| entries.this_month));
            of.with_value(|user| mine(app, user, drafts.get(), this_month, is_countable()))
        };
        let due = move || {
            items
                .get()
                .filter(|_| is_countable())
                .map(|items| of.with_value(|user| due(app, &overview(), user, &items)))
        };
        let queue = move || {
            let reviews = of.with_value(|user| user.role.reviews());
            entries.get().filter(|_| reviews && is_countable()).map(|entries| queue(app, &overview(), &entries.waiting))
        };
        let silent = move || {
            let coordinates = of.with_value(|user| user.role.coordinates());
            let has_places = app.geography.places.with(|places| !places.all().is_empty());
            entries
                .get()
                .filter(|_| coordinates && has_places && is_complete())
                .map(|entries| of.with_value(|user| silent(app, user, &entries.places)))
        };
        let (records, coordinates, is_admin) = (user.role.records(), user.role.coordinates(), user.role == Role::Admin);
        view! {
            <section class="list work">
                <h1>{texts.nav_work()}</h1>
                <p class="actions">
                    {records.then(|| view! { <a class="button button-primary" href="/entries/new">{texts.nav_new()}</a> })}
                    {records.then(|| view! { <a class="button" href="/import">{texts.nav_import()}</a> })}
                    {records.then(|| notify(app))}
                    {is_admin.then(|| view! { <a class="button" href="/catalogue">{texts.nav_catalogue()}</a> })}
                </p>
                {returned}
                {due}
                {queue}
                {silent}
                {move || if is_complete() && (entries.with(Option::is_none) || items.with(Option::is_none)) {
                    view! { <LoadingStored/> }.into_any()
                } else {
                    view! { <ReplicaNotice/> }.into_any()
                }}
                {coordinates.then(|| view! { <Periods/> })}
            </section>
        }
        .into_any()
    }
}

/// Renders the button for push notifications about returned entries. `public/push.js` shows it in browsers that support them.
fn notify(app: AppState) -> impl IntoView {
    let texts = app.texts;
    // Without a listener, the button stays hidden.
    Effect::new(|_| page_event::dispatch(page_event::NOTIFY));
    view! {
        <button type="button" class="button button-quiet" hidden data-notify data-on=texts.notify_on() data-off=texts.notify_off()
            data-denied=texts.notify_denied() data-failed=texts.notify_failed()></button>
    }
}

/// Shows the numbers of the user's drafts, unsent and returned entries.
fn mine(
    app: AppState,
    user: &User,
    drafts: usize,
    this_month: Option<usize>,
    is_countable: bool,
) -> impl IntoView + use<> {
    let texts = app.texts;
    let records = user.role.records();
    let counts = app.my_entries.summary.with(|mine| {
        let mine = mine.as_ref()?;
        Some((mine.to_settle, mine.unsent, this_month?))
    });
    records.then(|| {
        let Some((settle, unsent, this_month)) = counts else {
            return view! { <LoadingStored/> }.into_any();
        };
        let line = |count: usize, words: &str, bad: bool| {
            let class = if bad && count > 0 { "state bad" } else { "state" };
            let address = if bad { "/entries?state=settle" } else { "/entries" };
            view! { <li><span class=class>{count}</span>" "<a href=address>{words.to_owned()}</a></li> }
        };
        view! {
            <h2>{texts.work_mine()}</h2>
            <ul class="work-counts" id="work-mine">
                {is_countable.then(|| line(settle, texts.work_settle(), true))}
                {line(drafts, texts.drafts(), false)}
                {line(unsent, texts.work_unsent(), false)}
                {is_countable.then(|| line(this_month, texts.work_this_month(), false))}
            </ul>
            {is_countable.then(|| view! { <ReplicaNotice/> })}
        }
        .into_any()
    })
}

/// Lists overdue and soon due ledger items in the user's scope.
fn due(app: AppState, overview: &Overview, user: &User, items: &[ItemView]) -> impl IntoView + use<> {
    let texts = app.texts;
    let today = app.today;
    let soon = today.checked_add(SOON).unwrap_or(today);
    let is_due = |view: &&ItemView| {
        let item = &view.item;
        let is_here = user.scope.has_place(&item.place) && user.scope.has_programme(&item.programme);
        is_here && !item.status.is_ended() && item.due.is_some_and(|due| due <= soon)
    };
    let due: Vec<&ItemView> = items.iter().filter(is_due).collect();
    let rows = due.iter().take(LISTED).map(|item| ledger_row(app, overview, item, today)).collect_view();
    (!due.is_empty()).then(|| {
        view! {
            <h2>{fill(texts.work_due(), &[&due.len()])}</h2>
            <ReplicaNotice/>
            <ul class="entries" id="work-due">{rows}</ul>
        }
    })
}

/// Shows the review queue by township.
fn queue(app: AppState, overview: &Overview, waiting: &[EntryView]) -> impl IntoView + use<> {
    let texts = app.texts;
    let mut towns: BTreeMap<String, usize> = BTreeMap::new();
    for view in waiting {
        *towns.entry(Level::Township.ancestor_code(&view.entry.place).to_owned()).or_default() += 1;
    }
    let count = waiting.len();
    let town = |(code, count): (String, usize)| {
        let name = app.geography.places.with(|places| places.label(&code));
        view! { <li><span class="state waiting">{count}</span>" "<a href=format!("/review?place={code}")>{name}</a></li> }
    };
    // The oldest entry comes first.
    let oldest: String = waiting
        .iter()
        .min_by_key(|view| (view.entry.date, view.id))
        .map(|view| entry_row(app, overview, Some(view.id), &view.entry).into_string())
        .unwrap_or_default();
    // Of a long queue the phone holds the newest part. Its number is not that of the queue, and its oldest entry not the oldest.
    let is_cut =
        app.replica.window.with(|window| window.as_ref().is_some_and(|window| window.bounds.is_review_limited()));
    let title = if is_cut { texts.work_queue_newest() } else { texts.work_queue() };
    view! {
        <h2><a href="/review">{fill(title, &[&count])}</a></h2>
        {(count > 0 && !is_cut).then(|| view! { <p class="note">{texts.work_oldest()}</p><ul class="latest" inner_html=oldest></ul> })}
        <ReplicaNotice/>
        <ul class="work-counts" id="work-queue">{towns.into_iter().map(town).collect_view()}</ul>
    }
}

/// Lists townships of the user's scope without entries this month; villages if the scope has only townships.
fn silent(app: AppState, user: &User, heard: &BTreeSet<String>) -> impl IntoView + use<> {
    let texts = app.texts;
    let silent = app.geography.places.with(|places| silent_places(places, user, heard));
    let count = silent.len();
    let names: Vec<_> = silent
        .into_iter()
        .map(|code| {
            let name = app.geography.places.with(|places| places.label(&code));
            view! { <li><a href=format!("/list?place={code}")>{name}</a></li> }
        })
        .collect();
    view! {
        <details class="silent">
            <summary>{fill(texts.work_silent(), &[&count])}</summary>
            <ul class="work-counts" id="work-silent">{names}</ul>
        </details>
    }
}

fn silent_places(places: &Places, user: &User, heard: &BTreeSet<String>) -> Vec<String> {
    let only_townships = user.scope.places.iter().all(|code| code.len() >= 9) && !user.scope.places.is_empty();
    let level = if only_townships { Level::Village } else { Level::Township };
    let is_silent = |place: &&Place| {
        place.level == level && user.scope.has_place(&place.code) && !heard.iter().any(|code| covers(&place.code, code))
    };
    places.all().iter().filter(is_silent).map(|place| place.code.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiedui_core::access::user::Scope;
    use jiedui_core::directory::place::Side;
    use uuid::Uuid;

    #[test]
    fn place_is_silent_until_an_entry_of_this_month() {
        let place = |code: &str, level, parent: &str| {
            let (code, name, parent) = (code.to_owned(), code.to_owned(), parent.to_owned());
            Place { code, parent, level, name, side: Side::B, initials: String::new() }
        };
        let places = Places::new(vec![
            place("522728108", Level::Township, "522728"),
            place("522728109", Level::Township, "522728"),
            place("522728109001", Level::Village, "522728109"),
            place("522728109002", Level::Village, "522728109"),
        ]);
        let heard = BTreeSet::from(["522728109001".to_owned()]);
        let user = |code: &str| {
            let scope = Scope { places: vec![code.to_owned()], programmes: Vec::new() };
            let (username, name) = (String::new(), String::new());
            User { id: Uuid::nil(), username, name, role: Role::Coordinator, scope, verifies_own: false }
        };
        assert_eq!(silent_places(&places, &user("522728"), &heard), ["522728108"]);
        assert_eq!(silent_places(&places, &user("522728109"), &heard), ["522728109002"]);
    }
}
