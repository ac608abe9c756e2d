//! Figures: the aggregation of [`Contribution`]s that pass a [`Filter`]. App and server compute every figure here.

use crate::catalogue::{Aggregation, Catalogue, Indicator, Target};
use crate::directory::Directory;
use crate::directory::place::{Level, covers};
use crate::entry::Entry;
use crate::figures::contribution::{Contribution, Discriminator, contributions};
use crate::values::month::Month;
use crate::values::quantity::{Qualifier, Quantity};
use crate::values::sort::collect_sorted;
use crate::values::uuid_map::UuidSet;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use time::Date;
use uuid::Uuid;

/// Filter that selects entries.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Filter {
    /// Year.
    pub year: Option<i32>,
    /// Code of the programme.
    pub programme: Option<String>,
    /// Code of a place: selects entries at or below it, or under a pairing with an organisation there.
    pub place: Option<String>,
    /// Whether only verified entries are selected.
    pub verified_only: bool,
    /// First month.
    #[serde(default)]
    pub from: Option<Month>,
    /// Last month.
    #[serde(default)]
    pub until: Option<Month>,
}

/// Figure of one indicator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// Code of the indicator.
    pub indicator: String,
    /// Aggregated amount; `None` without entries.
    pub actual: Option<Quantity>,
    /// Precision of the amount.
    pub actual_qualifier: Qualifier,
    /// Amount of the verified entries.
    pub verified: Option<Quantity>,
    /// Target of the year.
    pub target: Option<Target>,
    /// Amount divided by target.
    pub progress: Option<f64>,
    /// Number of entries.
    pub entries: u64,
}

impl Figure {
    /// Creates the figure of an indicator from its amounts, with the target of `year`.
    pub fn new(
        indicator: &Indicator,
        actual: Option<(Quantity, Qualifier)>,
        verified: Option<(Quantity, Qualifier)>,
        year: Option<i32>,
        entries: i64,
    ) -> Self {
        let target = year.and_then(|year| indicator.target(year)).cloned();
        let progress = actual.zip(target.as_ref()).and_then(|((actual, _), target)| actual.ratio(target.value));
        Self {
            indicator: indicator.code.clone(),
            actual: actual.map(|(amount, _)| amount),
            actual_qualifier: actual.map(|(_, qualifier)| qualifier).unwrap_or_default(),
            verified: verified.map(|(amount, _)| amount),
            target,
            progress,
            entries: u64::try_from(entries).unwrap_or_default(),
        }
    }
}

impl Filter {
    /// Resolves the filter against a catalogue and a directory, to match many contributions.
    pub fn compile<'a>(&'a self, catalogue: &'a Catalogue, directory: Directory<'_>) -> CompiledFilter<'a> {
        let of_programme = |wanted: &String| {
            let indicators = catalogue.indicators.iter().filter(|indicator| indicator.programme == *wanted);
            collect_sorted(indicators.map(|indicator| indicator.code.as_str()))
        };
        CompiledFilter {
            filter: self,
            indicators: self.programme.as_ref().map(of_programme),
            pairings: self.place.as_deref().map(|place| directory.pairings_at(place)),
        }
    }

    /// Returns the village, if the filter is for one.
    pub fn village(&self) -> Option<&str> {
        self.place.as_deref().filter(|place| place.len() >= Level::Village.digits())
    }

    /// Returns whether targets apply. A target is for both regions together, so the figure of a single place is only a
    /// contribution to it.
    pub fn covers_target(&self) -> bool {
        self.place.is_none()
    }

    /// Returns the last day that the filter covers, at most `today`. Returns `None` if it does not start with its
    /// year, where no share of a yearly target can be expected.
    pub fn counted_until(&self, today: Date) -> Option<Date> {
        let begins_later = self.from.is_some_and(|from| from > Month::first_of(self.year.unwrap_or(from.year)));
        let until = self.until.map_or(today, |until| until.last_day().min(today));
        (!begins_later).then_some(until)
    }

    /// Returns the first and the last day that pass the filter; `None` for no limit.
    pub fn dates(&self) -> (Option<Date>, Option<Date>) {
        let from = self.from.max(self.year.map(Month::first_of));
        let until = [self.until, self.year.map(Month::last_of)].into_iter().flatten().min();
        (from.map(Month::first_day), until.map(Month::last_day))
    }

    /// Returns whether a month passes the filter.
    pub fn matches_month(&self, month: Month) -> bool {
        self.year.is_none_or(|year| month.year == year)
            && self.from.is_none_or(|from| month >= from)
            && self.until.is_none_or(|until| month <= until)
    }
}

/// A [`Filter`] resolved against a catalogue and a directory.
pub struct CompiledFilter<'a> {
    filter: &'a Filter,
    /// Indicators of the programme.
    indicators: Option<BTreeSet<&'a str>>,
    /// Pairings with an organisation at or below the place.
    pairings: Option<UuidSet>,
}

