//! The application state, as signals. Everything on the screens is derived from it.

pub mod boot;

use crate::labels::Labels;
use crate::labels::texts::{Texts, fill};
use crate::labels::value::ValueLabels;
use crate::storage::StoreError;
use crate::storage::my_entries::MyEntries;
use crate::storage::photo_db::UploadState;
use crate::storage::replica_progress::{ReplicaProgress, percent_of};
use crate::storage::unsent_count;
use boot::Boot;
use futures::channel::mpsc::UnboundedSender;
use jiedui_core::access::user::User;
use jiedui_core::directory::place::Places;
use jiedui_core::entry::Fields;
use jiedui_core::figures::{figure::Filter, overview::Overview};
use jiedui_core::sync::Path;
use jiedui_core::sync::{Input, Status};
use jiedui_core::values::field_error::Language;
use leptos::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use time::Date;
use uuid::Uuid;

/// The state of the app on this phone.
#[derive(Clone, Copy)]
pub struct AppState {
    /// The texts of the chosen language. Another choice restarts the app.
    pub texts: &'static Texts,
    /// The chosen language.
    pub language: Language,
    /// Today.
    pub today: Date,
    /// The number of the approved base map.
    pub map_number: StoredValue<Option<String>>,
    /// The signed-in person.
    pub user: RwSignal<Option<User>>,
    /// The overview as it was last received.
    pub server_overview: RwSignal<Option<Arc<Overview>>>,
    /// The whole tree of places, once it is on the phone.
    pub places: RwSignal<Arc<Places>>,
    /// Whether a screen needs the tree of places before the sync fetches it.
    pub places_requested: RwSignal<bool>,
    /// This person's entries on this phone; `None` until they have been read.
    pub my_entries: RwSignal<Option<Arc<MyEntries>>>,
    /// Whether something has changed that the journal is made of, in another tab too.
    pub my_entries_are_stale: StoredValue<bool>,
    /// The status of the sync.
    pub status: RwSignal<Status>,
    /// Rises when received entries are stored.
    pub replica_version: RwSignal<u64>,
    /// How much of the server's feed is on the phone; `None` until storage has been read.
    pub replica: RwSignal<Option<ReplicaProgress>>,
    /// Whether lists and counts from the replica are complete.
    pub replica_state: Memo<ReplicaState>,
    /// Whether a pull has reached the end of the feed.
    pub replica_is_complete: Memo<bool>,
    /// Photos on this phone, by their hashes.
    pub photos: RwSignal<Arc<BTreeMap<String, LocalPhoto>>>,
    /// Whether the browser sees a network.
    pub online: RwSignal<bool>,
    /// Milliseconds since 1970 by this phone's clock; 0 until the app runs.
    pub now: RwSignal<f64>,
    /// How many places of the screen wait for their content.
    pub loading: RwSignal<usize>,
    /// The last error of the phone's storage.
    pub storage_error: RwSignal<Option<StoreError>>,
    /// The last deletion, while the bar at the foot of the screen offers to undo it.
    pub deleted: RwSignal<Option<Deleted>>,
    /// Whether everything needed offline is on the phone.
    pub offline_use: RwSignal<OfflineUse>,
    /// Whether the browser refuses storage: nothing is kept on the phone, and each change is sent at once.
    pub storage_refused: RwSignal<bool>,
    /// How many changes went to the server at once, since the browser refuses storage.
    pub uploaded: RwSignal<usize>,
    /// Channel to the sync engine.
    pub sync: StoredValue<Option<UnboundedSender<Input>>>,
    /// The overview with this phone's own entries that are not in it yet.
    pub local_overview: Memo<Option<Arc<Overview>>>,
    /// The overview of the chosen village, once loaded.
    pub village: RwSignal<Option<VillageOverview>>,
    /// Years that have entries or targets, the latest first.
    pub years: Memo<Vec<i32>>,
}

/// Whether the app works with no network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OfflineUse {
    /// Not yet.
    #[default]
    Preparing,
    /// Program, places and overview are on the phone.
    Ready,
    /// Never: this browser, or plain HTTP, has no way to keep them.
    Impossible,
}

/// Whether the replica can be listed and counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReplicaState {
    /// Storage has not been read.
    Loading,
    /// The first pull is under way: this share of the feed has arrived, if it is known. Nothing is counted, and nothing is said
    /// to be missing.
    Receiving(Option<u64>),
    /// The first pull was cut off: lists and counts are of this share of the feed.
    Partial(Option<u64>),
    /// A pull has reached the end.
    Complete,
}

impl ReplicaState {
    /// Returns the state of the replica. `status` is the sync's.
    pub fn of(replica: Option<ReplicaProgress>, status: Status, online: bool) -> Self {
        let Some(replica) = replica else { return Self::Loading };
        if replica.is_complete {
            return Self::Complete;
        }
        let percent = match status {
            Status::Receiving { position, last } => percent_of(position, last).max(replica.percent()),
            _ => replica.percent(),
        };
        let goes_on = matches!(status, Status::Receiving { .. } | Status::Sending { .. } | Status::Idle);
        if online && goes_on { Self::Receiving(percent) } else { Self::Partial(percent) }
    }

