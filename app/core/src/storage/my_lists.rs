//! Lists of a person's own entries on their phone: those that wait for the person first. Counts read no record.

use super::backend::{Key, KeyRange, Row, Source, Transaction};
use super::columns::{SETTLED, TO_SETTLE};
use super::deletion;
use super::indexes::{BY_AUTHOR, UNCOUNTED};
use super::lists::{MOST_RECENT, dated, waiting_items};
use super::meta::{self, Name};
use super::my_entries::{Gone, MyEntries, MyEntry};
use super::outbox::count_unsent;
use super::replica_progress::ReplicaProgress;
use super::rows::{self, Stored, entry_order};
use super::views::mine::merged_entries;
use crate::sync::OutboxItem;
use crate::values::sort::sort_by_key;
use std::collections::BTreeMap;
use time::Date;
use uuid::Uuid;

/// A page of a person's own entries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MyEntryPage {
    /// The entries: those that wait for the person first, then the others, each newest first.
    pub entries: Vec<MyEntry>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<MyEntryKey>,
}

/// Place of an entry in its author's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MyEntryKey {
    is_settled: bool,
    order: String,
}

/// Returns the part of the list of own entries that waits for the person, or that does not.
fn part(is_settled: bool) -> Vec<Key> {
    vec![(if is_settled { SETTLED } else { TO_SETTLE }).into()]
}

/// Returns a page of own entries; `after` is [`MyEntryPage::next`] of the page before.
pub async fn my_entries<T: Transaction>(
    transaction: &T,
    user: Uuid,
    only_to_settle: bool,
    after: Option<&MyEntryKey>,
    limit: u32,
) -> Result<MyEntryPage, T::Error> {
    let mut keys = KeyRange::below(part(false));
    if !only_to_settle {
        keys.upper = KeyRange::below(part(true)).upper;
    }
    if let Some(MyEntryKey { is_settled, order }) = after {
        let mut key = part(*is_settled);
        key.push(order.as_str().into());
        keys = keys.after(Key::List(key));
    }
    let read = transaction.scan(Source::Index(&BY_AUTHOR), &keys, Some(limit)).await?;
    let is_end = read.len() < limit as usize;
    let items = waiting_items(transaction, &read).await?;
    let mut entries = Vec::with_capacity(read.len());
    for row in read {
        entries.extend(mine_of(user, &row, &items)?);
    }
    let key = |entry: &MyEntry| MyEntryKey {
        is_settled: !entry.is_to_settle(),
        order: entry_order(entry.entry.date, entry.id),
    };
    let next = entries.last().filter(|_| !is_end).map(key);
    Ok(MyEntryPage { entries, next })
}

fn mine_of(user: Uuid, row: &Row, items: &BTreeMap<u64, OutboxItem>) -> serde_json::Result<Option<MyEntry>> {
    let items = rows::waiting_id(row).map(|id| rows::of_record(items, id)).unwrap_or_default();
    let record = Stored::of(row)?.record;
    Ok(merged_entries(user, record.into_iter().collect(), items, &[]).entries.into_iter().next())
}

/// Returns the last own entries, newest first. Forms offer their answers.
pub async fn recent_entries<T: Transaction>(transaction: &T, user: Uuid) -> Result<Vec<MyEntry>, T::Error> {
    let mut recent = Vec::new();
    for is_settled in [false, true] {
        let keys = KeyRange::below(part(is_settled));
        let read = transaction.scan(Source::Index(&BY_AUTHOR), &keys, Some(MOST_RECENT)).await?;
        let items = waiting_items(transaction, &read).await?;
        for row in &read {
            recent.extend(mine_of(user, row, &items)?);
        }
    }
    sort_by_key(&mut recent, |mine: &MyEntry| std::cmp::Reverse((mine.entry.date, mine.id)));
    recent.truncate(MOST_RECENT as usize);
    Ok(recent)
}

/// Returns the number of own entries between two dates.
pub async fn count_mine<T: Transaction>(transaction: &T, from: Date, until: Date) -> Result<usize, T::Error> {
    let ranges = [false, true].map(|is_settled| dated(&part(is_settled), Some(from), Some(until)));
    Ok(transaction.count(Source::Index(&BY_AUTHOR), &ranges).await?.into_iter().sum())
}

/// Returns the counts of a person's own entries, and the parts that other screens show.
pub async fn summary<T: Transaction>(transaction: &T, user: Uuid) -> Result<MyEntries, T::Error> {
    let [progress, gone, next_seq] = meta::rows(transaction, [Name::Progress, Name::Gone, Name::NextSeq]).await?;
    let progress: ReplicaProgress = meta::parse(progress.as_ref())?.unwrap_or_default();
    let gone: Vec<Gone> = meta::parse(gone.as_ref())?.unwrap_or_default();
    let parts = [false, true].map(|is_settled| KeyRange::below(part(is_settled)));
    let counts = transaction.count(Source::Index(&BY_AUTHOR), &parts).await?;
    let to_settle = counts.first().copied().unwrap_or_default();
    let uncounted = transaction.scan(Source::Index(&UNCOUNTED), &KeyRange::all(), None).await?;
    let items = waiting_items(transaction, &uncounted).await?;
    let mut not_in_overview = Vec::with_capacity(uncounted.len());
    for row in &uncounted {
        not_in_overview.extend(mine_of(user, row, &items)?.map(|mine| (mine.id, mine.entry)));
    }
    Ok(MyEntries {
        count: counts.iter().sum(),
        to_settle,
        not_in_overview,
        unsent: count_unsent(transaction).await?,
        gone,
        deletions: deletion::of_entries(transaction, user).await?,
        is_complete: progress.is_complete,
        lost: 0,
        next_seq: meta::parse(next_seq.as_ref())?.unwrap_or(1),
    })
}
