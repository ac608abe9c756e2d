//! Hashes as text.

/// Returns whether a text is a SHA-256 in lower-case hexadecimal, the only notation in which files are stored and found.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("0a".repeat(32), true)]
    #[case("0A".repeat(32), false)]
    #[case("0g".repeat(32), false)]
    #[case("0a".repeat(31), false)]
    #[case(String::new(), false)]
    fn hash_has_sixty_four_lower_case_digits(#[case] text: String, #[case] expected: bool) {
        assert_eq!(is_sha256(&text), expected);
    }
}
