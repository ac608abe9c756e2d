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

/// Passwords that attackers try first.
const WORST: [&str; 14] = [
    "password",
    "passw0rd",
    "12345678",
    "123456789",
    "1234567890",
    "87654321",
    "01234567",
    "11223344",
    "12341234",
    "abcdefgh",
    "abcd1234",
    "qwertyui",
    "qwertyuiop",
    "1q2w3e4r",
];
/// Minimum number of characters of a password.
const SHORTEST: usize = 8;

/// Returns the reason why a password is rejected; `None` if it is accepted.
pub fn weakness(password: &str, username: &str) -> Option<&'static str> {
    let mut letters = password.chars();
    let first = letters.next();
    let plain = password.trim().to_lowercase();
    if password.chars().count() < SHORTEST {
        Some("must have at least 8 characters")
    } else if letters.all(|letter| Some(letter) == first) || plain.is_empty() {
        Some("must not be one character again and again")
    } else if plain == username.trim().to_lowercase() {
        Some("must not be the user name")
    } else if WORST.contains(&plain.as_str()) {
        Some("is one of those that are tried first")
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
    #[case("The.Village", false)]
    fn weak_password_is_rejected(#[case] password: &str, #[case] is_taken: bool) {
        assert_eq!(weakness(password, "the.village").is_none(), is_taken);
    }
}
