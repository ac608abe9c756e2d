//! Number formats of spreadsheets: the units and words that they add to a number, so that a figure is read as displayed.

use super::cell::{SheetCell, day_of_serial};
use std::sync::Arc;

/// Display of a cell's number.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum NumberFormat {
    /// As a plain number.
    #[default]
    Plain,
    /// As a day.
    Day,
    /// With a unit, a currency, a percent sign or other words.
    Unit(Arc<str>),
}

impl NumberFormat {
    /// Parses a format code such as `#,##0.00"元"`.
    pub fn of_code(code: &str) -> Self {
        let (mut words, mut rest) = (String::new(), String::new());
        let mut letters = code.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '"' => words.extend(letters.by_ref().take_while(|own| *own != '"')),
                '\\' => words.extend(letters.next()),
                '_' | '*' => drop(letters.next()),
                '[' => {
                    let inside: String = letters.by_ref().take_while(|letter| *letter != ']').collect();
                    if let Some(currency) = inside.strip_prefix('$') {
                        words.push_str(currency.split('-').next().unwrap_or_default());
                    } else if inside.chars().all(|letter| "hHmMsS".contains(letter)) {
                        // Elapsed hours, minutes or seconds.
                        rest.push_str(&inside);
                    }
                }
                // The section for positive numbers.
                ';' => break,
                '¥' | '￥' | '$' | '€' | '£' | '%' | '％' | '‰' => words.push(letter),
                letter if letter.is_alphabetic() && !letter.is_ascii() => words.push(letter),
                letter => rest.push(letter),
            }
        }
        let rest = rest.to_ascii_lowercase().replace("general", "").replace("am/pm", "");
        if rest.contains(['y', 'd']) || rest.contains("aaa") || rest.contains("mmm") {
            return Self::Day;
        }
        if rest.contains(['h', 's']) {
            return Self::Unit("h:mm".into());
        }
        // A comma after the last digit divides by a thousand.
        let is_scaled = rest
            .rfind(['0', '#', '?'])
            .is_some_and(|last| rest.get(last + 1..).is_some_and(|end| end.trim_start().starts_with(',')));
        let words: String =
            words.chars().filter(|letter| !letter.is_whitespace() && !"()-+,.".contains(*letter)).collect();
        match (is_scaled, words.is_empty()) {
            (true, _) => Self::Unit(format!("÷1000 {words}").trim_end().into()),
            (false, true) => Self::Plain,
            (false, false) => Self::Unit(words.into()),
        }
    }

    /// Returns the built-in format with a number; 27 to 36 and 50 to 58 are Chinese formats.
    pub fn of_number(id: u32) -> Self {
        match id {
            14..=17 | 22 | 27..=31 | 36 | 50..=54 | 57 | 58 => Self::Day,
            18..=21 | 32..=35 | 45..=47 | 55 | 56 => Self::Unit("h:mm".into()),
            9 | 10 => Self::Unit("%".into()),
            // The currency of the computer's locale.
            5..=8 | 42 | 44 => Self::Unit("¤".into()),
            _ => Self::Plain,
        }
    }

    /// Converts a number to a cell with this format.
    pub fn cell(&self, number: f64, from_1904: bool) -> SheetCell {
        match self {
            Self::Plain => SheetCell::Number(number),
            Self::Day => day_of_serial(number, from_1904).map_or(SheetCell::Number(number), SheetCell::Day),
            Self::Unit(unit) if &**unit == "%" => {
                // A percent sign multiplies the displayed number by a hundred.
                let shown = (number * 1e10).round() / 1e8;
                SheetCell::WithUnit(Box::new((shown, unit.clone())))
            }
            Self::Unit(unit) => SheetCell::WithUnit(Box::new((number, unit.clone()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("General", "")]
    #[case("#,##0.00", "")]
    #[case("0_ ", "")]
    #[case("_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * \"-\"??_ ;_ @_ ", "")]
    #[case("[Red]0.0", "")]
    #[case("[DBNum2][$-804]General", "")]
    #[case("#,##0_);(#,##0)", "")]
    #[case("#,##0\"元\"", "元")]
    #[case("0元", "元")]
    #[case("0\\吨", "吨")]
    #[case("0\"吨\"", "吨")]
    #[case("\"¥\"#,##0", "¥")]
    #[case("[$¥-804]#,##0.00", "¥")]
    #[case("[$$-409]#,##0", "$")]
    #[case("[$€-2] #,##0", "€")]
    #[case("0\"亿\"", "亿")]
    #[case("0.00%", "%")]
    #[case("0.0,,\"百万\"", "÷1000 百万")]
    #[case("#,##0,", "÷1000")]
    #[case("[h]:mm", "h:mm")]
    fn number_format_yields_its_unit(#[case] code: &str, #[case] unit: &str) {
        let expected = if unit.is_empty() { NumberFormat::Plain } else { NumberFormat::Unit(unit.into()) };
        assert_eq!(NumberFormat::of_code(code), expected, "{code}");
    }

    #[rstest]
    #[case("yyyy-mm-dd")]
    #[case("yyyy\"年\"m\"月\"d\"日\"")]
    #[case("[$-804]yyyy/m/d;@")]
    #[case("m/d")]
    #[case("aaaa")]
    fn date_format_shows_days(#[case] code: &str) {
        assert_eq!(NumberFormat::of_code(code), NumberFormat::Day, "{code}");
    }

    #[test]
    fn percent_is_read_as_displayed() {
        let cell = NumberFormat::of_code("0%").cell(0.07, false);
        assert_eq!(cell, SheetCell::WithUnit(Box::new((7.0, "%".into()))));
    }
}
