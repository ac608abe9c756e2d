//! Tokens in the headers of a request.

use axum::http::{HeaderMap, header};

/// Name of the session cookie.
pub const COOKIE: &str = "jiedui_session";

/// Name of the cookie with the token of a share link.
pub const SHARE_COOKIE: &str = "jiedui_share";

/// Returns the session token from the `Authorization` header or the cookie.
pub fn token(headers: &HeaderMap) -> Option<String> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    bearer.and_then(|value| value.strip_prefix("Bearer ")).or_else(|| cookie(headers, COOKIE)).map(str::to_owned)
}

/// Returns the value of a cookie.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn token_is_read_from_header_or_cookie() {
        let mut headers = HeaderMap::new();
        assert_eq!(token(&headers), None);
        headers.insert(header::COOKIE, "a=b; jiedui_session=one".parse().unwrap());
        assert_eq!(token(&headers).as_deref(), Some("one"));
        headers.insert(header::AUTHORIZATION, "Bearer two".parse().unwrap());
        assert_eq!(token(&headers).as_deref(), Some("two"));
    }
}