    /// Whether counts can be shown: of a complete replica, or with a notice of a partial one.
    pub fn is_countable(self) -> bool {
        matches!(self, Self::Partial(_) | Self::Complete)
    }
}

/// A photo on this phone.
#[derive(Clone, Debug, PartialEq)]
pub struct LocalPhoto {
    /// Under which a page can show it.
    pub address: String,
    /// Whether it has been sent.
    pub sent: UploadState,
}

/// A deletion that can be undone.
#[derive(Clone, Debug, PartialEq)]
pub struct Deleted {
    /// The entry.
    pub id: Uuid,
    /// The revision that was deleted.
    pub rev: u64,
    /// Its fields.
    pub fields: Fields,
    /// The deletion's number in the outbox.
    pub seq: u64,
}

/// The overview of a village. The overall one knows no place below a township.
#[derive(Clone, Debug)]
pub struct VillageOverview {
    /// As the server has it.
    pub received: Arc<Overview>,
    /// With this phone's own entries that are not in it yet.
    pub shown: Arc<Overview>,
}

impl AppState {
    /// The state at the start.
    pub fn new(boot: Boot) -> Self {
        let overview = boot.overview.map(Arc::new);
        let of_village = |own: &Arc<Overview>| own.partial_for.as_ref().is_some_and(|only| only.village().is_some());
        let village = overview.clone().filter(of_village);
        let village = village.map(|own| VillageOverview { received: own.clone(), shown: own });
        let received = RwSignal::new(overview);
        let journal: RwSignal<Option<Arc<MyEntries>>> = RwSignal::new(None);
        // Who has signed in is not up to date before the sync has said so.
        let begins = if boot.user.is_some() { Status::Receiving { position: 0, last: 0 } } else { Status::Idle };
        let status = RwSignal::new(begins);
        let (replica, online) = (RwSignal::new(None), RwSignal::new(true));
        let replica_state = Memo::new(move |_| ReplicaState::of(replica.get(), status.get(), online.get()));
        let shown = Memo::new_with_compare(
            move |_| {
                let received = received.get()?;
                let journal = journal.get().filter(|journal| !journal.not_in_overview.is_empty());
                Some(match journal {
                    None => received,
                    Some(journal) => {
                        let mut with_own = Overview::clone(&received);
                        with_own.add(journal.not_in_overview.iter().map(|(id, entry)| (*id, entry)));
                        Arc::new(with_own)
                    }
                })
            },
            |one, other| !is_same(one, other),
        );
        Self {
            texts: Labels::new(boot.language).texts,
            language: boot.language,
            today: boot.today,
            map_number: StoredValue::new(boot.map_number),
            user: RwSignal::new(boot.user),
            server_overview: received,
            places: RwSignal::new(Arc::default()),
            places_requested: RwSignal::new(false),
            my_entries: journal,
            my_entries_are_stale: StoredValue::new(true),
            status,
            replica_version: RwSignal::new(0),
            replica,
            replica_state,
            replica_is_complete: Memo::new(move |_| replica_state.get() == ReplicaState::Complete),
            photos: RwSignal::default(),
            online,
            now: RwSignal::new(0.0),
            loading: RwSignal::new(0),
            storage_error: RwSignal::new(None),
            deleted: RwSignal::new(None),
            offline_use: RwSignal::default(),
            storage_refused: RwSignal::new(false),
            uploaded: RwSignal::new(0),
            sync: StoredValue::new(None),
            local_overview: shown,
            village: RwSignal::new(village),
            years: Memo::new(move |_| shown.with(|own| own.as_ref().map(|own| own.years()).unwrap_or_default())),
        }
    }

    /// Returns the overview if it covers a filter. A page may have been rendered from a part.
    pub fn overview_for(&self, filter: &Filter) -> Option<Arc<Overview>> {
        let overview = match filter.village() {
            Some(_) => self.village.with(|own| own.as_ref().map(|own| own.shown.clone())),
            None => self.local_overview.get(),
        };
        overview.filter(|overview| overview.has(filter))
    }

    /// The same as the server has it, without this phone's own entries.
    pub fn server_overview_for(&self, filter: &Filter) -> Option<Arc<Overview>> {
        match filter.village() {
            Some(_) => self.village.with(|own| own.as_ref().map(|own| own.received.clone())),
            None => self.server_overview.get(),
        }
    }

    /// Returns the overview if it covers a filter in every year.
    pub fn complete_overview_for(&self, filter: &Filter) -> Option<Arc<Overview>> {
        match filter.village() {
            Some(_) => self.overview_for(filter),
            None => self.local_overview.get().filter(|overview| overview.partial_for.is_none()),
        }
    }

    /// Clears the storage error after a transaction has succeeded again.
    pub fn storage_works(&self) {
        let is_over = |trouble: &Option<StoreError>| matches!(trouble, Some(StoreError::Closed | StoreError::Blocked));
        if self.storage_error.with_untracked(is_over) {
            self.storage_error.set(None);
        }
    }

