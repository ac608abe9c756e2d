//! Hostile requests: each is answered, none causes a 5xx status, and none blocks others.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use jiedui_tests::{Api, Database, served, survey_put};
use rstest::rstest;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// Percent-encoded values of a query.
const VALUES: [&str; 26] = [
    "2147483647",
    "-2147483648",
    "2147483648",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999999999",
    "0",
    "-1",
    "1",
    "9999",
    "10000",
    "1e308",
    "NaN",
    "0000-00",
    "0000-01",
    "9999-12",
    "2026-13",
    "2147483647-01",
    "true",
    "%00",
    "%FF%FE%FA",
    "%",
    "%F0%9F%92%A9",
    "'%3B%20DROP%20TABLE%20record--",
    "..%2F..%2Fetc%2Fpasswd",
    "%E4%B8%80%E6%9C%88",
];

/// Returns the paths of the documented GET routes, with values for their parameters, and the names of all their query
/// parameters.
fn described(api: &Api) -> (Vec<String>, Vec<String>) {
    let description = api.read("/api/v1/openapi.json");
    let (mut paths, mut names) = (Vec::new(), Vec::new());
    for (path, methods) in description["paths"].as_object().unwrap() {
        let Some(get) = methods.get("get") else { continue };
        for parameter in get["parameters"].as_array().into_iter().flatten() {
            if parameter["in"] == "query" {
                names.push(parameter["name"].as_str().unwrap().to_owned());
            }
        }
        paths.push(path.clone());
    }
    names.extend(["month", "date", "page", "year[]", "screen"].map(str::to_owned));
    names.sort();
    names.dedup();
    (paths, names)
}

#[test]
fn hostile_query_of_any_get_route_causes_no_server_error() {
    let (_env, _server, head) = served(Database::Sqlite);
    head.push(Uuid::now_v7(), json!([survey_put(1, Uuid::now_v7(), 3)]));
    let (described, names) = described(&head);
    assert!(described.len() > 20 && names.len() > 10, "{described:?} {names:?}");
    let mut paths: Vec<String> = Vec::new();
    for path in described.iter().filter(|path| !path.ends_with("live")) {
        let ids = ["exchanges", "%FF", "00000000-0000-0000-0000-000000000000", "%00"];
        match (path.find('{'), path.find('}')) {
            (Some(start), Some(end)) => {
                paths.extend(ids.map(|id| format!("{}{id}{}", &path[..start], &path[end + 1..])));
            }
            _ => paths.push(path.clone()),
        }
    }
    let pages =
        ["/", "/report", "/list", "/indicators/exchanges", "/needs", "/entries", "/review", "/work", "/organisations"];
    paths.extend(pages.map(str::to_owned));
    let long = "9".repeat(1_500);
    let mut failed = Vec::new();
    let mut ask = |address: String| {
        let status = head.get(&address).status().as_u16();
        if status >= 500 {
            failed.push(format!("{status} {}", address.chars().take(120).collect::<String>()));
        }
    };
    for path in &paths {
        // All parameters with the same value together, except those of time, since a rejected one hides the others.
        for value in VALUES.iter().copied().chain([long.as_str()]) {
            let all: Vec<String> = names.iter().map(|name| format!("{name}={value}")).collect();
            ask(format!("{path}?{}", all.join("&")));
        }
        if !path.contains('%') {
            for name in ["year", "from", "until"] {
                for value in ["2147483647", "9999-12", "0000-01", "1", "9999"] {
                    ask(format!("{path}?{name}={value}"));
                }
            }
        }
        ask(format!("{path}?from=0000-01&until=9999-12&year=all"));
        ask(format!("{path}?year=2025&year=2026&place=1&place=2"));
        ask(format!("{path}?&&=&=1&year&=year&%"));
    }
    assert_eq!(failed, Vec::<String>::new());
}

