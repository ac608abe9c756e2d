//! The edges of the HTTP contract: errors, formats, sizes, files.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Database, served, survey_put};
use rstest::rstest;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use uuid::Uuid;

#[rstest]
#[case("GET", "/api/v1/nothing", "", 404)]
#[case("PUT", "/api/v1/catalogue", "", 405)]
#[case("POST", "/api/v1/sync/push", "{", 400)]
#[case("POST", "/api/v1/sync/push", "[]", 400)]
#[case("POST", "/api/v1/sync/push", r#"{"client_id": 3, "mutations": []}"#, 400)]
#[case("POST", "/api/v1/sync/push", r#"{"client_id": "018cc251-f400-7000-8000-000000000001", "mutations": {}}"#, 400)]
#[case("POST", "/api/v1/session", r#"{"username": "a"}"#, 400)]
#[case("POST", "/api/v1/session", r#"{"username": "a\u0000b", "password": "x"}"#, 400)]
#[case("GET", "/api/v1/indicators?year=soon", "", 400)]
#[case("GET", "/api/v1/entries?place=%27%25", "", 400)]
#[case("GET", "/api/v1/entries?state=done", "", 400)]
#[case("GET", "/api/v1/entries/x", "", 404)]
#[case("GET", "/api/v1/attachments/..%2F..%2Fetc%2Fpasswd", "", 404)]
fn error_is_a_problem_document(#[case] method: &str, #[case] path: &str, #[case] body: &str, #[case] status: u16) {
    for database in [Database::Sqlite, Database::Postgres] {
        let (_env, _server, api) = served(database);
        let request = api.request(method, path).header("accept-language", "en");
        let request = if body.is_empty() {
            request
        } else {
            request.header("content-type", "application/json").body(body.to_owned())
        };
        let answer = request.send().unwrap();
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
        let problem: Value = answer.json().unwrap();
        assert_eq!(problem["status"], status);
        assert!(problem["title"].is_string() && problem["type"].is_string());
        assert!(problem["detail"].as_str().unwrap().is_ascii(), "{problem}");
    }
}

#[test]
fn invalid_field_is_named_in_the_clients_language() {
    let (_env, server, _) = served(Database::Sqlite);
    let send = |language: &str| -> Value {
        let request = server.client().request("POST", "/api/v1/session").header("accept-language", language);
        request.json(&json!({"username": "", "password": 3})).send().unwrap().json().unwrap()
    };
    let errors = json!([{"field": "username", "code": "required", "message": "Please fill this in"},
        {"field": "password", "code": "wrong_type", "message": "Not in the right form"}]);
    assert_eq!(send("en-GB")["errors"], errors);
    assert_eq!(send("zh-CN")["errors"][0]["message"], "请填写");
}

#[test]
fn too_large_body_is_rejected_and_answers_are_compressed() {
    let (_env, _server, api) = served(Database::Sqlite);
    let large = json!({"client_id": Uuid::now_v7(), "mutations": ["x".repeat(9 << 20)]});
    assert_eq!(api.post("/api/v1/sync/push", &large).status(), 413);
    let many: Vec<u8> = vec![0; 1001];
    assert_eq!(api.post("/api/v1/sync/push", &json!({"client_id": Uuid::now_v7(), "mutations": many})).status(), 413);
    let answer = api.request("GET", "/api/v1/catalogue").header("accept-encoding", "zstd").send().unwrap();
    assert_eq!(answer.headers()["content-encoding"], "zstd");
    for encoding in ["br", "gzip"] {
        // The client decompresses these, and removes the header.
        let answer = api.request("GET", "/api/v1/catalogue").header("accept-encoding", encoding).send().unwrap();
        assert!(answer.text().unwrap().contains("pigs_marketed"), "{encoding}");
    }
}

/// A phone on a slow line receives a rejection only if the server drains the body.
#[rstest]
#[case::without_a_session("nobody", 401)]
#[case::too_large("", 413)]
fn early_rejection_still_delivers_response(#[case] token: &str, #[case] status: u16) {
    let (_env, server, api) = served(Database::Sqlite);
    let token = if token.is_empty() { api.token.clone().unwrap() } else { token.to_owned() };
    let mut stream = TcpStream::connect(server.address.strip_prefix("http://").unwrap()).unwrap();
    let length = 24 << 20;
    write!(
        stream,
        "POST /api/v1/sync/push HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
    .unwrap();
    for _ in 0..length >> 16 {
        stream.write_all(&[b' '; 1 << 16]).unwrap();
    }
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).unwrap();
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
}

