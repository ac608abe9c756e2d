//! All that the shared view is drawn from, small enough for a phone: no entry, note or person is in it.

use crate::catalogue::Catalogue;
use crate::directory::Directory;
use crate::directory::organisation::{Organisation, Pairing};
use crate::directory::place::{Level, Place, Places};
use crate::entry::{Entry, Rules, State};
use crate::figures::contribution::{Contribution, Discriminator, contributions, merge_contributions};
use crate::figures::figure::{self, Figure, Filter};
use crate::values::month::Month;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeSet;
use uuid::Uuid;

/// The state of the whole at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// The number of the last change in it; a larger one is newer.
    pub change: i64,
    /// When the server said so, RFC 3339 in UTC.
    pub as_of: String,
    /// Which catalogue, places and directory these are, in which life of the database: another one starts anew.
    #[serde(default)]
    pub edition: String,
    /// Where this is only what has changed after an overview of the same edition: the number of its last change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "since")]
    pub base_change: Option<i64>,
    /// Where this is only what is seen first under a filter, for a page that is painted from it: the filter. It has no
    /// edition, so that the whole is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "only")]
    pub partial_for: Option<Filter>,
    /// Forms and indicators.
    pub catalogue: Catalogue,
    /// Cities, counties and townships.
    pub places: Vec<Place>,
    /// The directory.
    pub organisations: Vec<Organisation>,
    /// Who is paired with whom.
    pub pairings: Vec<Pairing>,
    /// Months that are closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed: Vec<Month>,
    /// What the figures are made of.
    #[serde(rename = "parts")]
    pub contributions: Vec<Contribution>,
    /// How many entries there are, of what.
    #[serde(rename = "tallies")]
    pub entry_counts: Vec<EntryCount>,
}

/// Entries alike in all of this, and how many.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EntryCount {
    /// The programme's code.
    pub programme: String,
    /// The place's code.
    pub place: String,
    /// The pairing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairing: Option<Uuid>,
    /// The organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Uuid>,
    /// When.
    pub month: Month,
    /// Whether a reviewer has verified them.
    pub verified: bool,
    /// How many; negative in what is taken away.
    pub entries: i64,
}

impl EntryCount {
    /// What makes tallies alike.
    pub fn key(&self) -> (&str, &str, Option<Uuid>, Option<Uuid>, Month, bool) {
        (&self.programme, &self.place, self.pairing, self.organisation, self.month, self.verified)
    }

    /// By what makes tallies alike.
    pub fn order(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }

    /// Whether nothing is left of it.
    pub fn is_nothing(&self) -> bool {
        self.entries == 0
    }

    /// The same to be taken away.
    pub fn negated(self) -> Self {
        Self { entries: -self.entries, ..self }
    }
}

impl Overview {
    /// The rules that an entry must keep, as a phone knows them: its clock may stand in 1970, the server knows which day it is.
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

    /// Adds entries to what is there: those of the database when the server makes an overview, a phone's own unsent
    /// ones when it shows it.
    pub fn add<'a>(&mut self, entries: impl IntoIterator<Item = (Uuid, &'a Entry)>) {
        let mut parts = std::mem::take(&mut self.contributions);
        let mut tallies = std::mem::take(&mut self.entry_counts);
        for (id, entry) in entries {
            parts.extend(contributions(id, entry, &self.catalogue));
            tallies.extend(tally_of(entry, &self.catalogue));
        }
        self.contributions = merge_contributions(parts);
        self.entry_counts = merge_tallies(tallies);
    }

    /// What is seen first under a filter's year and place: figures by county and month, entries by pairing. However many
    /// entries there are, it stays small; figures under the same year and place are those of the whole.
    pub fn summary_for(&self, filter: &Filter) -> Self {
        let only = Filter { year: filter.year, place: filter.place.clone(), ..Filter::default() };
        let sieve = only.compile(&self.catalogue, self.directory());
        // What counts under the place counts under it whichever of its villages it is of.
        let place_of =
            |place: &str| only.place.clone().unwrap_or_else(|| Level::County.ancestor_code(place).to_owned());
        let parts = self.contributions.iter().filter(|part| sieve.matches(part));
        let parts = parts.map(|part| Contribution { place: place_of(&part.place), pairing: None, ..part.clone() });
        let tallies = self
            .entry_counts
            .iter()
            .filter(|tally| sieve.matches_at(&tally.place, tally.pairing, tally.month, tally.verified));
        let tallies = tallies.map(|tally| EntryCount {
            place: place_of(&tally.place),
            month: Month::first_of(tally.month.year),
            ..tally.clone()
        });
        Self {
            change: self.change,
            as_of: self.as_of.clone(),
            catalogue: self.catalogue.clone(),
            places: self.places.clone(),
            organisations: self.organisations.clone(),
            pairings: self.pairings.clone(),
            closed: self.closed.clone(),
            contributions: merge_contributions(dominant_only(parts.collect())),
            entry_counts: merge_tallies(tallies.collect()),
            partial_for: Some(only),
            edition: String::new(),
            base_change: None,
        }
    }

    /// What counts at a village, which are its own entries and, wherever they were, those under the pairings of its
    /// organisations: an overview knows no place below a township.
    pub fn of_village<'a>(&self, village: &str, entries: impl IntoIterator<Item = (Uuid, &'a Entry)>) -> Self {
        let touching = self.directory().pairings_at(village);
        let touches = |pairing: Option<Uuid>| pairing.is_some_and(|id| touching.contains(&id));
        let mut own = Self {
            contributions: self.contributions.iter().filter(|part| touches(part.pairing)).cloned().collect(),
            entry_counts: self.entry_counts.iter().filter(|tally| touches(tally.pairing)).cloned().collect(),
            partial_for: Some(Filter { place: Some(village.to_owned()), ..Filter::default() }),
            edition: String::new(),
            base_change: None,
            ..self.clone()
        };
        own.add(entries.into_iter().filter(|(_, entry)| entry.place == village && !touches(entry.pairing)));
        own
    }

    /// Whether the figures under a filter are in it.
    pub fn has(&self, filter: &Filter) -> bool {
        self.partial_for
            .as_ref()
            .is_none_or(|only| only.place == filter.place && only.year.is_none_or(|year| Some(year) == filter.year))
    }

    /// Takes in what has changed since: each part and tally as it stands now, with no entries where none are left. False
    /// where it does not follow on this overview, which then stays as it is.
    pub fn apply_delta(&mut self, news: Overview) -> bool {
        let follows = news.base_change.is_some_and(|since| since <= self.change && self.change <= news.change);
        if !follows || news.edition != self.edition {
            return false;
        }
        merge_sorted(&mut self.contributions, news.contributions, Contribution::order, Contribution::is_nothing);
        merge_sorted(&mut self.entry_counts, news.entry_counts, EntryCount::order, EntryCount::is_nothing);
        (self.change, self.as_of) = (news.change, news.as_of);
        true
    }

    /// Organisations and pairings.
    pub fn directory(&self) -> Directory<'_> {
        Directory { organisations: &self.organisations, pairings: &self.pairings }
    }

    /// The figures under a filter, in the catalogue's order.
    pub fn figures(&self, filter: &Filter) -> Vec<Figure> {
        figure::figures(&self.contributions, filter, &self.catalogue, self.directory())
    }

    /// Years that have entries or targets, the latest first.
    pub fn years(&self) -> Vec<i32> {
        let targets = self.catalogue.indicators.iter().flat_map(|indicator| &indicator.targets);
        let years: BTreeSet<i32> =
            self.contributions.iter().map(|part| part.month.year).chain(targets.map(|target| target.year)).collect();
        years.into_iter().rev().collect()
    }
}

