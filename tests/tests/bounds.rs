//! Bounds of client input: no record, history or figure grows beyond the limits of the server and every phone.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

use jiedui_core::api::year_pack::MEDIA_TYPE;
use jiedui_core::figures::pack::YearPack;
use jiedui_core::values::quantity::Quantity;
use jiedui_tests::{Api, Database, TestEnv, served, survey_put, wait_until};
use reqwest::header::ACCEPT;
use rstest::rstest;
use serde_json::{Value, json};
use std::process::Command;
use uuid::Uuid;

/// Returns the size of an environment's SQLite database with its log, in bytes.
fn size(env: &TestEnv) -> u64 {
    let files = std::fs::read_dir(env.path()).unwrap().map(Result::unwrap);
    let database_files = files.filter(|file| file.file_name().to_string_lossy().starts_with("jiedui.db"));
    database_files.map(|file| file.metadata().unwrap().len()).sum()
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn record_beyond_bounds_is_rejected_at_the_field(#[case] database: Database) {
    let (_env, _server, api) = served(database);
    let with = |seq: u64, name: &str, value: Value| {
        let mut mutation = survey_put(seq, Uuid::now_v7(), 1);
        mutation["fields"][name] = value;
        mutation
    };
    let nested = (0..90).fold(json!(1), |inner, _| json!([inner]));
    let mut many = survey_put(5, Uuid::now_v7(), 1);
    for number in 0..5_000 {
        many["fields"][format!("later{number}")] = json!(number);
    }
    let codes: serde_json::Map<String, Value> = (0..5_000).map(|number| (format!("x{number}"), json!(1))).collect();
    let batch = json!([
        with(1, "later", json!("x".repeat(2_000_000))),
        with(2, "later", nested),
        with(3, "qualifiers", json!({"nothing": "about"})),
        with(4, "reason", json!("长".repeat(2_001))),
        many,
        with(6, "values", Value::Object(codes)),
        with(7, "later", json!({"carried": "along"})),
        with(8, &"name".repeat(100_000), json!(1)),
    ]);
    let results = api.push(Uuid::now_v7(), batch);
    let outcomes: Vec<(&str, &str)> = results
        .iter()
        .map(|result| (result["outcome"].as_str().unwrap(), result["errors"][0]["code"].as_str().unwrap_or_default()))
        .collect();
    let too_long = ("rejected", "too_long");
    let unknown = ("rejected", "unknown");
    assert_eq!(outcomes, [too_long, too_long, unknown, too_long, too_long, unknown, ("applied", ""), too_long]);
    assert_eq!(
        (&results[0]["errors"][0]["field"], &results[3]["errors"][0]["field"]),
        (&json!("later"), &json!("reason"))
    );
    assert!(results.iter().all(|result| result.to_string().len() < 20_000), "errors are short");
    // A put against a delete is kept as it was sent: that has bounds, too.
    let id = Uuid::now_v7();
    let client = Uuid::now_v7();
    let delete = json!({"seq": 2, "kind": "entry", "id": id, "base_rev": 1, "op": "delete"});
    api.push(client, json!([survey_put(1, id, 1), delete]));
    let late = json!([{"seq": 1, "kind": "entry", "id": id, "base_rev": 1, "op": "put", "fields": {"note": "x".repeat(2_000_000)}}]);
    assert_eq!(api.push(Uuid::now_v7(), late)[0]["errors"][0]["code"], "too_long");
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn history_stores_changes_and_returns_complete_states(#[case] database: Database) {
    let (env, server, api) = served(database);
    let (client, id) = (Uuid::now_v7(), Uuid::now_v7());
    let mut first = survey_put(1, id, 1);
    let carried = "x".repeat(15_000);
    first["fields"]["later"] = json!(carried);
    api.push(client, json!([first]));
    let edit = |number: u64| {
        json!({"seq": number + 1, "kind": "entry", "id": id, "base_rev": 1, "op": "put",
            "fields": {"note": format!("第 {number} 次"), "values": {"people": number}}})
    };
    let before = (size(&env), server.resident_memory());
    let results = api.push(client, json!((1..=400).map(edit).collect::<Vec<_>>()));
    assert!(results.iter().all(|result| result["outcome"] == "applied"));
    if database == Database::Sqlite {
        let grown = size(&env).saturating_sub(before.0);
        assert!(grown < 2_500_000, "400 edits of a few bytes took {grown}");
    }
    let taken = server.resident_memory().saturating_sub(before.1);
    assert!(taken < 150_000, "{taken} KB");
    let (mut states, mut older) = (Vec::<Value>::new(), String::new());
    let mut pages = 0;
    loop {
        let answer = api.read(&format!("/api/v1/entries/{id}{older}"));
        let page = answer["history"].as_array().unwrap().clone();
        states.splice(0..0, page);
        pages += 1;
        let Some(before) = answer["older"].as_i64() else { break };
        older = format!("?before={before}");
    }
    assert!(pages > 1, "a long history comes in pages");
    assert_eq!(states.len(), 401);
    for (state, number) in states.iter().zip(0..) {
        let (note, people) = if number == 0 {
            ("入户走访".to_owned(), Value::Null)
        } else {
            (format!("第 {number} 次"), json!(number))
        };
        let fields = &state["fields"];
        assert_eq!(
            (&state["rev"], &fields["note"], &fields["values"]["people"]),
            (&json!(number + 1), &json!(note), &people)
        );
        assert_eq!((&fields["later"], &fields["values"]["times"]), (&json!(carried), &json!(1)));
        assert!(fields["updated_at"].is_string() && state["author_name"] == "head");
    }
    // Edits against others' changes do not send the record back a thousand times.
    let town = Uuid::now_v7();
    let stale = |number: u64| json!({"seq": number, "kind": "entry", "id": id, "base_rev": 1, "op": "put", "fields": {"note": format!("旧 {number}")}});
    let answer = api
        .post("/api/v1/sync/push", &json!({"client_id": town, "mutations": (1..=300).map(stale).collect::<Vec<_>>()}));
    let text = answer.text().unwrap();
    assert!(text.len() < 2_000_000, "{}", text.len());
    // A record keeps a bounded number of unresolved conflicts; later values stay on the phone, and it says why.
    assert_eq!(text.matches("\"outcome\":\"conflict\"").count(), 100);
    assert_eq!(text.matches("\"code\":\"too_many_conflicts\"").count(), 200);
    assert_eq!(env.run(&["verify"], "").status.code(), Some(0));
}

/// Pushes entries of a sum, a distinct and a latest indicator, on the same days and places for every `round`.
fn push_round(api: &Api, round: u64) {
    let client = Uuid::now_v7();
    let activities = [("field_survey", "times"), ("lead_industry", "townships"), ("sales_zone", "area")];
    let places = ["522728109", "522728110", "522728", "520111"];
    let mut mutations = Vec::new();
    for ((activity, code), place, month) in activities
        .into_iter()
        .flat_map(|activity| places.into_iter().map(move |place| (activity, place)))
        .flat_map(|(activity, place)| (1..=10).map(move |month| (activity, place, month)))
    {
        let mut mutation = survey_put(mutations.len() as u64 + 1, Uuid::now_v7(), 1);
        mutation["fields"]["activity"] = json!(activity);
        mutation["fields"]["values"] = json!({ code: 1 + (round + month) % 7 });
        mutation["fields"]["place"] = json!(place);
        mutation["fields"]["date"] = json!(format!("2026-{month:02}-11"));
        mutations.push(mutation);
    }
    let results = api.push(client, json!(mutations));
    assert!(results.iter().all(|result| result["outcome"] == "applied"), "{results:?}");
}

/// Returns the number of rows and of bytes in the pack of a year.
fn size_of_pack(api: &Api, more: &str) -> (usize, usize) {
    let path = format!("/api/v1/overview/2026?pieces=base,522728,520111,pairings,organisations,subjects{more}");
    let response = api.request("GET", &path).header(ACCEPT, MEDIA_TYPE).send().unwrap();
    assert_eq!(response.status(), 200);
    let bytes = response.bytes().unwrap();
    let pack = YearPack::decode(&bytes).unwrap();
    let figures = pack.scopes.values().flat_map(|figures| figures.values());
    let rows: usize =
        figures.map(|figures| figures.rows.len() + figures.latest.len() + usize::from(figures.ranges.is_some())).sum();
    (rows + pack.subjects.len() + pack.counts.len(), bytes.len())
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn year_pack_does_not_grow_with_its_entries(#[case] database: Database) {
    let (env, _server, api) = served(database);
    push_round(&api, 0);
    let before = size_of_pack(&api, "");
    assert!(before.0 > 200, "{before:?}");
    let change = api.read("/api/v1/overview/2026")["change"].as_i64().unwrap();
    let edition = api.read("/api/v1/overview/2026")["edition"].as_str().unwrap().to_owned();
    (1..=8).for_each(|round| push_round(&api, round));
    let after = size_of_pack(&api, "");
    assert_eq!(after.0, before.0, "nine times the entries have the same rows");
    assert!(after.1 < before.1 + before.1 / 4, "their sums have more digits: {before:?}, {after:?}");
    let delta = size_of_pack(&api, &format!("&since={change}&edition={edition}"));
    assert!(delta.0 <= after.0, "eight changes of a row are one row of a delta: {delta:?}, {after:?}");
    assert_eq!(env.run(&["verify"], "").status.code(), Some(0));
}

#[test]
fn value_that_overflows_a_sum_is_rejected_alone() {
    let (env, _server, api) = served(Database::Postgres);
    let client = Uuid::now_v7();
    assert_eq!(api.push(client, json!([survey_put(1, Uuid::now_v7(), 1)]))[0]["outcome"], "applied");
    let near = "UPDATE figure_sum SET value = 8999999999999990000 WHERE indicator = 'field_surveys'";
    let psql = Command::new("psql").args([&env.url, "-q", "-c", near]).status().unwrap();
    assert!(psql.success());
    let mut elsewhere = survey_put(3, Uuid::now_v7(), 2);
    elsewhere["fields"]["date"] = json!("2025-11-20");
    let results = api.push(client, json!([survey_put(2, Uuid::now_v7(), 900), elsewhere]));
    assert_eq!(
        (&results[0]["errors"][0]["field"], &results[0]["errors"][0]["code"], &results[1]["outcome"]),
        (&json!("values.times"), &json!("sum_too_large"), &json!("applied")),
        "{results:?}"
    );
    assert_eq!(api.push(client, json!([survey_put(4, Uuid::now_v7(), 2)]))[0]["errors"][0]["code"], "sum_too_large");
    assert_eq!(api.actual("field_surveys", 2025), 2);
    // Bytes near the end can still be read.
    let sum = api.actual("field_surveys", 2026);
    serde_json::from_value::<Quantity>(sum.clone()).unwrap_or_else(|error| panic!("{sum}: {error}"));
}

#[test]
fn place_in_filter_is_not_a_pattern() {
    let (_env, _server, api) = served(Database::Sqlite);
    api.push(Uuid::now_v7(), json!([survey_put(1, Uuid::now_v7(), 1)]));
    for wildcard in ["52____109", "52%25", "5227281-9"] {
        assert_eq!(api.get(&format!("/api/v1/entries?place={wildcard}")).status(), 400, "{wildcard}");
    }
    let page = api.read("/api/v1/entries?place=522728&year=2026");
    assert_eq!(page["entries"].as_array().unwrap().len(), 1);
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn entry_moved_into_scope_hides_its_earlier_history(#[case] database: Database) {
    let (env, server, api) = served(database);
    env.add_user("moyang", "reviewer", &["--place", "522728109"]);
    let (client, id) = (Uuid::now_v7(), Uuid::now_v7());
    let mut first = survey_put(1, id, 1);
    first["fields"]["place"] = json!("522728108");
    first["fields"]["note"] = json!("别处的话");
    let edit = |seq: u64, base_rev: u64, fields: Value| json!([{"seq": seq, "kind": "entry", "id": id, "base_rev": base_rev, "op": "put", "fields": fields}]);
    api.push(client, json!([first]));
    api.push(client, edit(2, 1, json!({"note": "还是别处"})));
    assert_eq!(api.push(Uuid::now_v7(), edit(1, 1, json!({"note": "冲突里的话"})))[0]["outcome"], "conflict");
    api.push(client, edit(3, 2, json!({"place": "522728109", "note": "搬来了"})));
    api.push(client, edit(4, 3, json!({"note": "这里的话"})));
    let entry = server.sign_in("moyang").read(&format!("/api/v1/entries/{id}"));
    let text = entry.to_string();
    assert!(!text.contains("别处") && !text.contains("冲突里的话") && !text.contains("522728108"), "{text}");
    let revs: Vec<&Value> = entry["history"].as_array().unwrap().iter().map(|revision| &revision["rev"]).collect();
    assert_eq!(revs, [1, 2, 3, 4]);
    assert!(text.contains("搬来了") && text.contains("这里的话"));
    let all = api.read(&format!("/api/v1/entries/{id}")).to_string();
    assert!(all.contains("别处的话") && all.contains("冲突里的话"));
}

/// Otherwise the disk holds each row twice, and the log keeps its largest size while the server runs.
#[test]
fn log_is_emptied_into_the_file_while_the_server_rests() {
    let (env, _server, api) = served(Database::Sqlite);
    let log = || std::fs::metadata(env.path().join("jiedui.db-wal")).map_or(0, |file| file.len());
    let client = Uuid::now_v7();
    for first in [1, 501] {
        let surveys: Vec<Value> = (first..first + 500).map(|seq| survey_put(seq, Uuid::now_v7(), 1)).collect();
        assert!(api.push(client, json!(surveys)).iter().all(|result| result["outcome"] == "applied"));
        assert!(log() > 0, "what is acknowledged is in the log");
        wait_until("an empty log", || (log() == 0).then_some(()));
    }
    let (records, _) = api.pull(None, 5_000);
    assert!(records.len() >= 1_000, "{}", records.len());
}

/// Eight megabytes of small values once took four gigabytes and 20 seconds.
#[test]
fn body_of_many_values_uses_little_memory() {
    let (_env, server, api) = served(Database::Sqlite);
    let (client, before) = (Uuid::now_v7(), server.peak_memory());
    let list = |item: &str| {
        let items = item.repeat(7_500_000 / item.len());
        format!(r#"{{"client_id": "{client}", "mutations": [{items}{}]}}"#, item.trim_end_matches(',')).into_bytes()
    };
    let nested = |item: &str| {
        let list = String::from_utf8(list(item)).unwrap();
        list.replace("[", r#"[{"fields": {"later": ["#).replace("]}", "]}}]}").into_bytes()
    };
    let mut cbor = Vec::new();
    ciborium::into_writer(&json!({"client_id": client, "mutations": []}), &mut cbor).unwrap();
    // The empty list at the end becomes one of seven million numbers.
    cbor.pop();
    cbor.extend([0x9a, 0, 0x6f, 0xff, 0xff]);
    cbor.resize(cbor.len() + 0x6f_ffff, 0);
    let (json, binary) = ("application/json", "application/cbor");
    let bodies = [
        ("list of numbers", json, list("0,"), 413),
        ("list of objects", json, list("{},"), 413),
        ("objects in a field", json, nested(r#"{"":0},"#), 413),
        ("CBOR list of numbers", binary, cbor, 413),
    ];
    for (what, content_type, body, status) in bodies {
        let request = api.request("POST", "/api/v1/sync/push").header("content-type", content_type);
        assert_eq!(request.body(body).send().unwrap().status(), status, "{what}");
        let taken = server.peak_memory().saturating_sub(before) / 1024;
        assert!(taken < 300, "{what}: {taken} MB");
        println!("{what}: {taken} MB");
    }
}
