//! Organisations and pairings: who may change them, revisions, and search by pinyin.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Database, TestEnv, served, survey_put};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn directory_is_changed_by_coordinators_and_found_by_pinyin(#[case] database: Database) {
    let (env, server, api) = served(database);
    env.add_user("moyang", "recorder", &["--place", "522728109"]);
    let recorder = server.sign_in("moyang");
    let (school, id) = (Uuid::now_v7(), Uuid::now_v7());
    let organisation = json!({"name": "沫阳镇新希望小学", "name_en": "", "kind": "school", "side": "b", "place": "522728109",
        "programme": "education"});
    let path = format!("/api/v1/organisations/{school}");
    assert_eq!(recorder.put(&path, &organisation).0, 403);
    let mut wrong = organisation.clone();
    wrong["side"] = json!("a");
    assert_eq!(api.put(&path, &wrong).1["errors"][0]["field"], "place");
    wrong["kind"] = json!("castle");
    assert_eq!(api.put(&path, &wrong).1["errors"][0]["field"], "kind");
    assert_eq!(api.put(&path, &json!({"name": "x"})).0, 400);
    assert_eq!(api.put(&path, &organisation).0, 200);
    let overview = api.read("/api/v1/overview");
    let stored = overview["organisations"]
        .as_array()
        .unwrap()
        .iter()
        .find(|candidate| candidate["id"] == json!(school))
        .unwrap();
    assert_eq!(stored["initials"], "myzxxwxx");
    let guiyang =
        overview["organisations"].as_array().unwrap().iter().find(|candidate| candidate["side"] == "a").unwrap();
    let pdf = b"%PDF-1.4 an agreement".to_vec();
    let hash: String = {
        use sha2::Digest;
        sha2::Sha256::digest(&pdf).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let file = format!("/api/v1/attachments/{hash}");
    assert_eq!(api.request("PUT", &file).body(pdf).send().unwrap().status(), 201);
    let pairing = json!({"programme": "education", "organisation_a": guiyang["id"], "organisation_b": school,
        "from": "2026-09-01", "agreement": hash});
    let path = format!("/api/v1/pairings/{id}");
    let mut wrong = pairing.clone();
    wrong["to"] = json!("2026-08-31");
    assert_eq!(api.put(&path, &wrong).1["errors"][0]["field"], "to");
    assert_eq!(recorder.get(&file).status(), 403);
    // Another account's file that the user may not read cannot become an agreement.
    let foreign = b"%PDF-1.4 somebody else's".to_vec();
    let foreign_hash: String = {
        use sha2::Digest;
        sha2::Sha256::digest(&foreign).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let foreign_file = format!("/api/v1/attachments/{foreign_hash}");
    assert_eq!(recorder.request("PUT", &foreign_file).body(foreign).send().unwrap().status(), 201);
    let mut named = pairing.clone();
    named["agreement"] = json!(foreign_hash);
    let refused = api.put(&path, &named).1["errors"][0].clone();
    assert_eq!((&refused["field"], &refused["code"]), (&json!("agreement"), &json!("foreign_photo")));
    assert_eq!(api.get(&foreign_file).status(), 403);
    assert_eq!(api.put(&path, &pairing).0, 200);
    let answer = recorder.get(&file);
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"application/pdf".parse().unwrap())
    );
    let mut mutation = survey_put(1, Uuid::now_v7(), 1);
    mutation["fields"]["pairing"] = json!(id);
    assert_eq!(recorder.push(Uuid::now_v7(), json!([mutation]))[0]["outcome"], "applied", "forms offer it at once");
    let mut ended = pairing.clone();
    ended["to"] = json!("2026-12-31");
    assert_eq!(api.put(&path, &ended).0, 200);
    let stored = api.read("/api/v1/overview");
    let stored = stored["pairings"].as_array().unwrap().iter().find(|pairing| pairing["id"] == json!(id)).unwrap();
    assert_eq!(stored["to"], "2026-12-31");
    assert_eq!(api.put(&format!("/api/v1/pairings/{school}"), &pairing).0, 400, "an organisation is no pairing");
    assert!(env.run(&["verify"], "").status.success());
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn coordinator_changes_the_directory_within_scope_only(#[case] database: Database) {
    let (env, server, api) = served(database);
    env.add_user("luodian", "coordinator", &["--place", "522728", "--programme", "education"]);
    let luodian = server.sign_in("luodian");
    let organisation = |place: &str, side: &str, programme: &str| json!({"name": "一所小学", "name_en": "", "kind": "school", "side": side, "place": place, "programme": programme});
    let new = || format!("/api/v1/organisations/{}", Uuid::now_v7());
    let (city, school, village) = (new(), new(), new());
    assert_eq!(api.put(&city, &organisation("520102", "a", "education")).0, 200);
    assert_eq!(api.put(&village, &organisation("522728109", "b", "industry")).0, 200);
    assert_eq!(luodian.put(&school, &organisation("522728109", "b", "education")).0, 200);
    let field = |(status, problem): (u16, serde_json::Value)| (status, problem["errors"][0]["field"].clone());
    assert_eq!(field(luodian.put(&new(), &organisation("520102", "a", "education"))), (400, json!("place")));
    assert_eq!(field(luodian.put(&new(), &organisation("522728109", "b", "health"))), (400, json!("programme")));
    assert_eq!(luodian.put(&city, &organisation("522728109", "b", "education")).0, 403, "what is another's");
    assert_eq!(luodian.put(&village, &organisation("522728109", "b", "education")).0, 403);

    let id = |path: &str| json!(path.rsplit('/').next());
    let pairing =
        |programme: &str| json!({"programme": programme, "organisation_a": id(&city), "organisation_b": id(&school)});
    let pairings = [(), ()].map(|()| format!("/api/v1/pairings/{}", Uuid::now_v7()));
    assert_eq!(luodian.put(&pairings[0], &pairing("education")).0, 200, "one of the two is theirs");
    assert_eq!(field(luodian.put(&pairings[1], &pairing("health"))), (400, json!("programme")));
    assert_eq!(api.put(&pairings[1], &pairing("health")).0, 200);
    assert_eq!(luodian.put(&pairings[1], &pairing("education")).0, 403);
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn organisation_changed_since_is_not_overwritten(#[case] database: Database) {
    let env = TestEnv::new(database);
    env.add_user("city", "coordinator", &[]);
    let server = env.serve(&[]);
    let api = server.sign_in("city");
    let path = format!("/api/v1/organisations/{}", Uuid::now_v7());
    let put = |name: &str, base_rev: Value| {
        let body = json!({"name": name, "name_en": "", "kind": "school", "side": "b", "place": "522728109",
            "programme": "education", "base_rev": base_rev});
        let answer = api.request("PUT", &path).json(&body).send().unwrap();
        (answer.status().as_u16(), answer.json::<Value>().unwrap())
    };
    assert_eq!(put("小学", json!(1)).1["errors"][0]["field"], "base_rev");
    assert_eq!(put("小学", json!(0)).0, 200);
    assert_eq!(put("小学", json!(0)).0, 200, "the same again");
    let (status, problem) = put("另一所小学", json!(0));
    assert_eq!((status, &problem["errors"][0]["code"]), (409, &json!("conflict")));
    assert_eq!(put("中心小学", json!(1)).0, 200);
    assert_eq!(put("新小学", json!(1)).0, 409);
    assert_eq!(put("新小学", json!("x")).0, 400);
    assert_eq!(put("新小学", Value::Null).0, 200, "who names none has the last word, as before");
}

/// Without the revision, a phone cannot send `base_rev`, and the last of two coordinators would win.
#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn overview_has_revision_of_organisation_and_pairing(#[case] database: Database) {
    let env = TestEnv::new(database);
    env.add_user("city", "coordinator", &[]);
    let server = env.serve(&[]);
    let api = server.sign_in("city");
    let revision = |kind: &str, id: Uuid| {
        let overview = api.read("/api/v1/overview");
        let records = overview[kind].as_array().unwrap();
        records.iter().find(|record| record["id"] == json!(id)).unwrap()["rev"].clone()
    };
    let put = |kind: &str, id: Uuid, body: &Value, base_rev: u64| {
        let mut body = body.clone();
        body["base_rev"] = json!(base_rev);
        let answer = api.request("PUT", &format!("/api/v1/{kind}/{id}")).json(&body).send().unwrap();
        (answer.status().as_u16(), answer.json::<Value>().unwrap()["rev"].clone())
    };
    let [school, partner, pairing] = [(); 3].map(|()| Uuid::now_v7());
    let organisation = |name: &str, side: &str, place: &str| json!({"name": name, "name_en": "", "kind": "school", "side": side, "place": place, "programme": "education"});
    assert_eq!(put("organisations", school, &organisation("小学", "b", "522728109"), 0), (200, json!(1)));
    assert_eq!(put("organisations", school, &organisation("中心小学", "b", "522728109"), 1), (200, json!(2)));
    assert_eq!(put("organisations", school, &organisation("中心小学", "b", "522728109"), 2), (200, json!(2)));
    assert_eq!(put("organisations", partner, &organisation("附属小学", "a", "520102"), 0), (200, json!(1)));
    assert_eq!((revision("organisations", school), revision("organisations", partner)), (json!(2), json!(1)));
    let mut link = json!({"programme": "education", "organisation_a": partner, "organisation_b": school});
    assert_eq!(put("pairings", pairing, &link, 0), (200, json!(1)));
    link["from"] = json!("2026-09-01");
    assert_eq!(put("pairings", pairing, &link, 1), (200, json!(2)));
    assert_eq!(revision("pairings", pairing), json!(2));
    let (records, _) = api.pull(None, 500);
    let stored = records.iter().find(|record| record["id"] == json!(school)).unwrap();
    assert_eq!((&stored["rev"], stored["fields"].get("rev")), (&json!(2), None), "{stored}");
}
