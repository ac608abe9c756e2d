//! Signed cursors: positions in the change feed, bound to a user, a scope and an epoch.

use crate::db::{DbError, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use jiedui_core::access::user::User;
use jiedui_core::access::visibility::Visibility;
use jiedui_core::sync::window::Progress;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::fmt;
use uuid::Uuid;

/// Position of a client in the feed, with the visibility of its user at that time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cursor {
    #[serde(rename = "u")]
    pub(super) user: Uuid,
    /// Epoch in which the cursor was issued.
    #[serde(rename = "e", default)]
    pub(super) epoch: i64,
    #[serde(rename = "c")]
    pub(super) change: i64,
    #[serde(rename = "s")]
    pub(super) visibility: Visibility,
    /// Version of the visibility; see [`upgrade`].
    #[serde(rename = "v", default)]
    pub(super) version: u8,
    /// Visibility before the rights changed, and the position at that time: up to there the feed is replayed once.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub(super) before: Option<(Visibility, i64)>,
    /// Progress of a client that holds a window; `None` for one that holds everything.
    #[serde(rename = "p", default, skip_serializing_if = "Option::is_none")]
    pub(super) progress: Option<Progress>,
}

/// Version of the visibility in new cursors.
const VERSION: u8 = 1;
/// Number of programmes before others could be added.
const FIRST_PROGRAMMES: usize = 6;

/// Brings a visibility of version 0 up to date. There were six programmes then, and an account for all of them named
/// them. Without this, every phone would pull all its records again after the server's upgrade.
fn upgrade(visibility: &mut Visibility) {
    let names: BTreeSet<&String> = visibility.scope.programmes.iter().collect();
    if names.len() == FIRST_PROGRAMMES {
        visibility.scope.programmes.clear();
    }
}

