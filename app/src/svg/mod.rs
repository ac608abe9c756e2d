//! Pictures as SVG text, from figures alone: the server paints with it, the browser sets it in one go, and it is what can
//! be taken away as a file. Text and not views, since a map of a thousand lines is then one call of the browser.

pub mod chart;
pub mod label;
pub mod map;
pub mod static_map;
pub mod viewport;

/// A text as it may stand in an element or between quotation marks.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            other => escaped.push(other),
        }
    }
    escaped
}

/// A length to a tenth. Written by whole numbers: what formats any floating-point number would be some kilobytes more
/// for each phone.
pub fn tenth(length: f64) -> String {
    let tenths = (length * 10.0).round() as i64;
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, rest) = (tenths.abs() / 10, tenths.abs() % 10);
    if rest == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

/// A share to a thousandth, in the same way.
pub fn thousandth(share: f64) -> String {
    let thousandths = (share.max(0.0) * 1000.0).round() as u64;
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(-0.04, "0")]
    #[case(-0.25, "-0.3")]
    #[case(12.0, "12")]
    #[case(7.96, "8")]
    fn a_length_is_short(#[case] length: f64, #[case] written: &str) {
        assert_eq!(tenth(length), written);
    }

    #[test]
    fn a_share_is_written_to_a_thousandth() {
        assert_eq!([0.0625, 1.0, 0.0, 12.3456].map(thousandth), ["0.063", "1.000", "0.000", "12.346"]);
    }

    #[test]
    fn nothing_of_a_name_becomes_an_element() {
        assert_eq!(escaped("<b>\"A&B\""), "&lt;b&gt;&quot;A&amp;B&quot;");
    }
}
