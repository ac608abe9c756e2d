//! Query plans: the queries that grow with the number of entries use an index on both databases.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Database, served};
use rstest::rstest;

/// Checks the queries of year packs. PostgreSQL sorts texts in a language's order, so that it needs other indexes for prefixes.
#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn queries_of_year_packs_use_an_index(#[case] database: Database) {
    let (env, _server, _api) = served(database);
    let id = if database == Database::Sqlite { "x'00'" } else { "'00000000-0000-0000-0000-000000000000'" };
    for (query, index) in [
        ("SELECT * FROM figure_sum WHERE year = 2026 AND change > 5", "figure_sum_change"),
        ("SELECT * FROM figure_latest WHERE year = 2026 AND change > 5", "figure_latest_change"),
        ("SELECT * FROM figure_range WHERE year = 2026 AND change > 5", "figure_range_change"),
        ("SELECT * FROM figure_subject WHERE year = 2026 AND change > 5", "figure_subject_change"),
        ("SELECT * FROM figure_subject WHERE +year = 2026 AND scope = 'at:522728'", "figure_subject_scope"),
        ("SELECT * FROM map_count WHERE year = 2026 AND change > 5", "map_count_change"),
        (
            "SELECT * FROM part WHERE grain = 'town' AND apart <> '' AND indicator = 'x' AND apart >= 'latest 2026-01' \
             AND apart < 'latest 2026-01:' AND NOT verified AND entries > 0 ORDER BY apart DESC LIMIT 200",
            "part_apart",
        ),
        (&format!("SELECT * FROM part WHERE grain || '' = 'town' AND pairing IN ({id})"), "part_pairing"),
        (&format!("SELECT * FROM tally WHERE pairing IN ({id})"), "tally_pairing"),
        (&format!("SELECT * FROM tally WHERE organisation IN ({id})"), "tally_organisation"),
    ] {
        let plan = env.plan_of(query);
        assert!(plan.contains(index), "{query}: {plan}");
    }
    for query in [
        "SELECT * FROM figure_sum WHERE year = 2026 AND piece = '522728'",
        "SELECT * FROM figure_latest WHERE year = 2026 AND piece = '522728'",
        "SELECT * FROM figure_range WHERE year = 2026 AND piece = '522728' AND scope = 'at:522728'",
        "SELECT * FROM figure_subject WHERE year = 2026 AND indicator = 'x' AND subject = 'y'",
        "SELECT * FROM map_count WHERE year = 2026 AND place = ''",
    ] {
        let plan = env.plan_of(query);
        assert!(!plan.contains("SCAN") && !plan.contains("Seq Scan"), "{query}: {plan}");
    }
}

/// Checks queries that run at every start or change of the directory, and the search for unnamed photos.
#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn queries_at_start_use_an_index(#[case] database: Database) {
    let (env, _server, _api) = served(database);
    let directory =
        env.plan_of("SELECT id, fields FROM record WHERE kind = 'pairing' AND kind <> 'entry' AND NOT deleted");
    assert!(directory.contains("record_other"), "{directory}");
    let unnamed =
        env.plan_of("SELECT sha256 FROM attachment WHERE NOT named AND created_at < 5 ORDER BY created_at LIMIT 9");
    assert!(unnamed.contains("attachment_unnamed"), "{unnamed}");
    let account = if database == Database::Sqlite { "x'00'" } else { "'00000000-0000-0000-0000-000000000000'" };
    let sessions = env.plan_of(&format!("DELETE FROM session WHERE account = {account}"));
    assert!(sessions.contains("session_account"), "{sessions}");
    let of_account = env.plan_of(&format!(
        "SELECT token_hash FROM session WHERE account = {account} AND expires_at > 5 ORDER BY seen_at DESC"
    ));
    assert!(of_account.contains("session_account"), "{of_account}");
    let code = env.plan_of(&format!("SELECT code_hash FROM sign_in_code WHERE account = {account} AND expires_at > 5"));
    assert!(!code.to_lowercase().contains("scan sign_in_code") && !code.contains("Seq Scan"), "{code}");
    let photo = env.plan_of("SELECT record FROM attachment_reference WHERE sha256 = 'x'");
    assert!(!photo.to_lowercase().contains("scan attachment_reference") && !photo.contains("Seq Scan"), "{photo}");
}

/// Checks the lists of the audit trail, as `db::audit::list` puts them together.
#[rstest]
#[case(Database::Sqlite)]
#[case(Database::Postgres)]
fn lists_of_the_audit_trail_use_an_index(#[case] database: Database) {
    let (env, _server, _api) = served(database);
    let id = if database == Database::Sqlite { "x'00'" } else { "'00000000-0000-0000-0000-000000000000'" };
    let page = "AND (a.at, a.number) < (9, 9) ORDER BY a.at DESC, a.number DESC LIMIT 51";
    for (condition, index) in [
        (String::new(), "audit_at"),
        ("AND a.at >= 1 AND a.at < 9".to_owned(), "audit_at"),
        (format!("AND a.account = {id}"), "audit_account"),
        ("AND a.action = 'sign_in'".to_owned(), "audit_action"),
        (format!("AND a.account = {id} AND a.action = 'sign_in'"), "audit_account_action"),
    ] {
        let plan = env.plan_of(&format!("SELECT * FROM audit a WHERE a.at >= 0 {condition} {page}"));
        assert!(plan.contains(index) && !plan.contains("TEMP B-TREE"), "{condition}: {plan}");
    }
    let of_object = env.plan_of(
        "SELECT * FROM audit_object o CROSS JOIN audit a WHERE a.number = o.number AND o.object = 'entry/1' \
         AND (o.at, o.number) < (9, 9) ORDER BY o.at DESC, o.number DESC LIMIT 51",
    );
    assert!(
        !of_object.contains("SCAN") && !of_object.contains("Seq Scan") && !of_object.contains("TEMP B-TREE"),
        "{of_object}"
    );
}
