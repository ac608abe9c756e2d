//! One page of an answer to a pull.

use crate::db::records::cursor::Cursor;
use jiedui_core::sync::{Kind, Window};
use uuid::Uuid;

/// A record of an answer, with its fields as stored JSON.
#[derive(Debug, PartialEq)]
pub struct FeedItem {
    /// Kind.
    pub kind: Kind,
    /// Identifier.
    pub id: Uuid,
    /// Revision.
    pub rev: u64,
    /// Fields; `None` if it was deleted or is no longer visible to the user.
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
    /// Cursor of the next pull.
    pub cursor: Cursor,
    /// Whether more changes are available.
    pub more: bool,
    /// Received and expected number of records, while a listing is sent.
    pub listed: Option<(usize, usize)>,
}
