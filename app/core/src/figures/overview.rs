//! Overview: all data behind the shared dashboard, compact enough for a phone. It has no entries, notes or persons.

use crate::catalogue::Catalogue;
use crate::directory::Directory;
use crate::directory::organisation::{Organisation, Pairing};
use crate::directory::place::{Place, Places};
use crate::entry::{Entry, Rules};
use crate::figures::contribution::{Contribution, contributions, merge_contributions};
use crate::figures::entry_count::{EntryCount, count_entry, merge_counts};
use crate::figures::figure::Filter;
use crate::figures::source::{Attached, FigureSource};
use crate::values::month::Month;
use crate::values::sort::{collect_sorted, sort_by};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;
use uuid::Uuid;

/// Source of overviews for filters, such as the year packs of a phone.
pub trait OverviewSource: Debug + Send + Sync {
    /// Returns the overview for a filter of one year; `None` if the source does not have it.
    fn overview_for(&self, filter: &Filter) -> Option<Arc<Overview>>;
    /// Returns the source with entries that it does not count yet.
    fn with_entries(&self, entries: &[(Uuid, Entry)]) -> Arc<dyn OverviewSource>;
}

/// Snapshot of reference data and aggregates.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Overview {
    /// Number of the last change that it includes; a larger number is newer.
    pub change: i64,
    /// Time of the snapshot on the server, RFC 3339 in UTC.
    pub as_of: String,
    /// Identifies the reference data and the database epoch. Deltas apply only to the same edition.
    #[serde(default)]
    pub edition: String,
    /// In a delta: number of the last change of the overview that it applies to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "since")]
    pub base_change: Option<i64>,
    /// In a summary: the filter that it is limited to. A summary has no edition, so that the full overview is fetched
    /// next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "only")]
    pub partial_for: Option<Filter>,
    /// Catalogue of forms and indicators.
    pub catalogue: Catalogue,
    /// Cities, counties and townships.
    pub places: Vec<Place>,
    /// Organisations of the directory.
    pub organisations: Vec<Organisation>,
    /// Pairings of the directory.
    pub pairings: Vec<Pairing>,
    /// Closed months.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed: Vec<Month>,
    /// Contributions that figures are computed from.
    #[serde(rename = "parts")]
    pub contributions: Vec<Contribution>,
    /// Numbers of entries by key.
    #[serde(rename = "tallies")]
    pub entry_counts: Vec<EntryCount>,
    /// In an overview without figures: the years that have some, latest first. They are in year packs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "years")]
    pub pack_years: Option<Vec<i32>>,
    /// Source of the figures, in place of contributions.
    #[serde(skip)]
    pub source: Attached<dyn FigureSource>,
    /// In an overview without figures: the packs, once they are in memory.
    #[serde(skip)]
    pub packs: Attached<dyn OverviewSource>,
}

impl Overview {
    /// Returns the validation rules for a phone. They have no last day, since the phone's clock cannot be trusted; the
    /// server checks it.
    pub fn rules<'a>(&'a self, places: &'a Places) -> Rules<'a> {
        Rules {
            catalogue: &self.catalogue,
            places,
            organisations: &self.organisations,
            pairings: &self.pairings,
            last_day: None,
            closed: &self.closed,
        }
    }

