//! Pages that the server paints, under many requests at once.

#![allow(missing_docs, clippy::unwrap_used)]

use jiedui_tests::{Database, TestEnv};
use std::thread;

/// Pages with forms hold values of the browser, which only the thread that made them may drop.
const PAGES: [&str; 8] = [
    "/",
    "/entries/new/field_survey",
    "/needs/new",
    "/organisations/new",
    "/pairings/new",
    "/catalogue/activities/field_survey",
    "/import",
    "/sign-in",
];
/// Requests by each thread; enough that some page moves from one thread of the server to another.
const ROUNDS: usize = 15;

/// A thread of the server that panicked would fail the test, too.
#[test]
fn painted_pages_are_complete_under_concurrent_requests() {
    let env = TestEnv::new(Database::Sqlite);
    env.add_user("head", "admin", &[]);
    env.add_user("village", "recorder", &["--place", "522728"]);
    let server = env.serve(&[]);
    let clients = ["head", "village", "head", "village"].map(|name| server.sign_in(name));
    thread::scope(|scope| {
        for client in &clients {
            scope.spawn(move || {
                for page in PAGES.iter().cycle().take(ROUNDS * PAGES.len()) {
                    let answer = client.get(page);
                    assert_eq!(answer.status(), 200, "{page}");
                    let html = answer.text().unwrap();
                    assert!(html.contains("</html>"), "{page} was cut off after {} bytes", html.len());
                    assert!(html.contains("<main"), "{page} is painted");
                }
            });
        }
    });
}
