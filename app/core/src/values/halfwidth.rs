//! Conversion of full-width characters, as typed with a Chinese input method, to half-width ones.

/// Converts full-width digits, points and minus signs, and trims the text.
pub fn to_halfwidth(text: &str) -> String {
    let to_narrow = |letter: char| match letter {
        '０'..='９' => char::from_u32(letter as u32 - '０' as u32 + '0' as u32).unwrap_or(letter),
        '．' | '。' => '.',
        '－' => '-',
        _ => letter,
    };
    text.trim().chars().map(to_narrow).collect()
}

/// Returns whether a character is invisible and meaningless in a table; such characters come from web pages and chat
/// apps.
pub fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
        || (letter.is_control() && !letter.is_whitespace())
}

/// Normalises text for comparison and parsing: no invisible characters, half-width ASCII, trimmed.
pub fn normalise(text: &str) -> String {
    let to_narrow = |letter: char| match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(letter as u32 - 0xfee0).unwrap_or(letter),
        '￥' => '¥',
        '。' => '.',
        '−' | '–' => '-',
        letter if letter.is_whitespace() => ' ',
        letter => letter,
    };
    let narrowed: String = text.chars().filter(|letter| !is_invisible(*letter)).map(to_narrow).collect();
    narrowed.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_halfwidth_converts_digits_and_points() {
        assert_eq!(to_halfwidth(" １２。５ "), "12.5");
        assert_eq!(to_halfwidth("－３．０"), "-3.0");
        assert_eq!(to_halfwidth("十二"), "十二");
    }
}
