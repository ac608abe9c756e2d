//! Breakdown of a figure by month, year, place or pairing, and its running totals. Every slice uses the same
//! aggregation as the figure. The slices of a sum add up to it; those of other aggregations may not.

use crate::catalogue::{Aggregation, Indicator};
use crate::directory::place::Level;
use crate::figures::contribution::{Contribution, Discriminator};
use crate::figures::figure::aggregate;
use crate::values::month::Month;
use crate::values::quantity::{Qualifier, Quantity};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Dimension of a breakdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// By month.
    Month,
    /// By year.
    Year,
    /// By the place's ancestor at this level; higher places stand for themselves.
    Place(Level),
    /// By pairing; entries without one form a slice of their own.
    Pairing,
}

/// Group that a slice stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// A month.
    Month(Month),
    /// A year.
    Year(i32),
    /// A place's code.
    Place(String),
    /// A pairing, or entries without one.
    Pairing(Option<Uuid>),
    /// Entries in none of the other groups, such as those elsewhere that a place counts through its pairings.
    Elsewhere,
}

/// One slice of a breakdown.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// Group of the slice.
    pub of: Group,
    /// Figure of the group.
    pub value: Quantity,
    /// Precision of the figure.
    pub qualifier: Qualifier,
    /// Figure of the verified entries.
    pub verified: Quantity,
    /// Number of entries.
    pub entries: i64,
}

impl Dimension {
    fn of(self, contribution: &Contribution) -> Group {
        match self {
            Self::Month => Group::Month(contribution.month),
            Self::Year => Group::Year(contribution.month.year),
            Self::Place(level) => Group::Place(level.ancestor_code(&contribution.place).to_owned()),
            Self::Pairing => Group::Pairing(contribution.pairing),
        }
    }
}

/// Returns the slices of an indicator's figure, sorted by group. `contributions` are those of the indicator that pass
/// the filter.
pub fn split(indicator: &Indicator, contributions: &[&Contribution], by: Dimension) -> Vec<Slice> {
    let mut groups: BTreeMap<Group, Vec<&Contribution>> = BTreeMap::new();
    for contribution in contributions {
        groups.entry(by.of(contribution)).or_default().push(contribution);
    }
    let slice = |(of, subset): (Group, Vec<&Contribution>)| {
        let (value, qualifier) = aggregate(indicator.aggregation, subset.iter().copied())?;
        let verified =
            aggregate(indicator.aggregation, subset.iter().copied().filter(|contribution| contribution.verified));
        let entries = subset.iter().map(|contribution| contribution.entries).sum();
        Some(Slice { of, value, qualifier, verified: verified.map(|(total, _)| total).unwrap_or_default(), entries })
    };
    groups.into_iter().filter_map(slice).collect()
}

/// Returns an indicator's figure at the end of each month of a range, or `None` before the first contribution.
/// O(contributions + months).
pub fn running_totals(
    indicator: &Indicator,
    contributions: &[&Contribution],
    (first, last): (Month, Month),
) -> Vec<Option<Quantity>> {
    let months: Vec<Month> = first.to(last).collect();
    let mut by_month: Vec<Vec<&Contribution>> = vec![Vec::new(); months.len()];
    for contribution in contributions.iter().filter(|contribution| contribution.month <= last) {
        // Contributions before the range count in its first month.
        let number = contribution.month.months_since(first).max(0);
        by_month
            .get_mut(usize::try_from(number).unwrap_or_default())
            .into_iter()
            .for_each(|group| group.push(contribution));
    }
    let mut running = RunningTotal::default();
    by_month.iter().map(|group| running.with(indicator.aggregation, group)).collect()
}

/// Running state of [`aggregate`], to which the contributions of the next month can be added.
#[derive(Default)]
struct RunningTotal<'a> {
    total: Quantity,
    entries: i64,
    any: bool,
    latest: Option<&'a Contribution>,
    largest: BTreeMap<&'a str, Quantity>,
}

