//! Push notifications about returned entries, with a push service of the test.

#![allow(missing_docs, clippy::unwrap_used)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiedui_tests::{Database, TestEnv, survey_put};
use p256::ecdsa::signature::Verifier;
use p256::ecdsa::{Signature, VerifyingKey};
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use uuid::Uuid;

/// A request's line and its headers.
type Asked = (String, HashMap<String, String>);

fn with_own_service(command: &mut Command) {
    command.env("JIEDUI_PUSH_HOSTS", "127.0.0.1");
}

/// Starts a push service that responds with a status and forwards the request line and headers.
fn push_service(status: &'static str) -> (String, Receiver<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (sender, asked) = channel();
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let mut lines = BufReader::new(connection.try_clone().unwrap()).lines().map(Result::unwrap);
            let line = lines.next().unwrap();
            let headers = lines.take_while(|line| !line.is_empty());
            let headers = headers.map(|line| {
                let (name, value) = line.split_once(": ").unwrap();
                (name.to_lowercase(), value.to_owned())
            });
            let headers = headers.collect();
            write!(connection, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
            if sender.send((line, headers)).is_err() {
                return;
            }
        }
    });
    (address, asked)
}

fn decoded(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn author_of_returned_entry_receives_a_notification(#[case] database: Database) {
    let (address, asked) = push_service("201 Created");
    let env = TestEnv::new(database);
    env.add_user("moyang", "recorder", &["--place", "522728109"]);
    env.add_user("county", "reviewer", &["--place", "522728"]);
    let server = env.serve_with(&[], with_own_service);
    let (moyang, county) = (server.sign_in("moyang"), server.sign_in("county"));
    let put = |endpoint: &str| {
        let request = moyang.request("PUT", "/api/v1/notices/browser").json(&json!({"endpoint": endpoint}));
        request.send().unwrap().status().as_u16()
    };
    assert_eq!(put("https://example.org/x"), 400, "no address but a push service's is ever asked");
    assert_eq!(put(&format!("{address}/send/abc")), 204);
    let id = Uuid::now_v7();
    moyang.push(Uuid::now_v7(), json!([survey_put(1, id, 2)]));
    let decide = |seq: u64, rev: u64, fields: Value| json!({"seq": seq, "kind": "entry", "id": id, "base_rev": rev, "op": "put", "fields": fields});
    let desk = Uuid::now_v7();
    county.push(desk, json!([decide(1, 1, json!({"state": "verified"}))]));
    assert_eq!(moyang.read("/api/v1/notices"), json!({"returned": 0, "sentence": ""}));
    county.push(desk, json!([decide(2, 2, json!({"state": "returned", "review_note": "数字不对"}))]));
    let (line, headers) = asked.recv_timeout(Duration::from_secs(30)).unwrap();
    assert!(line.starts_with("POST /send/abc "), "{line}");
    assert_eq!((headers["content-length"].as_str(), headers["topic"].as_str()), ("0", "jiedui"));
    assert!(headers["ttl"].parse::<u32>().unwrap() > 0);
    // RFC 8292: the message is signed by the key that the browser was given.
    let (token, key) = headers["authorization"].strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
    assert_eq!(moyang.read("/api/v1/notices/browser")["key"], key);
    let (message, signature) = token.rsplit_once('.').unwrap();
    let key = VerifyingKey::from_sec1_bytes(&decoded(key)).unwrap();
    key.verify(message.as_bytes(), &Signature::from_slice(&decoded(signature)).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&decoded(message.split_once('.').unwrap().1)).unwrap();
    assert_eq!(claims["aud"], address);
    assert_eq!(moyang.read("/api/v1/notices"), json!({"returned": 1, "sentence": "有 1 条填报被退回"}));
    assert!(asked.try_recv().is_err(), "once");
    let request =
        moyang.request("DELETE", "/api/v1/notices/browser").json(&json!({"endpoint": format!("{address}/send/abc")}));
    assert_eq!(request.send().unwrap().status(), 204);
    assert_eq!(server.client().get("/api/v1/notices").status(), 401);
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn account_has_at_most_twenty_subscribed_browsers(#[case] database: Database) {
    let (address, asked) = push_service("201 Created");
    let env = TestEnv::new(database);
    env.add_user("head", "admin", &[]);
    let server = env.serve_with(&[], with_own_service);
    let api = server.sign_in("head");
    for number in 1..=25 {
        let body = json!({"endpoint": format!("{address}/{number}")});
        assert_eq!(api.request("PUT", "/api/v1/notices/browser").json(&body).send().unwrap().status(), 204);
    }
    let (client, id) = (Uuid::now_v7(), Uuid::now_v7());
    let fields = json!({"state": "returned", "review_note": "数字不对"});
    let returned = json!({"seq": 2, "kind": "entry", "id": id, "base_rev": 1, "op": "put", "fields": fields});
    api.push(client, json!([survey_put(1, id, 2), returned]));
    let requests: Vec<String> = (0..20).map(|_| asked.recv_timeout(Duration::from_secs(30)).unwrap().0).collect();
    assert!(requests.iter().any(|line| line.starts_with("POST /25 ")), "{requests:?}");
    assert!(!requests.iter().any(|line| line.starts_with("POST /1 ")), "{requests:?}");
    assert!(asked.recv_timeout(Duration::from_secs(1)).is_err(), "{requests:?}");
}

#[test]
fn expired_push_subscription_is_removed() {
    let (gone, asked_gone) = push_service("410 Gone");
    let (alive, asked_alive) = push_service("201 Created");
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("head", "admin", &[]);
    let server = env.serve_with(&[], with_own_service);
    let api = server.sign_in("head");
    for address in [&gone, &alive] {
        let request = api.request("PUT", "/api/v1/notices/browser").json(&json!({"endpoint": format!("{address}/x")}));
        assert_eq!(request.send().unwrap().status(), 204);
    }
    let (client, id) = (Uuid::now_v7(), Uuid::now_v7());
    api.push(client, json!([survey_put(1, id, 2)]));
    let mut rev = 0;
    let mut return_it = || {
        rev += 1;
        let fields = json!({"state": "returned", "review_note": format!("第 {rev} 次")});
        let returned =
            json!({"seq": rev + 1, "kind": "entry", "id": id, "base_rev": rev, "op": "put", "fields": fields});
        assert_eq!(api.push(client, json!([returned]))[0]["outcome"], "applied");
        asked_alive.recv_timeout(Duration::from_secs(30)).unwrap();
    };
    return_it();
    asked_gone.recv_timeout(Duration::from_secs(30)).unwrap();
    jiedui_tests::wait_until("it is left alone", || {
        return_it();
        asked_gone.try_recv().is_err().then_some(())
    });
}
