//! A figure taken apart: by month, year, place or pairing; and how it grew. Each share is made by the same aggregation
//! as the whole; of a sum the shares add up to it exactly, of the others they need not (a mean has none that do).

use crate::catalogue::{Aggregation, Indicator};
use crate::directory::place::Level;
use crate::figures::contribution::{Contribution, Discriminator};
use crate::figures::figure::aggregate;
use crate::values::month::Month;
use crate::values::quantity::{Qualifier, Quantity};
use std::collections::BTreeMap;
use uuid::Uuid;

/// By what a figure is taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// The month.
    Month,
    /// The year.
    Year,
    /// The place of this level, or the entry's own where that is a higher one.
    Place(Level),
    /// The pairing; entries under none make a share without one.
    Pairing,
}

/// What a share is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// A month.
    Month(Month),
    /// A year.
    Year(i32),
    /// A place's code.
    Place(String),
    /// A pairing, or none.
    Pairing(Option<Uuid>),
}

/// A share of a figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    /// What it is of.
    pub of: Group,
    /// What it comes to.
    pub value: Quantity,
    /// How exact it is.
    pub qualifier: Qualifier,
    /// What it comes to with verified entries alone.
    pub verified: Quantity,
    /// How many entries make it.
    pub entries: i64,
}

impl Dimension {
    fn of(self, part: &Contribution) -> Group {
        match self {
            Self::Month => Group::Month(part.month),
            Self::Year => Group::Year(part.month.year),
            Self::Place(level) => Group::Place(level.ancestor_code(&part.place).to_owned()),
            Self::Pairing => Group::Pairing(part.pairing),
        }
    }
}

/// The shares of an indicator's figure, in the order of what they are of. `parts` are those that a filter has left of it.
pub fn split(indicator: &Indicator, parts: &[&Contribution], by: Dimension) -> Vec<Slice> {
    let mut groups: BTreeMap<Group, Vec<&Contribution>> = BTreeMap::new();
    for part in parts {
        groups.entry(by.of(part)).or_default().push(part);
    }
    let share = |(of, own): (Group, Vec<&Contribution>)| {
        let (value, qualifier) = aggregate(indicator.aggregation, own.iter().copied())?;
        let verified = aggregate(indicator.aggregation, own.iter().copied().filter(|part| part.verified));
        let entries = own.iter().map(|part| part.entries).sum();
        Some(Slice { of, value, qualifier, verified: verified.map(|own| own.0).unwrap_or_default(), entries })
    };
    groups.into_iter().filter_map(share).collect()
}

/// Where an indicator's figure stood at the end of each month, from a first to a last: what the parts up to then come to.
/// `None` before the first of them. Each part is looked at once, however many months there are.
pub fn running_totals(
    indicator: &Indicator,
    parts: &[&Contribution],
    (first, last): (Month, Month),
) -> Vec<Option<Quantity>> {
    let months: Vec<Month> = first.to(last).collect();
    let mut by_month: Vec<Vec<&Contribution>> = vec![Vec::new(); months.len()];
    for part in parts.iter().filter(|part| part.month <= last) {
        // What lies before the first month stood at its end too.
        let number = part.month.months_since(first).max(0);
        by_month.get_mut(usize::try_from(number).unwrap_or_default()).into_iter().for_each(|own| own.push(part));
    }
    let mut so_far = Standing::default();
    by_month.iter().map(|own| so_far.with(indicator.aggregation, own)).collect()
}

/// What the parts up to a month come to, so that the next month's can be added: [`aggregate`] step by step.
#[derive(Default)]
struct Standing<'a> {
    total: Quantity,
    entries: i64,
    any: bool,
    latest: Option<&'a Contribution>,
    largest: BTreeMap<&'a str, Quantity>,
}