/// Number of bytes of a cursor's signature.
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
    /// Derives the key from the secret of the database.
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
    /// Returns the cursor at the start of the feed.
    pub fn start(user: &User, epoch: i64) -> Self {
        let visibility = Visibility::of(user);
        Self { user: user.id, epoch, change: 0, visibility, version: VERSION, before: None, progress: None }
    }

    /// Parses a cursor of this user and epoch; `None` if it is invalid. Its rights may be outdated. An unsigned cursor
    /// comes from an earlier version. It must not claim a wider visibility than the user has now, since deletions of
    /// hidden records name their kind, identifier and revision.
    pub fn parse(text: &str, user: &User, epoch: i64, key: &CursorKey) -> Option<Self> {
        let (body, signature) = text.split_once('.').map_or((text, None), |(body, signature)| (body, Some(signature)));
        if let Some(signature) = signature {
            let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
            key.mac(body)?.verify_truncated_left(&signature).ok().filter(|()| signature.len() == SIGNATURE)?;
        }
        let mut cursor: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()?;
        if cursor.version == 0 {
            upgrade(&mut cursor.visibility);
            cursor.before.iter_mut().for_each(|(visibility, _)| upgrade(visibility));
            cursor.version = VERSION;
        }
        if cursor.user != user.id || cursor.epoch != epoch || cursor.change < 0 {
            return None;
        }
        let visibility = Visibility::of(user);
        let is_plain = cursor.before.is_none() && cursor.progress.is_none();
        if signature.is_none() && (cursor.visibility != visibility || !is_plain) {
            return None;
        }
        Some(cursor)
    }

    /// Returns the cursor of a client that holds everything that the user sees now. If the rights have changed, or the
    /// client held a window, the feed is sent again.
    #[must_use]
    pub fn without_window(self, user: &User) -> Self {
        let visibility = Visibility::of(user);
        if self.progress.is_none() && self.visibility == visibility {
            return self;
        }
        // The phone may have records of both visibilities.
        let until = self.last_known();
        let old = match self.before {
            Some((older, _)) => older.union(self.visibility),
            None => self.visibility,
        };
        Self { change: 0, visibility, before: Some((old, until)), progress: None, ..self }
    }

    /// Returns the number of the last change that the client may have seen.
    pub(super) fn last_known(&self) -> i64 {
        self.before.as_ref().map_or(self.change, |(_, until)| self.change.max(*until))
    }

    /// Returns the cursor of a client that has received the feed up to a change.
    pub fn at(user: &User, epoch: i64, change: i64) -> Self {
        Self { change, ..Self::start(user, epoch) }
    }

    /// Returns the number of the last change that the client has received.
    pub fn position(&self) -> i64 {
        self.change
    }

    /// Epoch in which the cursor was issued.
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    /// Encodes and signs the cursor.
    pub fn encode(&self, key: &CursorKey) -> Result<String> {
        let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self)?);
        let signature = key.mac(&body).ok_or(DbError::NoRandomness)?.finalize().into_bytes();
        let signature = URL_SAFE_NO_PAD.encode(signature.get(..SIGNATURE).unwrap_or_default());
        Ok(format!("{body}.{signature}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiedui_core::access::user::{Role, Scope};
    use jiedui_core::sync::window::{Bounds, Calendar, Counts, Window};

    fn user(places: &[&str]) -> User {
        let places = places.iter().map(|code| (*code).to_owned()).collect();
        User {
            id: Uuid::from_u128(1),
            username: String::new(),
            name: String::new(),
            role: Role::Recorder,
            scope: Scope { places, programmes: Vec::new() },
            verifies_own: false,
        }
    }

    #[test]
    fn parse_accepts_only_the_cursor_of_its_user_and_epoch() {
        let (owner, key) = (user(&["522728"]), CursorKey::derive(b"secret"));
        let cursor = Cursor { change: 7, ..Cursor::start(&owner, 3) };
        let text = cursor.encode(&key).unwrap();
        assert_eq!(Cursor::parse(&text, &owner, 3, &key), Some(cursor));
        assert_eq!(Cursor::parse(&text, &User { id: Uuid::from_u128(2), ..owner.clone() }, 3, &key), None);
        assert_eq!(Cursor::parse(&text, &owner, 4, &key), None, "the database was put back from a copy");
        assert_eq!(Cursor::parse("nonsense", &owner, 3, &key), None);
    }

    #[test]
    fn parse_rejects_forged_visibility() {
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
        forged.before = Some((forged.visibility.clone(), 100));
        forged.visibility = Visibility::of(&owner);
        assert_eq!(Cursor::parse(&unsigned(&forged), &owner, 3, &key), None);
        // An unsigned cursor of an earlier version is accepted if it claims no wider visibility.
        let older = Cursor { change: 7, ..Cursor::start(&owner, 3) };
        assert_eq!(Cursor::parse(&unsigned(&older), &owner, 3, &key), Some(older));
    }

    #[test]
    fn cursor_of_six_programmes_continues_for_all_programmes() {
        let key = CursorKey::derive(b"secret");
        let all = user(&["522728"]);
        let six = ["party_building", "industry", "marketing", "labour", "education", "health"];
        let of = |codes: &[&str], version: u8| {
            let mut user = all.clone();
            user.scope.programmes = codes.iter().map(|code| (*code).to_owned()).collect();
            let cursor = Cursor { change: 7, version, ..Cursor::start(&user, 3) };
            Cursor::parse(&cursor.encode(&key).unwrap(), &all, 3, &key).unwrap().without_window(&all)
        };
        assert_eq!(of(&six, 0), Cursor { change: 7, ..Cursor::start(&all, 3) });
        let replays = |cursor: Cursor| (cursor.change, cursor.before.map(|(_, until)| until));
        assert_eq!(replays(of(&six[..5], 0)), (0, Some(7)));
        assert_eq!(replays(of(&six, VERSION)), (0, Some(7)), "there may be a seventh");
    }

    #[test]
    fn parse_after_change_of_rights_replays_the_feed() {
        let key = CursorKey::derive(b"secret");
        let county = user(&["522728"]);
        let cursor = Cursor { change: 7, ..Cursor::start(&county, 3) };
        let parse = |cursor: &Cursor, user: &User| {
            Cursor::parse(&cursor.encode(&key).unwrap(), user, 3, &key).unwrap().without_window(user)
        };
        let moved = parse(&cursor, &user(&["520111"]));
        assert_eq!((moved.change, moved.before.as_ref().map(|(_, until)| *until)), (0, Some(7)));
        let again = parse(&moved, &user(&["520112"]));
        let (old, until) = again.before.unwrap();
        assert!(old.has("522728109", "health") && old.has("520111", "health") && until == 7);
    }

    /// A client that held a window and then asks for everything lacks what the window left out.
    #[test]
    fn cursor_without_window_replays_the_feed() {
        let bounds = Bounds::of(Calendar::of(time::macros::date!(2026 - 11 - 27)));
        let county = user(&["522728"]);
        let progress = Progress::start(Window::new(&county, bounds), Counts::default());
        let cursor = Cursor { change: 7, progress: Some(progress), ..Cursor::start(&county, 3) };
        let key = CursorKey::derive(b"secret");
        let parsed = Cursor::parse(&cursor.encode(&key).unwrap(), &county, 3, &key).unwrap();
        assert_eq!(parsed, cursor);
        let plain = parsed.without_window(&county);
        assert_eq!((plain.change, plain.before.map(|(_, until)| until), plain.progress), (0, Some(7), None));
    }
}
