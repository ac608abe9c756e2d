//! State of the review queue: the entries that wait, the page of them that is listed, their facts, and the current one.

use super::facts::{FactsById, days_waited, read_facts};
use super::rows::sorted;
use crate::state::AppState;
use crate::storage::entry_view::EntryView;
use crate::storage::lists::EntryRange;
use crate::ui::data_table::Sort;
use crate::ui::detail_pane::Neighbour;
use crate::ui::stored::{all_of, use_stored};
use crate::ui::url_state::{HistoryStep, UrlState, use_url_state};
use jiedui_core::entry::State;
use jiedui_core::figures::figure::{CompiledFilter, Filter};
use jiedui_core::figures::overview::Overview;
use leptos::prelude::*;
use std::sync::Arc;
use uuid::Uuid;

/// Parameter of the address with the entry that is open on a phone.
const OPEN: &str = "entry";

/// Entries that wait for the user's review.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Waiting {
    /// Entries that pass the filter, oldest first.
    pub queue: Vec<EntryView>,
    /// Number of entries that pass it in any year.
    pub in_any_year: usize,
    /// Number of all entries that wait.
    pub all: usize,
    /// Number of entries with the user's own numbers, which wait for another reviewer.
    pub of_others: usize,
}

/// Time in days after which an entry has waited long.
const LONG_WAIT: i64 = 7;

/// A quick filter of the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuickFilter {
    /// Entries without photos.
    NoPhoto,
    /// Entries that have waited long.
    LongWait,
}

impl QuickFilter {
    /// All quick filters with their codes.
    pub const ALL: [(&str, Self); 2] = [("no_photo", Self::NoPhoto), ("long_wait", Self::LongWait)];

    /// Returns whether an entry passes the filter.
    pub fn matches(self, app: AppState, view: &EntryView) -> bool {
        match self {
            Self::NoPhoto => view.entry.attachments.is_empty(),
            Self::LongWait => days_waited(app, view).is_some_and(|days| days > LONG_WAIT),
        }
    }
}

/// Signals of the queue.
#[derive(Clone, Copy)]
pub struct Queue {
    /// All entries; `None` until they have been read.
    pub read: Signal<Option<Arc<Waiting>>>,
    /// Code of the quick filter; empty for none.
    pub quick: RwSignal<String>,
    /// The entries that pass the quick filter.
    pub narrowed: Memo<Arc<Vec<EntryView>>>,
    /// The listed entries in their order.
    pub page: Memo<Arc<Vec<EntryView>>>,
    /// Facts of the listed entries. They are read after the entries are shown.
    pub facts: Signal<Arc<FactsById>>,
    /// The entry in the detail pane.
    pub current: Memo<Option<Uuid>>,
    /// Position of that entry, from 1.
    pub position: Signal<usize>,
    /// The entry that a wide screen shows.
    selected: RwSignal<Option<Uuid>>,
    is_wide: Signal<bool>,
    address: UrlState,
}

