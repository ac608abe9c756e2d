//! Pulls of the simulated server: the listing of a window, then the feed.

use super::{CATALOGUE, Disk, Sabotage, Server, Stored, record};
use jiedui_core::access::user::User;
use jiedui_core::sync::window::{
    Bounds, Calendar, Change, Counts, Facts, Limits, Listing, News, Part, Position, Progress,
};
use jiedui_core::sync::{Kind, PullResponse, Record, Window};
use jiedui_core::values::date::format_date;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use time::Date;
use uuid::Uuid;

/// Limits so small that histories reach them.
pub const LIMITS: Limits = Limits { places: 6, reviews: 3 };

/// Cursor, as opaque to a phone as the real one.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Cursor {
    epoch: u64,
    change: u64,
    progress: Progress,
}

impl Disk {
    /// Returns the records of a part, newest first, whether or not the window holds them.
    pub fn part(&self, window: &Window, part: Part) -> Vec<Position> {
        let records = self.records.iter().filter(|(_, stored)| !stored.deleted);
        let records: Vec<(Record, Uuid)> = records.map(|(id, stored)| (whole(*id, stored), *id)).collect();
        let mut positions: Vec<Position> = records
            .iter()
            .filter_map(|(record, id)| {
                let facts = Facts::of(record, Some(&CATALOGUE));
                let is_part = match part {
                    Part::Reviews => window.is_to_review(&facts),
                    _ => window.is_in_scope(&facts),
                };
                facts.day.filter(|_| is_part).map(|day| Position { day, id: *id })
            })
            .collect();
        positions.sort();
        positions.reverse();
        positions
    }

    /// Returns whether a change by the user waits for a resolution.
    pub fn is_in_conflict(&self, user: Uuid, id: Uuid) -> bool {
        self.conflicting.keys().any(|key| {
            let names = |(mutation, _): &(jiedui_core::sync::Mutation, _)| mutation.id == id;
            key.0 == user && !self.settled.contains(key) && self.results.get(key).is_some_and(names)
        })
    }
}

/// Returns a record with its fields, even if it is deleted.
fn whole(id: Uuid, stored: &Stored) -> Record {
    Record { kind: Kind::Entry, id, rev: stored.rev, fields: stored.fields.clone(), deleted: stored.deleted }
}

impl Server {
    /// Returns at most `limit` records after a cursor; from the start if it is of another epoch.
    pub fn pull(&self, actor: &User, cursor: Option<&str>, today: Date, limit: usize) -> PullResponse {
        let epoch = self.disk.epoch();
        let parsed: Option<Cursor> = cursor.map(|text| serde_json::from_str(text).unwrap());
        let current = parsed.filter(|cursor| cursor.epoch == epoch);
        let mut page = PullResponse {
            epoch,
            last: self.disk.change,
            reset: cursor.is_some() && current.is_none(),
            ..PullResponse::default()
        };
        let is_first = current.is_none();
        let mut cursor = match current {
            Some(cursor) => self.at(actor, cursor, Calendar::of(today), &mut page),
            None => {
                let (window, counts) = self.choose(Window::new(actor, Bounds::of(Calendar::of(today))));
                page.window = Some(window.clone());
                Cursor { epoch, change: self.disk.change, progress: Progress::start(window, counts) }
            }
        };
        if cursor.progress.listing.is_some() {
            self.list(actor.id, &mut cursor, &mut page, limit);
            page.more = true;
        } else {
            self.follow(actor.id, &mut cursor, &mut page, limit);
        }
        let Progress { window, counts, .. } = &cursor.progress;
        if !page.more
            && self.sabotage != Sabotage::LimitsIgnored
            && LIMITS.is_recount_due(*counts, &window.bounds, window.reviews)
        {
            let (window, counts) = self.recount(window.clone());
            self.move_to(window, counts, &mut cursor.progress, &mut page);
            page.more = cursor.progress.listing.is_some();
        }
        if self.sabotage == Sabotage::WindowMovedInSilence && !is_first {
            page.window = None;
        }
        page.position = cursor.change;
        page.cursor = serde_json::to_string(&cursor).unwrap();
        page
    }

    /// Returns the cursor under the rights and the calendar as they are now.
    fn at(&self, actor: &User, mut cursor: Cursor, calendar: Calendar, page: &mut PullResponse) -> Cursor {
        let window = &cursor.progress.window;
        let current = Window::new(actor, window.bounds);
        let moved = if current != *window && self.sabotage != Sabotage::RightsOfCursorKept {
            self.choose(Window { bounds: Bounds::of(calendar), ..current })
        } else if window.bounds.calendar() != calendar && self.sabotage != Sabotage::CalendarIgnored {
            self.recount(Window { bounds: window.bounds.on(calendar), ..window.clone() })
        } else {
            return cursor;
        };
        self.move_to(moved.0, moved.1, &mut cursor.progress, page);
        cursor
    }

    fn move_to(&self, window: Window, counts: Counts, progress: &mut Progress, page: &mut PullResponse) {
        let before = progress.window.clone();
        if window != before {
            page.window = Some(window.clone());
        }
        *progress = progress.clone().moved(window, counts);
        if self.sabotage == Sabotage::UnfinishedListingTrusted && progress.listing.is_some() {
            progress.before = Some(before);
        }
        if self.sabotage == Sabotage::WidenedWindowNotListed {
            progress.listing = None;
        }
    }

