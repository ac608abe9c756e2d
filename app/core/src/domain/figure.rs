//! From entries to figures. This is the one way in which a figure is computed, on the phone and on the server.
//!
//! An entry gives a [`Part`] for every number that feeds an indicator; parts of the same kind merge without loss; the
//! parts that pass a [`Filter`] make the [`Figure`].

use super::catalogue::{Aggregation, Catalogue, Indicator, Subject, Target};
use super::entry::{Entry, State};
use super::month::Month;
use super::organisation::{Organisation, Pairing};
use super::place::covers;
use super::quantity::{Qualifier, Quantity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use time::Date;
use uuid::Uuid;

/// What one or more entries of the same indicator, place, pairing, month and standing add to a figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The indicator's code.
    pub indicator: String,
    /// The place's code.
    pub place: String,
    /// The pairing under which it happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairing: Option<Uuid>,
    /// When.
    pub month: Month,
    /// Whether a reviewer has verified it.
    pub verified: bool,
    /// What a distinct indicator tells apart; an entry without one stands for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The sum, the latest or the largest of the values, as the aggregation asks.
    pub value: Quantity,
    /// How exact that is.
    pub qualifier: Qualifier,
    /// How many entries are in it.
    pub entries: u64,
    /// Date of the latest entry in it, and its identifier, which settles which of one day is later.
    pub latest: (DateText, Uuid),
}

/// A date that is ordered and sent as `YYYY-MM-DD`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DateText(#[serde(with = "super::date_format")] pub Date);

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

/// The parts that an entry gives; none when a reviewer returned it.
pub fn parts_of(id: Uuid, entry: &Entry, catalogue: &Catalogue) -> Vec<Part> {
    let Some(activity) = catalogue.activity(&entry.activity) else { return Vec::new() };
    if entry.state == State::Returned {
        return Vec::new();
    }
    let part = |(code, value): (&String, &Quantity)| {
        let indicator = catalogue.indicator(activity.field(code)?.feeds.as_deref()?)?;
        Some(Part {
            indicator: indicator.code.clone(),
            place: entry.place.clone(),
            pairing: entry.pairing,
            month: entry.date.into(),
            verified: entry.state == State::Verified,
            subject: subject_of(entry, indicator),
            value: *value,
            qualifier: entry.qualifiers.get(code).copied().unwrap_or_default(),
            entries: 1,
            latest: (DateText(entry.date), id),
        })
    };
    entry.values.iter().filter_map(part).collect()
}

/// What is told apart. The report gives numbers without names, so each of its entries stands for itself.
fn subject_of(entry: &Entry, indicator: &Indicator) -> Option<String> {
    if indicator.aggregation != Aggregation::Distinct || entry.source.is_some() {
        return None;
    }
    match indicator.distinct_by {
        Subject::Organisation => entry.organisation.map(|id| id.to_string()),
        Subject::Place => Some(entry.place.clone()),
    }
}

/// Merges parts of the same kind, whatever their order; no figure changes by it.
pub fn merge_parts(parts: impl IntoIterator<Item = Part>, catalogue: &Catalogue) -> Vec<Part> {
    let mut merged = BTreeMap::new();
    for part in parts {
        let Some(indicator) = catalogue.indicator(&part.indicator) else { continue };
        let key =
            (part.indicator.clone(), part.place.clone(), part.pairing, part.month, part.verified, part.subject.clone());
        match merged.entry(key) {
            std::collections::btree_map::Entry::Vacant(vacant) => drop(vacant.insert(part)),
            std::collections::btree_map::Entry::Occupied(mut occupied) => {
                absorb(occupied.get_mut(), part, indicator.aggregation);
            }
        }
    }
    merged.into_values().collect()
}

/// Takes `other`, of the same kind, into `part`.
fn absorb(part: &mut Part, other: Part, aggregation: Aggregation) {
    let later = other.latest > part.latest;
    match aggregation {
        Aggregation::Latest => {
            if later {
                (part.value, part.qualifier) = (other.value, other.qualifier);
            }
        }
        Aggregation::Distinct if part.subject.is_some() => {
            part.value = part.value.max(other.value);
            part.qualifier = part.qualifier.and(other.qualifier);
        }
        Aggregation::Sum | Aggregation::Mean | Aggregation::Distinct => {
            part.value = part.value + other.value;
            part.qualifier = part.qualifier.and(other.qualifier);
        }
    }
    part.entries += other.entries;
    part.latest = part.latest.max(other.latest);
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

    /// Whether one of the pairing's organisations is at the place or below it.
    pub fn pairing_touches(&self, id: Uuid, place: &str) -> bool {
        self.pairing(id).is_some_and(|pairing| {
            [pairing.organisation_a, pairing.organisation_b]
                .into_iter()
                .filter_map(|id| self.organisation(id))
                .any(|organisation| covers(place, &organisation.place))
        })
    }
}

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
        Aggregation::Latest => parts.max_by_key(|part| part.latest).map(|part| (part.value, part.qualifier)),
        Aggregation::Mean => {
            let entries = parts.clone().map(|part| part.entries).sum();
            total().divided_by(entries).map(|mean| (mean, vaguest))
        }
        Aggregation::Distinct => {
            let mut largest: BTreeMap<&str, Quantity> = BTreeMap::new();
            let mut unnamed = Quantity::ZERO;
            for part in parts {
                match &part.subject {
                    None => unnamed = unnamed + part.value,
                    Some(subject) => {
                        let value = largest.entry(subject).or_default();
                        *value = (*value).max(part.value);
                    }
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
        entries: own.map(|part| part.entries).sum(),
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
