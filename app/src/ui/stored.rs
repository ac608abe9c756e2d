//! Reads of this phone's storage for a screen.

use crate::state::use_app_state;
use crate::storage::Result;
use crate::storage::entry_view::EntryView;
use crate::storage::lists::{EntryHead, EntryRange, EntryRow};
use crate::storage::replica_progress::ReplicaProgress;
use crate::storage::time_slice::TimeSlice;
use crate::storage::user_db::UserDb;
use crate::ui::loading::guard_replica;
use leptos::prelude::*;
use std::cell::Cell;
use std::collections::BTreeSet;
use std::future::Future;
use std::rc::Rc;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

/// Entries read in one transaction; the browser can paint between two.
const CHUNK: u32 = 250;

/// One read for a screen, whose result is a `T`.
pub struct Reading<T> {
    /// The signed-in person.
    pub user: Uuid,
    is_current: Rc<dyn Fn() -> bool>,
    show_first: Rc<dyn Fn(T)>,
}

impl<T> Clone for Reading<T> {
    fn clone(&self) -> Self {
        Self { user: self.user, is_current: self.is_current.clone(), show_first: self.show_first.clone() }
    }
}

impl<T> Reading<T> {
    /// Returns whether the screen is still there and no later read has begun.
    fn is_current(&self) -> bool {
        (self.is_current)()
    }
}

/// Reads from this phone's storage, and again when the stored data or a signal that `read` uses has changed. `read` returns
/// `None` while the screen needs nothing. The result is `None` until it has been read, and for visitors without an account.
pub fn use_stored<T, F>(read: impl Fn(Reading<T>) -> Option<F> + 'static) -> Signal<Option<T>>
where
    T: Clone + PartialEq + Send + Sync + 'static,
    F: Future<Output = Result<T>> + 'static,
{
    let app = use_app_state();
    let shown = RwSignal::new(None::<(T, ReplicaProgress)>);
    let is_complete = app.replica.is_complete;
    let last = Rc::new(Cell::new(0));
    Effect::new(move |_| {
        app.my_entries.version.track();
        app.replica.version.track();
        is_complete.track();
        let Some(user) = app.session.user.with(|user| user.as_ref().map(|user| user.id)) else { return };
        last.set(last.get() + 1);
        let is_current: Rc<dyn Fn() -> bool> = {
            let (number, last) = (last.get(), last.clone());
            Rc::new(move || last.get() == number && !shown.is_disposed())
        };
        let progress = Rc::new(Cell::new(None));
        let show_first: Rc<dyn Fn(T)> = {
            let progress = progress.clone();
            // A list that is on the screen is replaced by a whole one only.
            Rc::new(move |part| {
                shown.try_maybe_update(|old| {
                    let is_first = old.is_none() && progress.get().is_some();
                    if is_first {
                        *old = progress.get().map(|progress| (part, progress));
                    }
                    (is_first, ())
                });
            })
        };
        let reading = Reading { user, is_current, show_first };
        let Some(work) = read(reading.clone()) else { return };
        spawn_local(async move {
            let result = async {
                let received = UserDb::open(user).await?.replica_progress().await?;
                progress.set(Some(received));
                Ok((work.await?, received))
            };
            match result.await {
                Ok(new) if reading.is_current() => {
                    // The screen may have been left.
                    let new = Some(new);
                    shown.try_maybe_update(|old| {
                        let is_other = *old != new;
                        if is_other {
                            *old = new;
                        }
                        (is_other, ())
                    });
                }
                Ok(_) => {}
                Err(error) => app.storage.error.set(Some(error)),
            }
        });
    });
    guard_replica(app, shown)
}

/// Entries that a scan has found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FoundEntries {
    /// The newest ones.
    pub entries: Vec<EntryView>,
    /// Number of all matches; of those so far while the scan goes on.
    pub count: usize,
    /// Whether the scan has reached the end of the range.
    pub is_whole: bool,
    /// Number of those that only the years of the filter hide.
    pub hidden_by_years: usize,
    /// Number of those that the filter hides, by its years or otherwise.
    pub hidden: usize,
}

impl FoundEntries {
    /// Returns whether the scan has ended with fewer than `limit` entries.
    pub fn are_fewer_than(&self, limit: usize) -> bool {
        self.is_whole && self.count < limit
    }
}