    /// The person has seen a notice about storage.
    pub fn dismiss_storage_error(&self) {
        let user = self.user.with_untracked(|user| user.as_ref().map(|user| user.id));
        if let (Some(StoreError::Emptied(_)), Some(user)) = (self.storage_error.get_untracked(), user) {
            unsent_count::forget_lost(user);
        }
        self.storage_error.set(None);
    }

    /// Shows entries that were just read from storage, and a notice where unsent ones were lost with an emptied database.
    pub fn show_my_entries(&self, entries: MyEntries) {
        if entries.lost > 0 {
            self.storage_error.set(Some(StoreError::Emptied(entries.lost)));
        }
        let is_same = self.my_entries.with_untracked(|old| old.as_deref() == Some(&entries));
        if !is_same {
            self.my_entries.set(Some(Arc::new(entries)));
        }
    }

    /// Sends an input to the sync.
    pub fn notify_sync(&self, input: Input) {
        self.sync.with_value(|sync| {
            if let Some(sync) = sync {
                // It fails only when the app is being left.
                let _ = sync.unbounded_send(input);
            }
        });
    }

    /// Returns the notice by a list or a count of an incomplete replica: reading, receiving, or partial. Where the browser stores
    /// nothing, it says so.
    pub fn replica_notice(&self) -> Option<String> {
        let texts = self.texts;
        if self.storage_refused.get() {
            return Some(texts.nothing_stored.to_owned());
        }
        match self.replica_state.get() {
            ReplicaState::Complete => None,
            ReplicaState::Loading => Some(texts.loading.to_owned()),
            ReplicaState::Receiving(None) => Some(texts.replica_receiving.to_owned()),
            ReplicaState::Receiving(Some(percent)) => Some(fill(texts.replica_receiving_part, &[&percent])),
            ReplicaState::Partial(None) => Some(texts.replica_partial_unknown.to_owned()),
            ReplicaState::Partial(Some(percent)) => Some(fill(texts.replica_partial, &[&percent])),
        }
    }

    /// Requests the tree of places.
    pub fn request_places(&self) {
        self.places_requested.set(true);
    }

    /// Returns the texts and the language.
    pub fn labels(&self) -> Labels {
        Labels { texts: self.texts, language: self.language }
    }

    /// Returns a place's name with the names of the places above it.
    pub fn place_label(&self, code: &str) -> String {
        self.places.with(|places| places.label(code))
    }

    /// Returns the name of the field at a path of an activity's entry.
    pub fn field_name<'p>(&self, activity: &str, path: impl Into<Path<'p>>) -> String {
        let overview = self.server_overview.get().unwrap_or_default();
        let places = self.places.get_untracked();
        ValueLabels { labels: self.labels(), overview: &overview, places: &places }.name(activity, path)
    }

    /// One of two texts of the data.
    pub fn pick<'a>(&self, chinese: &'a str, english: &'a str) -> &'a str {
        self.language.pick(chinese, if english.is_empty() { chinese } else { english })
    }
}

/// Whether it is the very same overview: to compare all of its parts would take longer than to draw it.
fn is_same(one: Option<&Option<Arc<Overview>>>, other: Option<&Option<Arc<Overview>>>) -> bool {
    match (one, other) {
        (Some(Some(one)), Some(Some(other))) => Arc::ptr_eq(one, other),
        (Some(None), Some(None)) => true,
        _ => false,
    }
}

/// The app's state, from anywhere in it.
pub fn use_app_state() -> AppState {
    expect_context::<AppState>()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECEIVING: Status = Status::Receiving { position: 30, last: 100 };

    fn progress(is_complete: bool, position: u64) -> Option<ReplicaProgress> {
        Some(ReplicaProgress { is_complete, position, last: 100 })
    }

    #[test]
    fn replica_state_counts_nothing_while_the_first_pull_runs() {
        assert_eq!(ReplicaState::of(None, RECEIVING, true), ReplicaState::Loading);
        let receiving = ReplicaState::of(progress(false, 20), RECEIVING, true);
        assert_eq!(receiving, ReplicaState::Receiving(Some(30)));
        assert!(!receiving.is_countable());
        let started = ReplicaState::of(Some(ReplicaProgress::default()), Status::Idle, true);
        assert_eq!(started, ReplicaState::Receiving(None));
    }

    #[test]
    fn replica_state_is_partial_where_the_first_pull_was_cut_off() {
        for status in [Status::Offline, Status::Waiting, Status::SignedOut, Status::Refused, Status::StorageFailed] {
            let partial = ReplicaState::of(progress(false, 14), status, true);
            assert_eq!(partial, ReplicaState::Partial(Some(14)), "{status:?}");
            assert!(partial.is_countable());
        }
        assert_eq!(ReplicaState::of(progress(false, 14), RECEIVING, false), ReplicaState::Partial(Some(30)));
    }

    #[test]
    fn replica_state_stays_complete_in_later_pulls() {
        for (status, online) in [(RECEIVING, true), (Status::Waiting, true), (Status::Offline, false)] {
            assert_eq!(ReplicaState::of(progress(true, 14), status, online), ReplicaState::Complete);
        }
    }
}