impl<'a> Standing<'a> {
    fn with(&mut self, aggregation: Aggregation, parts: &[&'a Contribution]) -> Option<Quantity> {
        for part in parts {
            (self.any, self.entries) = (true, self.entries + part.entries);
            match &part.discriminator {
                Some(Discriminator::Subject(subject, each)) if aggregation == Aggregation::Distinct => {
                    let own = self.largest.entry(subject).or_default();
                    let larger = (*own).max(*each);
                    self.total = self.total + larger + -*own;
                    *own = larger;
                }
                _ => self.total = self.total + part.value,
            }
            if part.discriminator.is_some() && self.latest.is_none_or(|own| own.discriminator < part.discriminator) {
                self.latest = Some(part);
            }
        }
        match aggregation {
            Aggregation::Sum | Aggregation::Distinct => self.any.then_some(self.total),
            Aggregation::Latest => self.latest.map(|part| part.value),
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

    fn any_parts(aggregation: Aggregation) -> impl Strategy<Value = Vec<Contribution>> {
        let part =
            (2023..2026_i32, 0..12_u8, "52(01|27)28(101|109)", prop::option::of(0..3_u128), any::<bool>(), 0..1000_i64);
        prop::collection::vec(part, 1..40).prop_map(move |drawn| {
            type Drawn = (i32, u8, String, Option<u128>, bool, i64);
            let part = |(number, (year, months, place, pairing, verified, value)): (u128, Drawn)| {
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
            (0..).zip(drawn).map(part).collect()
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
        fn the_shares_of_a_sum_add_up_to_it_however_it_is_taken_apart(parts in any_parts(Aggregation::Sum)) {
            let (parts, indicator): (Vec<&Contribution>, _) = (parts.iter().collect(), indicator(Aggregation::Sum));
            let whole = aggregate(Aggregation::Sum, parts.iter().copied()).unwrap().0;
            for by in EVERY {
                let shares = split(&indicator, &parts, by);
                prop_assert_eq!(shares.iter().map(|own| own.value).sum::<Quantity>(), whole);
                prop_assert!(shares.is_sorted_by(|one, other| one.of < other.of));
            }
        }

        #[test]
        fn every_share_has_its_entries_and_none_twice(
            parts in prop_oneof![any_parts(Aggregation::Mean), any_parts(Aggregation::Distinct), any_parts(Aggregation::Latest)],
        ) {
            let parts: Vec<&Contribution> = parts.iter().collect();
            for (by, aggregation) in EVERY.into_iter().zip([Aggregation::Mean, Aggregation::Distinct, Aggregation::Latest].into_iter().cycle()) {
                let shares = split(&indicator(aggregation), &parts, by);
                prop_assert!(shares.iter().map(|own| own.entries).sum::<i64>() <= parts.len() as i64);
                if aggregation != Aggregation::Latest {
                    prop_assert_eq!(shares.iter().map(|own| own.entries).sum::<i64>(), parts.len() as i64);
                }
            }
        }

        #[test]
        fn a_distinct_figure_by_its_own_places_adds_up(parts in any_parts(Aggregation::Distinct)) {
            let (parts, indicator): (Vec<&Contribution>, _) = (parts.iter().collect(), indicator(Aggregation::Distinct));
            let whole = aggregate(Aggregation::Distinct, parts.iter().copied()).unwrap().0;
            let shares = split(&indicator, &parts, Dimension::Place(Level::Township));
            prop_assert_eq!(shares.iter().map(|own| own.value).sum::<Quantity>(), whole);
        }

        #[test]
        fn what_stood_at_the_end_of_a_month_is_the_figure_of_all_up_to_it(
            (aggregation, parts) in prop_oneof![Just(Aggregation::Sum), Just(Aggregation::Mean), Just(Aggregation::Latest), Just(Aggregation::Distinct)]
                .prop_flat_map(|aggregation| (Just(aggregation), any_parts(aggregation))),
            first in 2022..2025_i32,
        ) {
            let parts: Vec<&Contribution> = parts.iter().collect();
            let (first, last) = (Month::first_of(first), Month::last_of(2025));
            let stood = running_totals(&indicator(aggregation), &parts, (first, last));
            for (month, stood) in first.to(last).zip(stood) {
                let until = parts.iter().copied().filter(|part| part.month <= month);
                prop_assert_eq!(stood, aggregate(aggregation, until).map(|own| own.0), "{}", month);
            }
        }
    }
}
