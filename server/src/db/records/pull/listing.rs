//! The records of a window, newest first, found by indexes. The feed is not read.

use super::feed_page::FeedPage;
use super::page::{COLUMNS, Row, Rows};
use crate::db::records::cursor::Cursor;
use crate::db::records::room::{Room, signed};
use crate::db::records::statement::Statement;
use crate::db::{Db, Result};
use jiedui_core::access::user::User;
use jiedui_core::sync::Window;
use jiedui_core::sync::window::{Listing, Part, Progress};
use jiedui_core::values::date::format_date;

/// Steps of a listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Part(Part),
    /// Records outside the window on which the user has an unresolved conflict.
    Conflicts,
}

const STEPS: [Step; 5] = [
    Step::Part(Part::Directory),
    Step::Part(Part::Author),
    Step::Conflicts,
    Step::Part(Part::Reviews),
    Step::Part(Part::Places),
];

/// Returns at most `limit` records of a listing. The feed follows it.
pub(super) async fn next(db: &Db, user: &User, mut cursor: Cursor, limit: usize) -> Result<FeedPage> {
    let base = cursor.change;
    let mut records = Vec::new();
    let mut listed = None;
    if let Some(progress) = &mut cursor.progress {
        let mut room = Room::new(limit);
        while let Some(mut listing) = progress.listing.clone().filter(|_| !room.is_full(records.len())) {
            let Some(step) = STEPS.get(usize::from(listing.step)).copied() else {
                progress.listing = None;
                break;
            };
            let wanted = room.rows(records.len());
            let rows = read(db, user, &progress.window, step, base, &listing, wanted).await?;
            let is_last = rows.len() < wanted;
            room.adapt(rows.iter().map(|row| row.fields.len()));
            let mut is_cut = false;
            for row in rows {
                if room.is_full(records.len()) {
                    is_cut = true;
                    break;
                }
                (listing.day, listing.change) = (row.day.clone(), row.change);
                if is_sent(user, progress, step, &row) {
                    room.add(row.fields.len());
                    listing.sent += 1;
                    records.extend(row.record());
                }
            }
            progress.listing = Some(if is_last && !is_cut {
                Listing { step: listing.step + 1, sent: listing.sent, ..Listing::default() }
            } else {
                listing
            });
        }
        let expected = progress.counts.places + progress.counts.reviews;
        listed = progress.listing.as_ref().map(|listing| (listing.sent, expected.max(listing.sent)));
        if listed.is_none() {
            progress.before = None;
        }
    }
    Ok(FeedPage { records, left: Vec::new(), window: None, cursor, more: true, listed })
}

/// Returns whether a step sends a record: its first part is that step's, and the client lacks it.
fn is_sent(user: &User, progress: &Progress, step: Step, row: &Row) -> bool {
    let facts = row.facts();
    match step {
        Step::Part(part) => progress.window.part(user.id, &facts) == Some(part) && progress.lists(user.id, &facts),
        Step::Conflicts => progress.window.shows(user.id, &facts) && !progress.window.holds(user.id, &facts),
    }
}

/// Reads the next rows of a step, as they stood at the change `base` or earlier. Later changes are in the feed.
async fn read(db: &Db, user: &User, window: &Window, step: Step, base: i64, after: &Listing, wanted: usize) -> Rows {
    let mut statement = Statement::new(db, "SELECT ");
    statement.text(COLUMNS);
    let bounds = &window.bounds;
    match step {
        Step::Part(Part::Directory) => {
            statement.text(" FROM record r WHERE (r.former <> '[]' OR (r.kind <> 'entry' AND r.kind <> 'need'))");
            statement.text(" AND r.kind <> 'entry' AND r.kind <> 'need' AND NOT r.deleted");
            after_change(&mut statement, base, after).text(" ORDER BY r.change DESC LIMIT ").number(signed(wanted));
            return statement.rows(db).await;
        }
        Step::Part(Part::Author) => {
            statement.text(" FROM record r WHERE r.author = ").id(user.id);
            statement.text(" AND r.kind = 'entry' AND NOT r.deleted AND (r.state <> 'verified' OR r.day >= ");
            statement.bind(&format_date(bounds.author_since)).text(")");
            newest(after_day(&mut statement, base, after), wanted);
            return statement.rows(db).await;
        }
        Step::Conflicts => {
            statement.text(" FROM record r WHERE r.id IN (SELECT record FROM conflict WHERE account = ").id(user.id);
            statement.text(" AND settled_at IS NULL) AND NOT r.deleted");
            after_change(&mut statement, base, after).text(" ORDER BY r.change DESC LIMIT ").number(signed(wanted));
            return statement.rows(db).await;
        }
        Step::Part(Part::Reviews) if !window.reviews => return Ok(Vec::new()),
        Step::Part(part) => {
            let since = if part == Part::Reviews { bounds.review_since } else { bounds.place_since };
            statement
                .text(" FROM (SELECT r.change")
                .places(&window.visibility, "r.change, r.day")
                .text(" AND NOT r.deleted");
            if part == Part::Reviews {
                statement.text(WAITING);
            }
            statement.text(" AND r.day >= ").bind(&format_date(since.day)).programmes(&window.visibility);
            newest(after_day(&mut statement, base, after).end_places(), wanted);
            statement.text(") k CROSS JOIN record r WHERE r.change = k.change ORDER BY r.day DESC, r.change DESC");
        }
    }
    statement.rows(db).await
}

/// Entries that wait for review, by the index `record_review`.
pub(super) const WAITING: &str = " AND r.kind = 'entry' AND r.state <> 'verified' AND r.state <> 'returned'";

/// Appends the condition that a row comes after the last one, in the order of changes.
fn after_change<'a>(statement: &'a mut Statement, base: i64, after: &Listing) -> &'a mut Statement {
    let before = if after.change == 0 { i64::MAX } else { after.change };
    statement.text(" AND r.change <= ").number(base).text(" AND r.change < ").number(before)
}

/// The same in the order of days. The sign keeps SQLite from searching by the change number: an index finds the days.
fn after_day<'a>(statement: &'a mut Statement, base: i64, after: &Listing) -> &'a mut Statement {
    statement.text(" AND +r.change <= ").number(base);
    if after.change > 0 {
        let day = &after.day;
        statement.text(" AND r.day <= ").bind(day).text(" AND (r.day < ").bind(day);
        statement.text(" OR r.change < ").number(after.change).text(")");
    }
    statement
}

fn newest(statement: &mut Statement, wanted: usize) {
    statement.text(" ORDER BY r.day DESC, r.change DESC LIMIT ").number(signed(wanted));
}
