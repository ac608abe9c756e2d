//! Partial replication: a phone that asks for a window holds exactly the records of the rule, after any change.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_core::catalogue::Catalogue;
use jiedui_core::sync::window::{LIMITS, Position, day_of};
use jiedui_core::sync::{PullResponse, Record, ReplicaRule, Window};
use jiedui_core::values::day::day_in_china;
use jiedui_tests::{Api, Database, TestEnv};
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

const MOYANG: &str = "522728109";
const BIANYANG: &str = "522728108";

fn this_year() -> i32 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    day_in_china(i64::try_from(now).unwrap()).unwrap().year()
}

/// A phone: its replica, and what it knows of its window.
struct Phone {
    user: Uuid,
    catalogue: Catalogue,
    window: Option<Window>,
    cursor: Option<String>,
    replica: BTreeMap<Uuid, Record>,
    /// Records received in the last pull.
    received: usize,
    /// Windows received in the last pull.
    windows: usize,
}

impl Phone {
    fn new(api: &Api) -> Self {
        let user = api.read("/api/v1/session")["user"]["id"].as_str().unwrap().parse().unwrap();
        let catalogue = serde_json::from_value(api.read("/api/v1/catalogue")).unwrap();
        let (cursor, replica) = (None, BTreeMap::new());
        Self { user, catalogue, window: None, cursor, replica, received: 0, windows: 0 }
    }

    /// Pulls to the end of the feed, in pages of `limit` records.
    fn pull(&mut self, api: &Api, limit: usize) {
        (self.received, self.windows) = (0, 0);
        loop {
            let after = self.cursor.as_deref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
            let page = api.read(&format!("/api/v1/sync/pull?window=phone&limit={limit}{after}"));
            let page: PullResponse = serde_json::from_value(page).unwrap();
            let more = page.more;
            self.store(page);
            if !more {
                return;
            }
        }
    }

    fn store(&mut self, page: PullResponse) {
        if page.window.is_some() {
            self.windows += 1;
            self.window = page.window;
            let rule = self.rule().keeps_of(&self.replica);
            self.replica.retain(|id, _| rule.contains(id));
        }
        self.received += page.records.len();
        for record in page.records {
            self.replica.remove(&record.id);
            if !record.deleted && self.rule().0.keeps(&record, false, false) {
                self.replica.insert(record.id, record);
            }
        }
        for id in page.left {
            self.replica.remove(&id);
        }
        self.cursor = Some(page.cursor);
    }

    fn rule(&self) -> Rule<'_> {
        Rule(ReplicaRule { user: self.user, window: self.window.as_ref(), catalogue: Some(&self.catalogue) })
    }

    /// Checks that it holds exactly what the window holds of all records that the user sees.
    fn assert_holds_window(&self, api: &Api) {
        let (visible, _) = api.pull(None, 1_000);
        let visible = visible.into_iter().map(|record| serde_json::from_value::<Record>(record).unwrap());
        let alive: BTreeMap<Uuid, Record> =
            visible.filter(|record| !record.deleted).map(|record| (record.id, record)).collect();
        let expected = self.rule().keeps_of(&alive);
        assert_eq!(self.replica.keys().copied().collect::<BTreeSet<_>>(), expected, "{:#?}", self.window);
        for (id, record) in &self.replica {
            assert_eq!(record, &alive[id]);
        }
    }

    fn holds(&self, id: Uuid) -> bool {
        self.replica.contains_key(&id)
    }

    fn entries(&self) -> Vec<&Record> {
        self.replica.values().filter(|record| record.kind.as_str() == "entry").collect()
    }
}

struct Rule<'a>(ReplicaRule<'a>);

impl Rule<'_> {
    fn keeps_of(&self, records: &BTreeMap<Uuid, Record>) -> BTreeSet<Uuid> {
        records.iter().filter(|(_, record)| self.0.keeps(record, false, false)).map(|(id, _)| *id).collect()
    }
}