#[test]
fn compressed_push_is_applied() {
    let (_env, _server, api) = served(Database::Sqlite);
    let body = json!({"client_id": Uuid::now_v7(), "mutations": [survey_put(1, Uuid::now_v7(), 3)]});
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(body.to_string().as_bytes()).unwrap();
    let request = api.request("POST", "/api/v1/sync/push").header("content-type", "application/json");
    let packed = packer.finish().unwrap();
    let answer = request.header("content-encoding", "gzip").body(packed.clone()).send().unwrap();
    assert_eq!(answer.json::<Value>().unwrap()["results"][0]["outcome"], "applied");
    // A truncated body, and one that would exhaust the memory.
    let request = |bytes: Vec<u8>| {
        let request = api.request("POST", "/api/v1/sync/push").header("content-type", "application/json");
        request.header("content-encoding", "gzip").body(bytes).send().unwrap().status()
    };
    assert_eq!(request(packed[..packed.len() / 2].to_vec()), 400);
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(&vec![b' '; 64 << 20]).unwrap();
    assert_eq!(request(packer.finish().unwrap()), 413);
}

/// A number that JSON lacks once became null, and the value was dropped without an error.
#[test]
fn number_that_json_lacks_is_an_error_of_its_field() {
    let (_env, _server, api) = served(Database::Sqlite);
    // Half-precision numbers: NaN and both infinities.
    for number in [[0xf9, 0x7e, 0], [0xf9, 0x7c, 0], [0xf9, 0xfc, 0]] {
        let mut put = survey_put(1, Uuid::now_v7(), 3);
        put["fields"]["values"]["people"] = json!(0.5);
        let mut body = Vec::new();
        ciborium::into_writer(&json!({"client_id": Uuid::now_v7(), "mutations": [put]}), &mut body).unwrap();
        let half = [b"people".as_slice(), &[0xf9, 0x38, 0]].concat();
        let at = body.windows(half.len()).position(|window| window == half).unwrap();
        body[at + 6..at + half.len()].copy_from_slice(&number);
        let request = api.request("POST", "/api/v1/sync/push").header("content-type", "application/cbor");
        let answer = request.header("accept", "application/json").body(body).send().unwrap();
        let result = answer.json::<Value>().unwrap()["results"][0].clone();
        assert_eq!(result["errors"][0]["field"], "values.people", "{number:?}: {result}");
    }
}

/// The last of two values with the same name won unseen.
#[test]
fn duplicate_name_is_an_error() {
    let (_env, _server, api) = served(Database::Sqlite);
    let body = json!({"client_id": Uuid::now_v7(), "mutations": [survey_put(1, Uuid::now_v7(), 3)]}).to_string();
    let twice = body.replace(r#""times":3"#, r#""times":3,"times":4"#);
    assert_ne!(twice, body);
    let request = api.request("POST", "/api/v1/sync/push").header("content-type", "application/json");
    let result = request.body(twice).send().unwrap().json::<Value>().unwrap()["results"][0].clone();
    assert_eq!((&result["outcome"], &result["errors"][0]["field"]), (&json!("rejected"), &json!("values")), "{result}");
}

#[test]
fn cbor_and_json_responses_are_equal() {
    let (_env, _server, api) = served(Database::Sqlite);
    let body = json!({"client_id": Uuid::now_v7(), "mutations": [survey_put(1, Uuid::now_v7(), 3)]});
    let mut bytes = Vec::new();
    ciborium::into_writer(&body, &mut bytes).unwrap();
    let request = api.request("POST", "/api/v1/sync/push").header("content-type", "application/cbor");
    let answer = request.body(bytes).send().unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"application/cbor".parse().unwrap())
    );
    let results: Value = ciborium::from_reader(answer.bytes().unwrap().as_ref()).unwrap();
    assert_eq!(results, json!({"results": [{"seq": 1, "outcome": "applied", "rev": 1}]}));
    let request = api.request("GET", "/api/v1/sync/pull").header("accept", "application/cbor");
    let pulled: Value = ciborium::from_reader(request.send().unwrap().bytes().unwrap().as_ref()).unwrap();
    let plain = api.read("/api/v1/sync/pull");
    assert_eq!(pulled["records"], plain["records"]);
}

