//! Protection of browsers: headers of every response, and the check of the origin of requests that change data.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Database, TestEnv, served, survey_put};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

#[test]
fn every_response_has_the_safety_headers() {
    let (_env, server, _) = served(Database::Sqlite);
    let api = server.client();
    for path in [
        "/",
        "/shell",
        "/report?year=2026",
        "/sw.js",
        "/api/v1/overview",
        "/api/v1/session",
        "/healthz",
        "/no/such/page",
    ] {
        let answer = api.get(path);
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let policy = header("content-security-policy").unwrap_or_default();
        let scripts = policy.split(';').find(|part| part.trim().starts_with("script-src")).unwrap_or_default();
        assert_eq!(scripts.trim(), "script-src 'self' 'wasm-unsafe-eval'", "{path}");
        for part in [
            "default-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert_eq!(header("cross-origin-resource-policy").as_deref(), Some("same-origin"), "{path}");
        assert!(header("permissions-policy").is_some_and(|policy| policy.contains("camera=()")), "{path}");
        assert_eq!(header("x-content-type-options").as_deref(), Some("nosniff"), "{path}");
        assert_eq!(header("strict-transport-security"), None, "{path}: without TLS");
    }
    let encrypted = api.request("GET", "/").header("x-forwarded-proto", "https").send().unwrap();
    assert_eq!(encrypted.headers()["strict-transport-security"], "max-age=31536000");
    assert_eq!(encrypted.headers()["cross-origin-opener-policy"], "same-origin");
}

#[test]
fn session_cookie_is_secure_behind_a_chain_of_proxies() {
    let env = TestEnv::with_accounts(Database::Sqlite, &[("village", "recorder", "522728109")]);
    let server = env.serve(&[]);
    let password = json!({"username": "village", "password": "villagevillage"});
    for (scheme, is_secure) in [("https", true), ("https, http", true), ("http", false)] {
        let request = server.client().request("POST", "/api/v1/session").header("x-forwarded-proto", scheme);
        let answer = request.json(&password).send().unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap();
        assert_eq!(cookie.contains("; Secure"), is_secure, "{scheme}: {cookie}");
    }
}

#[rstest]
#[case("POST", "/api/v1/sync/push")]
#[case("POST", "/api/v1/session")]
#[case("DELETE", "/api/v1/session")]
#[case("POST", "/api/v1/shares")]
#[case("PUT", "/api/v1/directory/organisations/018cc251-f400-7000-8000-000000000002")]
#[case("POST", "/api/v1/imports")]
fn change_from_another_origin_is_refused(#[case] method: &str, #[case] path: &str) {
    let (_env, server, api) = served(Database::Sqlite);
    let foreign: [&[(&str, &str)]; 3] = [
        &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
        &[("sec-fetch-site", "same-site"), ("origin", "https://other.example")],
        &[("origin", "http://127.0.0.1.evil.example")],
    ];
    for headers in foreign {
        let mut request = api.request(method, path).json(&json!({}));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().unwrap();
        assert_eq!(answer.status(), 403, "{headers:?}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{headers:?}");
    }
    drop(server);
}

#[test]
fn change_from_own_origin_or_a_program_is_accepted() {
    let (_env, _server, api) = served(Database::Sqlite);
    let own: [&[(&str, &str)]; 3] = [&[], &[("sec-fetch-site", "same-origin")], &[("origin", "http://127.0.0.1:1")]];
    for (number, headers) in own.into_iter().enumerate() {
        let mutation = survey_put(1, Uuid::now_v7(), 1);
        let push = json!({"client_id": Uuid::now_v7(), "mutations": [mutation]});
        let mut request = api.request("POST", "/api/v1/sync/push").json(&push);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer: Value = request.send().unwrap().json().unwrap();
        assert_eq!(answer["results"][0]["outcome"], "applied", "{number}: {answer}");
    }
}
