//! One-time codes that set a password: 50 random bits that a person can type.

use super::password::AuthError;

/// Characters of a code (Crockford's base 32): none looks like another.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Number of characters of a code.
const LENGTH: usize = 10;

/// Creates a code in two groups of five characters.
pub fn new_code() -> Result<String, AuthError> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|error| AuthError(error.to_string()))?;
    let letters: Vec<char> = bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    let (first, second) = letters.split_at(LENGTH / 2);
    Ok(format!("{}-{}", first.iter().collect::<String>(), second.iter().collect::<String>()))
}

/// Returns the canonical form of a typed code: upper case and half width, without separators, with look-alikes replaced.
pub fn canonical_code(typed: &str) -> String {
    let letters = typed.chars().map(|letter| match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(letter as u32 - 0xfee0).unwrap_or(letter),
        _ => letter,
    });
    letters
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| match letter.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            letter => letter,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn new_codes_differ_and_are_canonical_without_hyphen() {
        let [first, second] = [new_code().unwrap(), new_code().unwrap()];
        assert_ne!(first, second);
        assert_eq!((first.len(), first.find('-')), (LENGTH + 1, Some(5)));
        assert_eq!(canonical_code(&first), first.replace('-', ""));
    }

    #[rstest]
    #[case("7K2MQ-0X1AB")]
    #[case("7k2mq 0x1ab")]
    #[case("７Ｋ２ＭＱ－oxLab\n")]
    fn canonical_code_is_same_for_every_spelling(#[case] typed: &str) {
        assert_eq!(canonical_code(typed), "7K2MQ0X1AB");
    }
}
