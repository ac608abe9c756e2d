//! Quantile classes for a choropleth map, and their limits for the legend.

use crate::values::quantity::Quantity;
use crate::values::sort::sort_by;

/// Maximum number of classes above zero; readers distinguish few shades.
const MAX_CLASSES: usize = 4;

/// Upper limits of the classes above zero, ascending; the last is the largest amount.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuantileClasses(Vec<Quantity>);

impl QuantileClasses {
    /// Computes quantile classes of about equal size. Equal amounts are in the same class.
    pub fn of(amounts: impl IntoIterator<Item = Quantity>) -> Self {
        let mut amounts: Vec<Quantity> = amounts.into_iter().filter(|amount| *amount > Quantity::ZERO).collect();
        sort_by(&mut amounts, Ord::cmp);
        let quantile =
            |class: usize| amounts.get((amounts.len() * class).div_ceil(MAX_CLASSES).saturating_sub(1)).copied();
        let mut limits: Vec<Quantity> = (1..=MAX_CLASSES).filter_map(quantile).collect();
        limits.dedup();
        Self(limits)
    }

    /// Returns the class of an amount: 0 for nothing, then from 1 up.
    pub fn class_of(&self, amount: Quantity) -> usize {
        if amount <= Quantity::ZERO {
            return 0;
        }
        1 + self.0.iter().position(|limit| amount <= *limit).unwrap_or(self.0.len().saturating_sub(1))
    }

    /// Returns the upper limit of each class above zero.
    pub fn limits(&self) -> &[Quantity] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn class_of_is_monotonic_and_within_limits(amounts in prop::collection::vec(0..50_i64, 0..40)) {
            let mut amounts: Vec<Quantity> = amounts.into_iter().map(Quantity::from_ten_thousandths).collect();
            amounts.sort_unstable();
            let classes = QuantileClasses::of(amounts.iter().copied());
            prop_assert!(classes.limits().len() <= MAX_CLASSES && classes.limits().is_sorted());
            let shades: Vec<usize> = amounts.iter().map(|amount| classes.class_of(*amount)).collect();
            prop_assert!(shades.is_sorted());
            for (amount, shade) in amounts.iter().zip(shades) {
                prop_assert_eq!(shade == 0, *amount == Quantity::ZERO);
                prop_assert!(shade <= classes.limits().len());
                if shade > 0 {
                    prop_assert!(*amount <= classes.limits()[shade - 1]);
                }
            }
            if let Some(largest) = amounts.last().filter(|amount| **amount > Quantity::ZERO) {
                prop_assert_eq!(classes.limits().last(), Some(largest));
            }
        }
    }
}
