//! Exact decimal quantities in an indicator's unit, and the precision that a number claims.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::iter::Sum;
use std::ops::{Add, Neg};

/// Ten-thousandths per unit: four decimals.
const SCALE: i64 = 10_000;

/// Maximum amount of a form field, in units.
pub const LARGEST: f64 = 1e9;

/// Maximum sum in units, the range of a 64-bit number of ten-thousandths. JSON keeps all four decimals up to 9 · 10¹¹;
/// larger sums are rounded.
const LARGEST_SUM: f64 = 9.3e14;

/// Quantity as an integer number of ten-thousandths, so that sums are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(i64);

impl Quantity {
    /// Zero.
    pub const ZERO: Self = Self(0);

    /// Converts a number exactly. Returns `None` if it is not finite, beyond ±10⁹, or has more than four decimals, such
    /// as 1e-320.
    pub fn from_f64(number: f64) -> Option<Self> {
        if number.abs() > LARGEST {
            return None;
        }
        // Below 2⁵³ ten-thousandths, the quotient is the nearest number to the decimal, which a parser returns too.
        Self::from_sum(number).filter(|quantity| quantity.to_f64() == number)
    }

    /// Converts a sum of such numbers.
    fn from_sum(number: f64) -> Option<Self> {
        if !number.is_finite() || number.abs() > LARGEST_SUM {
            return None;
        }
        let scaled = number * SCALE as f64;
        let rounded = scaled.round();
        // A binary number with four decimals differs from its ten-thousandths by a few rounding steps only.
        let step = (scaled.abs() * f64::EPSILON * 4.0).max(1e-9);
        ((scaled - rounded).abs() <= step).then_some(Self(rounded as i64))
    }

    /// Returns the nearest floating-point number.
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / SCALE as f64
    }

    /// Returns the number of ten-thousandths, as stored in the database.
    pub fn ten_thousandths(self) -> i64 {
        self.0
    }

    /// Creates a quantity from ten-thousandths.
    pub fn from_ten_thousandths(number: i64) -> Self {
        Self(number)
    }

    /// Returns `self` ÷ `whole`, or `None` if `whole` is zero.
    pub fn ratio(self, whole: Self) -> Option<f64> {
        (whole.0 != 0).then(|| self.0 as f64 / whole.0 as f64)
    }

    /// Rounds to at most `decimals` decimals, half away from zero.
    pub fn rounded(self, decimals: u32) -> Self {
        let step = 10_i64.pow(4_u32.saturating_sub(decimals));
        let half = if self.0 < 0 { -step / 2 } else { step / 2 };
        Self(self.0.saturating_add(half) / step * step)
    }

    /// Rounds up to at most `decimals` decimals, so that a shortfall is never understated.
    pub fn rounded_up(self, decimals: u32) -> Self {
        let step = 10_i64.pow(4_u32.saturating_sub(decimals));
        let rest = self.0.rem_euclid(step);
        if rest == 0 { self } else { Self((self.0 - rest).saturating_add(step)) }
    }

    /// Formats for display with at most two decimals. A non-zero quantity that would round to zero is shown as less
    /// than 0.01.
    pub fn shown(self) -> String {
        let rounded = self.rounded(2);
        match rounded {
            Self::ZERO if self > Self::ZERO => "＜0.01".to_owned(),
            Self::ZERO if self < Self::ZERO => "＞-0.01".to_owned(),
            _ => rounded.to_string(),
        }
    }

    /// Returns the percentage of `whole`, rounded down, so that only a full quantity is 100.
    pub fn percent_of(self, whole: Self) -> Option<i64> {
        if whole.0 <= 0 {
            return None;
        }
        let percent = i128::from(self.0) * 100 / i128::from(whole.0);
        i64::try_from(percent).ok()
    }

    /// Divides by `count`, rounding half away from zero to a ten-thousandth.
    pub fn divided_by(self, count: u64) -> Option<Self> {
        let count = i64::try_from(count).ok().filter(|count| *count > 0)?;
        let half = if self.0 < 0 { -count / 2 } else { count / 2 };
        Some(Self((self.0 + half) / count))
    }
}

impl Add for Quantity {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Neg for Quantity {
    type Output = Self;

    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

/// Formats without trailing zeros and with thousands separators.
impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, rest) = (self.0.unsigned_abs() / SCALE as u64, self.0.unsigned_abs() % SCALE as u64);
        if self.0 < 0 {
            f.write_str("-")?;
        }
        let digits = whole.to_string();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        if rest > 0 {
            write!(f, ".{}", format!("{rest:04}").trim_end_matches('0'))?;
        }
        Ok(())
    }
}

