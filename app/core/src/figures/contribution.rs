//! Contributions: what entries add to indicators. Contributions with equal keys add up, and can be subtracted again,
//! so cached figures follow every edit, review and deletion incrementally.

use crate::catalogue::{Aggregation, Catalogue, Indicator, Subject};
use crate::entry::{Entry, State};
use crate::values::month::Month;
use crate::values::quantity::{Qualifier, Quantity};
use crate::values::sort::sort_by;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use time::Date;
use uuid::Uuid;

/// Sum that one or more entries with the same key add to an indicator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Contribution {
    /// Code of the indicator.
    pub indicator: String,
    /// Code of the place.
    pub place: String,
    /// Pairing of the entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairing: Option<Uuid>,
    /// Month of the entries.
    pub month: Month,
    /// Whether the entries are verified.
    pub verified: bool,
    /// Precision of the numbers.
    #[serde(default, skip_serializing_if = "is_exact")]
    pub qualifier: Qualifier,
    /// Keeps contributions of the same indicator separate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(rename = "apart")]
    pub discriminator: Option<Discriminator>,
    /// Sum of the numbers.
    pub value: Quantity,
    /// Number of entries; negative in a contribution to subtract.
    pub entries: i64,
}

fn is_exact(qualifier: &Qualifier) -> bool {
    *qualifier == Qualifier::Exact
}

/// Part of the key for aggregations that need more than the sum. In JSON it is a text: `latest 2026-11-25 <entry>` or
/// `<subject> <number>`. Texts of the first form sort by date.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Discriminator {
    /// Subject that a distinct indicator counts once by its largest number, and one of its numbers.
    Subject(String, Quantity),
    /// Date and identifier of an entry of a latest indicator; the identifier orders entries of the same day.
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

/// Returns the contributions of an entry; empty if a reviewer returned it.
pub fn contributions(id: Uuid, entry: &Entry, catalogue: &Catalogue) -> Vec<Contribution> {
    let Some(activity) = catalogue.form_of_stored(&entry.activity, entry.version) else { return Vec::new() };
    if entry.state == State::Returned {
        return Vec::new();
    }
    let contribution = |(code, value): (&String, &Quantity)| {
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
    entry.values.iter().filter_map(contribution).collect()
}

/// Returns the subject of an entry for a distinct indicator. Opening entries from the report have none, since the
/// report gives numbers without names.
fn subject_of(entry: &Entry, indicator: &Indicator) -> Option<String> {
    match indicator.distinct_by {
        _ if entry.source.is_some() => None,
        Subject::Organisation => entry.organisation.map(|id| id.to_string()),
        Subject::Place => Some(entry.place.clone()),
    }
}

/// Key of a contribution.
pub type ContributionKey<'a> = (&'a str, &'a str, Option<Uuid>, Month, bool, Qualifier, Option<&'a Discriminator>);

impl Contribution {
    /// Compares two contributions by key.
    pub fn order(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }

    /// Returns the key; contributions with equal keys can be merged.
    pub fn key(&self) -> ContributionKey<'_> {
        let Self { indicator, place, pairing, month, verified, qualifier, discriminator, .. } = self;
        (indicator, place, *pairing, *month, *verified, *qualifier, discriminator.as_ref())
    }

    /// Returns whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.entries == 0 && self.value == Quantity::ZERO
    }

    /// Returns the contribution to subtract.
    pub fn negated(mut self) -> Self {
        self.value = -self.value;
        self.entries = -self.entries;
        self
    }

    /// Adds a contribution with the same key.
    pub fn add(&mut self, other: &Self) {
        self.value = self.value + other.value;
        self.entries += other.entries;
    }
}

/// Merges contributions with equal keys and drops empty ones. The result is sorted and gives the same figures.
pub fn merge_contributions(contributions: impl IntoIterator<Item = Contribution>) -> Vec<Contribution> {
    let mut contributions: Vec<Contribution> = contributions.into_iter().collect();
    sort_by(&mut contributions, Contribution::order);
    contributions.dedup_by(|later, merged| {
        let is_same_key = later.key() == merged.key();
        if is_same_key {
            merged.add(later);
        }
        is_same_key
    });
    // An edit subtracts an entry and adds it again, so the value can change while the count stays.
    contributions.retain(|contribution| !contribution.is_empty());
    contributions
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Discriminator::Subject("522728109".into(), Quantity::from_ten_thousandths(15_000)))]
    #[case(Discriminator::Subject("two words".into(), Quantity::ZERO))]
    #[case(Discriminator::Latest(crate::values::date::parse_date("2026-11-25").unwrap(), Uuid::from_u128(7)))]
    fn discriminator_round_trips_as_text(#[case] discriminator: Discriminator) {
        assert_eq!(discriminator.to_string().parse(), Ok(discriminator));
    }

    #[rstest]
    #[case("latest 2026-11-25")]
    #[case("latest x y")]
    #[case("")]
    #[case("subject")]
    #[case("subject many")]
    fn discriminator_rejects_malformed_text(#[case] text: &str) {
        assert!(text.parse::<Discriminator>().is_err());
    }
}