impl<'a> RunningTotal<'a> {
    fn with(&mut self, aggregation: Aggregation, contributions: &[&'a Contribution]) -> Option<Quantity> {
        for contribution in contributions {
            (self.any, self.entries) = (true, self.entries + contribution.entries);
            match &contribution.discriminator {
                Some(Discriminator::Subject(subject, each)) if aggregation == Aggregation::Distinct => {
                    let largest_before = self.largest.entry(subject).or_default();
                    let larger = (*largest_before).max(*each);
                    self.total = self.total + larger + -*largest_before;
                    *largest_before = larger;
                }
                _ => self.total = self.total + contribution.value,
            }
            if contribution.discriminator.is_some()
                && self.latest.is_none_or(|latest| latest.discriminator < contribution.discriminator)
            {
                self.latest = Some(contribution);
            }
        }
        match aggregation {
            Aggregation::Sum | Aggregation::Distinct => self.any.then_some(self.total),
            Aggregation::Latest => self.latest.map(|contribution| contribution.value),
            Aggregation::Mean => self.total.divided_by(u64::try_from(self.entries).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Subject;
    use proptest::prelude::*;

    fn indicator(aggregation: Aggregation) -> Indicator {
        let text = String::new;
        Indicator {
            code: "own".into(),
            programme: text(),
            name: text(),
            name_en: text(),
            unit: text(),
            unit_en: text(),
            aggregation,
            distinct_by: Subject::Place,
            targets: Vec::new(),
        }
    }

    fn any_contributions(aggregation: Aggregation) -> impl Strategy<Value = Vec<Contribution>> {
        let contribution =
            (2023..2026_i32, 0..12_u8, "52(01|27)28(101|109)", prop::option::of(0..3_u128), any::<bool>(), 0..1000_i64);
        prop::collection::vec(contribution, 1..40).prop_map(move |drawn| {
            type Drawn = (i32, u8, String, Option<u128>, bool, i64);
            let contribution = |(number, (year, months, place, pairing, verified, value)): (u128, Drawn)| {
                let month = (0..months).fold(Month::first_of(year), |month, _| month.next());
                let value = Quantity::from_ten_thousandths(value);
                let date = crate::values::date::parse_date(&format!("{month}-11")).unwrap();
                Contribution {
                    indicator: "own".into(),
                    discriminator: match aggregation {
                        Aggregation::Sum | Aggregation::Mean => None,
                        Aggregation::Latest => Some(Discriminator::Latest(date, Uuid::from_u128(number))),
                        Aggregation::Distinct => Some(Discriminator::Subject(place.clone(), value)),
                    },
                    place,
                    pairing: pairing.map(Uuid::from_u128),
                    month,
                    verified,
                    qualifier: Qualifier::Exact,
                    value,
                    entries: 1,
                }
            };
            (0..).zip(drawn).map(contribution).collect()
        })
    }

    const EVERY: [Dimension; 5] = [
        Dimension::Month,
        Dimension::Year,
        Dimension::Place(Level::City),
        Dimension::Place(Level::Township),
        Dimension::Pairing,
    ];

    proptest! {
        #[test]
        fn slices_of_sum_add_up_to_it(contributions in any_contributions(Aggregation::Sum)) {
            let (contributions, indicator): (Vec<&Contribution>, _) = (contributions.iter().collect(), indicator(Aggregation::Sum));
            let total = aggregate(Aggregation::Sum, contributions.iter().copied()).unwrap().0;
            for by in EVERY {
                let slices = split(&indicator, &contributions, by);
                prop_assert_eq!(slices.iter().map(|slice| slice.value).sum::<Quantity>(), total);
                prop_assert!(slices.is_sorted_by(|a, b| a.of < b.of));
            }
        }

        #[test]
        fn slices_count_each_entry_once(
            contributions in prop_oneof![any_contributions(Aggregation::Mean), any_contributions(Aggregation::Distinct), any_contributions(Aggregation::Latest)],
        ) {
            let contributions: Vec<&Contribution> = contributions.iter().collect();
            for (by, aggregation) in EVERY.into_iter().zip([Aggregation::Mean, Aggregation::Distinct, Aggregation::Latest].into_iter().cycle()) {
                let slices = split(&indicator(aggregation), &contributions, by);
                prop_assert!(slices.iter().map(|slice| slice.entries).sum::<i64>() <= contributions.len() as i64);
                if aggregation != Aggregation::Latest {
                    prop_assert_eq!(slices.iter().map(|slice| slice.entries).sum::<i64>(), contributions.len() as i64);
                }
            }
        }

        #[test]
        fn slices_of_distinct_places_add_up(contributions in any_contributions(Aggregation::Distinct)) {
            let (contributions, indicator): (Vec<&Contribution>, _) = (contributions.iter().collect(), indicator(Aggregation::Distinct));
            let total = aggregate(Aggregation::Distinct, contributions.iter().copied()).unwrap().0;
            let slices = split(&indicator, &contributions, Dimension::Place(Level::Township));
            prop_assert_eq!(slices.iter().map(|slice| slice.value).sum::<Quantity>(), total);
        }

        #[test]
        fn running_totals_equal_figures_up_to_each_month(
            (aggregation, contributions) in prop_oneof![Just(Aggregation::Sum), Just(Aggregation::Mean), Just(Aggregation::Latest), Just(Aggregation::Distinct)]
                .prop_flat_map(|aggregation| (Just(aggregation), any_contributions(aggregation))),
            first in 2022..2025_i32,
        ) {
            let contributions: Vec<&Contribution> = contributions.iter().collect();
            let (first, last) = (Month::first_of(first), Month::last_of(2025));
            let totals = running_totals(&indicator(aggregation), &contributions, (first, last));
            for (month, total) in first.to(last).zip(totals) {
                let until = contributions.iter().copied().filter(|contribution| contribution.month <= month);
                prop_assert_eq!(total, aggregate(aggregation, until).map(|(total, _)| total), "{}", month);
            }
        }
    }
}
