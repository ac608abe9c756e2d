//! The change feed: every record that a user may see, in the order of its last change.

use super::{Db, Result, on};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiedui_core::domain::entry::Fields;
use jiedui_core::domain::{Role, Scope, User};
use jiedui_core::sync::wire::ENTRY;
use jiedui_core::sync::{PullResponse, Record};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Rows read at a time.
const PAGE: i64 = 1_000;
/// The most rows looked at for one answer, so that one for a small scope of a large database does not take long.
const LOOKED_AT: i64 = 20 * PAGE;

/// How far a client has followed the feed, and what its user could see by then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cursor {
    #[serde(rename = "u")]
    user: Uuid,
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
    pub fn start(user: &User) -> Self {
        Self { user: user.id, change: 0, sight: Sight::of(user), before: None }
    }

    /// Reads a cursor of this user's; `None` if it is none.
    pub fn parse(text: &str, user: &User) -> Option<Self> {
        let cursor: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        if cursor.user != user.id || cursor.change < 0 {
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
        Some(Self { user: user.id, change: 0, sight, before: Some((old, until)) })
    }

    /// Where a client stands that has followed the feed up to a change.
    pub fn at(user: &User, change: i64) -> Self {
        Self { change, ..Self::start(user) }
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

type Row = (Uuid, String, i64, String, bool, i64, Option<Uuid>, String, String, String);

/// At most `limit` records after the cursor.
pub async fn pull(db: &Db, user: &User, mut cursor: Cursor, limit: usize) -> Result<PullResponse> {
    let first_pull = cursor.change == 0 && cursor.before.is_none();
    let query = "SELECT id, kind, rev, fields, deleted, change, author, programme, place, former FROM record
        WHERE change > $1 ORDER BY change LIMIT $2";
    let (mut records, mut looked_at, mut more) = (Vec::new(), 0, true);
    while more && records.len() < limit && looked_at < LOOKED_AT {
        let rows =
            on!(read db, |pool| sqlx::query_as::<_, Row>(query).bind(cursor.change).bind(PAGE).fetch_all(pool).await?);
        looked_at += PAGE;
        more = rows.len() >= usize::try_from(PAGE).unwrap_or_default();
        for row in rows {
            if records.len() >= limit {
                more = true;
                break;
            }
            cursor.change = row.5;
            records.extend(sent(row, user, &cursor, first_pull)?);
        }
    }
    if !more {
        cursor.before = None;
    }
    Ok(PullResponse { records, cursor: cursor.encode()?, more })
}

/// What the user is told of a record: as it stands, that it is gone, or nothing.
fn sent(row: Row, user: &User, cursor: &Cursor, first_pull: bool) -> Result<Option<Record>> {
    let (id, kind, rev, fields, deleted, _, author, programme, place, former) = row;
    let own = author == Some(user.id);
    let visible = kind != ENTRY || own || cursor.sight.has(&place, &programme);
    let rev = u64::try_from(rev).unwrap_or_default();
    if visible && !deleted {
        return Ok(Some(Record { kind, id, rev, fields: serde_json::from_str(&fields)?, deleted: false }));
    }
    let former: Vec<(String, String)> = serde_json::from_str(&former)?;
    let told = |sight: &Sight| {
        sight.has(&place, &programme) || former.iter().any(|(place, programme)| sight.has(place, programme))
    };
    let was_visible = visible
        || former.iter().any(|(place, programme)| cursor.sight.has(place, programme))
        || cursor.before.as_ref().is_some_and(|(old, _)| told(old));
    let gone = Record { kind, id, rev, fields: Fields::new(), deleted: true };
    Ok((was_visible && !first_pull).then_some(gone))
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
        let cursor = Cursor { change: 7, ..Cursor::start(&owner) };
        let text = cursor.encode().unwrap();
        assert_eq!(Cursor::parse(&text, &owner), Some(cursor));
        assert_eq!(Cursor::parse(&text, &User { id: Uuid::from_u128(2), ..owner.clone() }), None);
        assert_eq!(Cursor::parse("nonsense", &owner), None);
    }

    #[test]
    fn a_change_of_rights_tells_the_feed_once_more() {
        let cursor = Cursor { change: 7, ..Cursor::start(&user(&["522728"])) };
        let moved = Cursor::parse(&cursor.encode().unwrap(), &user(&["520111"])).unwrap();
        assert_eq!((moved.change, moved.before.as_ref().map(|(_, until)| *until)), (0, Some(7)));
        let again = Cursor::parse(&moved.encode().unwrap(), &user(&["520112"])).unwrap();
        let (old, until) = again.before.unwrap();
        assert!(old.has("522728109", "health") && old.has("520111", "health") && until == 7);
    }
}
