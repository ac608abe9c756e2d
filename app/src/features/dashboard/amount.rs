//! Amounts of the shared view: large ones are short, with the exact number as a tooltip.

use crate::labels::Labels;
use crate::labels::code::qualifier_pattern;
use jiedui_core::figures::briefing::Approved;
use jiedui_core::values::language::Language;
use jiedui_core::values::quantity::{Qualifier, Quantity};
use maud::{Markup, html};

/// Units of large numbers in Chinese, the largest first: the number from which one is used, its divisor, and its name.
const LARGE: [(i64, u64, &str); 2] = [(100_000_000, 100_000_000, "亿"), (100_000, 10_000, "万")];

/// Shortens an amount for display: at most two decimals, and in Chinese 万 or 亿 from 100,000 on. A unit that begins with one of
/// them keeps all digits.
pub fn short(amount: Quantity, language: Language, unit: &str) -> String {
    let has_own = unit.starts_with(['万', '亿']);
    let large = LARGE.into_iter().find(|(from, ..)| amount.ten_thousandths().abs() / 10_000 >= *from);
    match large.filter(|_| language == Language::Chinese && !has_own) {
        Some((_, divisor, name)) => {
            let divided = amount.divided_by(divisor).unwrap_or(amount);
            format!("{}{name}", divided.shown())
        }
        None => amount.shown(),
    }
}

/// Shortens a number of entries.
pub fn short_count(count: u64, language: Language) -> String {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    short(Quantity::from_ten_thousandths(count.saturating_mul(10_000)), language, "")
}

/// Formats the approved share of entries; `None` without entries.
pub fn approved_percent(approved: Approved) -> Option<String> {
    approved.percent().map(|percent| format!("{percent}%"))
}

/// Renders an amount with its qualifier and unit.
pub fn amount(labels: &Labels, amount: Option<(Quantity, Qualifier)>, unit: &str) -> Markup {
    let Some((amount, qualifier)) = amount else { return html! { strong { "—" } } };
    let (shown, all) = (short(amount, labels.language, unit), amount.to_string());
    let (before, after) = match qualifier {
        Qualifier::Exact => ("", ""),
        inexact => qualifier_pattern(labels.texts, inexact).split_once("{}").unwrap_or_default(),
    };
    html! {
        span title=[(shown != all).then_some(&all)] { strong { (before) (shown) (after) } }
        " " span class="unit" { (unit) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(1_502.0, "", "1,502", "1,502")]
    #[case(99_999.0, "人", "99,999", "99,999")]
    #[case(100_000.0, "人", "10万", "100,000")]
    #[case(2_345_678.0, "人", "234.57万", "2,345,678")]
    #[case(234_567_890.0, "元", "2.35亿", "234,567,890")]
    #[case(123_456.0, "万元", "123,456", "123,456")]
    #[case(2.7649, "亩", "2.76", "2.76")]
    fn short_uses_large_units(#[case] number: f64, #[case] unit: &str, #[case] chinese: &str, #[case] english: &str) {
        let quantity = Quantity::from_f64((number * 10_000.0).round() / 10_000.0).unwrap();
        assert_eq!(short(quantity, Language::Chinese, unit), chinese);
        assert_eq!(short(quantity, Language::English, unit), english);
    }
}
