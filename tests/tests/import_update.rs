//! Imports of a corrected export: the entries that they change, and the rights and turns of an account.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::import::{errors_of, import_path, upload, upload_and_check, wait_checked};
use jiedui_tests::{Database, served, wait_until};
use rstest::rstest;
use serde_json::{Value, json};
use uuid::Uuid;

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn corrected_export_updates_its_entries(#[case] database: Database) {
    let (_env, _server, api) = served(database);
    let ids = [(); 4].map(|()| Uuid::now_v7());
    let entry = |seq: usize, id: Uuid| {
        json!({"seq": seq, "kind": "entry", "id": id, "base_rev": 0, "op": "put", "fields": {"activity": "online_sale",
            "date": "2026-11-20", "place": "522728109", "values": {"amount": seq, "viewers": 1000},
            "details": {"channel": "live"}, "note": format!("第{seq}条；好")}})
    };
    api.push(Uuid::now_v7(), json!(ids.iter().enumerate().map(|(at, id)| entry(at + 1, *id)).collect::<Vec<_>>()));
    let export = api.get("/api/v1/export/entries.csv?activity=online_sale&year=2026").text().unwrap();
    let mut rows =
        csv::ReaderBuilder::new().has_headers(false).from_reader(export.trim_start_matches('\u{feff}').as_bytes());
    let mut rows: Vec<Vec<String>> =
        rows.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    let column = |name: &str| rows[0].iter().position(|heading| heading == name).unwrap();
    let (id, date, note, answers, rev) =
        (column("编号"), column("日期"), column("备注"), column("数值"), column("版本"));
    let at = |rows: &[Vec<String>], wanted: Uuid| rows.iter().position(|row| row[id] == wanted.to_string()).unwrap();
    // One entry is corrected in three fields, one is also changed by another user, and two stay unchanged.
    let (first, second) = (at(&rows, ids[0]), at(&rows, ids[1]));
    rows[first][date] = "2026/11/19".into();
    rows[first][note] = "改过".into();
    rows[first][answers] = rows[first][answers].replace("1 万元", "25000元");
    rows[second][note] = "两边都改".into();
    let table = |rows: &[Vec<String>]| {
        let mut writer = csv::Writer::from_writer(Vec::new());
        rows.iter().for_each(|row| writer.write_record(row).unwrap());
        writer.into_inner().unwrap()
    };
    let import = upload_and_check(&api, "online_sale", table(&rows));
    assert_eq!(
        (&import["wrong"], &import["updates"], &import["same"], &import["new"]),
        (&json!(0), &json!(2), &json!(2), &json!(0)),
        "{import}"
    );
    let change = import["changes"].as_array().unwrap().iter().find(|change| change["id"] == json!(ids[0])).unwrap();
    let mut fields: Vec<(&str, &str, &str)> = change["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| (field["path"].as_str().unwrap(), field["from"].as_str().unwrap(), field["to"].as_str().unwrap()))
        .collect();
    fields.sort_unstable();
    assert_eq!(
        fields,
        [("date", "2026-11-20", "2026-11-19"), ("note", "第1条；好", "改过"), ("values.amount", "1 万元", "2.5 万元")]
    );
    // Another user changes the same field of the second entry: the whole import is rejected with the reason.
    let theirs =
        json!({"seq": 1, "kind": "entry", "id": ids[1], "base_rev": 1, "op": "put", "fields": {"note": "别人改的"}});
    assert_eq!(api.push(Uuid::now_v7(), json!([theirs]))[0]["outcome"], "applied");
    assert_eq!(api.post(&import_path(&import, "/write"), &Value::Null).status(), 409);
    let import = wait_checked(&api, &import);
    assert_eq!(errors_of(&import), [((second + 1) as u64, "备注".to_owned(), "changed_since".to_owned())]);
    rows[second][note] = "第2条；好".into();
    let import = upload_and_check(&api, "", table(&rows));
    assert_eq!((&import["wrong"], &import["updates"], &import["same"]), (&json!(0), &json!(1), &json!(3)), "{import}");
    assert_eq!(api.post(&import_path(&import, "/write"), &Value::Null).status(), 200);
    let now = api.read(&format!("/api/v1/entries/{}", ids[0]));
    let fields = &now["fields"];
    assert_eq!(
        (&fields["date"], &fields["note"], &fields["values"]["amount"]),
        (&json!("2026-11-19"), &json!("改过"), &json!(2.5)),
        "{now}"
    );
    assert_eq!(api.read(&format!("/api/v1/entries/{}", ids[1]))["fields"]["note"], "别人改的");
    let undone: Value = api.request("DELETE", &import_path(&import, "")).send().unwrap().json().unwrap();
    assert_eq!(undone["stage"], "undone");
    let now = api.read(&format!("/api/v1/entries/{}", ids[0]));
    let fields = &now["fields"];
    let expected = (&json!("2026-11-20"), &json!("第1条；好"), &json!(1));
    assert_eq!((&fields["date"], &fields["note"], &fields["values"]["amount"]), expected, "{now}");
    // An unknown entry, a missing revision and a future revision are errors.
    rows[first][rev] = "9".into();
    rows[second][id] = Uuid::now_v7().to_string();
    let third = at(&rows, ids[2]);
    rows[third][rev] = String::new();
    let import = upload_and_check(&api, "", table(&rows));
    let mut codes: Vec<String> = errors_of(&import).into_iter().map(|error| error.2).collect();
    codes.sort();
    assert_eq!(codes, ["required", "too_large", "unknown"]);
}

#[test]
fn import_needs_the_rights_of_a_push() {
    let (env, server, api) = served(Database::Sqlite);
    env.add_user("recorder", "recorder", &["--place", "522728109"]);
    let id = Uuid::now_v7();
    let entry = json!({"seq": 1, "kind": "entry", "id": id, "base_rev": 0, "op": "put", "fields": {"activity": "online_sale",
        "date": "2026-11-20", "place": "522728109", "values": {"amount": 1}}});
    api.push(Uuid::now_v7(), json!([entry]));
    let table = format!("编号,备注,版本\n{id},改别人的,1\n");
    let import = upload_and_check(&server.sign_in("recorder"), "", table);
    assert_eq!(errors_of(&import), [(2, "编号".to_owned(), "forbidden".to_owned())]);
}

#[test]
fn account_checks_one_table_at_a_time() {
    let (env, server, api) = served(Database::Sqlite);
    env.add_user("recorder", "recorder", &["--place", "522728"]);
    let row =
        |number: usize| format!("2026-{:02}-{:02},沫阳镇,{}\n", number % 10 + 1, number / 10 % 28 + 1, number + 1);
    let long: String = std::iter::once("日期,地点,培训人次\n".to_owned()).chain((0..60_000).map(row)).collect();
    let first: Value = upload(&api, "skills_training", long.into_bytes()).json().unwrap();
    let second = upload(&api, "skills_training", b"a,b\n1,2\n".to_vec());
    assert_eq!(second.status(), 429);
    assert!(second.headers().contains_key("retry-after"));
    let other = server.sign_in("recorder");
    assert_eq!(
        upload_and_check(&other, "skills_training", "日期,地点,培训人次\n2026-11-20,沫阳镇,1\n")["wrong"],
        0,
        "others go on"
    );
    // It can be cancelled, and another can start.
    let cancelled: Value = api.request("DELETE", &import_path(&first, "")).send().unwrap().json().unwrap();
    assert_eq!(cancelled["stage"], "cancelled");
    wait_until("the next table", || {
        Some(upload(&api, "skills_training", b"a,b\n1,2\n".to_vec())).filter(|response| response.status() == 202)
    });
}
