//! Year pack: what the screens of the shared view need of one year, of a size that does not depend on the number of
//! entries.
//!
//! A pack has the figures of each [`Scope`] by month. The figure under a filter is read from the filter's scope, so a pack
//! needs neither entries nor their pairings. It comes in [`Piece`]s, and follows changes by deltas, in which each row is the
//! complete new one.

mod columns;
pub mod counts;
mod encoding;
mod indicator_figures;
mod ranges;
mod read;
mod scope;
mod source;
mod summary;
#[cfg(test)]
pub(super) mod tests;
mod wanted;

pub use indicator_figures::{IndicatorFigures, LatestRow, Row};
pub use ranges::{MONTHS, Maxima, RangeTable};
pub use scope::{Piece, Scope};
pub use source::{PackOverviews, Packs};
pub use summary::place_in_summary;
pub use wanted::{YearPieces, needed_first, needed_offline};

use crate::catalogue::Catalogue;
use crate::directory::index::DirectoryIndex;
use crate::entry::Entry;
use crate::figures::contribution::{Contribution, Discriminator, contributions};
use crate::figures::entry_count::{EntryCount, count_entry, merge_counts};
use crate::values::month::Month;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Figures of a scope by the code of their indicator.
pub type ScopeFigures = BTreeMap<String, IndicatorFigures>;

/// Largest numbers of the subjects of distinct indicators, by scope, indicator and subject.
pub type Subjects = BTreeMap<(Scope, String, String), Maxima>;

/// Figures and entry counts of one year.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct YearPack {
    /// Year.
    pub year: i32,
    /// Number of the last change that it includes; a larger number is newer.
    pub change: i64,
    /// Identifies the reference data and the database epoch. Deltas apply only to the same edition.
    pub edition: String,
    /// In a delta: number of the last change of the pack that it applies to.
    pub base_change: Option<i64>,
    /// Pieces that it has.
    pub pieces: BTreeSet<Piece>,
    /// Figures by scope.
    pub scopes: BTreeMap<Scope, ScopeFigures>,
    /// Entry counts as [`counts::rows_of`] stores them, sorted by key.
    pub counts: Vec<EntryCount>,
    /// Largest numbers of subjects, where the pack has the piece.
    pub subjects: Subjects,
}

/// Returns the month of a year in which a scope counts: a yearly scope counts everything in the first one.
pub fn month_in(scope: &Scope, month: Month) -> u8 {
    if scope.is_yearly() { 1 } else { month.number() }
}

impl YearPack {
    /// Creates the pack of a year with all pieces from contributions and entry counts. Those of other years are skipped.
    pub fn new(year: i32, contributions: &[Contribution], counts: &[EntryCount], directory: &DirectoryIndex) -> Self {
        let mut pack = Self { year, ..Self::default() };
        for contribution in contributions {
            pack.add_contribution(contribution, directory);
        }
        pack.add_counts(counts.iter(), directory);
        let places = contributions.iter().map(|contribution| contribution.place.as_str());
        pack.pieces = places.map(Piece::of_place).collect();
        pack.pieces.extend(pack.scopes.keys().map(Scope::piece));
        pack.pieces.extend([Piece::Base, Piece::Pairings, Piece::Organisations, Piece::Subjects]);
        pack
    }

    /// Adds entries that the pack does not count yet, such as the unsent ones of a phone. A subject whose largest number
    /// the pack does not have is counted like a new one.
    pub fn add<'a>(
        &mut self,
        entries: impl IntoIterator<Item = (Uuid, &'a Entry)>,
        catalogue: &Catalogue,
        directory: &DirectoryIndex,
    ) {
        let mut counts = Vec::new();
        for (id, entry) in entries {
            for contribution in contributions(id, entry, catalogue) {
                self.add_contribution(&contribution, directory);
            }
            counts.extend(count_entry(entry, catalogue));
        }
        self.add_counts(counts.iter(), directory);
    }

    fn add_contribution(&mut self, contribution: &Contribution, directory: &DirectoryIndex) {
        if contribution.month.year != self.year {
            return;
        }
        for scope in Scope::of_entry(&contribution.place, contribution.pairing, directory) {
            let month = month_in(&scope, contribution.month);
            let figures = self.scopes.entry(scope.clone()).or_default();
            let figures = figures.entry(contribution.indicator.clone()).or_default();
            figures.add(contribution, month);
            if let Some(Discriminator::Subject(subject, number)) = &contribution.discriminator {
                let key = (scope, contribution.indicator.clone(), subject.clone());
                let before = self.subjects.get(&key).copied().unwrap_or_default();
                let mut after = before;
                after.include(month, contribution.verified, *number);
                if after != before {
                    figures.change_subject(&before, &after);
                    self.subjects.insert(key, after);
                }
            }
        }
    }