/// Place of an entry in the result of a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// A match.
    Found,
    /// Hidden by the years of the filter.
    HiddenByYears,
    /// Hidden by another part of the filter.
    Hidden,
    /// Not searched for.
    No,
}

/// Reads the entries of a range, chunk by chunk. Returns the newest `limit` that are found, and the counts, as the part of the
/// result that `part` makes of them. An empty screen shows the entries as soon as there are as many, and counts them later.
pub async fn scan<T>(
    reading: &Reading<T>,
    range: &EntryRange,
    limit: usize,
    matches: impl Fn(&EntryRow) -> Match,
    part: impl Fn(FoundEntries) -> T,
) -> Result<T> {
    let db = UserDb::open(reading.user).await?;
    let (mut found, mut after) = (FoundEntries::default(), None::<String>);
    let mut slice = TimeSlice::begin().await;
    let mut is_shown = false;
    loop {
        let page = db.entry_page(range, after.as_deref(), CHUNK).await?;
        for row in &page.rows {
            match matches(row) {
                Match::Found => {
                    found.count += 1;
                    if found.entries.len() < limit {
                        found.entries.extend(row.view());
                    }
                }
                Match::HiddenByYears => {
                    found.hidden_by_years += 1;
                    found.hidden += 1;
                }
                Match::Hidden => found.hidden += 1,
                Match::No => {}
            }
            slice.next().await;
        }
        after = page.next;
        found.is_whole = after.is_none();
        // The result of an overtaken read, or of a screen that was left, is not shown.
        if found.is_whole || !reading.is_current() {
            return Ok(part(found));
        }
        if found.entries.len() >= limit && !is_shown {
            is_shown = true;
            (reading.show_first)(part(found.clone()));
        }
    }
}

/// Returns the newest `limit` entries of a range that match.
pub async fn first<T>(
    reading: &Reading<T>,
    range: &EntryRange,
    limit: usize,
    matches: impl Fn(&EntryHead) -> bool,
) -> Result<Vec<EntryView>> {
    let db = UserDb::open(reading.user).await?;
    let (mut found, mut after) = (Vec::new(), None::<String>);
    while found.len() < limit {
        let page = db.entry_page(range, after.as_deref(), CHUNK).await?;
        let matching = page.rows.iter().filter(|row| row.head().is_some_and(|head| matches(&head)));
        found.extend(matching.filter_map(EntryRow::view));
        after = page.next;
        if after.is_none() || !reading.is_current() {
            break;
        }
    }
    found.truncate(limit);
    Ok(found)
}

/// Returns the newest `limit` entries of a range, and the number of all, which reads no other entry.
pub async fn newest<T>(reading: &Reading<T>, range: &EntryRange, limit: usize) -> Result<FoundEntries> {
    let db = UserDb::open(reading.user).await?;
    let page = db.entry_page(range, None, u32::try_from(limit).unwrap_or(u32::MAX)).await?;
    let count = db.count_entries(std::slice::from_ref(range)).await?.into_iter().sum();
    let entries = page.rows.iter().filter_map(EntryRow::view).collect();
    Ok(FoundEntries { entries, count, is_whole: true, ..FoundEntries::default() })
}

/// Returns the places of the entries of a range.
pub async fn places_of<T>(reading: &Reading<T>, range: &EntryRange) -> Result<BTreeSet<String>> {
    let (mut places, mut after) = (BTreeSet::new(), None::<String>);
    let db = UserDb::open(reading.user).await?;
    loop {
        let page = db.entry_page(range, after.as_deref(), CHUNK).await?;
        places.extend(page.rows.iter().filter_map(EntryRow::head).map(|head| head.place));
        after = page.next;
        if after.is_none() || !reading.is_current() {
            return Ok(places);
        }
    }
}

/// Returns every entry of a range that matches.
pub async fn all_of<T>(
    reading: &Reading<T>,
    range: &EntryRange,
    matches: impl Fn(&EntryView) -> bool,
) -> Result<Vec<EntryView>> {
    let db = UserDb::open(reading.user).await?;
    let (mut found, mut after) = (Vec::new(), None::<String>);
    let mut slice = TimeSlice::begin().await;
    loop {
        let page = db.entry_page(range, after.as_deref(), CHUNK).await?;
        for row in &page.rows {
            found.extend(row.view().filter(&matches));
            slice.next().await;
        }
        after = page.next;
        if after.is_none() || !reading.is_current() {
            return Ok(found);
        }
    }
}