    /// Chooses the bounds of a new window.
    fn choose(&self, mut window: Window) -> (Window, Counts) {
        let places = self.cut(&mut window, Part::Places, |_, _| Some(LIMITS.places));
        let reviews = self.cut(&mut window, Part::Reviews, |_, _| Some(LIMITS.reviews));
        (window, Counts { places, reviews, seen: 0 })
    }

    /// Counts the limited parts again and moves their bounds where necessary.
    fn recount(&self, mut window: Window) -> (Window, Counts) {
        let places = self.cut(&mut window, Part::Places, |count, limited| Limits::cut(LIMITS.places, count, limited));
        let reviews =
            self.cut(&mut window, Part::Reviews, |count, limited| Limits::cut(LIMITS.reviews, count, limited));
        (window, Counts { places, reviews, seen: 0 })
    }

    /// Moves the bound of a part so that it holds the number of records that `most` returns for its size. Returns its
    /// size.
    fn cut(&self, window: &mut Window, part: Part, most: impl Fn(usize, bool) -> Option<usize>) -> usize {
        let positions = self.disk.part(window, part);
        let Bounds { place_since, review_since, .. } = window.bounds;
        let (since, first, is_limited) = match part {
            Part::Reviews => (review_since, Position::first(), window.bounds.is_review_limited()),
            _ => {
                let first = Position::start_of(window.bounds.calendar().place_since);
                (place_since, first, window.bounds.is_place_limited())
            }
        };
        let count = |since: Position| positions.iter().filter(|position| **position >= since).count();
        let Some(most) = most(count(since), is_limited) else { return count(since) };
        let since = match most.checked_sub(1).and_then(|last| positions.get(last)) {
            Some(last) if positions.len() > most => first.max(*last),
            _ => first,
        };
        match part {
            Part::Reviews => window.bounds.review_since = since,
            _ => window.bounds.place_since = since,
        }
        count(since)
    }

    /// Sends the next records of a listing.
    fn list(&self, user: Uuid, cursor: &mut Cursor, page: &mut PullResponse, limit: usize) {
        let progress = &mut cursor.progress;
        let Some(listing) = progress.listing.clone() else { return };
        let mut listed = Vec::new();
        for (id, stored) in self.disk.records.iter().filter(|(_, stored)| !stored.deleted) {
            let record = whole(*id, stored);
            let facts = Facts::of(&record, Some(&CATALOGUE));
            let is_known = stored.change <= cursor.change;
            let is_in_conflict = self.is_in_conflict(user, *id) && progress.window.shows(user, &facts);
            let key = (Reverse(facts.day.map(format_date).unwrap_or_default()), Reverse(stored.change as i64));
            let is_after = listing.change == 0 || key > (Reverse(listing.day.clone()), Reverse(listing.change));
            if is_known && is_after && (progress.lists(user, &facts) || is_in_conflict) {
                listed.push((key, record));
            }
        }
        listed.sort_by(|(a, _), (b, _)| a.cmp(b));
        let is_last = listed.len() <= limit;
        listed.truncate(limit);
        progress.listing = match listed.last() {
            Some(((Reverse(day), Reverse(change)), _)) if !is_last => {
                Some(Listing { day: day.clone(), change: *change, ..listing })
            }
            _ => None,
        };
        if progress.listing.is_none() && self.sabotage == Sabotage::FeedReadAfterListing {
            cursor.change = self.disk.change;
        }
        page.records = listed.into_iter().map(|(_, record)| record).collect();
    }

    /// Sends the next changes of the feed.
    fn follow(&self, user: Uuid, cursor: &mut Cursor, page: &mut PullResponse, limit: usize) {
        let mut changed: Vec<_> =
            self.disk.records.iter().filter(|(_, stored)| stored.change > cursor.change).collect();
        changed.sort_by_key(|(_, stored)| stored.change);
        for (id, stored) in changed {
            if page.records.len() + page.left.len() >= limit {
                page.more = true;
                return;
            }
            cursor.change = stored.change;
            let whole = whole(*id, stored);
            let facts = Facts::of(&whole, Some(&CATALOGUE));
            let (deleted, is_new, former) = (stored.deleted, stored.rev == 1, stored.former.as_slice());
            let change = Change { facts, deleted, is_new, former };
            let news = cursor.progress.window.news(user, &change, self.is_in_conflict(user, *id));
            cursor.progress.counts.seen += usize::from(news != News::Nothing);
            match news {
                News::Record => page.records.push(record(*id, stored)),
                News::Deleted => {
                    page.records.push(Record { fields: Default::default(), deleted: true, ..record(*id, stored) })
                }
                News::Left if self.sabotage != Sabotage::LeavingNotSent => page.left.push(*id),
                News::Left | News::Nothing => {}
            }
        }
    }

    /// Returns whether a change by the user waits for a resolution, under the sabotage.
    fn is_in_conflict(&self, user: Uuid, id: Uuid) -> bool {
        self.sabotage != Sabotage::ConflictsNotSent && self.disk.is_in_conflict(user, id)
    }
}
