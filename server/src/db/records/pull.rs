//! The change feed: every record that a user may see, in the order of its last change.

use crate::db::{Db, DbError, Result, on, records::stored};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiedui_core::access::user::{Role, Scope, User};
use jiedui_core::sync::Kind;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::FromRow;
use std::fmt;
use uuid::Uuid;

/// Rows read at a time.
const PAGE: usize = 1_000;
/// The most bytes of fields in one answer, but for the last record's.
const PAGE_SIZE: usize = 4 << 20;
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
    /// Visibility before the rights changed, and the position at that time: up to there the feed is replayed once.
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

/// The bytes of a cursor's signature.
const SIGNATURE: usize = 16;

/// Key that signs cursors; all servers on a database have the same.
#[derive(Clone)]
pub struct CursorKey([u8; 32]);

impl fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

impl CursorKey {
    /// Derives it from the database's own secret.
    pub fn derive(secret: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"jiedui cursor");
        hash.update(secret);
        Self(hash.finalize().into())
    }

    fn mac(&self, body: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(body.as_bytes());
        Some(mac)
    }
}

impl Cursor {
    /// The start of the feed.
    pub fn start(user: &User, epoch: i64) -> Self {
        Self { user: user.id, epoch, change: 0, sight: Sight::of(user), before: None }
    }

    /// Parses a cursor of this user and epoch; `None` if it is invalid. An unsigned cursor comes from an earlier
    /// version. It must not claim a wider visibility than the user has now, since deletions of hidden records name
    /// their kind, identifier and revision.
    pub fn parse(text: &str, user: &User, epoch: i64, key: &CursorKey) -> Option<Self> {
        let (body, signature) = text.split_once('.').map_or((text, None), |(body, own)| (body, Some(own)));
        if let Some(signature) = signature {
            let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
            key.mac(body)?.verify_truncated_left(&signature).ok().filter(|()| signature.len() == SIGNATURE)?;
        }
        let cursor: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()?;
        if cursor.user != user.id || cursor.epoch != epoch || cursor.change < 0 {
            return None;
        }
        let sight = Sight::of(user);
        if signature.is_none() && (cursor.sight != sight || cursor.before.is_some()) {
            return None;
        }
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

    /// As it stands on the wire, signed.
    pub fn encode(&self, key: &CursorKey) -> Result<String> {
        let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self)?);
        let signature = key.mac(&body).ok_or(DbError::NoRandomness)?.finalize().into_bytes();
        let signature = URL_SAFE_NO_PAD.encode(signature.get(..SIGNATURE).unwrap_or_default());
        Ok(format!("{body}.{signature}"))
    }
}

/// The codes of both; an empty list means all and swallows the other.
fn union(one: Vec<String>, other: Vec<String>) -> Vec<String> {
    if one.is_empty() || other.is_empty() { Vec::new() } else { [one, other].concat() }
}

/// A record on its way out, its fields as the JSON that they are stored as.
#[derive(Debug, PartialEq)]
pub struct FeedItem {
    /// Its kind.
    pub kind: Kind,
    /// Its identifier.
    pub id: Uuid,
    /// How often it has changed.
    pub rev: i64,
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
            on!(read db, |pool| sqlx::query_as(query).bind(cursor.change).bind(size).fetch_all(pool).await?);
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
    let own = author == Some(user.id);
    let visible = !matches!(kind, Kind::Entry | Kind::LedgerItem) || own || cursor.sight.has(&place, &programme);
    if visible && !deleted {
        // One that is spoilt would spoil the whole page.
        if !stored::is_object(kind.as_str(), id, &fields) {
            return Ok(None);
        }
        return Ok(Some(FeedItem { kind, id, rev, fields: Some(fields) }));
    }
    let former: Vec<(String, String)> = stored::read(kind.as_str(), id, &former).unwrap_or_default();
    let told = |sight: &Sight| {
        sight.has(&place, &programme) || former.iter().any(|(place, programme)| sight.has(place, programme))
    };
    let was_visible = visible
        || former.iter().any(|(place, programme)| cursor.sight.has(place, programme))
        || cursor.before.as_ref().is_some_and(|(old, _)| told(old));
    Ok((was_visible && !first_pull).then_some(FeedItem { kind, id, rev, fields: None }))
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
        let (owner, key) = (user(&["522728"]), CursorKey::derive(b"secret"));
        let cursor = Cursor { change: 7, ..Cursor::start(&owner, 3) };
        let text = cursor.encode(&key).unwrap();
        assert_eq!(Cursor::parse(&text, &owner, 3, &key), Some(cursor));
        assert_eq!(Cursor::parse(&text, &User { id: Uuid::from_u128(2), ..owner.clone() }, 3, &key), None);
        assert_eq!(Cursor::parse(&text, &owner, 4, &key), None, "the database was put back from a copy");
        assert_eq!(Cursor::parse("nonsense", &owner, 3, &key), None);
    }

    #[test]
    fn parse_takes_no_forged_sight() {
        let (owner, key) = (user(&["522728109"]), CursorKey::derive(b"secret"));
        let everywhere = user(&[]);
        let mut forged = Cursor { change: 7, ..Cursor::start(&everywhere, 3) };
        let unsigned = |cursor: &Cursor| URL_SAFE_NO_PAD.encode(serde_json::to_vec(cursor).unwrap());
        for text in [
            unsigned(&forged),
            forged.encode(&CursorKey::derive(b"another")).unwrap(),
            format!("{}.", unsigned(&forged)),
            format!("{}.AAAA", unsigned(&forged)),
        ] {
            assert_eq!(Cursor::parse(&text, &owner, 3, &key), None);
        }
        forged.before = Some((forged.sight.clone(), 100));
        forged.sight = Sight::of(&owner);
        assert_eq!(Cursor::parse(&unsigned(&forged), &owner, 3, &key), None);
        // That of an earlier version goes on where nothing is claimed.
        let own = Cursor { change: 7, ..Cursor::start(&owner, 3) };
        assert_eq!(Cursor::parse(&unsigned(&own), &owner, 3, &key), Some(own));
    }

    #[test]
    fn a_change_of_rights_tells_the_feed_once_more() {
        let key = CursorKey::derive(b"secret");
        let cursor = Cursor { change: 7, ..Cursor::start(&user(&["522728"]), 3) };
        let moved = Cursor::parse(&cursor.encode(&key).unwrap(), &user(&["520111"]), 3, &key).unwrap();
        assert_eq!((moved.change, moved.before.as_ref().map(|(_, until)| *until)), (0, Some(7)));
        let again = Cursor::parse(&moved.encode(&key).unwrap(), &user(&["520112"]), 3, &key).unwrap();
        let (old, until) = again.before.unwrap();
        assert!(old.has("522728109", "health") && old.has("520111", "health") && until == 7);
    }
}
