//! From parts to figures. This is the one way in which a figure is computed, on the phone and on the server: the
//! [`Part`]s that pass a [`Filter`] make the [`Figure`].

use super::catalogue::{Aggregation, Catalogue, Indicator, Target};
use super::organisation::{Organisation, Pairing};
use super::part::{Apart, Part};
use super::place::covers;
use super::quantity::{Qualifier, Quantity};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
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
    /// Whether a part counts.
    pub fn takes(&self, part: &Part, catalogue: &Catalogue, directory: Directory<'_>) -> bool {
        let programme = || catalogue.indicator(&part.indicator).map(|indicator| indicator.programme.as_str());
        self.year.is_none_or(|year| part.month.year == year)
            && (!self.verified_only || part.verified)
            && self.programme.as_deref().is_none_or(|wanted| programme() == Some(wanted))
            && self.place.as_deref().is_none_or(|wanted| {
                covers(wanted, &part.place) || part.pairing.is_some_and(|id| directory.pairing_touches(id, wanted))
            })
    }
}

/// Organisations and pairings, to find out whom an entry concerns.
#[derive(Clone, Copy)]
pub struct Directory<'a> {
    /// The organisations.
    pub organisations: &'a [Organisation],
    /// The pairings.
    pub pairings: &'a [Pairing],
}

impl<'a> Directory<'a> {
    /// The organisation with this identifier.
    pub fn organisation(&self, id: Uuid) -> Option<&'a Organisation> {
        self.organisations.iter().find(|organisation| organisation.id == id)
    }

    /// The pairing with this identifier.
    pub fn pairing(&self, id: Uuid) -> Option<&'a Pairing> {
        self.pairings.iter().find(|pairing| pairing.id == id)
    }

    /// The places of a pairing's organisations.
    pub fn places_of(&self, pairing: Uuid) -> impl Iterator<Item = &'a str> {
        let ends = self.pairing(pairing).map(|pairing| [pairing.organisation_a, pairing.organisation_b]);
        let directory = *self;
        ends.into_iter().flatten().filter_map(move |id| Some(directory.organisation(id)?.place.as_str()))
    }

    /// Whether one of the pairing's organisations is at the place or below it.
    pub fn pairing_touches(&self, id: Uuid, place: &str) -> bool {
        self.places_of(id).any(|own| covers(place, own))
    }

    /// The places under which something counts that happened at a place, under a pairing: all for which
    /// [`Filter::takes`] it, from the empty code, which is everywhere, to the village.
    pub fn scopes(&self, place: &'a str, pairing: Option<Uuid>) -> BTreeSet<&'a str> {
        let places = std::iter::once(place).chain(pairing.into_iter().flat_map(|id| self.places_of(id)));
        let above = |place: &'a str| CODE_LENGTHS.into_iter().filter_map(|length| place.get(..length));
        places.flat_map(above).collect()
    }
}

/// The lengths of place codes: everywhere, city, county, township, village.
const CODE_LENGTHS: [usize; 5] = [0, 4, 6, 9, 12];

/// What the parts come to: the amount and how exact it is. `None` without parts.
pub fn aggregate<'a>(
    aggregation: Aggregation,
    parts: impl Iterator<Item = &'a Part> + Clone,
) -> Option<(Quantity, Qualifier)> {
    parts.clone().next()?;
    let vaguest = parts.clone().map(|part| part.qualifier).max().unwrap_or_default();
    let total = || parts.clone().map(|part| part.value).sum::<Quantity>();
    match aggregation {
        Aggregation::Sum => Some((total(), vaguest)),
        Aggregation::Latest => {
            let dated = parts.filter(|part| part.apart.is_some());
            dated.max_by(|one, other| one.apart.cmp(&other.apart)).map(|part| (part.value, part.qualifier))
        }
        Aggregation::Mean => {
            let entries = parts.clone().map(|part| part.entries).sum::<i64>();
            total().divided_by(u64::try_from(entries).unwrap_or_default()).map(|mean| (mean, vaguest))
        }
        Aggregation::Distinct => {
            let mut largest: BTreeMap<&str, Quantity> = BTreeMap::new();
            let mut unnamed = Quantity::ZERO;
            for part in parts {
                match &part.apart {
                    Some(Apart::Subject(subject, each)) => {
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
pub fn figure_of(indicator: &Indicator, parts: &[&Part], year: Option<i32>) -> Figure {
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

/// The figures of all the indicators that a filter leaves, in the catalogue's order.
pub fn figures(parts: &[Part], filter: &Filter, catalogue: &Catalogue, directory: Directory<'_>) -> Vec<Figure> {
    let mut by_indicator: BTreeMap<&str, Vec<&Part>> = BTreeMap::new();
    for part in parts.iter().filter(|part| filter.takes(part, catalogue, directory)) {
        by_indicator.entry(&part.indicator).or_default().push(part);
    }
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
