//! What entries add to figures: an entry gives a [`Part`] for every number that feeds an indicator, and parts of the same
//! kind add up. Nothing is lost by it and all of it can be taken away again, so what is kept of the entries can follow
//! every edit, review and delete by addition alone.

use crate::catalogue::{Aggregation, Catalogue, Indicator, Subject};
use crate::entry::{Entry, State};
use crate::values::month::Month;
use crate::values::quantity::{Qualifier, Quantity};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use time::Date;
use uuid::Uuid;

/// What one or more entries, alike in all but the number, add to an indicator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contribution {
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
    /// How exact the numbers are.
    #[serde(default, skip_serializing_if = "is_exact")]
    pub qualifier: Qualifier,
    /// What keeps it apart from others of its indicator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "apart")]
    pub discriminator: Option<Discriminator>,
    /// The sum of the numbers.
    pub value: Quantity,
    /// How many entries are in it; negative in what is taken away.
    pub entries: i64,
}

fn is_exact(qualifier: &Qualifier) -> bool {
    *qualifier == Qualifier::Exact
}

/// What keeps parts apart that must not be added up, where the aggregation looks at more than the sum. On the wire a
/// text, `latest 2026-11-25 <entry>` or `<subject> <number>`; texts of the first kind sort as the entries do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Discriminator {
    /// A subject that a distinct indicator counts once, with its largest number: this is one of its numbers.
    Subject(String, Quantity),
    /// The date of a latest indicator's entry, and the entry, which settles which of one day is later.
    Latest(Date, Uuid),
}

impl fmt::Display for Discriminator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subject(subject, number) => write!(f, "{subject} {}", number.ten_thousandths()),
            Self::Latest(date, id) => write!(f, "latest {} {id}", crate::values::date::format_date(*date)),
        }
    }
}

impl FromStr for Discriminator {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let latest = text.strip_prefix("latest ").and_then(|rest| rest.split_once(' '));
        if let Some((date, id)) = latest {
            let (date, id) = (crate::values::date::parse_date(date), Uuid::parse_str(id).ok());
            return date.zip(id).map(|(date, id)| Self::Latest(date, id)).ok_or("not a date and an entry");
        }
        let (subject, number) = text.rsplit_once(' ').ok_or("not a subject and a number")?;
        let number = number.parse().map_err(|_| "not a number")?;
        Ok(Self::Subject(subject.to_owned(), Quantity::from_ten_thousandths(number)))
    }
}

impl Serialize for Discriminator {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Discriminator {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The parts that an entry gives; none when a reviewer returned it.
pub fn contributions(id: Uuid, entry: &Entry, catalogue: &Catalogue) -> Vec<Contribution> {
    let Some(activity) = catalogue.form(&entry.activity, entry.version) else { return Vec::new() };
    if entry.state == State::Returned {
        return Vec::new();
    }
    let part = |(code, value): (&String, &Quantity)| {
        let indicator = catalogue.indicator(activity.field(code)?.feeds.as_deref()?)?;
        Some(Contribution {
            indicator: indicator.code.clone(),
            place: entry.place.clone(),
            pairing: entry.pairing,
            month: entry.date.into(),
            verified: entry.state == State::Verified,
            qualifier: entry.qualifiers.get(code).copied().unwrap_or_default(),
            discriminator: match indicator.aggregation {
                Aggregation::Sum | Aggregation::Mean => None,
                Aggregation::Latest => Some(Discriminator::Latest(entry.date, id)),
                Aggregation::Distinct => {
                    subject_of(entry, indicator).map(|subject| Discriminator::Subject(subject, *value))
                }
            },
            value: *value,
            entries: 1,
        })
    };
    entry.values.iter().filter_map(part).collect()
}

/// What is told apart. The report gives numbers without names, so each of its entries stands for itself.
fn subject_of(entry: &Entry, indicator: &Indicator) -> Option<String> {
    match indicator.distinct_by {
        _ if entry.source.is_some() => None,
        Subject::Organisation => entry.organisation.map(|id| id.to_string()),
        Subject::Place => Some(entry.place.clone()),
    }
}

/// All that like parts have in common.
pub type Key<'a> = (&'a str, &'a str, Option<Uuid>, Month, bool, Qualifier, Option<&'a Discriminator>);

impl Contribution {
    /// By what makes parts alike.
    pub fn order(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }

    /// What makes parts alike.
    pub fn key(&self) -> Key<'_> {
        let Self { indicator, place, pairing, month, verified, qualifier, discriminator: apart, .. } = self;
        (indicator, place, *pairing, *month, *verified, *qualifier, apart.as_ref())
    }

    /// Whether nothing is left of it.
    pub fn is_nothing(&self) -> bool {
        self.entries == 0 && self.value == Quantity::ZERO
    }

    /// The same to be taken away.
    pub fn negated(mut self) -> Self {
        self.value = -self.value;
        self.entries = -self.entries;
        self
    }

    /// Takes one of the same kind in.
    pub fn add(&mut self, other: &Self) {
        self.value = self.value + other.value;
        self.entries += other.entries;
    }
}

/// Adds up like parts, whatever their order; what comes to nothing goes. No figure changes by it.
pub fn merge_contributions(parts: impl IntoIterator<Item = Contribution>) -> Vec<Contribution> {
    let mut parts: Vec<Contribution> = parts.into_iter().collect();
    parts.sort_by(Contribution::order);
    parts.dedup_by(|later, kept| {
        let alike = later.key() == kept.key();
        if alike {
            kept.add(later);
        }
        alike
    });
    // An edit takes an entry away and adds it again: no entry more, but another number.
    parts.retain(|part| !part.is_nothing());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Discriminator::Subject("522728109".into(), Quantity::from_ten_thousandths(15_000)))]
    #[case(Discriminator::Subject("two words".into(), Quantity::ZERO))]
    #[case(Discriminator::Latest(crate::values::date::parse_date("2026-11-25").unwrap(), Uuid::from_u128(7)))]
    fn what_keeps_apart_survives_its_text(#[case] apart: Discriminator) {
        assert_eq!(apart.to_string().parse(), Ok(apart));
    }

    #[rstest]
    #[case("latest 2026-11-25")]
    #[case("latest x y")]
    #[case("")]
    #[case("subject")]
    #[case("subject many")]
    fn other_texts_keep_nothing_apart(#[case] text: &str) {
        assert!(text.parse::<Discriminator>().is_err());
    }
}
