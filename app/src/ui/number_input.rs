//! Reads numbers that people type.

use jiedui_core::values::halfwidth::to_halfwidth;

/// The text is not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotANumber;

/// Parses a typed number; `None` for an empty text. Accepts surrounding spaces, full-width digits, and commas between
/// thousands. Rejects exponents: they are typing errors, and `1e3` would become 1000 unnoticed.
pub fn read_number(text: &str) -> Result<Option<f64>, NotANumber> {
    let text = to_halfwidth(text).replace('，', ",");
    if text.is_empty() {
        return Ok(None);
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(&text);
    let (whole, decimals) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let groups: Vec<&str> = whole.split(',').collect();
    let is_grouped = match groups.as_slice() {
        [first, others @ ..] if !others.is_empty() => {
            (1..=3).contains(&first.len()) && others.iter().all(|group| group.len() == 3)
        }
        _ => true,
    };
    let is_digits = |part: &str| part.chars().all(|letter| letter.is_ascii_digit());
    if !is_grouped || !is_digits(decimals) || !groups.iter().all(|group| is_digits(group)) {
        return Err(NotANumber);
    }
    text.replace(',', "").parse::<f64>().map(Some).map_err(|_| NotANumber)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_number_accepts_digits_as_people_type_them() {
        assert_eq!(read_number(" 12.5 "), Ok(Some(12.5)));
        assert_eq!(read_number("１２。５"), Ok(Some(12.5)));
        assert_eq!(read_number("  "), Ok(None));
        assert_eq!(read_number("十二"), Err(NotANumber));
        for (text, number) in
            [("１，０００", 1000.0), ("1,234,567.5", 1_234_567.5), ("-3", -3.0), ("+3", 3.0), (".5", 0.5)]
        {
            assert_eq!(read_number(text), Ok(Some(number)), "{text}");
        }
        for text in ["1e3", "1E3", "12人", "1,5", "1,0000", ",100", "inf", "NaN", "1.2.3", "--1", "-", ".", "1 2"] {
            assert_eq!(read_number(text), Err(NotANumber), "{text}");
        }
    }
}
