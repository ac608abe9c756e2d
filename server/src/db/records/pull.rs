//! The change feed: every record that a user may see, in the order of its last change.

use crate::db::records::cursor::{Cursor, Visibility};
use crate::db::{Db, Result, records::stored, with_db};
use jiedui_core::access::user::User;
use jiedui_core::sync::Kind;
use sqlx::FromRow;
use uuid::Uuid;

/// Rows read at a time.
const PAGE: usize = 1_000;
/// The most bytes of fields in one answer, but for the last record's.
const PAGE_SIZE: usize = 4 << 20;
/// The most rows looked at for one answer, so that one for a small scope of a large database does not take long.
const LOOKED_AT: usize = 20 * PAGE;

/// A record on its way out, its fields as the JSON that they are stored as.
#[derive(Debug, PartialEq)]
pub struct FeedItem {
    /// Its kind.
    pub kind: Kind,
    /// Its identifier.
    pub id: Uuid,
    /// How often it has changed.
    pub rev: u64,
    /// Its fields; `None` once deleted, or gone from this user's sight.
    pub fields: Option<String>,
}

/// Changes since a cursor.
#[derive(Debug)]
pub struct FeedPage {
    /// The changed records, oldest change first.
    pub records: Vec<FeedItem>,
    /// Where to go on from.
    pub cursor: Cursor,
    /// Whether there is more already.
    pub more: bool,
}

#[derive(FromRow)]
struct Row {
    change: i64,
    id: Uuid,
    #[sqlx(try_from = "String")]
    kind: Kind,
    rev: i64,
    fields: String,
    deleted: bool,
    author: Option<Uuid>,
    programme: String,
    place: String,
    former: String,
}

/// At most `limit` records after the cursor.
pub async fn pull(db: &Db, user: &User, mut cursor: Cursor, limit: usize) -> Result<FeedPage> {
    let first_pull = cursor.change == 0 && cursor.before.is_none();
    let query = "SELECT change, id, kind, rev, fields, deleted, author, programme, place, former FROM record
        WHERE change > $1 ORDER BY change LIMIT $2";
    let (mut records, mut looked_at, mut more) = (Vec::new(), 0, true);
    // Large records are read a few at a time.
    let (mut sized, mut room) = (0, PAGE / 10);
    while more && records.len() < limit && looked_at < LOOKED_AT && sized <= PAGE_SIZE {
        // One more than is wanted tells whether there is more.
        let wanted = (limit - records.len() + 1).clamp(PAGE / 10, PAGE).min(room);
        let size = i64::try_from(wanted).unwrap_or(i64::MAX);
        let rows: Vec<Row> =
            with_db!(replica db, |pool| sqlx::query_as(query).bind(cursor.change).bind(size).fetch_all(pool).await?);
        looked_at += wanted;
        more = rows.len() >= wanted;
        let average = rows.iter().map(|row| row.fields.len()).sum::<usize>() / rows.len().max(1);
        room = (PAGE_SIZE / average.max(1)).clamp(PAGE / 60, PAGE);
        for row in rows {
            if records.len() >= limit || sized > PAGE_SIZE {
                more = true;
                break;
            }
            cursor.change = row.change;
            sized += row.fields.len();
            records.extend(sent(row, user, &cursor, first_pull)?);
        }
    }
    if !more {
        cursor.before = None;
    }
    Ok(FeedPage { records, cursor, more })
}

/// Returns the user's view of a record: its current state, a deletion, or nothing.
fn sent(row: Row, user: &User, cursor: &Cursor, first_pull: bool) -> Result<Option<FeedItem>> {
    let Row { id, kind, rev, fields, deleted, author, programme, place, former, .. } = row;
    let Some(rev) = stored::omit_unreadable(stored::unsigned(kind.as_str(), id, "rev", rev))? else { return Ok(None) };
    let is_author = author == Some(user.id);
    let visible =
        !matches!(kind, Kind::Entry | Kind::LedgerItem) || is_author || cursor.visibility.has(&place, &programme);
    if visible && !deleted {
        // An unreadable record would make the whole page unreadable.
        if !stored::is_object(kind.as_str(), id, &fields) {
            return Ok(None);
        }
        return Ok(Some(FeedItem { kind, id, rev, fields: Some(fields) }));
    }
    let former: Vec<(String, String)> = stored::read(kind.as_str(), id, &former).unwrap_or_default();
    let was_sent_under = |old: &Visibility| {
        old.has(&place, &programme) || former.iter().any(|(place, programme)| old.has(place, programme))
    };
    let was_visible = visible
        || former.iter().any(|(place, programme)| cursor.visibility.has(place, programme))
        || cursor.before.as_ref().is_some_and(|(old, _)| was_sent_under(old));
    Ok((was_visible && !first_pull).then_some(FeedItem { kind, id, rev, fields: None }))
}
