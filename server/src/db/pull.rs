//! The change feed: every record that a user may see, in the order of its last change.

use super::{Db, Result, on, stored};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiedui_core::domain::{Role, Scope, User};
use jiedui_core::sync::wire::{ENTRY, NEED};
use serde::{Deserialize, Serialize};
use sqlx::FromRow;
use uuid::Uuid;

/// Rows read at a time.
const PAGE: usize = 1_000;
/// The most rows looked at for one answer, so that one for a small scope of a large database does not take long.
const LOOKED_AT: usize = 20 * PAGE;

/// How far a client has followed the feed, and what its user could see by then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cursor {
    #[serde(rename = "u")]
    user: Uuid,
    /// The life of the database in which it was given out.
    #[serde(rename = "e", default)]
    epoch: i64,
    #[serde(rename = "c")]
    change: i64,
    #[serde(rename = "s")]
    sight: Sight,
    /// What it could see before its rights changed, and how far it had come: up to there the feed is told once more.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    before: Option<(Sight, i64)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Sight {
    all: bool,
    scope: Scope,
}

impl Sight {
    fn of(user: &User) -> Self {
        Self { all: user.role == Role::Admin, scope: user.scope.clone() }
    }

    fn has(&self, place: &str, programme: &str) -> bool {
        self.all || (self.scope.has_place(place) && self.scope.has_programme(programme))
    }
}

impl Cursor {
    /// The start of the feed.
    pub fn start(user: &User, epoch: i64) -> Self {
        Self { user: user.id, epoch, change: 0, sight: Sight::of(user), before: None }
    }

    /// Reads a cursor of this user's and of this life of the database; `None` if it is none.
    pub fn parse(text: &str, user: &User, epoch: i64) -> Option<Self> {
        let cursor: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        if cursor.user != user.id || cursor.epoch != epoch || cursor.change < 0 {
            return None;
        }
        let sight = Sight::of(user);
        if cursor.sight == sight {
            return Some(cursor);
        }
        // Whatever was sent under either sight may be on the phone.
        let until = cursor.before.as_ref().map_or(cursor.change, |(_, until)| cursor.change.max(*until));
        let old = match cursor.before {
            Some((older, _)) => Sight {
                all: older.all || cursor.sight.all,
                scope: Scope {
                    places: union(older.scope.places, cursor.sight.scope.places),
                    programmes: union(older.scope.programmes, cursor.sight.scope.programmes),
                },
            },
            None => cursor.sight,
        };
        Some(Self { user: user.id, epoch, change: 0, sight, before: Some((old, until)) })
    }

    /// Where a client stands that has followed the feed up to a change.
    pub fn at(user: &User, epoch: i64, change: i64) -> Self {
        Self { change, ..Self::start(user, epoch) }
    }

    /// The number of the last change that the client has.
    pub fn position(&self) -> i64 {
        self.change
    }

    /// The life of the database in which it was given out.
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    /// As it stands on the wire.
    pub fn encode(&self) -> Result<String> {
        Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(self)?))
    }
}

/// The codes of both; an empty list means all and swallows the other.
fn union(one: Vec<String>, other: Vec<String>) -> Vec<String> {
    if one.is_empty() || other.is_empty() { Vec::new() } else { [one, other].concat() }
}

/// A record on its way out, its fields as the JSON that they are stored as.
#[derive(Debug, PartialEq)]
pub struct Outgoing {
    /// Its kind.
    pub kind: String,
    /// Its identifier.
    pub id: Uuid,
    /// How often it has changed.
    pub rev: i64,
    /// Its fields; `None` once deleted, or gone from this user's sight.
    pub fields: Option<String>,
}

/// What has changed since a cursor.
#[derive(Debug)]
pub struct Page {
    /// The changed records, oldest change first.
    pub records: Vec<Outgoing>,
    /// Where to go on from.
    pub cursor: Cursor,
    /// Whether there is more already.
    pub more: bool,
}

#[derive(FromRow)]
struct Row {
    change: i64,
    id: Uuid,
    kind: String,
    rev: i64,
    fields: String,
    deleted: bool,
    author: Option<Uuid>,
    programme: String,
    place: String,
    former: String,
}

