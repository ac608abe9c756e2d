//! All that the shared view is drawn from, small enough for a phone: no entry, note or person is in it.

use super::catalogue::Catalogue;
use super::entry::{Entry, State};
use super::figure::{self, Directory, Figure, Filter};
use super::map::Counts;
use super::month::Month;
use super::organisation::{Organisation, Pairing};
use super::part::{Part, merge_parts, parts_of};
use super::place::{Place, covers};
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
    pub since: Option<i64>,
    /// Forms and indicators.
    pub catalogue: Catalogue,
    /// Cities, counties and townships.
    pub places: Vec<Place>,
    /// The directory.
    pub organisations: Vec<Organisation>,
    /// Who is paired with whom.
    pub pairings: Vec<Pairing>,
    /// What the figures are made of.
    pub parts: Vec<Part>,
    /// How many entries there are, of what.
    pub tallies: Vec<Tally>,
}

/// Entries alike in all of this, and how many.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tally {
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

impl Tally {
    /// What makes tallies alike.
    pub fn key(&self) -> (&str, &str, Option<Uuid>, Option<Uuid>, Month, bool) {
        (&self.programme, &self.place, self.pairing, self.organisation, self.month, self.verified)
    }

    /// By what makes tallies alike.
    pub fn order(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }

    /// The same to be taken away.
    pub fn negated(self) -> Self {
        Self { entries: -self.entries, ..self }
    }
}

impl Overview {
    /// Adds entries to what is there: those of the database when the server makes an overview, a phone's own unsent
    /// ones when it shows it.
    pub fn add<'a>(&mut self, entries: impl IntoIterator<Item = (Uuid, &'a Entry)>) {
        let mut parts = std::mem::take(&mut self.parts);
        let mut tallies = std::mem::take(&mut self.tallies);
        for (id, entry) in entries {
            parts.extend(parts_of(id, entry, &self.catalogue));
            tallies.extend(tally_of(entry, &self.catalogue));
        }
        self.parts = merge_parts(parts);
        self.tallies = merge_tallies(tallies);
    }

    /// Takes in what has changed since: each part and tally as it stands now, with no entries where none are left. False
    /// where it does not follow on this overview, which then stays as it is.
    pub fn renew(&mut self, news: Overview) -> bool {
        let follows = news.since.is_some_and(|since| since <= self.change && self.change <= news.change);
        if !follows || news.edition != self.edition {
            return false;
        }
        let (mut parts, mut tallies) = (news.parts, news.tallies);
        parts.sort_by(Part::order);
        tallies.sort_by(Tally::order);
        self.parts.retain(|part| parts.binary_search_by(|own| own.order(part)).is_err());
        self.tallies.retain(|tally| tallies.binary_search_by(|own| own.order(tally)).is_err());
        self.parts.extend(parts);
        self.parts = merge_parts(std::mem::take(&mut self.parts));
        self.tallies.extend(tallies);
        self.tallies = merge_tallies(std::mem::take(&mut self.tallies));
        (self.change, self.as_of) = (news.change, news.as_of);
        true
    }

    /// Organisations and pairings.
    pub fn directory(&self) -> Directory<'_> {
        Directory { organisations: &self.organisations, pairings: &self.pairings }
    }

    /// The figures under a filter, in the catalogue's order.
    pub fn figures(&self, filter: &Filter) -> Vec<Figure> {
        figure::figures(&self.parts, filter, &self.catalogue, self.directory())
    }

    /// Years that have entries or targets, the latest first.
    pub fn years(&self) -> Vec<i32> {
        let targets = self.catalogue.indicators.iter().flat_map(|indicator| &indicator.targets);
        let years: BTreeSet<i32> =
            self.parts.iter().map(|part| part.month.year).chain(targets.map(|target| target.year)).collect();
        years.into_iter().rev().collect()
    }

    /// How many entries pass the filter and are `wanted`.
    pub fn count(&self, filter: &Filter, wanted: impl Fn(&Tally) -> bool) -> Counts {
        let mut counts = Counts::default();
        for tally in self.tallies.iter().filter(|tally| self.passes(tally, filter) && wanted(tally)) {
            let entries = u64::try_from(tally.entries).unwrap_or_default();
            counts.entries += entries;
            counts.verified += if tally.verified { entries } else { 0 };
        }
        counts
    }

    fn passes(&self, tally: &Tally, filter: &Filter) -> bool {
        let touches = |place: &str| tally.pairing.is_some_and(|id| self.directory().pairing_touches(id, place));
        filter.year.is_none_or(|year| tally.month.year == year)
            && (!filter.verified_only || tally.verified)
            && filter.programme.as_deref().is_none_or(|programme| tally.programme == programme)
            && filter.place.as_deref().is_none_or(|place| covers(place, &tally.place) || touches(place))
    }
}

/// How an entry is tallied; not at all when a reviewer returned it.
pub fn tally_of(entry: &Entry, catalogue: &Catalogue) -> Option<Tally> {
    let activity = catalogue.activity(&entry.activity)?;
    (entry.state != State::Returned).then(|| Tally {
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
pub fn merge_tallies(mut tallies: Vec<Tally>) -> Vec<Tally> {
    tallies.sort_by(Tally::order);
    tallies.dedup_by(|later, kept| {
        let alike = later.key() == kept.key();
        if alike {
            kept.entries += later.entries;
        }
        alike
    });
    tallies.retain(|tally| tally.entries != 0);
    tallies
}
