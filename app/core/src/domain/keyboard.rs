//! What a Chinese keyboard types, as all others type it.

/// Full-width digits, points and minus signs as plain ones, without space around the text.
pub fn narrow(text: &str) -> String {
    let narrow = |letter: char| match letter {
        '０'..='９' => char::from_u32(letter as u32 - '０' as u32 + '0' as u32).unwrap_or(letter),
        '．' | '。' => '.',
        '－' => '-',
        _ => letter,
    };
    text.trim().chars().map(narrow).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_digits_and_points_are_understood() {
        assert_eq!(narrow(" １２。５ "), "12.5");
        assert_eq!(narrow("－３．０"), "-3.0");
        assert_eq!(narrow("十二"), "十二");
    }
}
