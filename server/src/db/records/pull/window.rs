//! The window of a cursor: begun, and moved when rights, rule, calendar or counts change.

use super::feed_page::FeedPage;
use super::limits::{choose, recount};
use crate::db::feed::last_change;
use crate::db::records::cursor::Cursor;
use crate::db::{Db, Result};
use jiedui_core::access::user::User;
use jiedui_core::access::visibility::Visibility;
use jiedui_core::sync::Window;
use jiedui_core::sync::window::{Bounds, Calendar, LIMITS, Progress};
use time::Date;

/// Returns the cursor with a window by the present rights, rule and calendar, and the window if it differs from the
/// one before.
pub(super) async fn current(db: &Db, user: &User, cursor: Cursor, today: Date) -> Result<(Cursor, Option<Window>)> {
    let calendar = Calendar::of(today);
    let visibility = Visibility::of(user);
    let new = Window::new(user, Bounds::of(calendar));
    let Some(progress) = cursor.progress else {
        let (window, counts) = choose(db, new).await?;
        let announced = Some(window.clone());
        let (change, progress) = if cursor.change == 0 && cursor.before.is_none() {
            (last_change(db).await?, Progress::start(window, counts))
        } else if cursor.before.is_none() && cursor.visibility == visibility {
            // It has every record that the user sees.
            (cursor.change, Progress::narrow(window, counts))
        } else {
            (cursor.last_known(), Progress::start(window, counts))
        };
        return Ok((Cursor { change, visibility, before: None, progress: Some(progress), ..cursor }, announced));
    };
    let bounds = progress.window.bounds;
    let (window, counts) = if Window::new(user, bounds) != progress.window {
        choose(db, new).await?
    } else if bounds.calendar() != calendar {
        recount(db, Window { bounds: bounds.on(calendar), ..progress.window.clone() }).await?
    } else {
        return Ok((Cursor { progress: Some(progress), ..cursor }, None));
    };
    let announced = (window != progress.window).then(|| window.clone());
    let progress = Some(progress.moved(window, counts));
    Ok((Cursor { visibility, progress, ..cursor }, announced))
}

/// Moves the bounds at the end of a pull if its changes may have exceeded a limit, or made room for older records.
pub(super) async fn keep_to_limits(db: &Db, user: &User, page: &mut FeedPage) -> Result<()> {
    let Some(progress) = page.cursor.progress.take() else { return Ok(()) };
    let Progress { window, counts, .. } = &progress;
    if !LIMITS.is_recount_due(*counts, &window.bounds, user.role.reviews()) {
        page.cursor.progress = Some(progress);
        return Ok(());
    }
    let (window, counts) = recount(db, window.clone()).await?;
    if window != progress.window {
        page.window = Some(window.clone());
    }
    let progress = progress.moved(window, counts);
    page.more = progress.listing.is_some();
    page.cursor.progress = Some(progress);
    Ok(())
}
