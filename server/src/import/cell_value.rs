//! Reads the values of cells: amounts, dates and answers.

use crate::clock::CHINA;
use crate::import::cell::{SheetCell, day_of_serial};
use crate::import::unit_words::read_unit;
use jiedui_core::catalogue::{Field, FieldKind};
use jiedui_core::values::amount::{Amount, number_amount, read_amount};
use jiedui_core::values::date::parse_date;
use jiedui_core::values::field_error::ErrorCode;
use jiedui_core::values::halfwidth::{is_invisible, normalise};
use serde_json::{Value, json};
use time::{Date, Duration, Month};

/// Returns the text by which names are compared.
pub fn bare(text: &str) -> String {
    normalise(text).chars().filter(|letter| !letter.is_whitespace()).collect()
}

/// Reads an amount in the field's unit.
pub fn amount(cell: &SheetCell, unit: Option<&str>, field: &str) -> Result<Amount, ErrorCode> {
    match cell {
        SheetCell::Number(number) => number_amount(*number, unit, field),
        SheetCell::Text(text) => read_amount(text, unit, field),
        // The format displays a text such as 50亿.
        SheetCell::WithUnit(amount) if read_unit(&amount.1, &[field]).is_none() => {
            read_amount(&cell.text(), unit, field)
        }
        SheetCell::WithUnit(amount) => number_amount(amount.0, read_unit(&amount.1, &[field]).as_deref(), field),
        _ => Err(ErrorCode::NotAmount),
    }
}

/// Reads a day in any common notation.
pub fn date(cell: &SheetCell, from_1904: bool) -> Option<Date> {
    let text = match cell {
        SheetCell::Day(day) => return Some(*day),
        // A day formatted as a number, or 20261124.
        SheetCell::Number(number) if (1e4..1e5).contains(number) => return day_of_serial(*number, from_1904),
        other => normalise(&other.text()),
    };
    // 2026 年 4 月 2 日
    let text = if text.contains('年') { text.replace(' ', "") } else { text };
    let (text, behind) = text.split_once([' ', 'T']).unwrap_or((&text, ""));
    // Only a time of the day may follow: 2026-11-20 至 2026-11-25 is not a day.
    let is_time = |letter: char| letter.is_ascii_digit() || ":.+Z ".contains(letter);
    let is_weekday = ["星期", "周", "礼拜", "(星期", "(周"].iter().any(|word| behind.trim().starts_with(word));
    let is_weekday = is_weekday && behind.trim().chars().count() <= 5;
    if !is_weekday && (!behind.chars().all(is_time) || (!behind.trim().is_empty() && !behind.contains(':'))) {
        return None;
    }
    // An instant with a zone, such as a log's 2026-11-20T23:30:00Z, may be on another day in China.
    let days = if behind.contains(['Z', '+']) { days_to_china(behind)? } else { 0 };
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let day = parse_date(&format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]))?;
        return day.checked_add(Duration::days(days));
    }
    let text = text.trim_end_matches(['日', '号']).replace(['年', '月', '/', '.'], "-");
    let numbers: Vec<u16> = text.split('-').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [year, month, day] = numbers[..] else { return None };
    // 24-11-26 is ambiguous.
    if year < 1000 {
        return None;
    }
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let day = Date::from_calendar_date(year.into(), month, u8::try_from(day).ok()?).ok()?;
    day.checked_add(Duration::days(days))
}

/// Returns how many days later it is in China at a time with a zone, such as `23:30:00Z` or `08:00+09:00`.
fn days_to_china(time: &str) -> Option<i64> {
    let minutes = |text: &str| {
        let (hours, rest) = text.split_once(':').or_else(|| text.split_at_checked(2))?;
        let minutes = if rest.is_empty() { 0 } else { rest.get(..2)?.parse().ok()? };
        Some(hours.trim().parse::<i64>().ok()? * 60 + minutes)
    };
    let (clock, zone) = time.trim().split_once(['Z', '+'])?;
    let zone = if zone.is_empty() { 0 } else { minutes(zone)? };
    let in_china = minutes(clock)? - zone + i64::from(CHINA.whole_minutes());
    Some(in_china.div_euclid(24 * 60))
}

/// Reads a value that is not a number.
pub fn answer(field: &Field, text: &str) -> Result<Value, ErrorCode> {
    let code = |text: &str| {
        let wanted = bare(text);
        let is_meant = |name: &String| bare(name) == wanted;
        let choice =
            field.choices.iter().find(|choice| [&choice.name, &choice.name_en, &choice.code].into_iter().any(is_meant));
        choice.map(|choice| choice.code.clone()).ok_or(ErrorCode::Unknown)
    };
    match field.kind {
        FieldKind::Choice => code(text).map(|code| json!(code)),
        FieldKind::Choices => {
            let words = text
                .split(['、', ',', '，', ';', '；', '/'])
                .map(|word| word.trim_matches(|letter: char| letter.is_whitespace() || is_invisible(letter)));
            words.filter(|word| !word.is_empty()).map(code).collect::<Result<Vec<_>, _>>().map(|codes| json!(codes))
        }
        _ => Ok(json!(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiedui_core::values::date::format_date;
    use rstest::rstest;

    #[rstest]
    #[case("2026-11-24")]
    #[case("2026/11/24")]
    #[case("2026.11.24")]
    #[case("2026年11月24日")]
    #[case("2026 年 11 月 24 日")]
    #[case("20261124")]
    #[case("２０２６－１１－２４")]
    #[case("2026-11-24 08:00")]
    #[case("2026-11-24T08:00:00Z")]
    #[case("2026-11-24 星期二")]
    #[case("2026-11-24\u{200b}")]
    fn day_parses_in_common_notations(#[case] written: &str) {
        assert_eq!(date(&SheetCell::of(written), false).map(format_date).as_deref(), Some("2026-11-24"));
        assert_eq!(date(&SheetCell::Number(46350.0), false).map(format_date).as_deref(), Some("2026-11-24"));
        assert_eq!(date(&SheetCell::Number(44888.0), true).map(format_date).as_deref(), Some("2026-11-24"));
    }

    #[rstest]
    #[case("2026-11-24T15:59:59Z", "2026-11-24")]
    #[case("2026-11-24T16:00:00Z", "2026-11-25")]
    #[case("2026-12-31 23:30:00.123Z", "2027-01-01")]
    #[case("2026-11-24T23:30:00+08:00", "2026-11-24")]
    #[case("2026-11-24 23:30 +0800", "2026-11-24")]
    #[case("2026-11-24T00:30:00+09:00", "2026-11-23")]
    #[case("20261124 16:00Z", "2026-11-25")]
    fn instant_with_a_zone_is_its_day_in_china(#[case] written: &str, #[case] day: &str) {
        assert_eq!(date(&SheetCell::of(written), false).map(format_date).as_deref(), Some(day));
    }

    #[rstest]
    #[case("十一月")]
    #[case("2026-11-24 :+")]
    #[case("2026-13-01")]
    #[case("2026-02-30")]
    #[case("11-24-2026")]
    #[case("2026年11月")]
    #[case("24")]
    #[case("2026-11-20 至 2026-11-25")]
    #[case("2026-11-20 - 2026-11-25")]
    #[case("2026-11-20至2026-11-25")]
    #[case("2026-11-20 2026-11-25")]
    #[case("2026年11月20日-25日")]
    #[case("2026-11-20~25")]
    #[case("2026-11-20、21")]
    #[case("2026年13月1日")]
    fn text_without_a_day_is_none(#[case] written: &str) {
        assert_eq!(date(&SheetCell::of(written), false), None);
    }
}
