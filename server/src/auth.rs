//! Passwords, tokens, and who is asking.

use crate::db::{session, share};
use crate::http::App;
use crate::http::problem::Problem;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiedui_core::access::user::User;
use sha2::{Digest, Sha256};
use std::convert::Infallible;

/// The cookie that holds the token.
pub const COOKIE: &str = "jiedui_session";

/// The cookie that holds the token of a link to the shared view.
pub const SHARE_COOKIE: &str = "jiedui_share";

/// The system has no randomness or no memory left.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a password hash or a token: {0}")]
pub struct AuthError(String);

/// The Argon2id hash of a password in PHC form.
pub fn hash_password(password: &str) -> Result<String, AuthError> {
    let hash: PasswordHash =
        Argon2::default().hash_password(password.as_bytes()).map_err(|error| AuthError(error.to_string()))?;
    Ok(hash.to_string())
}

/// Whether it is the password. Without a hash the same time is spent, so that names cannot be found out by it.
pub fn is_password(password: &str, hash: Option<&str>) -> bool {
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(NOBODY)) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && hash.is_some()
}

/// A new token: 256 random bits.
pub fn new_token() -> Result<String, AuthError> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits).map_err(|error| AuthError(error.to_string()))?;
    Ok(URL_SAFE_NO_PAD.encode(bits))
}

/// What is stored of a token.
pub fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

/// The token that a request carries, as a bearer or in the cookie.
pub fn token(headers: &HeaderMap) -> Option<String> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    bearer.and_then(|value| value.strip_prefix("Bearer ")).or_else(|| cookie(headers, COOKIE)).map(str::to_owned)
}

/// The value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(own, _)| *own == name).map(|(_, value)| value)
}

/// Somebody who has signed in. A handler that takes one is for them only.
#[derive(Clone, Debug)]
pub struct SignedIn(pub User);

impl FromRequestParts<App> for SignedIn {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let token = token(&parts.headers).ok_or(Problem::no_session())?;
        let user = session::user(&app.db, &token_hash(&token)).await?;
        user.map(Self).ok_or(Problem::no_session())
    }
}

impl OptionalFromRequestParts<App> for SignedIn {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Option<Self>, Infallible> {
        Ok(<Self as FromRequestParts<App>>::from_request_parts(parts, app).await.ok())
    }
}

/// Somebody who may see the aggregates: anyone where the view is public, else who has signed in or has a link to it.
#[derive(Clone, Copy, Debug)]
pub struct MayView;

impl FromRequestParts<App> for MayView {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let has_link = match cookie(&parts.headers, SHARE_COOKIE) {
            Some(token) if !app.config.public_view => share::query_of(&app.db, &token_hash(token)).await?.is_some(),
            _ => false,
        };
        if !app.config.public_view && !has_link {
            <SignedIn as FromRequestParts<App>>::from_request_parts(parts, app).await?;
        }
        Ok(Self)
    }
}

/// Passwords that are tried first everywhere.
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
/// The fewest characters of a password.
const SHORTEST: usize = 8;

/// Why a password is not taken; `None` where it is.
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
    fn a_password_is_known_by_its_hash_alone() {
        let hash = hash_password("正确的密码").unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(is_password("正确的密码", Some(&hash)));
        assert!(!is_password("错误的密码", Some(&hash)));
        assert!(!is_password("", None));
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
    fn weak_password_is_refused(#[case] password: &str, #[case] is_taken: bool) {
        assert_eq!(weakness(password, "the.village").is_none(), is_taken);
    }

    #[test]
    fn a_token_comes_as_a_bearer_or_in_the_cookie() {
        let mut headers = HeaderMap::new();
        assert_eq!(token(&headers), None);
        headers.insert(header::COOKIE, "a=b; jiedui_session=one".parse().unwrap());
        assert_eq!(token(&headers).as_deref(), Some("one"));
        headers.insert(header::AUTHORIZATION, "Bearer two".parse().unwrap());
        assert_eq!(token(&headers).as_deref(), Some("two"));
    }
}