#[rstest]
#[case("/api/v1/indicators?year=2147483647", "year")]
#[case("/api/v1/indicators?year=2025&year=2026", "year")]
#[case("/api/v1/indicators?year=abc", "year")]
#[case("/api/v1/indicators?from=2026-13", "from")]
#[case("/api/v1/indicators?include=some", "include")]
#[case("/api/v1/map?until=2147483647-01", "until")]
#[case("/api/v1/entries?year=-1", "year")]
#[case("/api/v1/entries?after=x", "after")]
#[case("/api/v1/entries?order=date&after=2026-11-20", "after")]
#[case("/api/v1/ledger?after=x", "after")]
#[case("/api/v1/export/indicators.csv?year=0", "year")]
fn unreadable_filter_is_a_named_error(#[case] path: &str, #[case] field: &str) {
    let (_env, _server, head) = served(Database::Sqlite);
    let answer = head.get(path);
    assert_eq!(answer.status(), 400, "{path}");
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(answer.json::<Value>().unwrap()["errors"][0]["field"], field);
}

#[rstest]
#[case("/?year=2147483647", "年度“2147483647”")]
#[case("/report?year=-2147483648", "年度“-2147483648”")]
#[case("/indicators/exchanges?until=2026-13", "月份“2026-13”")]
fn page_names_the_unreadable_part_of_its_address(#[case] path: &str, #[case] named: &str) {
    let (_env, _server, head) = served(Database::Sqlite);
    let answer = head.get(path);
    assert_eq!(answer.status(), 200);
    let page = answer.text().unwrap();
    assert!(page.contains(named), "{path}");
    assert!(!head.get("/?year=2026&until=2026-11").text().unwrap().contains("无法识别"));
}

/// A revision without a successor once stopped all writing.
#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn hostile_push_blocks_no_other_writes(#[case] database: Database) {
    let (_env, server, head) = served(database);
    let (client, id) = (Uuid::now_v7(), Uuid::now_v7());
    head.push(client, json!([survey_put(1, id, 1)]));
    for (seq, base_rev) in [(2, u64::MAX), (3, 9_223_372_036_854_775_807), (4, 1_000_000)] {
        let fields = json!({"note": "x"});
        let put = json!({"seq": seq, "kind": "entry", "id": id, "base_rev": base_rev, "op": "put", "fields": fields});
        let answer = head.post("/api/v1/sync/push", &json!({"client_id": client, "mutations": [put]}));
        assert_eq!(answer.status(), 200, "{base_rev}");
        let result = answer.json::<Value>().unwrap()["results"][0].clone();
        assert_eq!((&result["outcome"], &result["errors"][0]["field"]), (&json!("rejected"), &json!("base_rev")));
        assert_eq!(head.push(Uuid::now_v7(), json!([survey_put(1, Uuid::now_v7(), 1)]))[0]["outcome"], "applied");
        assert_eq!(server.client().get("/readyz").status(), 200);
    }
}

#[test]
fn idle_connections_block_no_requests() {
    let (_env, server, _) = served(Database::Sqlite);
    let address = server.address.strip_prefix("http://").unwrap().to_owned();
    // The test holds as many files itself.
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
    let start = Instant::now();
    let mut held = Vec::new();
    for number in 0..1_100 {
        let mut stream = TcpStream::connect(&address).unwrap();
        if number % 2 == 0 {
            stream.write_all(b"GET /healthz HTTP/1.1\r\nhost:").unwrap();
        }
        held.push(stream);
    }
    assert_eq!(server.client().get("/healthz").status(), 200);
    assert_eq!(server.client().get("/readyz").status(), 200);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn connection_with_incomplete_header_is_closed() {
    let (_env, server, _) = served(Database::Sqlite);
    let address = server.address.strip_prefix("http://").unwrap().to_owned();
    let mut stream = TcpStream::connect(&address).unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nx: ").unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let start = Instant::now();
    let mut rest = Vec::new();
    // Answered 408 or just closed: both end it.
    let _ = stream.read_to_end(&mut rest);
    assert!(start.elapsed() < Duration::from_secs(45), "{:?}", start.elapsed());
}
