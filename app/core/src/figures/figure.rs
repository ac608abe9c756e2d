//! From parts to figures. This is the one way in which a figure is computed, on the phone and on the server: the
//! [`Part`]s that pass a [`Filter`] make the [`Figure`].

use crate::catalogue::{Aggregation, Catalogue, Indicator, Target};
use crate::directory::Directory;
use crate::directory::place::{Level, covers};
use crate::figures::contribution::{Contribution, Discriminator};
use crate::values::month::Month;
use crate::values::quantity::{Qualifier, Quantity};
use crate::values::uuid_map::UuidSet;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use time::Date;
use uuid::Uuid;

/// Which entries count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Those of a year.
    pub year: Option<i32>,
    /// Those of a programme.
    pub programme: Option<String>,
    /// Those at a place or below it, or under a pairing with an organisation there.
    pub place: Option<String>,
    /// Those that a reviewer has verified.
    pub verified_only: bool,
    /// Those of this month and later ones.
    #[serde(default)]
    pub from: Option<Month>,
    /// Those of this month and earlier ones.
    #[serde(default)]
    pub until: Option<Month>,
}

/// What an indicator stands at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// The indicator's code.
    pub indicator: String,
    /// The figure, or `None` where no entry feeds it.
    pub actual: Option<Quantity>,
    /// How exact it is.
    pub actual_qualifier: Qualifier,
    /// What the figure is with verified entries alone.
    pub verified: Option<Quantity>,
    /// What the year is to reach.
    pub target: Option<Target>,
    /// Actual ÷ target.
    pub progress: Option<f64>,
    /// How many entries make it.
    pub entries: u64,
}

impl Filter {
    /// The filter made ready for a catalogue and a directory: to ask of many parts whether they count.
    pub fn compile<'a>(&'a self, catalogue: &'a Catalogue, directory: Directory<'_>) -> CompiledFilter<'a> {
        let of_programme = |wanted: &String| {
            let own = catalogue.indicators.iter().filter(|own| own.programme == *wanted);
            own.map(|indicator| indicator.code.as_str()).collect()
        };
        CompiledFilter {
            filter: self,
            indicators: self.programme.as_ref().map(of_programme),
            touching: self.place.as_deref().map(|place| directory.pairings_at(place)),
        }
    }

    /// The village that it is for, where it is for one.
    pub fn village(&self) -> Option<&str> {
        self.place.as_deref().filter(|place| place.len() >= Level::Village.digits())
    }

    /// Whether it takes everything that targets are set for. A target is for both regions together: what is counted at a
    /// place below them is a contribution to it, and cannot fall short of it.
    pub fn covers_target(&self) -> bool {
        self.place.is_none()
    }

    /// The day up to which its figures are counted, of those up to `today`; `None` where they do not begin with their year, so
    /// that no share of the year can be expected of them.
    pub fn counted_until(&self, today: Date) -> Option<Date> {
        let begins_later = self.from.is_some_and(|from| from > Month::first_of(self.year.unwrap_or(from.year)));
        let until = self.until.map_or(today, |until| until.last_day().min(today));
        (!begins_later).then_some(until)
    }

    /// Whether a month lies in it.
    pub fn matches_month(&self, month: Month) -> bool {
        self.year.is_none_or(|year| month.year == year)
            && self.from.is_none_or(|from| month >= from)
            && self.until.is_none_or(|until| month <= until)
    }
}

/// A [`Filter`] made ready.
pub struct CompiledFilter<'a> {
    filter: &'a Filter,
    /// Those of the programme.
    indicators: Option<BTreeSet<&'a str>>,
    /// The pairings with an organisation at the place or below it.
    touching: Option<UuidSet>,
}

impl CompiledFilter<'_> {
    /// Whether a part counts.
    pub fn matches(&self, part: &Contribution) -> bool {
        self.matches_at(&part.place, part.pairing, part.month, part.verified) && self.matches_indicator(&part.indicator)
    }

    /// Whether the indicator is of the programme.
    fn matches_indicator(&self, code: &str) -> bool {
        self.indicators.as_ref().is_none_or(|own| own.contains(code))
    }

    /// Whether something of the programme counts that happened there and then.
    pub fn matches_at(&self, place: &str, pairing: Option<Uuid>, month: Month, verified: bool) -> bool {
        self.filter.matches_month(month)
            && (!self.filter.verified_only || verified)
            && (self.filter.place.as_deref().is_none_or(|wanted| covers(wanted, place))
                || pairing.is_some_and(|id| self.matches_pairing(id)))
    }

    /// Whether the programme is one of those that count.
    pub fn matches_programme(&self, code: &str) -> bool {
        self.filter.programme.as_deref().is_none_or(|wanted| wanted == code)
    }

    /// Whether a pairing has an organisation at the place or below it.
    pub fn matches_pairing(&self, pairing: Uuid) -> bool {
        self.touching.as_ref().is_none_or(|touching| touching.contains(&pairing))
    }
}

