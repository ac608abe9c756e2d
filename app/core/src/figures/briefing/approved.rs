//! Numbers of entries and of the approved ones among them.

use crate::figures::entry_count::EntryCount;
use crate::figures::figure::Filter;
use crate::figures::overview::Overview;

/// Number of entries, and how many of them are approved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Approved {
    /// All entries.
    pub entries: u64,
    /// Approved entries.
    pub verified: u64,
}

impl Approved {
    /// Returns the approved share in percent, rounded down, so that only all entries are 100. `None` without entries.
    pub fn percent(self) -> Option<u64> {
        (self.verified * 100).checked_div(self.entries)
    }

    /// Adds up entry counts. Counts to subtract may come before those that they are subtracted from.
    fn of<'a>(counts: impl Iterator<Item = &'a EntryCount>) -> Self {
        let (mut entries, mut verified) = (0_i64, 0_i64);
        for count in counts {
            entries += count.entries;
            verified += if count.verified { count.entries } else { 0 };
        }
        let [entries, verified] = [entries, verified].map(|number| u64::try_from(number).unwrap_or_default());
        Self { entries, verified }
    }
}

impl Overview {
    /// Returns whether its entry counts are of entries. Those of a summary are of pairings and organisations, and an entry can
    /// be in several.
    pub fn counts_entries(&self) -> bool {
        let is_whole = self.partial_for.as_ref().is_none_or(|filter| filter.village().is_some());
        is_whole && self.source.0.is_none() && self.pack_years.is_none()
    }

    /// Returns the number of entries that pass a filter; `None` where the overview does not count entries.
    pub fn approved(&self, filter: &Filter) -> Option<Approved> {
        self.counts_entries().then(|| {
            let compiled = filter.compile(&self.catalogue, self.directory());
            let is_matched = |count: &&EntryCount| {
                compiled.matches_programme(&count.programme)
                    && compiled.matches_at(&count.place, count.pairing, count.month, count.verified)
            };
            Approved::of(self.entry_counts.iter().filter(is_matched))
        })
    }
}
