//! Protection of browsers against foreign scripts and requests: headers of every response, and a check of the origin of every
//! request that changes data. Follows OWASP ASVS 4.0.3, sections 14.4 and 4.2.2.

use super::problem::Problem;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Scripts come from this server's files alone; none is inline. `style` attributes carry the colours of programmes and the sizes of
/// bars. `public/start.js` has the only Trusted Types policy.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types default";

/// The app asks for the position when the user attaches it, and for no other sensor.
const PERMISSIONS_POLICY: &str = "geolocation=(self), camera=(), microphone=(), payment=(), usb=()";

/// One year, in seconds. Subdomains are the office's own concern.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000";

/// Middleware that sets the headers common to all responses. A handler's own value stays.
pub async fn set_headers(request: Request, next: Next) -> Response {
    let is_encrypted = is_encrypted(request.headers());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    set(header::X_FRAME_OPTIONS, "DENY");
    set(header::CACHE_CONTROL, "no-store");
    set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    set(HeaderName::from_static("permissions-policy"), PERMISSIONS_POLICY);
    set(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    if is_encrypted {
        set(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT_SECURITY);
        // Browsers complain about it without TLS.
        set(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    }
    response
}

/// Returns whether the browser reached the proxy in front of the server by https. A chain of proxies names several schemes, the
/// first of which is the browser's.
pub fn is_encrypted(request: &HeaderMap) -> bool {
    let scheme = text(request, "x-forwarded-proto").and_then(|list| list.split(',').next());
    scheme.is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("https"))
}

/// Middleware that answers 403 to a change that a page of another origin asks for: the browser would send the session's cookie with
/// it.
pub async fn check_origin(request: Request, next: Next) -> Response {
    if !request.method().is_safe() && is_foreign(request.headers(), request.uri()) {
        return FOREIGN.into_response();
    }
    next.run(request).await
}

const FOREIGN: Problem = Problem::new(
    StatusCode::FORBIDDEN,
    "请求来自另一个网站，未执行",
    "The request came from a page of another website; nothing was changed",
);

/// Returns whether a page of another origin made the request. Other programs than browsers send neither header. A proxy may drop the
/// port from `Host`, so host names are compared.
fn is_foreign(headers: &HeaderMap, uri: &Uri) -> bool {
    match text(headers, "sec-fetch-site") {
        Some(site) => !matches!(site, "same-origin" | "none"),
        None => text(headers, "origin").is_some_and(|origin| {
            let forwarded = text(headers, "x-forwarded-host").and_then(|list| list.split(',').next()).map(str::trim);
            let names = [forwarded, text(headers, "host"), uri.authority().map(|authority| authority.as_str())];
            let host = origin.split_once("://").map(|(_, host)| without_port(host));
            !names.into_iter().flatten().any(|name| Some(without_port(name)) == host)
        }),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[rstest]
    #[case(&[], false)]
    #[case(&[("sec-fetch-site", "same-origin")], false)]
    #[case(&[("sec-fetch-site", "none")], false)]
    #[case(&[("sec-fetch-site", "same-site")], true)]
    #[case(&[("sec-fetch-site", "cross-site"), ("host", "a.example"), ("origin", "https://a.example")], true)]
    #[case(&[("host", "a.example"), ("origin", "https://a.example")], false)]
    #[case(&[("host", "a.example"), ("origin", "https://a.example:8443")], false)]
    #[case(&[("host", "127.0.0.1:3000"), ("origin", "http://127.0.0.1:3000")], false)]
    #[case(&[("host", "[::1]:3000"), ("origin", "http://[::1]:3000")], false)]
    #[case(&[("host", "server:3000"), ("x-forwarded-host", "a.example"), ("origin", "https://a.example")], false)]
    #[case(&[("host", "a.example"), ("origin", "https://b.a.example")], true)]
    #[case(&[("host", "a.example"), ("origin", "https://a.example.org")], true)]
    #[case(&[("host", "a.example"), ("origin", "null")], true)]
    fn foreign_origins_are_recognised(#[case] pairs: &[(&'static str, &str)], #[case] expected: bool) {
        assert_eq!(is_foreign(&headers(pairs), &Uri::from_static("/api/v1/sync/push")), expected);
    }

    #[rstest]
    #[case("https", true)]
    #[case("HTTPS, http", true)]
    #[case("http, https", false)]
    #[case("http", false)]
    fn first_scheme_is_the_browsers(#[case] list: &str, #[case] expected: bool) {
        assert_eq!(is_encrypted(&headers(&[("x-forwarded-proto", list)])), expected);
    }
}
