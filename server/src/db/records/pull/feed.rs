//! The records that have changed after a cursor.

use super::feed_page::{FeedItem, FeedPage};
use super::page::{COLUMNS, Row, Rows};
use crate::db::feed::last_change;
use crate::db::records::conflict;
use crate::db::records::cursor::Cursor;
use crate::db::records::room::{ROWS, Room, signed};
use crate::db::records::statement::Statement;
use crate::db::{Db, Result, with_db};
use jiedui_core::access::user::User;
use jiedui_core::access::visibility::Visibility;
use jiedui_core::sync::Kind;
use jiedui_core::sync::window::{Change, News, Progress};
use uuid::Uuid;

/// Maximum number of rows read for one answer, which bounds its time for a small scope of a large database.
const LOOKED_AT: usize = 20 * ROWS;
/// Changes after a cursor above which those within the scope are found by an index, and the others are not read.
const LARGE_BACKLOG: i64 = 2_000;

/// Returns at most `limit` records after the cursor.
pub(super) async fn next(db: &Db, user: &User, mut cursor: Cursor, limit: usize) -> Result<FeedPage> {
    let first_pull = cursor.change == 0 && cursor.before.is_none();
    let (mut records, mut left) = (Vec::new(), Vec::new());
    let (mut room, mut looked_at, mut more) = (Room::new(limit), 0, true);
    let mut conflicts = None;
    let mut walk = Walk::new(db, user, &cursor).await?;
    while more && !room.is_full(records.len() + left.len()) && looked_at < LOOKED_AT {
        let wanted = room.rows(records.len() + left.len());
        looked_at += wanted;
        let rows = walk.rows(db, cursor.change, wanted).await?;
        more = rows.more;
        room.adapt(rows.rows.iter().map(|row| row.fields.len()));
        for row in rows.rows {
            if room.is_full(records.len() + left.len()) {
                more = true;
                break;
            }
            cursor.change = row.change;
            room.add(row.fields.len());
            let Some(progress) = &mut cursor.progress else {
                records.extend(sent(row, user, &cursor, first_pull));
                continue;
            };
            match news(db, user, &row, progress, &mut conflicts).await? {
                News::Nothing => continue,
                News::Record => records.extend(row.record()),
                News::Deleted => records.extend(row.deletion()),
                News::Left => left.push(row.id),
            }
            progress.counts.seen += 1;
        }
        if let (Some(until), false) = (rows.until, more || room.is_full(records.len() + left.len())) {
            cursor.change = cursor.change.max(until);
            more = !walk.is_over(until);
        }
    }
    if !more {
        cursor.before = None;
    }
    Ok(FeedPage { records, left, window: None, cursor, more, listed: None })
}

/// Returns the statement about a changed record to the client of a window. The user's conflicts are read when they first matter.
async fn news(db: &Db, user: &User, row: &Row, progress: &Progress, conflicts: &mut Option<Vec<Uuid>>) -> Result<News> {
    let former = row.former();
    let change = Change { facts: row.facts(), deleted: row.deleted, is_new: row.rev == 1, former: &former };
    let news = progress.window.news(user.id, &change, false);
    if news != News::Left {
        return Ok(news);
    }
    let waiting = match conflicts {
        Some(waiting) => waiting,
        None => conflicts.insert(conflict::records_of_account(db, user.id).await?),
    };
    Ok(if waiting.contains(&row.id) { News::Record } else { News::Left })
}

/// Returns the user's view of a record: its current state, a deletion, or nothing.
fn sent(row: Row, user: &User, cursor: &Cursor, first_pull: bool) -> Option<FeedItem> {
    let has = |visibility: &Visibility| visibility.has(&row.place, &row.programme);
    let visible =
        !matches!(row.kind, Kind::Entry | Kind::LedgerItem) || row.author == Some(user.id) || has(&cursor.visibility);
    if visible && !row.deleted {
        return row.record();
    }
    let former = row.former();
    let stood_in = |visibility: &Visibility| former.iter().any(|(place, programme)| visibility.has(place, programme));
    let was_visible = visible
        || stood_in(&cursor.visibility)
        || cursor.before.as_ref().is_some_and(|(old, _)| has(old) || stood_in(old));
    if was_visible && !first_pull { row.deletion() } else { None }
}

/// Rows in the order of their changes.
struct Page {
    rows: Vec<Row>,
    /// Whether there may be more rows.
    more: bool,
    /// The change up to which all rows were read, where changes outside the scope were skipped.
    until: Option<i64>,
}

/// Walk through the feed: every row, or only those within the scope of a user.
enum Walk {
    Everything,
    Scope {
        user: Uuid,
        visibility: Visibility,
        /// The last change when the walk began.
        last: i64,
        /// Changes to search at a time: more as long as few are found, so that no statement sorts many.
        step: i64,
    },
}

impl Walk {
    async fn new(db: &Db, user: &User, cursor: &Cursor) -> Result<Self> {
        let visibility = cursor.progress.as_ref().map_or(&cursor.visibility, |progress| &progress.window.visibility);
        // A changed scope needs the deletions of the scope before.
        if visibility.all || visibility.scope.places.is_empty() || cursor.before.is_some() {
            return Ok(Self::Everything);
        }
        let last = last_change(db).await?;
        if last - cursor.change <= LARGE_BACKLOG {
            return Ok(Self::Everything);
        }
        Ok(Self::Scope { user: user.id, visibility: visibility.clone(), last, step: signed(LOOKED_AT) })
    }

    fn is_over(&self, change: i64) -> bool {
        matches!(self, Self::Scope { last, .. } if change >= *last)
    }

    async fn rows(&mut self, db: &Db, after: i64, wanted: usize) -> Result<Page> {
        match self {
            Self::Everything => {
                let rows = everything(db, after, wanted).await?;
                Ok(Page { more: rows.len() >= wanted, rows, until: None })
            }
            Self::Scope { user, visibility, last, step } => {
                let until = after.saturating_add(*step).min(*last);
                let rows = within_scope(db, *user, visibility, after, until, wanted).rows(db).await?;
                *step = step.saturating_mul(2);
                Ok(Page { more: rows.len() >= wanted, rows, until: Some(until) })
            }
        }
    }
}

async fn everything(db: &Db, after: i64, wanted: usize) -> Rows {
    let query =
        sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM record r WHERE r.change > $1 ORDER BY r.change LIMIT $2"));
    Ok(with_db!(replica db, |pool| sqlx::query_as(query).bind(after).bind(signed(wanted)).fetch_all(pool).await?))
}

/// Changes at the places of a scope, of the user's own records, and of records that everybody sees or that have moved.
fn within_scope(db: &Db, user: Uuid, visibility: &Visibility, after: i64, until: i64, wanted: usize) -> Statement {
    let mut statement = Statement::new(db, "SELECT ");
    let between = |statement: &mut Statement, column: &str| {
        statement.text(" AND ").text(column).text(" > ").number(after);
        statement.text(" AND ").text(column).text(" <= ").number(until);
    };
    statement.text(COLUMNS).text(" FROM (SELECT r.change").places(visibility, "r.change");
    between(&mut statement, "r.change");
    statement.end_places().text(" UNION SELECT change FROM record WHERE author = ").id(user);
    between(&mut statement, "change");
    statement.text(" UNION SELECT change FROM record WHERE (former <> '[]' OR (kind <> 'entry' AND kind <> 'need'))");
    between(&mut statement, "change");
    statement.text(" ORDER BY 1 LIMIT ").number(signed(wanted));
    statement.text(") k CROSS JOIN record r WHERE r.change = k.change ORDER BY r.change");
    statement
}
