//! Parser for amounts in table cells: exact decimals with units, multipliers and words for precision.

use crate::values::decimal::Decimal;
use crate::values::field_error::ErrorCode;
use crate::values::halfwidth::normalise;
use crate::values::quantity::{Qualifier, Quantity};
use crate::values::unit::Unit;

/// Words before a number that state its precision.
const BEFORE: [(&str, Qualifier); 16] = [
    ("不少于", Qualifier::AtLeast),
    ("不低于", Qualifier::AtLeast),
    ("至少", Qualifier::AtLeast),
    (">=", Qualifier::AtLeast),
    ("≥", Qualifier::AtLeast),
    ("超过", Qualifier::MoreThan),
    ("大于", Qualifier::MoreThan),
    ("多于", Qualifier::MoreThan),
    ("高于", Qualifier::MoreThan),
    (">", Qualifier::MoreThan),
    ("大约", Qualifier::About),
    ("将近", Qualifier::About),
    ("约", Qualifier::About),
    ("近", Qualifier::About),
    ("≈", Qualifier::About),
    ("~", Qualifier::About),
];
/// Words after a number and its unit that state its precision.
const BEHIND: [(&str, Qualifier); 4] =
    [("以上", Qualifier::AtLeast), ("+", Qualifier::AtLeast), ("左右", Qualifier::About), ("上下", Qualifier::About)];
/// Words between a number and its unit that state its precision.
const BETWEEN: [(&str, Qualifier); 2] = [("余", Qualifier::MoreThan), ("多", Qualifier::MoreThan)];
/// Currency signs before a number.
const CURRENCIES: [&str; 7] = ["人民币", "¥", "rmb", "cny", "$", "€", "£"];

/// A parsed amount.
#[derive(Clone, Debug, PartialEq)]
pub struct Amount {
    /// Quantity in the field's unit.
    pub quantity: Quantity,
    /// Precision.
    pub qualifier: Qualifier,
    /// Whether it was converted from another unit.
    pub converted: bool,
}

/// Returns the unit of a column and of its field. The unit in the column's heading takes precedence over the field's.
fn units(column: Option<&str>, field: &str) -> (Unit, Unit) {
    let field = Unit::of_field(field);
    (column.map_or_else(|| field.clone(), Unit::of_field), field)
}

/// Converts a numeric cell from the column's unit to the field's unit.
pub fn number_amount(number: f64, column: Option<&str>, field: &str) -> Result<Amount, ErrorCode> {
    let (column, field) = units(column, field);
    let decimal = Decimal::from_f64(number).ok_or(ErrorCode::NotAmount)?;
    let quantity = column.convert(decimal, &field)?;
    Ok(Amount { quantity, qualifier: Qualifier::Exact, converted: !column.is_same(&field) })
}

/// Parses an amount from text such as `３万`, `约 50,000元`, `￥5万` or `12人以上`. A unit in the text takes precedence over
/// the column's.
pub fn read_amount(text: &str, column: Option<&str>, field: &str) -> Result<Amount, ErrorCode> {
    let (column, field) = units(column, field);
    let text = normalise(text).to_lowercase();
    // Spreadsheets mark text with a leading apostrophe.
    let text = text.trim_start_matches('\'').trim();
    let (text, before) = cut(text, &BEFORE, |text, word| text.strip_prefix(word));
    let currency = CURRENCIES.iter().find_map(|sign| Some((*sign, text.strip_prefix(*sign)?.trim_start())));
    let (text, behind) = cut(currency.map_or(text, |(_, rest)| rest), &BEHIND, |text, word| text.strip_suffix(word));
    let (number, rest) = leading_number(text)?;
    let (multiplier, unit, between) = BETWEEN
        .iter()
        .find_map(|(word, qualifier)| rest.split_once(word).map(|(left, right)| (left, right, Some(*qualifier))))
        .filter(|(left, ..)| left.chars().all(|letter| "十百千万亿".contains(letter)))
        .unwrap_or(("", rest, None));
    let mut qualifiers = [before, behind, between].into_iter().flatten();
    let qualifier = qualifiers.next().unwrap_or_default();
    if qualifiers.next().is_some_and(|next| next != qualifier) {
        return Err(ErrorCode::NotAmount);
    }
    let from = match currency {
        Some((currency, _)) => {
            let money = Unit::parse(currency).ok_or(ErrorCode::Unit)?;
            money.behind_number(&format!("{multiplier}{unit}"))?
        }
        None => column.behind_number(&format!("{multiplier}{unit}"))?,
    };
    let quantity = from.convert(number, &field)?;
    Ok(Amount { quantity, qualifier, converted: !from.is_same(&field) })
}

/// Strips one of the words from one end of a text.
fn cut<'a>(
    text: &'a str,
    words: &[(&str, Qualifier)],
    strip: impl Fn(&'a str, &str) -> Option<&'a str>,
) -> (&'a str, Option<Qualifier>) {
    let cut = words.iter().find_map(|(word, qualifier)| Some((strip(text, word)?.trim(), Some(*qualifier))));
    cut.unwrap_or((text, None))
}

