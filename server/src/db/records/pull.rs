//! The change feed: every record that a user may see, in the order of its last change, or the records of a window.

mod feed;
mod feed_page;
mod limits;
mod listing;
mod page;
mod window;

pub use feed_page::{FeedItem, FeedPage};

use crate::db::records::cursor::Cursor;
use crate::db::{Db, Result};
use jiedui_core::access::user::User;
use time::Date;

/// Returns at most `limit` of the records that the user may see, after the cursor.
pub async fn pull(db: &Db, user: &User, cursor: Cursor, limit: usize) -> Result<FeedPage> {
    feed::next(db, user, cursor.without_window(user), limit).await
}

/// Returns at most `limit` records after the cursor, of those that the user's phone holds on the day `today`.
pub async fn pull_window(db: &Db, user: &User, cursor: Cursor, limit: usize, today: Date) -> Result<FeedPage> {
    let (cursor, moved) = window::current(db, user, cursor, today).await?;
    let is_listing = cursor.progress.as_ref().is_some_and(|progress| progress.listing.is_some());
    let mut page = if is_listing {
        listing::next(db, user, cursor, limit).await?
    } else {
        feed::next(db, user, cursor, limit).await?
    };
    page.window = moved;
    if !page.more {
        window::keep_to_limits(db, user, &mut page).await?;
    }
    Ok(page)
}