    fn add_counts<'a>(&mut self, counts: impl Iterator<Item = &'a EntryCount>, directory: &DirectoryIndex) {
        let mut rows = std::mem::take(&mut self.counts);
        let of_year = counts.filter(|count| count.month.year == self.year);
        rows.extend(of_year.flat_map(|count| counts::rows_of(count, directory)));
        self.counts = merge_counts(rows);
    }

    /// Returns the part with these pieces.
    pub fn pieces(&self, pieces: &BTreeSet<Piece>) -> Self {
        let has = |scope: &Scope| pieces.contains(&scope.piece());
        Self {
            year: self.year,
            change: self.change,
            edition: self.edition.clone(),
            base_change: self.base_change,
            pieces: self.pieces.intersection(pieces).cloned().collect(),
            scopes: self.scopes.iter().filter(|(scope, _)| has(scope)).map(|(s, f)| (s.clone(), f.clone())).collect(),
            counts: self.counts.iter().filter(|count| pieces.contains(&piece_of(count))).cloned().collect(),
            subjects: if pieces.contains(&Piece::Subjects) { self.subjects.clone() } else { Subjects::new() },
        }
    }

    /// Adds the pieces of another pack of the same year and edition. The result is as old as the older of the two, since
    /// a delta that begins too early does no harm. Returns false and changes nothing if the packs do not match.
    pub fn add_pieces(&mut self, other: Self) -> bool {
        if (self.year, &self.edition) != (other.year, &other.edition) || other.base_change.is_some() {
            return false;
        }
        self.scopes.retain(|scope, _| !other.pieces.contains(&scope.piece()));
        self.counts.retain(|count| !other.pieces.contains(&piece_of(count)));
        self.scopes.extend(other.scopes);
        self.counts = merge_counts(std::mem::take(&mut self.counts).into_iter().chain(other.counts).collect());
        if other.pieces.contains(&Piece::Subjects) {
            self.subjects = other.subjects;
        }
        self.pieces.extend(other.pieces);
        self.change = self.change.min(other.change);
        true
    }

    /// Applies a delta, in which rows without entries are removals. Returns false and changes nothing if the delta does
    /// not follow on this pack.
    pub fn apply_delta(&mut self, delta: Self) -> bool {
        let follows = delta.base_change.is_some_and(|since| since <= self.change && self.change <= delta.change);
        if !follows || (delta.year, &delta.edition) != (self.year, &self.edition) {
            return false;
        }
        for (scope, of_scope) in delta.scopes {
            if !self.pieces.contains(&scope.piece()) {
                continue;
            }
            let figures = self.scopes.entry(scope).or_default();
            for (indicator, change) in of_scope {
                figures.entry(indicator).or_default().apply_delta(change);
            }
            figures.retain(|_, figures| !figures.is_empty());
        }
        self.scopes.retain(|_, figures| !figures.is_empty());
        let changed = delta.counts.into_iter().filter(|count| self.pieces.contains(&piece_of(count)));
        let mut counts: BTreeMap<_, _> = std::mem::take(&mut self.counts).into_iter().map(keyed).collect();
        counts.extend(changed.map(keyed));
        self.counts = counts.into_values().filter(|count| !count.is_empty()).collect();
        if self.pieces.contains(&Piece::Subjects) {
            self.subjects.extend(delta.subjects);
            self.subjects.retain(|_, maxima| !maxima.is_empty());
        }
        self.change = delta.change;
        true
    }
}

/// Returns the piece that has an entry count.
pub fn piece_of(count: &EntryCount) -> Piece {
    if count.organisation.is_some() { Piece::Organisations } else { Piece::Base }
}

/// Key of an entry count, sorted like the counts of a pack.
type CountKey = (String, String, Option<Uuid>, Option<Uuid>, Month, bool);

fn keyed(count: EntryCount) -> (CountKey, EntryCount) {
    let key =
        (count.programme.clone(), count.place.clone(), count.pairing, count.organisation, count.month, count.verified);
    (key, count)
}
