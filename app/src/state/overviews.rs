//! State of the overviews: as received, and with this phone's unsent entries.

use crate::storage::my_entries::MyEntries;
use jiedui_core::figures::{figure::Filter, overview::Overview, source::Attached};
use leptos::prelude::*;
use std::sync::Arc;

/// Signals of the overviews.
#[derive(Clone, Copy)]
pub struct Overviews {
    /// Overview as last received.
    pub server: RwSignal<Option<Arc<Overview>>>,
    /// The overview with this phone's own entries that are not in it yet.
    pub local: Memo<Option<Arc<Overview>>>,
    /// The overview of the chosen village or of all years, once loaded.
    pub separate: RwSignal<Option<SeparateOverview>>,
    /// Years that have entries or targets, the latest first.
    pub years: Memo<Vec<i32>>,
    /// Filter of the screen, whose year packs are fetched.
    pub wanted: RwSignal<Filter>,
    /// Number of years that a screen compares.
    pub compared: RwSignal<usize>,
    /// Whether the last request for figures of a filter failed.
    pub is_unreachable: RwSignal<bool>,
}

/// An overview that is fetched for a filter: of a village, or of all years. The overall one has no place below a township, and
/// year packs do not have all years together.
#[derive(Clone, Debug)]
pub struct SeparateOverview {
    /// Overview as the server has it.
    pub server: Arc<Overview>,
    /// With this phone's own entries that are not in it yet.
    pub local: Arc<Overview>,
}

impl Overviews {
    /// Creates the state from the overview of the page and the person's entries.
    pub(super) fn new(overview: Option<Overview>, entries: RwSignal<Option<Arc<MyEntries>>>) -> Self {
        let overview = overview.map(Arc::new);
        let separate = overview.clone().filter(|overview| is_separate(overview));
        let separate = separate.map(|overview| SeparateOverview { server: overview.clone(), local: overview });
        let server = RwSignal::new(overview);
        let local = Memo::new_with_compare(
            move |_| {
                let received = server.get()?;
                let entries = entries.get().filter(|entries| !entries.not_in_overview.is_empty());
                Some(match entries {
                    None => received,
                    Some(entries) => {
                        let mut merged = Overview::clone(&received);
                        if let Some(packs) = &received.packs.0 {
                            merged.packs = Attached(Some(packs.with_entries(&entries.not_in_overview)));
                        } else if !received.is_reference() {
                            merged.add(entries.not_in_overview.iter().map(|(id, entry)| (*id, entry)));
                        }
                        Arc::new(merged)
                    }
                })
            },
            |old, new| !is_same(old, new),
        );
        let years = Memo::new(move |_| {
            local.with(|overview| overview.as_ref().map(|overview| overview.years()).unwrap_or_default())
        });
        let (wanted, compared, is_unreachable) = (RwSignal::default(), RwSignal::new(0), RwSignal::new(false));
        Self { server, local, separate: RwSignal::new(separate), years, wanted, compared, is_unreachable }
    }

    /// Returns the overview if it covers a filter. A page may have been rendered from a part.
    pub fn local_for(&self, filter: &Filter) -> Option<Arc<Overview>> {
        self.covering(self.local.get(), |separate| &separate.local, filter)
    }

    /// Returns the overview for a filter as the server has it, without this phone's own entries.
    pub fn server_for(&self, filter: &Filter) -> Option<Arc<Overview>> {
        self.covering(self.server.get(), |separate| &separate.server, filter)
    }

    /// Returns the overview if it covers a filter, and other years if they are on the phone.
    pub fn complete_for(&self, filter: &Filter) -> Option<Arc<Overview>> {
        self.local_for(filter)
            .filter(|overview| overview.source.0.is_some() || overview.partial_for.is_none() || is_separate(overview))
    }

    /// Returns whether the figures are in year packs, which do not count the entries of each place.
    pub fn are_in_packs(&self) -> bool {
        self.server.with(|overview| overview.as_ref().is_some_and(|overview| overview.pack_years.is_some()))
    }

    /// Returns whether a filter needs a separate overview.
    pub fn needs_separate(&self, filter: &Filter) -> bool {
        let has_packs = || self.server.with(|overview| overview.as_ref().is_some_and(|it| it.is_reference()));
        filter.village().is_some() || (filter.year.is_none() && has_packs())
    }

    fn covering(
        &self,
        overview: Option<Arc<Overview>>,
        part: fn(&SeparateOverview) -> &Arc<Overview>,
        filter: &Filter,
    ) -> Option<Arc<Overview>> {
        if self.needs_separate(filter) {
            let separate = self.separate.with(|separate| separate.as_ref().map(|separate| part(separate).clone()));
            return separate.filter(|overview| overview.has(filter));
        }
        let overview = overview.filter(|overview| overview.has(filter))?;
        if overview.is_reference() { overview.packs.0.as_ref()?.overview_for(filter) } else { Some(overview) }
    }
}

/// Returns whether an overview is of a village or of all years.
fn is_separate(overview: &Overview) -> bool {
    overview.partial_for.as_ref().is_some_and(|only| only.year.is_none())
}

/// Compares two overviews by address, since comparing their contents would take longer than rendering one.
fn is_same(old: Option<&Option<Arc<Overview>>>, new: Option<&Option<Arc<Overview>>>) -> bool {
    match (old, new) {
        (Some(Some(old)), Some(Some(new))) => Arc::ptr_eq(old, new),
        (Some(None), Some(None)) => true,
        _ => false,
    }
}
