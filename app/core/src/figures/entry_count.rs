//! Entry counts: how many entries there are for each programme, place, pairing, organisation and month.

use crate::catalogue::Catalogue;
use crate::entry::{Entry, State};
use crate::values::month::Month;
use crate::values::sort::sort_by;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use uuid::Uuid;

/// Number of entries with the same key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EntryCount {
    /// Code of the programme.
    pub programme: String,
    /// Code of the place.
    pub place: String,
    /// Pairing of the entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairing: Option<Uuid>,
    /// Organisation of the entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<Uuid>,
    /// Month of the entries.
    pub month: Month,
    /// Whether the entries are verified.
    pub verified: bool,
    /// Number of entries; negative in a count to subtract.
    pub entries: i64,
}

impl EntryCount {
    /// Returns the key; counts with equal keys can be merged.
    pub fn key(&self) -> (&str, &str, Option<Uuid>, Option<Uuid>, Month, bool) {
        (&self.programme, &self.place, self.pairing, self.organisation, self.month, self.verified)
    }

    /// Compares two counts by key.
    pub fn order(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }

    /// Returns whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// Returns the count to subtract.
    pub fn negated(self) -> Self {
        Self { entries: -self.entries, ..self }
    }
}

/// Returns the count of one entry, or `None` if a reviewer returned it.
pub fn count_entry(entry: &Entry, catalogue: &Catalogue) -> Option<EntryCount> {
    let activity = catalogue.form_of_stored(&entry.activity, entry.version)?;
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

/// Merges counts with equal keys and drops empty ones.
pub fn merge_counts(mut counts: Vec<EntryCount>) -> Vec<EntryCount> {
    sort_by(&mut counts, EntryCount::order);
    counts.dedup_by(|later, earlier| {
        let is_same_key = later.key() == earlier.key();
        if is_same_key {
            earlier.entries += later.entries;
        }
        is_same_key
    });
    counts.retain(|count| !count.is_empty());
    counts
}