impl CompiledFilter<'_> {
    /// Returns whether a contribution passes the filter.
    pub fn matches(&self, contribution: &Contribution) -> bool {
        self.matches_at(&contribution.place, contribution.pairing, contribution.month, contribution.verified)
            && self.matches_indicator(&contribution.indicator)
    }

    /// Returns whether an entry passes the filter and contributes to an indicator.
    pub fn matches_entry(&self, entry: &Entry, indicator: &str, catalogue: &Catalogue) -> bool {
        // The identifier of the entry matters to the latest value only.
        let contributions = contributions(Uuid::nil(), entry, catalogue);
        contributions.iter().any(|contribution| contribution.indicator == indicator && self.matches(contribution))
    }

    /// Returns whether an indicator belongs to the programme.
    fn matches_indicator(&self, code: &str) -> bool {
        self.indicators.as_ref().is_none_or(|codes| codes.contains(code))
    }

    /// Returns whether the place, pairing, month and review state pass the filter.
    pub fn matches_at(&self, place: &str, pairing: Option<Uuid>, month: Month, verified: bool) -> bool {
        self.filter.matches_month(month)
            && (!self.filter.verified_only || verified)
            && (self.filter.place.as_deref().is_none_or(|wanted| covers(wanted, place))
                || pairing.is_some_and(|id| self.matches_pairing(id)))
    }

    /// Returns whether a programme passes the filter.
    pub fn matches_programme(&self, code: &str) -> bool {
        self.filter.programme.as_deref().is_none_or(|wanted| wanted == code)
    }

    /// Returns whether a pairing has an organisation at or below the place.
    pub fn matches_pairing(&self, pairing: Uuid) -> bool {
        self.pairings.as_ref().is_none_or(|pairings| pairings.contains(&pairing))
    }
}

/// Aggregates contributions to an amount and its precision. Returns `None` without contributions.
pub fn aggregate<'a>(
    aggregation: Aggregation,
    contributions: impl Iterator<Item = &'a Contribution> + Clone,
) -> Option<(Quantity, Qualifier)> {
    contributions.clone().next()?;
    let least_exact = contributions.clone().map(|contribution| contribution.qualifier).max().unwrap_or_default();
    let total = || contributions.clone().map(|contribution| contribution.value).sum::<Quantity>();
    match aggregation {
        Aggregation::Sum => Some((total(), least_exact)),
        Aggregation::Latest => {
            let dated = contributions.filter(|contribution| contribution.discriminator.is_some());
            dated
                .max_by(|a, b| a.discriminator.cmp(&b.discriminator))
                .map(|contribution| (contribution.value, contribution.qualifier))
        }
        Aggregation::Mean => {
            let entries = contributions.clone().map(|contribution| contribution.entries).sum::<i64>();
            total().divided_by(u64::try_from(entries).unwrap_or_default()).map(|mean| (mean, least_exact))
        }
        Aggregation::Distinct => {
            let mut largest: BTreeMap<&str, Quantity> = BTreeMap::new();
            let mut unnamed = Quantity::ZERO;
            for contribution in contributions {
                match &contribution.discriminator {
                    Some(Discriminator::Subject(subject, each)) => {
                        let value = largest.entry(subject).or_default();
                        *value = (*value).max(*each);
                    }
                    _ => unnamed = unnamed + contribution.value,
                }
            }
            Some((unnamed + largest.into_values().sum(), least_exact))
        }
    }
}

/// Returns the figure of an indicator from filtered contributions, with the target of `year`.
pub fn figure_of(indicator: &Indicator, contributions: &[&Contribution], year: Option<i32>) -> Figure {
    let selected = contributions.iter().copied().filter(|contribution| contribution.indicator == indicator.code);
    let actual = aggregate(indicator.aggregation, selected.clone());
    let verified = aggregate(indicator.aggregation, selected.clone().filter(|contribution| contribution.verified));
    let entries = selected.map(|contribution| contribution.entries).sum();
    Figure::new(indicator, actual, verified, year, entries)
}

/// Groups the contributions that pass a filter by indicator. Contributions sorted by indicator need only one lookup
/// for each indicator.
pub fn by_indicator<'a>(
    contributions: &'a [Contribution],
    filter: &CompiledFilter<'_>,
) -> BTreeMap<&'a str, Vec<&'a Contribution>> {
    let mut by_indicator: BTreeMap<&str, Vec<&Contribution>> = BTreeMap::new();
    for group in contributions.chunk_by(|a, b| a.indicator == b.indicator) {
        if let Some(first) = group.first().filter(|first| filter.matches_indicator(&first.indicator)) {
            let taken = group.iter().filter(|contribution| filter.matches(contribution));
            by_indicator.entry(&first.indicator).or_default().extend(taken);
        }
    }
    by_indicator
}

/// Returns the figures of all indicators that pass a filter, in the catalogue's order.
pub fn figures(
    contributions: &[Contribution],
    filter: &Filter,
    catalogue: &Catalogue,
    directory: Directory<'_>,
) -> Vec<Figure> {
    let by_indicator = by_indicator(contributions, &filter.compile(catalogue, directory));
    let wanted = |indicator: &&Indicator| filter.programme.as_ref().is_none_or(|code| *code == indicator.programme);
    catalogue
        .indicators
        .iter()
        .filter(wanted)
        .map(|indicator| {
            let selected = by_indicator.get(indicator.code.as_str()).map(Vec::as_slice).unwrap_or_default();
            figure_of(indicator, selected, filter.year)
        })
        .collect()
}

#[cfg(test)]
mod tests;