/// Returns a put of a new entry.
fn entry(seq: u64, id: Uuid, place: &str, date: &str) -> Value {
    json!({"seq": seq, "kind": "entry", "id": id, "base_rev": 0, "op": "put", "fields": {
        "activity": "field_survey", "date": date, "place": place, "values": {"times": 1}}})
}

/// Returns a put of fields.
fn edit(seq: u64, id: Uuid, base_rev: u64, fields: Value) -> Value {
    json!({"seq": seq, "kind": "entry", "id": id, "base_rev": base_rev, "op": "put", "fields": fields})
}

/// Pushes mutations that must be applied, a thousand at a time.
fn push(api: &Api, client: Uuid, mutations: &[Value]) {
    for batch in mutations.chunks(1_000) {
        for result in api.push(client, json!(batch)) {
            assert_eq!(result["outcome"], "applied", "{result}");
        }
    }
}

fn accounts(database: Database) -> TestEnv {
    let accounts = [
        ("county", "coordinator", "522728"),
        ("moyang", "recorder", MOYANG),
        ("checker", "reviewer", MOYANG),
        ("second", "reviewer", "522728"),
    ];
    TestEnv::with_accounts(database, &accounts)
}

#[rstest]
#[case(Database::Sqlite, 1)]
#[case(Database::Sqlite, 1000)]
#[case(Database::Postgres, 3)]
fn phone_holds_records_by_author_state_place_and_date(#[case] database: Database, #[case] limit: usize) {
    let env = accounts(database);
    let server = env.serve(&[]);
    let [county, moyang, checker] = ["county", "moyang", "checker"].map(|name| server.sign_in(name));
    let (year, client, county_client) = (this_year(), Uuid::now_v7(), Uuid::now_v7());
    let dates = [year, year - 1, year - 4].map(|year| format!("{year}-01-01"));
    let ids: Vec<Uuid> = (0..6).map(|_| Uuid::now_v7()).collect();
    let [own_new, own_old, own_unsettled, other_new, other_old, elsewhere] = ids[..] else { unreachable!() };
    push(
        &moyang,
        client,
        &[
            entry(1, own_new, MOYANG, &dates[1]),
            entry(2, own_old, MOYANG, &dates[2]),
            entry(3, own_unsettled, MOYANG, &dates[2]),
        ],
    );
    push(
        &county,
        county_client,
        &[
            edit(1, own_new, 1, json!({"state": "verified"})),
            edit(2, own_old, 1, json!({"state": "verified"})),
            entry(3, other_new, MOYANG, &dates[0]),
            entry(4, other_old, MOYANG, &dates[2]),
            entry(5, elsewhere, BIANYANG, &dates[0]),
        ],
    );
    let held_by = |api: &Api| {
        let mut phone = Phone::new(api);
        phone.pull(api, limit);
        phone.assert_holds_window(api);
        assert_eq!((phone.windows, phone.received), (1, phone.replica.len()), "told once, and nothing in vain");
        ids.iter().map(|id| phone.holds(*id)).collect::<Vec<bool>>()
    };
    assert_eq!(held_by(&moyang), [true, false, true, true, false, false]);
    // The reviewer also holds entries of any date that wait for a review.
    assert_eq!(held_by(&checker), [true, false, true, true, true, false]);
    // The county's own entries, and everything recent.
    assert_eq!(held_by(&county), [true, false, true, true, true, true]);
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn record_that_leaves_the_window_is_named_once(#[case] database: Database) {
    let env = accounts(database);
    let server = env.serve(&[]);
    let [county, moyang] = ["county", "moyang"].map(|name| server.sign_in(name));
    let (id, date) = (Uuid::now_v7(), format!("{}-05-01", this_year() - 4));
    push(&moyang, Uuid::now_v7(), &[entry(1, id, MOYANG, &date)]);
    let mut phone = Phone::new(&moyang);
    phone.pull(&moyang, 100);
    assert!(phone.holds(id));
    push(&county, Uuid::now_v7(), &[edit(1, id, 1, json!({"state": "verified"}))]);
    let cursor = phone.cursor.clone().unwrap();
    let page = moyang.read(&format!("/api/v1/sync/pull?window=phone&cursor={cursor}"));
    assert_eq!((&page["records"], &page["left"], page["window"].is_null()), (&json!([]), &json!([id]), true));
    phone.pull(&moyang, 100);
    phone.assert_holds_window(&moyang);
    // Without a window, the same user still receives it.
    let (records, _) = moyang.pull(None, 100);
    assert!(records.iter().any(|record| record["id"] == json!(id) && record["deleted"] == false));
    // An edit by its author brings it back.
    push(&moyang, Uuid::now_v7(), &[edit(1, id, 2, json!({"note": "更正"}))]);
    phone.pull(&moyang, 100);
    assert!(phone.holds(id));
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn changed_scope_moves_the_window_once(#[case] database: Database) {
    let env = accounts(database);
    let server = env.serve(&[]);
    let county = server.sign_in("county");
    let mut moyang = server.sign_in("moyang");
    let (client, year) = (Uuid::now_v7(), this_year());
    let places = [MOYANG, BIANYANG, MOYANG, BIANYANG, MOYANG];
    let recorded: Vec<Value> = (1..)
        .zip(places)
        .map(|(seq, place)| entry(seq, Uuid::now_v7(), place, &format!("{}-0{seq}-01", year - 1)))
        .collect();
    push(&county, client, &recorded);
    let mut phone = Phone::new(&moyang);
    phone.pull(&moyang, 2);
    assert_eq!(phone.entries().len(), 3);
    for (places, received, held) in
        [(vec![BIANYANG], 2, 2), (vec![BIANYANG, MOYANG], 3, 5), (vec![MOYANG], 0, 3), (vec!["522728"], 2, 5)]
    {
        let change: Vec<&str> = ["user", "change", "--username", "moyang"]
            .into_iter()
            .chain(places.iter().flat_map(|place| ["--place", place]))
            .collect();
        assert!(env.run(&change, "").status.success());
        moyang = server.sign_in("moyang");
        phone.pull(&moyang, 2);
        phone.assert_holds_window(&moyang);
        assert_eq!((phone.windows, phone.received, phone.entries().len()), (1, received, held), "{places:?}");
        phone.pull(&moyang, 2);
        assert_eq!((phone.windows, phone.received), (0, 0), "told once");
    }
}

/// A change of scope while a listing is under way: nothing counts as received.
#[test]
fn scope_change_during_listing_sends_everything_held() {
    let env = accounts(Database::Sqlite);
    let server = env.serve(&[]);
    let county = server.sign_in("county");
    let mut moyang = server.sign_in("moyang");
    let date = format!("{}-01-01", this_year());
    let recorded: Vec<Value> =
        (1..=6).map(|seq| entry(seq, Uuid::now_v7(), [MOYANG, BIANYANG][usize::from(seq > 4)], &date)).collect();
    push(&county, Uuid::now_v7(), &recorded);
    let mut phone = Phone::new(&moyang);
    loop {
        let after = phone.cursor.as_deref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let page = moyang.read(&format!("/api/v1/sync/pull?window=phone&limit=1{after}"));
        phone.store(serde_json::from_value(page).unwrap());
        if !phone.entries().is_empty() {
            break;
        }
    }
    assert!(env.run(&["user", "change", "--username", "moyang", "--place", "522728"], "").status.success());
    moyang = server.sign_in("moyang");
    phone.pull(&moyang, 2);
    phone.assert_holds_window(&moyang);
    assert_eq!(phone.entries().len(), 6);
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn edits_moves_reviews_and_deletes_keep_the_window_exact(#[case] database: Database) {
    let env = accounts(database);
    let server = env.serve(&[]);
    let apis = ["county", "moyang", "checker"].map(|name| server.sign_in(name));
    let (county, second) = (&apis[0], server.sign_in("second"));
    let mut phones: Vec<Phone> = apis.iter().map(Phone::new).collect();
    let (client, desk, year) = (Uuid::now_v7(), Uuid::now_v7(), this_year());
    let mut records: Vec<(Uuid, u64)> = Vec::new();
    for round in 0..24_u64 {
        let seq = round * 10 + 1;
        let (place, id) = ([MOYANG, BIANYANG][usize::from(round % 3 == 0)], Uuid::now_v7());
        let age = [1, 1, 3][usize::try_from(round % 3).unwrap()];
        let mut mutations = vec![entry(seq, id, place, &format!("{}-02-0{}", year - age, 1 + round % 9))];
        for (number, (id, rev)) in (1..).zip(records.iter_mut().rev().step_by(3).take(4)) {
            let fields = match (round + number) % 5 {
                0 => json!({"place": BIANYANG}),
                1 => json!({"date": format!("{}-03-01", year - 3)}),
                // Another reviewer approves what the county has recorded.
                2 => {
                    let verify = edit(seq + number, *id, *rev, json!({"state": "verified"}));
                    let result = second.push(desk, json!([verify])).remove(0);
                    assert_eq!(result["outcome"], "applied", "{result}");
                    *rev = result["rev"].as_u64().unwrap();
                    continue;
                }
                3 => json!({"place": MOYANG, "date": format!("{year}-01-01")}),
                _ => json!({"note": format!("第 {round} 次")}),
            };
            mutations.push(edit(seq + mutations.len() as u64, *id, *rev, fields));
        }
        records.push((id, 1));
        if round % 6 == 5 {
            let (id, rev) = records.remove(0);
            let reason = json!({"reason": "重复"});
            mutations.push(
                json!({"seq": seq + 9, "kind": "entry", "id": id, "base_rev": rev, "op": "delete", "fields": reason}),
            );
        }
        for result in county.push(client, json!(mutations)) {
            assert_eq!(result["outcome"], "applied", "{result}");
            let number = usize::try_from(result["seq"].as_u64().unwrap() - seq).unwrap();
            let id = &mutations[number.min(mutations.len() - 1)]["id"];
            if let Some((_, rev)) = records.iter_mut().find(|(record, _)| json!(record) == *id) {
                *rev = result["rev"].as_u64().unwrap();
            }
        }
        for (phone, api) in phones.iter_mut().zip(&apis) {
            // Phones pull at different times and in pages of different sizes.
            if round % 3 != u64::from(phone.user.as_bytes()[15] % 3) {
                phone.pull(api, 1 + usize::try_from(round % 5).unwrap());
                phone.assert_holds_window(api);
            }
        }
    }
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn window_holds_the_newest_of_a_large_scope(#[case] database: Database) {
    let env = accounts(database);
    let server = env.serve(&[]);
    let [county, checker] = ["county", "checker"].map(|name| server.sign_in(name));
    let (client, year) = (Uuid::now_v7(), this_year());
    // Nine days of last year; a limit divides one of them. The reviewer's own place has all of them.
    let count = LIMITS.places as u64 + 100;
    let recorded: Vec<Value> = (1..=count)
        .map(|seq| entry(seq, Uuid::now_v7(), MOYANG, &format!("{}-06-0{}", year - 1, 1 + seq % 9)))
        .collect();
    push(&county, client, &recorded);
    let mut phone = Phone::new(&checker);
    phone.pull(&checker, 1_000);
    assert_eq!(phone.entries().len(), LIMITS.places);
    phone.assert_holds_window(&checker);
    let position = |record: &Record| Position { day: day_of(&record.kind, &record.fields).unwrap(), id: record.id };
    let oldest = phone.entries().into_iter().map(position).min().unwrap();
    let left_out = recorded.iter().filter(|put| {
        let id: Uuid = put["id"].as_str().unwrap().parse().unwrap();
        !phone.holds(id)
    });
    for put in left_out {
        let fields = put["fields"].as_object().unwrap();
        let id = put["id"].as_str().unwrap().parse().unwrap();
        let day = day_of(&jiedui_core::sync::Kind::Entry, fields).unwrap();
        assert!(Position { day, id } < oldest, "an older one is held: {put}");
    }
    // One more: the bound moves, and the answer says so once.
    push(&county, client, &[entry(count + 1, Uuid::now_v7(), MOYANG, &format!("{year}-01-01"))]);
    phone.pull(&checker, 1_000);
    phone.assert_holds_window(&checker);
    assert_eq!((phone.windows, phone.received), (1, 1));
    let held = phone.entries().len();
    assert!(held < LIMITS.places && held > LIMITS.places * 9 / 10, "{held}");
    push(&county, client, &[entry(count + 2, Uuid::now_v7(), MOYANG, &format!("{year}-01-01"))]);
    phone.pull(&checker, 1_000);
    assert_eq!((phone.windows, phone.received, phone.entries().len()), (0, 1, held + 1));
}

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn reviewer_receives_older_entries_as_the_newest_are_reviewed(#[case] database: Database) {
    let env = accounts(database);
    let server = env.serve(&[]);
    let [county, checker] = ["county", "checker"].map(|name| server.sign_in(name));
    let (client, year) = (Uuid::now_v7(), this_year());
    let count = LIMITS.reviews as u64 + 20;
    let recorded: Vec<Value> = (1..=count)
        .map(|seq| entry(seq, Uuid::now_v7(), MOYANG, &format!("{}-0{}-01", year - 3, 1 + seq % 9)))
        .collect();
    push(&county, client, &recorded);
    let mut phone = Phone::new(&checker);
    phone.pull(&checker, 200);
    phone.assert_holds_window(&checker);
    assert_eq!(phone.entries().len(), LIMITS.reviews);
    let newest: Vec<Uuid> = {
        let mut held = phone.entries();
        held.sort_by_key(|record| std::cmp::Reverse(record.fields["date"].as_str().unwrap().to_owned()));
        held.iter().map(|record| record.id).take(LIMITS.reviews / 2 + 10).collect()
    };
    let reviews: Vec<Value> =
        (1..).zip(&newest).map(|(seq, id)| edit(seq, *id, 1, json!({"state": "verified"}))).collect();
    push(&checker, Uuid::now_v7(), &reviews);
    phone.pull(&checker, 200);
    phone.assert_holds_window(&checker);
    assert_eq!(phone.entries().len(), usize::try_from(count).unwrap() - newest.len(), "all that still wait");
}

/// A cursor of either kind continues as the other.
#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn app_that_starts_or_stops_using_windows_loses_nothing(#[case] database: Database) {
    let env = accounts(database);
    let server = env.serve(&[]);
    let [county, moyang] = ["county", "moyang"].map(|name| server.sign_in(name));
    let year = this_year();
    let recorded: Vec<Value> = (0..8)
        .map(|number| entry(number + 1, Uuid::now_v7(), MOYANG, &format!("{}-01-01", year - (number as i32) % 4)))
        .collect();
    push(&county, Uuid::now_v7(), &recorded);
    let entries = |records: &[Value]| -> BTreeSet<String> {
        let alive = records.iter().filter(|record| record["kind"] == "entry" && record["deleted"] == false);
        alive.map(|record| record["id"].as_str().unwrap().to_owned()).collect()
    };
    let (records, cursor) = moyang.pull(None, 3);
    let received = entries(&records);
    assert!(received.len() >= recorded.len());
    let mut phone = Phone::new(&moyang);
    phone.cursor = Some(cursor);
    phone.replica = records
        .into_iter()
        .map(|record| serde_json::from_value::<Record>(record).unwrap())
        .map(|record| (record.id, record))
        .collect();
    phone.pull(&moyang, 3);
    phone.assert_holds_window(&moyang);
    assert_eq!((phone.windows, phone.received), (1, 0), "it had everything");
    let (records, _) = moyang.pull(phone.cursor.as_deref(), 3);
    assert_eq!(entries(&records), received, "an app without windows receives everything");
    assert_eq!(moyang.get("/api/v1/sync/pull?window=tablet").status(), 400);
}

/// Restores the schema of the release before windows.
const REMOVE_DAYS: [&str; 9] = [
    "DROP INDEX record_undated",
    "DROP INDEX record_review",
    "DROP INDEX record_author",
    "DROP INDEX record_place_change",
    "DROP INDEX record_moved",
    "DROP INDEX conflict_account",
    "DROP INDEX record_place",
    "ALTER TABLE record DROP COLUMN day",
    "CREATE INDEX record_place ON record (place, month)",
];

#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn database_of_previous_release_receives_the_days(#[case] database: Database) {
    let env = accounts(database);
    let (server, year) = (env.serve(&[]), this_year());
    let entries = [year, year - 1, year - 4].map(|year| (Uuid::now_v7(), format!("{year}-02-28")));
    let recorded: Vec<Value> = entries.iter().zip(1..).map(|((id, date), seq)| entry(seq, *id, MOYANG, date)).collect();
    push(&server.sign_in("county"), Uuid::now_v7(), &recorded);
    drop(server);
    REMOVE_DAYS.iter().for_each(|statement| env.sql(statement));
    if database == Database::Postgres {
        env.sql("ALTER TABLE place ALTER COLUMN code TYPE TEXT COLLATE \"default\"");
    }
    env.sql("DELETE FROM _sqlx_migrations WHERE version = 41");
    let server = env.serve(&[]);
    let moyang = server.sign_in("moyang");
    let mut phone = Phone::new(&moyang);
    phone.pull(&moyang, 500);
    phone.assert_holds_window(&moyang);
    assert_eq!(entries.map(|(id, _)| phone.holds(id)), [true, true, false]);
}

/// After many changes outside the scope, those within it are found without reading the others.
#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn narrow_scope_pays_nothing_for_changes_elsewhere(#[case] database: Database) {
    let env = accounts(database);
    let server = env.serve(&[]);
    let [county, moyang] = ["county", "moyang"].map(|name| server.sign_in(name));
    let mut phone = Phone::new(&moyang);
    phone.pull(&moyang, 500);
    let (_, cursor) = moyang.pull(None, 500);
    env.insert_entries(database, &format!("'{BIANYANG}'"), 30);
    let (inside, outside) = (Uuid::now_v7(), Uuid::now_v7());
    let date = format!("{}-01-01", this_year());
    push(&county, Uuid::now_v7(), &[entry(1, outside, BIANYANG, &date), entry(2, inside, MOYANG, &date)]);
    for (window, cursor) in [("&window=phone", phone.cursor.clone().unwrap()), ("", cursor)] {
        let page = moyang.read(&format!("/api/v1/sync/pull?limit=500&cursor={cursor}{window}"));
        let ids: Vec<&Value> = page["records"].as_array().unwrap().iter().map(|record| &record["id"]).collect();
        assert_eq!((ids, &page["more"]), (vec![&json!(inside)], &json!(false)), "one page `{window}`");
    }
}

/// The queries of listing, bounds and feed, as `server/src/db/records/pull/` puts them together.
#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn every_query_of_a_window_uses_an_index(#[case] database: Database) {
    let env = accounts(database);
    let _server = env.serve(&[]);
    env.insert_entries(database, "p.code", 9);
    if database == Database::Postgres {
        env.sql("ANALYZE");
    }
    let id = if database == Database::Sqlite { "x'00'" } else { "'00000000-0000-0000-0000-000000000000'" };
    let at_places = |condition: &str| match database {
        Database::Sqlite => format!(
            "FROM (SELECT code FROM place WHERE code >= '{MOYANG}' AND code < '{MOYANG}:') p CROSS JOIN record r
             WHERE r.place = p.code {condition}"
        ),
        Database::Postgres => format!(
            "FROM (SELECT code FROM place WHERE code >= '{MOYANG}' AND code < '{MOYANG}:') p CROSS JOIN LATERAL
             (SELECT r.change, r.id, r.day FROM record r WHERE r.place = p.code {condition} OFFSET 0) r"
        ),
    };
    let waiting = "AND NOT r.deleted AND r.kind = 'entry' AND r.state <> 'verified' AND r.state <> 'returned'";
    let order = "ORDER BY r.day DESC, r.change DESC LIMIT 500";
    let [recent, day] = ["AND r.day >= '2026-01-01'", "AND r.day = '2026-01-01'"];
    let moved = "(r.former <> '[]' OR (r.kind <> 'entry' AND r.kind <> 'need'))";
    let [until, known] = ["r.change <= 15000", "+r.change <= 15000"];
    let count =
        |condition: &str| format!("SELECT COUNT(*) FROM (SELECT 1 AS one {} LIMIT 3001) t", at_places(condition));
    let queries = [
        ("record_place", count(&format!("AND NOT r.deleted {recent}"))),
        ("record_review", count(&format!("{waiting} {recent}"))),
        (
            "record_place",
            format!(
                "SELECT r.id {} ORDER BY r.id DESC LIMIT 1 OFFSET 9",
                at_places(&format!("AND NOT r.deleted {day}"))
            ),
        ),
        (
            "record_place",
            format!("SELECT r.change {} {order}", at_places(&format!("AND NOT r.deleted {recent} AND {known}"))),
        ),
        ("record_review", format!("SELECT r.change {} {order}", at_places(&format!("{waiting} {recent} AND {known}")))),
        (
            "record_author",
            format!(
                "SELECT r.id FROM record r WHERE r.author = {id} AND r.kind = 'entry' AND NOT r.deleted
                 AND (r.state <> 'verified' OR r.day >= '2025-01-01') AND {known} {order}"
            ),
        ),
        (
            "record_moved",
            format!(
                "SELECT r.id FROM record r WHERE {moved} AND r.kind <> 'entry' AND r.kind <> 'need' AND NOT r.deleted
                 AND {until} ORDER BY r.change DESC LIMIT 500"
            ),
        ),
        ("record_place_change", format!("SELECT r.change {}", at_places(&format!("AND r.change > 5 AND {until}")))),
        ("record_author", format!("SELECT r.change FROM record r WHERE r.author = {id} AND r.change > 5 AND {until}")),
        ("record_moved", format!("SELECT r.change FROM record r WHERE {moved} AND r.change > 5 AND {until}")),
        ("record_undated", "SELECT r.id FROM record r WHERE r.day = '' AND r.change > 5 ORDER BY r.change".to_owned()),
        // PostgreSQL may prefer the primary key, which begins with the account as well.
        ("", format!("SELECT r.record FROM conflict r WHERE r.account = {id} AND r.settled_at IS NULL")),
    ];
    for (index, query) in queries {
        let plan = env.plan_of(&query);
        let mut words = plan.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        assert!(index.is_empty() || words.any(|word| word == index), "{index} is not used by {query}:\n{plan}");
        assert!(!plan.contains("Seq Scan on record") && !plan.contains("Seq Scan on conflict"), "{query}:\n{plan}");
        assert!(
            !plan.lines().any(|line| line.contains("SCAN r") && !line.contains("record_moved")),
            "{query}:\n{plan}"
        );
    }
}