/// Reads the queue from this phone.
pub fn use_queue(
    app: AppState,
    filter: Memo<Filter>,
    listed: RwSignal<usize>,
    sort: RwSignal<Sort>,
    is_wide: Signal<bool>,
) -> Queue {
    // The work page counts the same entries.
    let read = use_stored(move |reading| {
        let (user, overview) = (app.session.user.get()?, app.overviews.server.get()?);
        let filter = filter.get();
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
            Ok(Arc::new(Waiting { queue: waiting, in_any_year, all, of_others: of_others.len() }))
        })
    });
    let quick = RwSignal::new(String::new());
    let narrowed = Memo::new(move |_| {
        let filter = QuickFilter::ALL.iter().find(|(code, _)| quick.with(|quick| quick == code));
        let passes = |view: &&EntryView| filter.is_none_or(|(_, filter)| filter.matches(app, view));
        let views = |waiting: &Arc<Waiting>| waiting.queue.iter().filter(passes).cloned().collect::<Vec<_>>();
        Arc::new(read.with(|read| read.as_ref().map(views).unwrap_or_default()))
    });
    let page = Memo::new(move |_| {
        let (sort, listed) = (sort.get(), listed.get());
        let overview = app.overviews.server.get_untracked().unwrap_or_default();
        let mut views = sorted(app, &overview, narrowed.with(|views| views.to_vec()), sort);
        views.truncate(listed);
        Arc::new(views)
    });
    let facts = use_stored(move |reading| {
        let page = page.get();
        Some(async move { Ok(Arc::new(read_facts(reading.user, &page).await?)) })
    });
    let facts = Signal::derive(move || facts.get().unwrap_or_default());
    let address = use_url_state();
    let opened = Memo::new(move |_| address.get(OPEN).and_then(|id| Uuid::parse_str(&id).ok()));
    let selected = RwSignal::new(opened.get_untracked());
    let wanted = move || if is_wide.get() { selected.get() } else { opened.get() };
    let at = move |id: Uuid| page.with(|page| page.iter().position(|view| view.id == id));
    let current = Memo::new(move |_| wanted().filter(|id| at(*id).is_some()));
    let position = Signal::derive(move || current.get().and_then(at).map_or(0, |at| at + 1));
    let queue = Queue { read, quick, narrowed, page, facts, current, position, selected, is_wide, address };
    // After a decision, the entry that takes the place of the decided one is shown.
    let last = StoredValue::new(None::<usize>);
    Effect::new(move |_| {
        let wanted = wanted();
        if let Some(at) = current.get().and_then(at) {
            return last.set_value(Some(at));
        }
        if read.with(Option::is_none) || (wanted.is_none() && !is_wide.get()) {
            return;
        }
        let was_shown = last.get_value();
        let next = page.with(|page| {
            let at = was_shown.unwrap_or_default().min(page.len().saturating_sub(1));
            page.get(at).map(|view| view.id)
        });
        match next.filter(|_| is_wide.get() || was_shown.is_some()) {
            Some(id) => queue.show(id, HistoryStep::Replacing),
            None => queue.close(),
        }
    });
    queue
}

impl Queue {
    /// Shows an entry in the detail pane. On a phone, the back button closes it.
    pub fn open(self, id: Uuid) {
        self.show(id, HistoryStep::Further);
    }

    fn show(self, id: Uuid, step: HistoryStep) {
        if self.is_wide.get_untracked() {
            self.selected.set(Some(id));
        } else {
            self.address.change(&[(OPEN, id.to_string())], step);
        }
    }

    /// Closes the detail pane of a phone.
    pub fn close(self) {
        if self.address.get_untracked(OPEN).is_some() {
            self.address.change(&[(OPEN, String::new())], HistoryStep::Replacing);
        }
    }

    /// Shows a neighbour of the current entry.
    pub fn step(self, step: Neighbour) {
        let neighbour = self.page.with_untracked(|page| {
            let at = page.iter().position(|view| Some(view.id) == self.current.get_untracked());
            let at = match (step, at) {
                (_, None) => 0,
                (Neighbour::Next, Some(at)) => at + 1,
                (Neighbour::Previous, Some(at)) => at.checked_sub(1)?,
            };
            page.get(at).map(|view| view.id)
        });
        if let Some(id) = neighbour {
            self.show(id, HistoryStep::Replacing);
        }
    }

    /// Returns the listed entries as rows.
    pub fn rows<R: Clone + PartialEq + Send + Sync + 'static>(
        self,
        app: AppState,
        row: fn(AppState, &Overview, &EntryView, &FactsById) -> R,
    ) -> Signal<Vec<R>> {
        let rows = Memo::new(move |_| {
            app.geography.places.track();
            let overview = app.overviews.server.get().unwrap_or_default();
            self.facts.with(|facts| {
                self.page.with(|page| page.iter().map(|view| row(app, &overview, view, facts)).collect::<Vec<_>>())
            })
        });
        rows.into()
    }
}
