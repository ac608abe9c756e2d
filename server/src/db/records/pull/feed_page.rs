//! One page of an answer to a pull.

use crate::db::records::cursor::Cursor;
use jiedui_core::sync::{Kind, Window};
use uuid::Uuid;

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
    /// The changed records, oldest change first; the records of a listing, newest first.
    pub records: Vec<FeedItem>,
    /// Records outside the window.
    pub left: Vec<Uuid>,
    /// The window, if it is new or has moved.
    pub window: Option<Window>,
    /// Where to go on from.
    pub cursor: Cursor,
    /// Whether there is more already.
    pub more: bool,
    /// Received and expected number of records, while a listing is sent.
    pub listed: Option<(usize, usize)>,
}