/// At most `limit` records after the cursor.
pub async fn pull(db: &Db, user: &User, mut cursor: Cursor, limit: usize) -> Result<Page> {
    let first_pull = cursor.change == 0 && cursor.before.is_none();
    let query = "SELECT change, id, kind, rev, fields, deleted, author, programme, place, former FROM record
        WHERE change > $1 ORDER BY change LIMIT $2";
    let (mut records, mut looked_at, mut more) = (Vec::new(), 0, true);
    while more && records.len() < limit && looked_at < LOOKED_AT {
        // One more than is wanted tells whether there is more.
        let wanted = (limit - records.len() + 1).clamp(PAGE / 10, PAGE);
        let size = i64::try_from(wanted).unwrap_or(i64::MAX);
        let rows: Vec<Row> =
            on!(read db, |pool| sqlx::query_as(query).bind(cursor.change).bind(size).fetch_all(pool).await?);
        looked_at += wanted;
        more = rows.len() >= wanted;
        for row in rows {
            if records.len() >= limit {
                more = true;
                break;
            }
            cursor.change = row.change;
            records.extend(sent(row, user, &cursor, first_pull)?);
        }
    }
    if !more {
        cursor.before = None;
    }
    Ok(Page { records, cursor, more })
}

/// What the user is told of a record: as it stands, that it is gone, or nothing.
fn sent(row: Row, user: &User, cursor: &Cursor, first_pull: bool) -> Result<Option<Outgoing>> {
    let Row { id, kind, rev, fields, deleted, author, programme, place, former, .. } = row;
    let own = author == Some(user.id);
    let visible = kind != ENTRY && kind != NEED || own || cursor.sight.has(&place, &programme);
    if visible && !deleted {
        // One that is spoilt would spoil the whole page.
        if !stored::is_object(&kind, id, &fields) {
            return Ok(None);
        }
        return Ok(Some(Outgoing { kind, id, rev, fields: Some(fields) }));
    }
    let former: Vec<(String, String)> = stored::read(&kind, id, &former).unwrap_or_default();
    let told = |sight: &Sight| {
        sight.has(&place, &programme) || former.iter().any(|(place, programme)| sight.has(place, programme))
    };
    let was_visible = visible
        || former.iter().any(|(place, programme)| cursor.sight.has(place, programme))
        || cursor.before.as_ref().is_some_and(|(old, _)| told(old));
    Ok((was_visible && !first_pull).then_some(Outgoing { kind, id, rev, fields: None }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(places: &[&str]) -> User {
        let places = places.iter().map(|code| (*code).to_owned()).collect();
        User {
            id: Uuid::from_u128(1),
            username: String::new(),
            name: String::new(),
            role: Role::Recorder,
            scope: Scope { places, programmes: Vec::new() },
        }
    }

    #[test]
    fn a_cursor_reads_back_and_a_strangers_does_not() {
        let owner = user(&["522728"]);
        let cursor = Cursor { change: 7, ..Cursor::start(&owner, 3) };
        let text = cursor.encode().unwrap();
        assert_eq!(Cursor::parse(&text, &owner, 3), Some(cursor));
        assert_eq!(Cursor::parse(&text, &User { id: Uuid::from_u128(2), ..owner.clone() }, 3), None);
        assert_eq!(Cursor::parse(&text, &owner, 4), None, "the database was put back from a copy");
        assert_eq!(Cursor::parse("nonsense", &owner, 3), None);
    }

    #[test]
    fn a_change_of_rights_tells_the_feed_once_more() {
        let cursor = Cursor { change: 7, ..Cursor::start(&user(&["522728"]), 3) };
        let moved = Cursor::parse(&cursor.encode().unwrap(), &user(&["520111"]), 3).unwrap();
        assert_eq!((moved.change, moved.before.as_ref().map(|(_, until)| *until)), (0, Some(7)));
        let again = Cursor::parse(&moved.encode().unwrap(), &user(&["520112"]), 3).unwrap();
        let (old, until) = again.before.unwrap();
        assert!(old.has("522728109", "health") && old.has("520111", "health") && until == 7);
    }
}