impl Serialize for Quantity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % SCALE == 0 {
            serializer.serialize_i64(self.0 / SCALE)
        } else {
            serializer.serialize_f64(self.to_f64())
        }
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        Self::from_sum(number).ok_or_else(|| serde::de::Error::custom("not an amount with at most four decimals"))
    }
}

/// Precision of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Qualifier {
    /// Exact.
    #[default]
    Exact,
    /// At least the number.
    AtLeast,
    /// More than the number.
    MoreThan,
    /// About the number.
    About,
}

impl Qualifier {
    /// Returns the code used in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::AtLeast => "at_least",
            Self::MoreThan => "more_than",
            Self::About => "about",
        }
    }

    /// Returns the qualifier with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Exact, Self::AtLeast, Self::MoreThan, Self::About].into_iter().find(|qualifier| qualifier.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case(44.17, "44.17")]
    #[case(30000.0, "30,000")]
    #[case(0.0001, "0.0001")]
    #[case(-1234.5, "-1,234.5")]
    fn quantity_round_trips_as_number_and_text(#[case] number: f64, #[case] shown: &str) {
        let quantity = Quantity::from_f64(number).unwrap();
        assert_eq!(quantity.to_string(), shown);
        assert_eq!(quantity.to_f64(), number);
    }

    #[rstest]
    #[case(f64::NAN)]
    #[case(f64::INFINITY)]
    #[case(1e10)]
    #[case(0.00001)]
    #[case(2.123456789)]
    #[case(1e-320)]
    #[case(-1e-12)]
    #[case(5.000_000_000_01)]
    #[case(0.1 + 0.2)]
    fn from_f64_rejects_unrepresentable_numbers(#[case] number: f64) {
        assert_eq!(Quantity::from_f64(number), None);
    }

    #[rstest]
    #[case(222.4247, "222.42", "222.43", "223")]
    #[case(0.004, "＜0.01", "0.01", "1")]
    #[case(-0.004, "＞-0.01", "0", "0")]
    #[case(0.005, "0.01", "0.01", "1")]
    #[case(-1.005, "-1.01", "-1", "-1")]
    #[case(1_000.0, "1,000", "1,000", "1,000")]
    #[case(0.0, "0", "0", "0")]
    fn shown_has_at_most_two_decimals(#[case] number: f64, #[case] shown: &str, #[case] up: &str, #[case] whole: &str) {
        let quantity = Quantity::from_f64(number).unwrap();
        assert_eq!(quantity.shown(), shown);
        assert_eq!(quantity.rounded_up(2).to_string(), up);
        assert_eq!(quantity.rounded_up(0).to_string(), whole);
    }

    #[rstest]
    #[case(996.0, 1_000.0, Some(99))]
    #[case(1_000.0, 1_000.0, Some(100))]
    #[case(85.0, 500.0, Some(17))]
    #[case(393.0, 1.0, Some(39_300))]
    #[case(1.0, 0.0, None)]
    fn percent_of_is_hundred_only_of_whole(#[case] part: f64, #[case] whole: f64, #[case] percent: Option<i64>) {
        let quantity = |number| Quantity::from_f64(number).unwrap();
        assert_eq!(quantity(part).percent_of(quantity(whole)), percent);
    }

    #[test]
    fn divided_by_rounds_to_nearest() {
        let quantity = |number| Quantity::from_f64(number).unwrap();
        assert_eq!(quantity(10.0).divided_by(3), Some(quantity(3.3333)));
        assert_eq!(quantity(-20.0).divided_by(3), Some(quantity(-6.6667)));
        assert_eq!(quantity(1.0).divided_by(0), None);
    }

    #[test]
    fn deserialize_accepts_every_sum() {
        for number in [i64::MAX, i64::MIN, 9_000_000_000_000_000_001, -9_007_199_254_740_993] {
            let json = serde_json::to_string(&Quantity(number)).unwrap();
            let read = serde_json::from_str::<Quantity>(&json).unwrap();
            assert!(read.0.abs_diff(number) <= 1_024, "{number} became {}", read.0);
        }
        assert!(serde_json::from_str::<Quantity>("1e15").is_err());
        assert_eq!(Quantity::from_f64(2e9), None, "one answer is bounded as before");
    }

    proptest! {
        #[test]
        fn quantity_round_trips_as_json(ten_thousandths in -10_000_000_000_000_i64..=10_000_000_000_000) {
            let quantity = Quantity(ten_thousandths);
            let json = serde_json::to_string(&quantity).unwrap();
            prop_assert_eq!(serde_json::from_str::<Quantity>(&json).unwrap(), quantity);
            prop_assert_eq!(Quantity::from_f64(json.parse().unwrap()), Some(quantity));
        }
    }
}