    /// Adds entries: all stored ones on the server, the unsent ones on a phone.
    pub fn add<'a>(&mut self, entries: impl IntoIterator<Item = (Uuid, &'a Entry)>) {
        let mut unmerged = std::mem::take(&mut self.contributions);
        let mut unmerged_counts = std::mem::take(&mut self.entry_counts);
        for (id, entry) in entries {
            unmerged.extend(contributions(id, entry, &self.catalogue));
            unmerged_counts.extend(count_entry(entry, &self.catalogue));
        }
        self.contributions = merge_contributions(unmerged);
        self.entry_counts = merge_counts(unmerged_counts);
    }

    /// Returns the overview of a village, which an overview does not resolve: the village's entries, and those under
    /// pairings of its organisations wherever they were.
    pub fn of_village<'a>(&self, village: &str, entries: impl IntoIterator<Item = (Uuid, &'a Entry)>) -> Self {
        let pairings = self.directory().pairings_at(village);
        let is_concerned = |pairing: Option<Uuid>| pairing.is_some_and(|id| pairings.contains(&id));
        let mut overview = Self {
            contributions: self
                .contributions
                .iter()
                .filter(|contribution| is_concerned(contribution.pairing))
                .cloned()
                .collect(),
            entry_counts: self.entry_counts.iter().filter(|count| is_concerned(count.pairing)).cloned().collect(),
            partial_for: Some(Filter { place: Some(village.to_owned()), ..Filter::default() }),
            edition: String::new(),
            base_change: None,
            ..self.clone()
        };
        overview.add(entries.into_iter().filter(|(_, entry)| entry.place == village && !is_concerned(entry.pairing)));
        overview
    }

    /// Returns whether it can answer a filter.
    pub fn has(&self, filter: &Filter) -> bool {
        self.partial_for.as_ref().is_none_or(|partial_for| {
            partial_for.place == filter.place && partial_for.year.is_none_or(|year| Some(year) == filter.year)
        })
    }

    /// Returns whether its figures are in year packs, which it does not contain.
    pub fn is_reference(&self) -> bool {
        self.pack_years.is_some() && self.partial_for.is_none()
    }

    /// Returns whether it has the figures of a year, or the year has none.
    pub fn has_year(&self, year: i32) -> bool {
        let has_entries = || self.pack_years.as_ref().is_none_or(|years| years.contains(&year));
        self.source.0.as_ref().is_none_or(|source| source.years().contains(&year) || !has_entries())
    }

    /// Applies a delta, in which keys without entries are removals. Returns false and changes nothing if the delta
    /// does not follow on this overview.
    pub fn apply_delta(&mut self, delta: Overview) -> bool {
        let follows = delta.base_change.is_some_and(|since| since <= self.change && self.change <= delta.change);
        if !follows || delta.edition != self.edition {
            return false;
        }
        merge_sorted(&mut self.contributions, delta.contributions, Contribution::order, Contribution::is_empty);
        merge_sorted(&mut self.entry_counts, delta.entry_counts, EntryCount::order, EntryCount::is_empty);
        (self.change, self.as_of, self.pack_years) = (delta.change, delta.as_of, delta.pack_years);
        true
    }

    /// Returns the directory.
    pub fn directory(&self) -> Directory<'_> {
        Directory { organisations: &self.organisations, pairings: &self.pairings }
    }

    /// Returns the years that have entries or targets, latest first.
    pub fn years(&self) -> Vec<i32> {
        let targets = self.catalogue.indicators.iter().flat_map(|indicator| &indicator.targets);
        let entries = self.contributions.iter().map(|contribution| contribution.month.year);
        let packs = self.pack_years.iter().flatten().copied();
        let years: BTreeSet<i32> = collect_sorted(entries.chain(targets.map(|target| target.year)).chain(packs));
        years.into_iter().rev().collect()
    }
}

/// Merges updates into a sorted list: replaces equal keys, inserts new ones, drops entries that became empty. Of updates
/// with equal keys the last one wins. O(n + m log m) for a sorted list of n: the sort finds its order and merges.
fn merge_sorted<T>(list: &mut Vec<T>, updates: Vec<T>, order: fn(&T, &T) -> Ordering, is_empty: fn(&T) -> bool) {
    list.extend(updates);
    // The sort is stable: an update comes after the item that it replaces.
    sort_by(list, order);
    list.dedup_by(|later, earlier| {
        let replaces = order(later, earlier).is_eq();
        if replaces {
            std::mem::swap(later, earlier);
        }
        replaces
    });
    list.retain(|item| !is_empty(item));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reference implementation of [`merge_sorted`]: inserts the updates one by one.
    fn insert_each(list: &mut Vec<(u8, u8)>, updates: Vec<(u8, u8)>) {
        for update in updates {
            match (list.binary_search_by(|item| item.0.cmp(&update.0)), update.1 == 0) {
                (Ok(at), true) => drop(list.remove(at)),
                (Ok(at), false) => list[at] = update,
                (Err(_), true) => {}
                (Err(at), false) => list.insert(at, update),
            }
        }
    }

    proptest! {
        #[test]
        fn merge_sorted_equals_repeated_insertion(
            list in proptest::collection::btree_map(0_u8..40, 1_u8..4, 0..30),
            updates in proptest::collection::vec((0_u8..40, 0_u8..4), 0..30),
        ) {
            let list: Vec<(u8, u8)> = list.into_iter().collect();
            let (mut merged, mut inserted) = (list.clone(), list);
            merge_sorted(&mut merged, updates.clone(), |a, b| a.0.cmp(&b.0), |item| item.1 == 0);
            insert_each(&mut inserted, updates);
            prop_assert_eq!(merged, inserted);
        }
    }

    #[test]
    fn merge_sorted_of_a_million_updates_is_not_quadratic() {
        let mut list: Vec<u64> = (0..1_000_000).map(|number| number * 2).collect();
        let updates: Vec<u64> = (0..1_000_000).rev().map(|number| number * 2 + 1).collect();
        merge_sorted(&mut list, updates, u64::cmp, |_| false);
        assert!(list.len() == 2_000_000 && list.is_sorted());
    }
}
