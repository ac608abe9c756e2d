//! Password hashing (Argon2id) and the rules for new passwords.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};

/// The system has no randomness or no memory left.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a password hash or a token: {0}")]
pub struct AuthError(pub String);

/// Returns the Argon2id hash of a password in PHC form.
pub fn hash_password(password: &str) -> Result<String, AuthError> {
    let hash: PasswordHash =
        Argon2::default().hash_password(password.as_bytes()).map_err(|error| AuthError(error.to_string()))?;
    Ok(hash.to_string())
}

/// Returns whether the password matches a hash. Takes the same time without a hash, so that names cannot be guessed by timing.
pub fn verify_password(password: &str, hash: Option<&str>) -> bool {
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(NOBODY)) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && hash.is_some()
}

/// Passwords that attackers try first, in lower case: common ones of leaks (from zxcvbn, MIT licence) and of this project.
const KNOWN: &str = include_str!("known_passwords.txt");
/// Minimum number of characters of a password.
pub const SHORTEST: usize = 8;
/// Maximum length of a password, in bytes.
pub const LONGEST: usize = 1_000;

/// Reason why a password is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Fewer than [`SHORTEST`] characters.
    #[error("must have at least {SHORTEST} characters")]
    Short,
    /// More than [`LONGEST`] bytes.
    #[error("must have at most {LONGEST} bytes")]
    Long,
    /// A single character, repeated.
    #[error("must not be one character again and again")]
    Repeated,
    /// The user name.
    #[error("must not be the user name")]
    Username,
    /// A password that attackers try first.
    #[error("is one of those that are tried first")]
    Known,
}

/// Returns the reason why a password is rejected; `None` if it is accepted.
pub fn weakness(password: &str, username: &str) -> Option<Weakness> {
    let mut letters = password.chars();
    let first = letters.next();
    let plain = password.trim().to_lowercase();
    if password.chars().count() < SHORTEST {
        Some(Weakness::Short)
    } else if password.len() > LONGEST {
        Some(Weakness::Long)
    } else if letters.all(|letter| Some(letter) == first) || plain.is_empty() {
        Some(Weakness::Repeated)
    } else if plain == username.trim().to_lowercase() {
        Some(Weakness::Username)
    } else if KNOWN.lines().any(|known| known == plain) {
        Some(Weakness::Known)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn password_is_verified_by_its_hash() {
        let hash = hash_password("正确的密码").unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify_password("正确的密码", Some(&hash)));
        assert!(!verify_password("错误的密码", Some(&hash)));
        assert!(!verify_password("", None));
    }

    #[rstest]
    #[case("longenough", true)]
    #[case("villagevillage", true)]
    #[case("正确的密码正确的密码", true)]
    #[case("short", false)]
    #[case("aaaaaaaa", false)]
    #[case("        ", false)]
    #[case(" \u{3000} \u{3000} \u{3000} \u{3000}", false)]
    #[case("Password", false)]
    #[case("12345678", false)]
    #[case("Sunshine1", false)]
    #[case("woaini1314", false)]
    #[case("The.Village", false)]
    fn weak_password_is_rejected(#[case] password: &str, #[case] is_taken: bool) {
        assert_eq!(weakness(password, "the.village").is_none(), is_taken);
    }
}
