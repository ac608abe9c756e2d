//! The application state, as signals in groups. Everything on the screens is derived from it.

pub mod bootstrap;
pub mod geography;
pub mod my_entries;
pub mod overviews;
pub mod replica;
pub mod screen;
pub mod session;
pub mod storage;
pub mod sync;

use crate::labels::Labels;
use crate::labels::texts::{Texts, fill};
use crate::labels::value::ValueLabels;
use crate::storage::StoreError;
use crate::storage::my_entries::MyEntries;
use crate::storage::unsent_count;
use bootstrap::BootstrapData;
use geography::Geography;
use jiedui_core::sync::Path;
use jiedui_core::values::language::Language;
use leptos::prelude::*;
use my_entries::MyEntriesState;
use overviews::Overviews;
use replica::{Replica, ReplicaState};
use screen::Screen;
use session::Session;
use std::sync::Arc;
use storage::StorageState;
use sync::SyncState;
use time::Date;

/// The state of the app on this phone.
#[derive(Clone, Copy)]
pub struct AppState {
    /// Texts of the chosen language. Another choice restarts the app.
    pub texts: &'static Texts,
    /// Chosen language.
    pub language: Language,
    /// Current date.
    pub today: Date,
    /// Whether the server runs the demonstration.
    pub is_demo: bool,
    /// Whether places may be ordered by their value.
    pub ranks_places: bool,
    /// Signed-in person and clock.
    pub session: Session,
    /// Places and base map.
    pub geography: Geography,
    /// Overviews.
    pub overviews: Overviews,
    /// The person's own entries and photos.
    pub my_entries: MyEntriesState,
    /// The replica of the server's feed.
    pub replica: Replica,
    /// The sync and the network.
    pub sync: SyncState,
    /// The phone's storage.
    pub storage: StorageState,
    /// State of the screen that belongs to no single page.
    pub screen: Screen,
}

impl AppState {
    /// Creates the state of a starting app.
    pub fn new(data: BootstrapData) -> Self {
        let sync = SyncState::new(data.user.is_some());
        let my_entries = MyEntriesState::new();
        Self {
            texts: Labels::new(data.language).texts,
            language: data.language,
            today: data.today,
            is_demo: data.is_demo,
            ranks_places: data.ranks_places,
            session: Session::new(data.user),
            geography: Geography::new(data.map_number),
            overviews: Overviews::new(data.overview, my_entries.summary),
            my_entries,
            replica: Replica::new(sync),
            sync,
            storage: StorageState::new(),
            screen: Screen::new(),
        }
    }

    /// Clears a notice about storage that the person has seen.
    pub fn dismiss_storage_error(&self) {
        let user = self.session.user.with_untracked(|user| user.as_ref().map(|user| user.id));
        if let (Some(StoreError::Emptied(_)), Some(user)) = (self.storage.error.get_untracked(), user) {
            unsent_count::forget_lost(user);
        }
        self.storage.error.set(None);
    }

    /// Shows entries that were just read from storage, and a notice where unsent ones were lost with an emptied database.
    pub fn show_my_entries(&self, entries: MyEntries) {
        if entries.lost > 0 {
            self.storage.error.set(Some(StoreError::Emptied(entries.lost)));
        }
        let is_same = self.my_entries.summary.with_untracked(|old| old.as_deref() == Some(&entries));
        if !is_same {
            self.my_entries.summary.set(Some(Arc::new(entries)));
        }
        self.my_entries.version.update(|version| *version += 1);
    }

    /// Returns the notice by a list or a count of an incomplete replica: reading, receiving, or partial. Where the browser stores
    /// nothing, it says so.
    pub fn replica_notice(&self) -> Option<String> {
        let texts = self.texts;
        if self.storage.is_refused.get() {
            return Some(texts.nothing_stored().to_owned());
        }
        match self.replica.state.get() {
            ReplicaState::Complete => None,
            ReplicaState::Loading => Some(texts.loading().to_owned()),
            ReplicaState::Receiving(None) => Some(texts.replica_receiving().to_owned()),
            ReplicaState::Receiving(Some(percent)) => Some(fill(texts.replica_receiving_part(), &[&percent])),
            ReplicaState::Partial(None) => Some(texts.replica_partial_unknown().to_owned()),
            ReplicaState::Partial(Some(percent)) => Some(fill(texts.replica_partial(), &[&percent])),
        }
    }

    /// Requests the tree of places.
    pub fn request_places(&self) {
        self.geography.places_requested.set(true);
    }

    /// Returns the texts and the language.
    pub fn labels(&self) -> Labels {
        Labels { texts: self.texts, language: self.language }
    }

    /// Returns a place's name with the names of the places above it.
    pub fn place_label(&self, code: &str) -> String {
        self.geography.places.with(|places| places.label(code))
    }

    /// Returns the name of the field at a path of an activity's entry.
    pub fn field_name<'p>(&self, activity: &str, path: impl Into<Path<'p>>) -> String {
        let overview = self.overviews.server.get().unwrap_or_default();
        let places = self.geography.places.get_untracked();
        ValueLabels { labels: self.labels(), overview: &overview, places: &places }.name(activity, path)
    }

    /// Returns the text of the data in the chosen language; Chinese where no English exists.
    pub fn pick<'a>(&self, chinese: &'a str, english: &'a str) -> &'a str {
        self.language.pick(chinese, if english.is_empty() { chinese } else { english })
    }
}

/// Returns the app's state from the context.
pub fn use_app_state() -> AppState {
    expect_context::<AppState>()
}
