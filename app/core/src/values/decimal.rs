//! Exact decimal numbers, as written in tables.

use crate::values::quantity::{LARGEST, Quantity};

/// An exact decimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    digits: i128,
    places: u32,
}

impl Decimal {
    /// Maximum number of digits.
    const MAX_DIGITS: usize = 20;

    /// Parses digits with an optional sign and decimal point.
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, text) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        let rest = rest.trim_end_matches('0');
        let all = format!("{whole}{rest}");
        let are_digits = !whole.is_empty() && all.bytes().all(|byte| byte.is_ascii_digit());
        if !are_digits || all.trim_start_matches('0').len() > Self::MAX_DIGITS || rest.len() > Self::MAX_DIGITS {
            return None;
        }
        Some(Self { digits: sign * all.parse::<i128>().ok()?, places: u32::try_from(rest.len()).ok()? })
    }

    /// Converts a spreadsheet number, rounded to the fifteen digits that a spreadsheet shows: 0.1 + 0.2 gives 0.3.
    pub fn from_f64(number: f64) -> Option<Self> {
        if !number.is_finite() || number.abs() > LARGEST * 1e6 {
            return None;
        }
        let shown: f64 = format!("{number:.14e}").parse().ok()?;
        Self::parse(&shown.to_string())
    }

    /// Multiplies by a fraction and returns ten-thousandths. The outer `None` means overflow, the inner one that the
    /// result is not exact.
    pub(super) fn scaled(self, numerator: i128, denominator: i128) -> Option<Option<Quantity>> {
        let scaled = self.digits.checked_mul(numerator)?.checked_mul(10_000)?;
        let divisor = denominator.checked_mul(10_i128.checked_pow(self.places)?)?;
        if scaled % divisor != 0 {
            return Some(None);
        }
        let whole = i64::try_from(scaled / divisor).ok()?;
        let quantity = Quantity::from_ten_thousandths(whole);
        (quantity.to_f64().abs() <= LARGEST).then_some(Some(quantity))
    }
}