/// Splits a text into its leading number, with optional thousands separators, and the rest.
fn leading_number(text: &str) -> Result<(Decimal, &str), ErrorCode> {
    let is_of_number = |letter: char| letter.is_ascii_digit() || ",，. ".contains(letter);
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let end = unsigned.find(|letter| !is_of_number(letter)).unwrap_or(unsigned.len());
    let (number, rest) = unsigned.split_at(end);
    let (whole, decimals) = number.trim_end().split_once('.').unwrap_or((number.trim_end(), ""));
    let groups: Vec<&str> = whole.split([',', '，', ' ']).collect();
    let separators: Vec<char> = whole.chars().filter(|letter| !letter.is_ascii_digit()).collect();
    let is_grouped = match groups.as_slice() {
        [_] => true,
        [first, others @ ..] => {
            (1..=3).contains(&first.len())
                && others.iter().all(|group| group.len() == 3)
                && separators.windows(2).all(|pair| pair.first() == pair.last())
        }
        [] => false,
    };
    if !is_grouped {
        return Err(ErrorCode::NotAmount);
    }
    let decimal = Decimal::parse(&format!("{sign}{}.{decimals}", groups.concat())).ok_or(ErrorCode::NotAmount)?;
    Ok((decimal, rest.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("12", Some((12.0, Qualifier::Exact)))]
    #[case("12人", Some((12.0, Qualifier::Exact)))]
    #[case("１５人", Some((15.0, Qualifier::Exact)))]
    #[case("1,200 人", Some((1_200.0, Qualifier::Exact)))]
    #[case("12，000", Some((12_000.0, Qualifier::Exact)))]
    #[case("1 200", Some((1_200.0, Qualifier::Exact)))]
    #[case("1200.00", Some((1_200.0, Qualifier::Exact)))]
    #[case("12.", Some((12.0, Qualifier::Exact)))]
    #[case("'12", Some((12.0, Qualifier::Exact)))]
    #[case("\u{feff}12\u{200b}", Some((12.0, Qualifier::Exact)))]
    #[case("约20", Some((20.0, Qualifier::About)))]
    #[case("20左右", Some((20.0, Qualifier::About)))]
    #[case("超过30人", Some((30.0, Qualifier::MoreThan)))]
    #[case("20余人", Some((20.0, Qualifier::MoreThan)))]
    #[case("3万余人", Some((30_000.0, Qualifier::MoreThan)))]
    #[case("12以上", Some((12.0, Qualifier::AtLeast)))]
    #[case("12人以上", Some((12.0, Qualifier::AtLeast)))]
    #[case("约 1.3万", Some((13_000.0, Qualifier::About)))]
    #[case("2.5千", Some((2_500.0, Qualifier::Exact)))]
    #[case("3百", Some((300.0, Qualifier::Exact)))]
    #[case("-4", Some((-4.0, Qualifier::Exact)))]
    #[case("1,2", None)]
    #[case("1,20,000", None)]
    #[case("12-15", None)]
    #[case("12＋3", None)]
    #[case("1e3", None)]
    #[case("١٢", None)]
    #[case("〇", None)]
    #[case("十二", None)]
    #[case("三次", None)]
    #[case("12以下", None)]
    #[case("1.2.3", None)]
    #[case("inf", None)]
    #[case("", None)]
    #[case("99999999999999999999999999999", None)]
    fn read_amount_accepts_usual_spellings_only(#[case] written: &str, #[case] expected: Option<(f64, Qualifier)>) {
        let read = read_amount(written, None, "人").ok().map(|amount| (amount.quantity.to_f64(), amount.qualifier));
        assert_eq!(read, expected, "{written}");
    }

    #[rstest]
    #[case(0.1 + 0.2, Ok(0.3))]
    #[case(1234.5678, Ok(1234.5678))]
    #[case(1.0 / 3.0, Err(ErrorCode::NotAmount))]
    #[case(1e10, Err(ErrorCode::NotAmount))]
    #[case(f64::NAN, Err(ErrorCode::NotAmount))]
    fn number_amount_equals_number_shown_in_spreadsheet(#[case] number: f64, #[case] expected: Result<f64, ErrorCode>) {
        assert_eq!(number_amount(number, None, "吨").map(|amount| amount.quantity.to_f64()), expected);
    }

    #[test]
    fn read_amount_reports_conversion() {
        let converted = |text, column| read_amount(text, column, "万元").map(|amount| amount.converted);
        assert_eq!(converted("5", None), Ok(false));
        assert_eq!(converted("5万元", None), Ok(false));
        assert_eq!(converted("3万", None), Ok(false), "ten thousand yuan are the field's unit");
        assert_eq!(converted("50000", Some("元")), Ok(true));
    }
}