/// What the parts come to: the amount and how exact it is. `None` without parts.
pub fn aggregate<'a>(
    aggregation: Aggregation,
    parts: impl Iterator<Item = &'a Contribution> + Clone,
) -> Option<(Quantity, Qualifier)> {
    parts.clone().next()?;
    let vaguest = parts.clone().map(|part| part.qualifier).max().unwrap_or_default();
    let total = || parts.clone().map(|part| part.value).sum::<Quantity>();
    match aggregation {
        Aggregation::Sum => Some((total(), vaguest)),
        Aggregation::Latest => {
            let dated = parts.filter(|part| part.discriminator.is_some());
            dated
                .max_by(|one, other| one.discriminator.cmp(&other.discriminator))
                .map(|part| (part.value, part.qualifier))
        }
        Aggregation::Mean => {
            let entries = parts.clone().map(|part| part.entries).sum::<i64>();
            total().divided_by(u64::try_from(entries).unwrap_or_default()).map(|mean| (mean, vaguest))
        }
        Aggregation::Distinct => {
            let mut largest: BTreeMap<&str, Quantity> = BTreeMap::new();
            let mut unnamed = Quantity::ZERO;
            for part in parts {
                match &part.discriminator {
                    Some(Discriminator::Subject(subject, each)) => {
                        let value = largest.entry(subject).or_default();
                        *value = (*value).max(*each);
                    }
                    _ => unnamed = unnamed + part.value,
                }
            }
            Some((unnamed + largest.into_values().sum(), vaguest))
        }
    }
}

/// The figure that parts, filtered before, make for an indicator; the target is that of `year`.
pub fn figure_of(indicator: &Indicator, parts: &[&Contribution], year: Option<i32>) -> Figure {
    let own = parts.iter().copied().filter(|part| part.indicator == indicator.code);
    let actual = aggregate(indicator.aggregation, own.clone());
    let verified = aggregate(indicator.aggregation, own.clone().filter(|part| part.verified));
    let target = year.and_then(|year| indicator.target(year)).cloned();
    let progress = match (actual, &target) {
        (Some((actual, _)), Some(target)) => actual.ratio(target.value),
        _ => None,
    };
    Figure {
        indicator: indicator.code.clone(),
        actual: actual.map(|(amount, _)| amount),
        actual_qualifier: actual.map(|(_, qualifier)| qualifier).unwrap_or_default(),
        verified: verified.map(|(amount, _)| amount),
        target,
        progress,
        entries: u64::try_from(own.map(|part| part.entries).sum::<i64>()).unwrap_or_default(),
    }
}

/// The parts that a filter leaves, by indicator. Where they lie in the order of their indicators, as an overview's do, each
/// of these is looked up once.
pub fn by_indicator<'a>(
    parts: &'a [Contribution],
    sieve: &CompiledFilter<'_>,
) -> BTreeMap<&'a str, Vec<&'a Contribution>> {
    let mut by_indicator: BTreeMap<&str, Vec<&Contribution>> = BTreeMap::new();
    for own in parts.chunk_by(|one, other| one.indicator == other.indicator) {
        if let Some(first) = own.first().filter(|first| sieve.matches_indicator(&first.indicator)) {
            let taken = own.iter().filter(|part| sieve.matches(part));
            by_indicator.entry(&first.indicator).or_default().extend(taken);
        }
    }
    by_indicator
}

/// The figures of all the indicators that a filter leaves, in the catalogue's order.
pub fn figures(
    parts: &[Contribution],
    filter: &Filter,
    catalogue: &Catalogue,
    directory: Directory<'_>,
) -> Vec<Figure> {
    let by_indicator = by_indicator(parts, &filter.compile(catalogue, directory));
    let wanted = |indicator: &&Indicator| filter.programme.as_ref().is_none_or(|code| *code == indicator.programme);
    catalogue
        .indicators
        .iter()
        .filter(wanted)
        .map(|indicator| {
            let own = by_indicator.get(indicator.code.as_str()).map(Vec::as_slice).unwrap_or_default();
            figure_of(indicator, own, filter.year)
        })
        .collect()
}

#[cfg(test)]
mod tests;
