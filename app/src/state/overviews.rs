//! State of the overviews: as received, and with this phone's unsent entries.

use crate::storage::my_entries::MyEntries;
use jiedui_core::figures::{figure::Filter, overview::Overview};
use leptos::prelude::*;
use std::sync::Arc;

/// Signals of the overviews.
#[derive(Clone, Copy)]
pub struct Overviews {
    /// Overview as last received.
    pub server: RwSignal<Option<Arc<Overview>>>,
    /// The overview with this phone's own entries that are not in it yet.
    pub local: Memo<Option<Arc<Overview>>>,
    /// The overview of the chosen village, once loaded.
    pub village: RwSignal<Option<VillageOverview>>,
    /// Years that have entries or targets, the latest first.
    pub years: Memo<Vec<i32>>,
}

/// The overview of a village. The overall one has no place below a township.
#[derive(Clone, Debug)]
pub struct VillageOverview {
    /// Overview as the server has it.
    pub server: Arc<Overview>,
    /// With this phone's own entries that are not in it yet.
    pub local: Arc<Overview>,
}

impl Overviews {
    /// Creates the state from the overview of the page and the person's entries.
    pub(super) fn new(overview: Option<Overview>, entries: RwSignal<Option<Arc<MyEntries>>>) -> Self {
        let overview = overview.map(Arc::new);
        let is_of_village =
            |overview: &Arc<Overview>| overview.partial_for.as_ref().is_some_and(|only| only.village().is_some());
        let village = overview.clone().filter(is_of_village);
        let village = village.map(|overview| VillageOverview { server: overview.clone(), local: overview });
        let server = RwSignal::new(overview);
        let local = Memo::new_with_compare(
            move |_| {
                let received = server.get()?;
                let entries = entries.get().filter(|entries| !entries.not_in_overview.is_empty());
                Some(match entries {
                    None => received,
                    Some(entries) => {
                        let mut merged = Overview::clone(&received);
                        merged.add(entries.not_in_overview.iter().map(|(id, entry)| (*id, entry)));
                        Arc::new(merged)
                    }
                })
            },
            |old, new| !is_same(old, new),
        );
        let years = Memo::new(move |_| {
            local.with(|overview| overview.as_ref().map(|overview| overview.years()).unwrap_or_default())
        });
        Self { server, local, village: RwSignal::new(village), years }
    }

    /// Returns the overview if it covers a filter. A page may have been rendered from a part.
    pub fn local_for(&self, filter: &Filter) -> Option<Arc<Overview>> {
        let overview = match filter.village() {
            Some(_) => self.village.with(|village| village.as_ref().map(|village| village.local.clone())),
            None => self.local.get(),
        };
        overview.filter(|overview| overview.has(filter))
    }

    /// Returns the overview for a filter as the server has it, without this phone's own entries.
    pub fn server_for(&self, filter: &Filter) -> Option<Arc<Overview>> {
        match filter.village() {
            Some(_) => self.village.with(|village| village.as_ref().map(|village| village.server.clone())),
            None => self.server.get(),
        }
    }

    /// Returns the overview if it covers a filter in every year.
    pub fn complete_for(&self, filter: &Filter) -> Option<Arc<Overview>> {
        match filter.village() {
            Some(_) => self.local_for(filter),
            None => self.local.get().filter(|overview| overview.partial_for.is_none()),
        }
    }
}

/// Compares two overviews by address, since comparing their contents would take longer than rendering one.
fn is_same(old: Option<&Option<Arc<Overview>>>, new: Option<&Option<Arc<Overview>>>) -> bool {
    match (old, new) {
        (Some(Some(old)), Some(Some(new))) => Arc::ptr_eq(old, new),
        (Some(None), Some(None)) => true,
        _ => false,
    }
}
