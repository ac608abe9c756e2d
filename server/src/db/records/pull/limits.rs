//! Counts and bounds of the parts of a window that a number limits. Every search stops at the limit.

use super::listing::WAITING;
use crate::db::records::room::signed;
use crate::db::records::statement::Statement;
use crate::db::{Db, Result};
use jiedui_core::entry::FIRST_YEAR;
use jiedui_core::ledger::LAST_YEAR;
use jiedui_core::sync::Window;
use jiedui_core::sync::window::{Bounds, Counts, LIMITS, Limits, Part, Position};
use jiedui_core::values::date::format_date;
use jiedui_core::values::month::Month;
use time::Date;

/// Chooses the bounds of a new window and counts its limited parts.
pub(super) async fn choose(db: &Db, mut window: Window) -> Result<(Window, Counts)> {
    let reviews = limit(db, &mut window, Part::Reviews, |_, _| Some(LIMITS.reviews)).await?;
    let places = limit(db, &mut window, Part::Places, |_, _| Some(LIMITS.places)).await?;
    Ok((window, Counts { places, reviews, seen: 0 }))
}

/// Counts the limited parts again, and moves their bounds where they are too large or half empty.
pub(super) async fn recount(db: &Db, mut window: Window) -> Result<(Window, Counts)> {
    let cut = |limit| move |count, is_limited| Limits::cut(limit, count, is_limited);
    let reviews = limit(db, &mut window, Part::Reviews, cut(LIMITS.reviews)).await?;
    let places = limit(db, &mut window, Part::Places, cut(LIMITS.places)).await?;
    Ok((window, Counts { places, reviews, seen: 0 }))
}

/// Moves the bound of a part to hold the number that `most` returns for its size. Returns its size.
async fn limit(db: &Db, window: &mut Window, part: Part, most: impl Fn(usize, bool) -> Option<usize>) -> Result<usize> {
    if part == Part::Reviews && !window.reviews {
        window.bounds.review_since = Position::first();
        return Ok(0);
    }
    let Bounds { place_since, review_since, .. } = window.bounds;
    let (since, first, is_limited, limit) = if part == Part::Reviews {
        (review_since, Position::first(), window.bounds.is_review_limited(), LIMITS.reviews)
    } else {
        let first = Position::start_of(window.bounds.calendar().place_since);
        (place_since, first, window.bounds.is_place_limited(), LIMITS.places)
    };
    let held = count(db, window, part, since, limit).await?;
    let Some(most) = most(held, is_limited) else { return Ok(held) };
    let since = newest(db, window, part, first, most).await?;
    if part == Part::Reviews {
        window.bounds.review_since = since;
    } else {
        window.bounds.place_since = since;
    }
    count(db, window, part, since, limit).await
}

/// Returns the bound of the newest records of a part, at most `most` of them: `first` if there are no more.
async fn newest(db: &Db, window: &Window, part: Part, first: Position, most: usize) -> Result<Position> {
    if count(db, window, part, first, most).await? <= most {
        return Ok(first);
    }
    // Days from `before` hold more than wanted, days from `after` do not.
    let mut before = first.day.max(Month::first_of(FIRST_YEAR).first_day());
    let mut after = Month::first_of(LAST_YEAR + 1).first_day();
    if count(db, window, part, Position::start_of(before), most).await? <= most {
        return Ok(Position::start_of(before));
    }
    while let Some(middle) = middle(before, after) {
        if count(db, window, part, Position::start_of(middle), most).await? > most {
            before = middle;
        } else {
            after = middle;
        }
    }
    let fits = most.saturating_sub(count(db, window, part, Position::start_of(after), most).await?);
    let Some(skipped) = fits.checked_sub(1) else { return Ok(Position::start_of(after)) };
    let mut statement = Statement::new(db, "SELECT r.id");
    of_part(&mut statement, window, part).text(" AND r.day = ").bind(&format_date(before)).end_places();
    statement.text(" ORDER BY r.id DESC LIMIT 1 OFFSET ").number(signed(skipped));
    let id = statement.optional_id(db).await?;
    Ok(id.map_or(Position::start_of(after), |id| Position { day: before, id }))
}

/// Returns the day between two; `None` if there is none.
fn middle(before: Date, after: Date) -> Option<Date> {
    let (before, after) = (before.to_julian_day(), after.to_julian_day());
    let middle = before + (after - before) / 2;
    (middle > before).then(|| Date::from_julian_day(middle).ok()).flatten()
}

/// Counts the records of a part from a position on, up to one more than `limit`.
async fn count(db: &Db, window: &Window, part: Part, since: Position, limit: usize) -> Result<usize> {
    let mut statement = Statement::new(db, "SELECT COUNT(*) FROM (SELECT 1 AS one");
    let day = format_date(since.day);
    of_part(&mut statement, window, part).text(" AND r.day >= ").bind(&day);
    if !since.id.is_nil() {
        statement.text(" AND (r.day > ").bind(&day).text(" OR r.id >= ").id(since.id).text(")");
    }
    statement.end_places().text(" LIMIT ").number(signed(limit + 1)).text(") t");
    statement.count(db).await
}

fn of_part<'a>(statement: &'a mut Statement, window: &Window, part: Part) -> &'a mut Statement {
    statement.places(&window.visibility, "r.id").text(" AND NOT r.deleted");
    if part == Part::Reviews {
        statement.text(WAITING);
    }
    statement.programmes(&window.visibility)
}
