//! User names: canonical spelling, so that each name is one account with any input method, and the rules for new
//! names.

/// Maximum number of characters in a user name.
pub const LONGEST: usize = 64;

/// Returns the canonical spelling of a user name: trimmed, lower-case, half-width, without invisible characters. Two
/// names with the same spelling are the same account.
pub fn canonical_username(text: &str) -> String {
    let visible = text.chars().filter(|letter| !is_invisible(*letter)).map(to_halfwidth);
    visible.collect::<String>().trim().to_lowercase()
}

/// Converts full-width forms of ASCII to ASCII.
fn to_halfwidth(letter: char) -> char {
    match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(letter as u32 - 0xfee0).unwrap_or(letter),
        '\u{3000}' => ' ',
        _ => letter,
    }
}

/// Returns whether a character is invisible: zero-width, a direction mark, or a byte order mark.
const fn is_invisible(letter: char) -> bool {
    matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// Reason why a new user name is invalid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsernameError {
    /// No visible character.
    Empty,
    /// More than [`LONGEST`] characters.
    TooLong,
    /// A character other than ASCII letters and digits, `.`, `_`, `-`, `+`, `@`, `·` and Chinese characters. Letters
    /// of other scripts could imitate another name.
    Letter(char),
}

/// Validates a new user name and returns its canonical spelling.
pub fn new_username(text: &str) -> Result<String, UsernameError> {
    // Checks the text as typed: a trailing line break is a bug in a script and not white space to trim.
    if let Some(letter) = text.chars().find(|letter| letter.is_control() || is_invisible(*letter)) {
        return Err(UsernameError::Letter(letter));
    }
    let name = canonical_username(text);
    if name.is_empty() {
        return Err(UsernameError::Empty);
    }
    if name.chars().count() > LONGEST {
        return Err(UsernameError::TooLong);
    }
    match name.chars().find(|letter| !is_allowed(*letter)) {
        Some(letter) => Err(UsernameError::Letter(letter)),
        None => Ok(name),
    }
}

const fn is_allowed(letter: char) -> bool {
    letter.is_ascii_alphanumeric()
        || matches!(letter, '.' | '_' | '-' | '+' | '@' | '·' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("recorder")]
    #[case("recorder ")]
    #[case("\u{3000}Recorder\n")]
    #[case("ＲＥＣＯＲＤＥＲ")]
    #[case("ｒecorder")]
    #[case("\u{feff}recor\u{200b}der")]
    fn canonical_username_is_same_for_every_spelling(#[case] typed: &str) {
        assert_eq!(canonical_username(typed), "recorder");
    }

    #[rstest]
    #[case("rec-town.1", Ok("rec-town.1"))]
    #[case("Admin", Ok("admin"))]
    #[case("王·小明", Ok("王·小明"))]
    #[case("аdmin", Err(UsernameError::Letter('а')))]
    #[case("αdmin", Err(UsernameError::Letter('α')))]
    #[case("ad\nmin", Err(UsernameError::Letter('\n')))]
    #[case("admin\n", Err(UsernameError::Letter('\n')))]
    #[case("ad\u{200b}min", Err(UsernameError::Letter('\u{200b}')))]
    #[case("ad min", Err(UsernameError::Letter(' ')))]
    #[case("  ", Err(UsernameError::Empty))]
    fn new_username_rejects_look_alike_letters(#[case] typed: &str, #[case] stored: Result<&str, UsernameError>) {
        assert_eq!(new_username(typed), stored.map(str::to_owned));
    }

    #[test]
    fn new_username_rejects_long_name() {
        assert_eq!(new_username(&"a".repeat(LONGEST + 1)), Err(UsernameError::TooLong));
    }
}