/// Otherwise such a browser sees nothing until the restored database has as many changes again.
#[test]
fn live_stream_restarts_after_a_future_change_number() {
    let (_env, _server, api) = served(Database::Sqlite);
    for last in ["9223372036854775807", "1000000", "-5", "x"] {
        let answer = api.request("GET", "/api/v1/live").header("last-event-id", last).send().unwrap();
        let mut lines = BufReader::new(answer).lines().map(Result::unwrap);
        let id = lines.find_map(|line| line.strip_prefix("id: ").map(|id| id.parse::<u64>().unwrap()));
        assert!(id.is_some(), "{last}");
    }
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn live_stream_has_an_event_for_each_change(#[case] database: Database) {
    let (_env, _server, api) = served(database);
    let answer = api.get("/api/v1/live");
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut lines = BufReader::new(answer).lines().map(Result::unwrap);
    let mut next_id = || lines.find_map(|line| line.strip_prefix("id: ").map(|id| id.parse::<i64>().unwrap())).unwrap();
    let before = next_id();
    api.push(Uuid::now_v7(), json!([survey_put(1, Uuid::now_v7(), 3)]));
    assert_eq!(next_id(), before + 1);
    let resumed = api.request("GET", "/api/v1/live").header("last-event-id", before.to_string()).send().unwrap();
    let event: Vec<String> =
        BufReader::new(resumed).lines().map(Result::unwrap).take_while(|line| !line.is_empty()).collect();
    assert!(event.contains(&format!("id: {}", before + 1)) && event.contains(&"event: change".to_owned()), "{event:?}");
    let cursor = event.iter().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let cursor: Value = serde_json::from_str(cursor).unwrap();
    assert!(api.pull(cursor["cursor"].as_str(), 10).0.is_empty(), "the cursor stands behind the change");
}

#[test]
fn photo_is_uploaded_in_chunks() {
    let (env, server, api) = served(Database::Sqlite);
    env.add_user("other", "recorder", &["--place", "520111"]);
    let photo: Vec<u8> = [0xff, 0xd8, 0xff].into_iter().chain((0..3000_u32).map(|n| (n % 251) as u8)).collect();
    let hash = sha256(&photo);
    let path = format!("/api/v1/attachments/{hash}");
    let part = |start: usize, end: usize| {
        let range = format!("bytes {start}-{}/{}", end - 1, photo.len());
        api.request("PUT", &path).header("content-range", range).body(photo[start..end].to_vec()).send().unwrap()
    };
    let ask = || api.request("PUT", &path).header("content-range", format!("bytes */{}", photo.len())).send().unwrap();
    assert_eq!((ask().status().as_u16(), ask().headers().get("range")), (202, None), "nothing is there");
    let answer = part(0, 1000);
    assert_eq!((answer.status().as_u16(), &answer.headers()["range"]), (202, &"bytes=0-999".parse().unwrap()));
    assert_eq!((ask().status().as_u16(), &ask().headers()["range"]), (202, &"bytes=0-999".parse().unwrap()));
    assert_eq!(part(2000, 3003).status(), 409);
    assert_eq!(part(1000, 3003).status(), 201);
    assert_eq!(part(0, 3003).status(), 200, "it is there already");
    assert_eq!(ask().status(), 200);
    let answer = api.get(&path);
    assert_eq!(answer.headers()["content-type"], "image/jpeg");
    assert_eq!(answer.bytes().unwrap(), photo);
    assert_eq!(server.sign_in("other").get(&path).status(), 403);
    let wrong = api.request("PUT", &format!("/api/v1/attachments/{}", "0".repeat(64))).body(photo).send().unwrap();
    assert_eq!(wrong.status(), 400);
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn openapi_and_exports_are_served() {
    let (_env, _server, api) = served(Database::Sqlite);
    let description = api.read("/api/v1/openapi.json");
    for path in ["/healthz", "/api/v1/session", "/api/v1/sync/push", "/api/v1/attachments/{sha256}", "/api/v1/live"] {
        assert!(description["paths"][path].is_object(), "{path}");
    }
    let mut bad = survey_put(1, Uuid::now_v7(), 3);
    bad["fields"]["note"] = json!("=HYPERLINK(\"x\")");
    api.push(Uuid::now_v7(), json!([bad]));
    let table = api.get("/api/v1/export/entries.csv?year=2026").text().unwrap();
    assert!(
        table.starts_with('\u{feff}') && table.contains("实地调研") && table.contains("罗甸县 · 沫阳镇"),
        "{table}"
    );
    assert!(table.contains("'=HYPERLINK"), "no spreadsheet may run a note");
    for sheet in ["entries.xlsx", "indicators.xlsx?year=2023", "directory.xlsx"] {
        assert_eq!(&api.get(&format!("/api/v1/export/{sheet}")).bytes().unwrap()[..2], b"PK");
    }
    let map = api.get("/api/v1/export/map.geojson");
    assert_eq!(map.headers()["content-type"], "application/geo+json");
    let ready = api.read("/readyz");
    assert_eq!((&ready["status"], &ready["database"]), (&json!("ok"), &json!("sqlite")));
}

#[test]
fn entries_are_paged_newest_first() {
    let (_env, _server, api) = served(Database::Sqlite);
    let ids: Vec<Uuid> = (0..7).map(|_| Uuid::now_v7()).collect();
    let mutations: Vec<Value> = ids.iter().zip(1..).map(|(id, seq)| survey_put(seq, *id, 1)).collect();
    api.push(Uuid::now_v7(), json!(mutations));
    let (mut listed, mut after) = (Vec::new(), String::new());
    loop {
        let page = api.read(&format!("/api/v1/entries?year=2026&limit=3{after}"));
        listed.extend(page["entries"].as_array().unwrap().iter().map(|entry| entry["id"].as_str().unwrap().to_owned()));
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
    }
    let expected: Vec<String> = ids.iter().rev().map(Uuid::to_string).collect();
    assert_eq!(listed, expected);
}