/// Merges updates into a sorted list: replaces equal keys, inserts new ones, drops entries that became empty. Of updates
/// with equal keys the last one wins. O(n + m log m) for a sorted list of n: the sort finds its order and merges.
fn merge_sorted<T>(list: &mut Vec<T>, updates: Vec<T>, order: fn(&T, &T) -> Ordering, is_empty: fn(&T) -> bool) {
    list.extend(updates);
    // A stable sort keeps an update behind what it replaces.
    list.sort_by(order);
    list.dedup_by(|later, kept| {
        let replaces = order(later, kept).is_eq();
        if replaces {
            std::mem::swap(later, kept);
        }
        replaces
    });
    list.retain(|item| !is_empty(item));
}

/// Of parts that are kept apart just those that make figures: a subject's largest number and the latest of a month, of
/// those alike in all else. What the others have in entries, they have.
fn dominant_only(mut parts: Vec<Contribution>) -> Vec<Contribution> {
    // The last of a group is its foremost: the same subject with a larger number, or a later entry.
    parts.sort_by(Contribution::order);
    let group = |part: &Contribution| {
        let subject = match &part.discriminator {
            Some(Discriminator::Subject(subject, _)) => Some(subject.clone()),
            Some(Discriminator::Latest(..)) => Some(String::new()),
            None => None,
        };
        (part.indicator.clone(), part.place.clone(), part.month, part.verified, part.qualifier, subject)
    };
    let mut kept: Vec<Contribution> = Vec::new();
    let mut of_last = None;
    for mut part in parts {
        let own = group(&part);
        if own.5.is_some()
            && of_last.as_ref() == Some(&own)
            && let Some(earlier) = kept.pop()
        {
            part.entries += earlier.entries;
        }
        of_last = Some(own);
        kept.push(part);
    }
    kept
}

/// How an entry is tallied; not at all when a reviewer returned it.
pub fn tally_of(entry: &Entry, catalogue: &Catalogue) -> Option<EntryCount> {
    let activity = catalogue.activity(&entry.activity)?;
    (entry.state != State::Returned).then(|| EntryCount {
        programme: activity.programme.clone(),
        place: entry.place.clone(),
        pairing: entry.pairing,
        organisation: entry.organisation,
        month: entry.date.into(),
        verified: entry.state == State::Verified,
        entries: 1,
    })
}

/// Adds up like ones; what comes to nothing goes.
pub fn merge_tallies(mut tallies: Vec<EntryCount>) -> Vec<EntryCount> {
    tallies.sort_by(EntryCount::order);
    tallies.dedup_by(|later, kept| {
        let alike = later.key() == kept.key();
        if alike {
            kept.entries += later.entries;
        }
        alike
    });
    tallies.retain(|tally| !tally.is_nothing());
    tallies
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Inserts one update after the other at its place: what [`merge_sorted`] must equal.
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
        fn merge_sorted_equals_one_insertion_after_the_other(
            list in proptest::collection::btree_map(0_u8..40, 1_u8..4, 0..30),
            updates in proptest::collection::vec((0_u8..40, 0_u8..4), 0..30),
        ) {
            let list: Vec<(u8, u8)> = list.into_iter().collect();
            let (mut merged, mut inserted) = (list.clone(), list);
            merge_sorted(&mut merged, updates.clone(), |one, other| one.0.cmp(&other.0), |item| item.1 == 0);
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
