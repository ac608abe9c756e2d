//! Summaries for pages: contributions and entry counts that have the same figures as a year's scopes.

use super::{IndicatorFigures, Maxima, Scope, YearPack};
use crate::directory::index::DirectoryIndex;
use crate::directory::place::Level;
use crate::figures::contribution::{Contribution, Discriminator};
use crate::figures::entry_count::{EntryCount, merge_counts};
use crate::figures::figure::Filter;
use crate::figures::overview::Overview;
use crate::values::month::Month;
use crate::values::quantity::{Qualifier, Quantity};

/// Returns the place at which a summary for `wanted`, or for the whole region, counts a scope. Returns `None` for a scope
/// that the summary does not need. A summary of the whole region has counties.
pub fn place_in_summary<'a>(scope: &'a Scope, wanted: Option<&str>) -> Option<&'a str> {
    let county = Level::County.digits();
    match (scope, wanted) {
        (Scope::At(code), Some(wanted)) => (code == wanted).then_some(code.as_str()),
        (Scope::Within(code), None) => (code.len() == county).then_some(code.as_str()),
        (Scope::Exactly(code), None) => (code.len() < county).then_some(code.as_str()),
        _ => None,
    }
}

impl Overview {
    /// Completes an overview without figures to the summary of packs at a place: of one year, or of all years that have
    /// entries. Its figures and its map equal those of the full overview. The packs must have the scopes of the place, their
    /// subjects, and the entry counts of organisations.
    pub fn with_summary_of(self, packs: &[YearPack], filter: &Filter, directory: &DirectoryIndex) -> Self {
        let wanted = filter.place.as_deref();
        let (mut contributions, mut entry_counts) = (Vec::new(), Vec::new());
        for pack in packs {
            contributions.extend(pack.summarised(wanted));
            let counts = pack.entry_counts(filter, directory).into_iter();
            let year = Month::first_of(pack.year);
            entry_counts.extend(counts.map(|count| EntryCount { month: year, ..count }));
        }
        contributions.sort_by(Contribution::order);
        Self {
            contributions,
            entry_counts: merge_counts(entry_counts),
            partial_for: Some(Filter { year: filter.year, place: filter.place.clone(), ..Filter::default() }),
            edition: String::new(),
            base_change: None,
            ..self
        }
    }
}

impl YearPack {
    /// Returns contributions with the figures of a place, or of all counties.
    fn summarised(&self, wanted: Option<&str>) -> Vec<Contribution> {
        let mut contributions = Vec::new();
        for (scope, of_scope) in &self.scopes {
            let Some(place) = place_in_summary(scope, wanted) else { continue };
            for (indicator, figures) in of_scope {
                contributions.extend(self.summarised_rows(indicator, place, figures));
            }
        }
        for ((scope, indicator, subject), maxima) in &self.subjects {
            let Some(place) = place_in_summary(scope, wanted) else { continue };
            for (month, verified, number) in largest_numbers(maxima) {
                contributions.push(Contribution {
                    discriminator: Some(Discriminator::Subject(subject.clone(), number)),
                    value: number,
                    ..self.contribution(indicator, place, (month, verified, Qualifier::Exact))
                });
            }
        }
        contributions
    }

    /// Returns the rows of an indicator as contributions. A last entry is part of the row that counts it.
    fn summarised_rows(&self, indicator: &str, place: &str, figures: &IndicatorFigures) -> Vec<Contribution> {
        let latest = |key: (u8, bool, Qualifier)| {
            let is_of_row = |row: &&super::LatestRow| (row.month, row.verified, row.qualifier) == key;
            figures.latest.iter().find(is_of_row).and_then(|row| Some((row.last?, row.value)))
        };
        let contribution = |row: &super::Row| {
            let key = (row.month, row.verified, row.qualifier);
            let last = latest(key);
            Contribution {
                discriminator: last.map(|((date, id), _)| Discriminator::Latest(date, id)),
                value: last.map_or(row.value, |(_, value)| value),
                entries: row.entries,
                ..self.contribution(indicator, place, key)
            }
        };
        figures.rows.iter().map(contribution).collect()
    }

    /// Returns a contribution of this year without value and entries.
    fn contribution(
        &self,
        indicator: &str,
        place: &str,
        (month, verified, qualifier): (u8, bool, Qualifier),
    ) -> Contribution {
        let (first, last) = (Month::first_of(self.year), Month::last_of(self.year));
        let earlier = usize::from(month).saturating_sub(1);
        Contribution {
            indicator: indicator.to_owned(),
            place: place.to_owned(),
            pairing: None,
            month: first.to(last).nth(earlier).unwrap_or(first),
            verified,
            qualifier,
            discriminator: None,
            value: Quantity::ZERO,
            entries: 0,
        }
    }
}

/// Returns the largest numbers of a subject by month and review state. Those of verified entries also count among all.
fn largest_numbers(maxima: &Maxima) -> impl Iterator<Item = (u8, bool, Quantity)> {
    let by_month = (1..).zip(maxima.all.into_iter().zip(maxima.verified));
    by_month.flat_map(|(month, (all, verified))| {
        let of_all = (all > verified).then_some((month, false, Quantity::from_ten_thousandths(all)));
        let of_verified = (verified != 0).then_some((month, true, Quantity::from_ten_thousandths(verified)));
        of_all.into_iter().chain(of_verified)
    })
}
