//! Rows of the outbox and the replica. The row of a record has its place in every list, with the outbox applied. A
//! change writes the rows of the records that it changes; a list reads one range of an index.

use super::backend::{Key, KeyRange, Row, Source, Store, Transaction};
use super::columns::*;
use super::indexes::OUTBOX_RECORD;
use super::json::{from_json, to_json};
use super::my_entries::is_author;
use super::views::entries::entry_views;
use super::views::items::item_views;
use super::views::mine::merged_entries;
use crate::entry::{Entry, Fields, State, field};
use crate::ledger::Item;
use crate::sync::{Kind, Op, OutboxItem, Record};
use crate::values::sort::collect_sorted;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use time::Date;
use uuid::Uuid;

/// Value of a flag.
const SET: Key = Key::Number(1);
/// Number of outbox items up to which all are read at once, instead of those of each record.
const FEW_ITEMS: usize = 64;

/// A record as the server has it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Stored {
    /// The record; `None` if the server does not have it.
    pub record: Option<Record>,
    /// Whether the server has accepted it since the overview was last fetched.
    pub is_accepted: bool,
    /// Whether it is outside the window. The copy may be outdated.
    pub is_outside: bool,
}

impl Stored {
    /// Parses a row.
    pub fn of(row: &Row) -> serde_json::Result<Self> {
        let record = if row.body.is_empty() { None } else { Some(from_json(&row.body)?) };
        Ok(Self { record, is_accepted: row.has(ACCEPTED), is_outside: row.has(OUTSIDE) })
    }
}

/// Returns the order of an entry: the newest first. It has the same length for all entries.
pub(super) fn entry_order(date: Date, id: Uuid) -> String {
    format!("{:06x}{:032x}", day_order(date), !id.as_u128())
}

/// Returns the part of an order that stands for the date. It is greater the earlier the date.
pub(super) fn day_order(date: Date) -> u32 {
    0xff_ffff - date.to_julian_day().unsigned_abs()
}

/// Returns the order of a ledger item: the one that is due first, then those without a date, then those that have ended.
fn item_order(item: &Item, id: Uuid) -> String {
    let due = item.due.map_or(0xff_ffff, |due| due.to_julian_day().unsigned_abs());
    format!("{}{:06x}{}", u8::from(item.status.is_ended()), due, id.simple())
}

/// Returns the photos that fields name.
fn photos<'a>(fields: impl Iterator<Item = &'a Fields>) -> Option<Key> {
    let hashes = fields.filter_map(|fields| fields.get(field::ATTACHMENTS)?.as_array()).flatten();
    let hashes: BTreeSet<&str> = collect_sorted(hashes.filter_map(Value::as_str));
    (!hashes.is_empty()).then(|| Key::List(hashes.into_iter().map(Key::from).collect()))
}

/// Returns the row of an outbox item.
pub(super) fn outbox_row(item: &OutboxItem) -> serde_json::Result<Row> {
    let mut columns = collect_sorted::<_, BTreeMap<_, _>>([(RECORD, item.mutation.id.into())]);
    if item.refused.is_some() {
        columns.insert(REFUSED, SET);
    } else if item.mutation.op == Op::Delete {
        columns.insert(DELETION, SET);
    }
    columns.extend(photos(std::iter::once(&item.mutation.fields).chain(&item.before)).map(|photos| (PHOTOS, photos)));
    Ok(Row { columns, body: to_json(item)? })
}

/// Returns the row of a record with its outbox items, which are sorted by number. `None` if neither
/// exists.
pub(super) fn record_row(
    user: Uuid,
    id: Uuid,
    stored: &Stored,
    items: &[OutboxItem],
) -> serde_json::Result<Option<Row>> {
    let record = stored.record.as_ref();
    if record.is_none() && items.is_empty() {
        return Ok(None);
    }
    let mut columns = BTreeMap::new();
    let kind = match (record, items.first()) {
        (Some(record), _) => record.kind.clone(),
        (None, Some(item)) if item.mutation.kind != Kind::Resolution => item.mutation.kind.clone(),
        (None, _) => Kind::Entry,
    };
    match kind {
        Kind::Entry if items.is_empty() => {
            let entry = record.and_then(|record| Some((record, Entry::from_checked(&record.fields)?)));
            if let Some((record, entry)) = entry {
                listed_entry(&mut columns, &entry, id);
                if is_author(user, &record.fields) {
                    let is_to_settle = entry.state == State::Returned;
                    listed_mine(&mut columns, &entry, id, is_to_settle, stored.is_accepted);
                }
            }
        }
        Kind::Entry => {
            let records = || record.cloned().into_iter().collect();
            if let Some(view) = entry_views(user, records(), items).first() {
                listed_entry(&mut columns, &view.entry, id);
            }
            let accepted: &[Uuid] = if stored.is_accepted { &[id] } else { &[] };
            let merged = merged_entries(user, records(), items.to_vec(), accepted);
            if let Some(mine) = merged.entries.first() {
                let is_uncounted = !merged.not_in_overview.is_empty();
                listed_mine(&mut columns, &mine.entry, id, mine.is_to_settle(), is_uncounted);
            }
        }
        Kind::LedgerItem => {
            let views = item_views(record.cloned().into_iter().collect(), items);
            if let Some(view) = views.first() {
                columns.insert(KIND, Kind::LedgerItem.as_str().into());
                columns.insert(ORDER, item_order(&view.item, id).into());
                columns.insert(STATE, view.item.status.code().into());
                columns.insert(PLACE, view.item.place.as_str().into());
            }
        }
        _ => {}
    }
    columns.extend(photos(record.into_iter().map(|record| &record.fields)).map(|photos| (PHOTOS, photos)));
    if !items.is_empty() {
        columns.insert(WAITS, id.into());
    }
    if stored.is_accepted && record.is_some() {
        columns.insert(ACCEPTED, SET);
    }
    if stored.is_outside && record.is_some() {
        columns.insert(OUTSIDE, SET);
    }
    let body = record.map(to_json).transpose()?.unwrap_or_default();
    Ok(Some(Row { columns, body }))
}

fn listed_entry(columns: &mut BTreeMap<&'static str, Key>, entry: &Entry, id: Uuid) {
    columns.insert(KIND, Kind::Entry.as_str().into());
    columns.insert(ORDER, entry_order(entry.date, id).into());
    columns.insert(STATE, entry.state.code().into());
    columns.insert(PLACE, entry.place.as_str().into());
}

fn listed_mine(
    columns: &mut BTreeMap<&'static str, Key>,
    entry: &Entry,
    id: Uuid,
    is_to_settle: bool,
    is_uncounted: bool,
) {
    columns.insert(MINE, (if is_to_settle { TO_SETTLE } else { SETTLED }).into());
    columns.insert(MINE_ORDER, entry_order(entry.date, id).into());
    if is_uncounted {
        columns.insert(UNCOUNTED, SET);
    }
}

/// Writes the row of a record.
pub(super) fn put<T: Transaction>(
    transaction: &T,
    user: Uuid,
    id: Uuid,
    stored: &Stored,
    items: &[OutboxItem],
) -> Result<(), T::Error> {
    match record_row(user, id, stored, items)? {
        Some(row) => transaction.put(Store::Replica, id.into(), row),
        None => transaction.delete(Store::Replica, &KeyRange::only(id)),
    }
}

/// Returns the stored state of some records.
pub(super) async fn stored<T: Transaction>(
    transaction: &T,
    ids: impl IntoIterator<Item = Uuid>,
) -> Result<BTreeMap<Uuid, Stored>, T::Error> {
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let keys: Vec<Key> = ids.iter().map(|id| (*id).into()).collect();
    let rows = if keys.is_empty() { Vec::new() } else { transaction.get(Store::Replica, &keys).await? };
    let mut stored = BTreeMap::new();
    for (id, row) in ids.into_iter().zip(rows) {
        stored.insert(id, row.map(|row| Stored::of(&row)).transpose()?.unwrap_or_default());
    }
    Ok(stored)
}

/// Returns the identifier of a record that has items in the outbox.
pub(super) fn waiting_id(row: &Row) -> Option<Uuid> {
    match row.columns.get(WAITS)? {
        Key::Text(id) => Uuid::parse_str(id).ok(),
        _ => None,
    }
}

/// Parses rows of the outbox.
pub(super) fn items(rows: Vec<Row>) -> serde_json::Result<Vec<OutboxItem>> {
    rows.iter().map(|row| from_json(&row.body)).collect()
}

/// Returns the outbox items of some records, by number.
pub(super) async fn items_of<T: Transaction>(
    transaction: &T,
    ids: &BTreeSet<Uuid>,
) -> Result<BTreeMap<u64, OutboxItem>, T::Error> {
    let all = Source::Store(Store::Outbox);
    let mut matching = Vec::new();
    if ids.len() == 1 {
        for id in ids {
            matching = items(transaction.scan(Source::Index(&OUTBOX_RECORD), &KeyRange::only(*id), None).await?)?;
        }
    } else if !ids.is_empty() {
        let count = transaction.count(all, &[KeyRange::all()]).await?.first().copied().unwrap_or_default();
        if count <= FEW_ITEMS + 4 * ids.len() {
            matching = items(transaction.scan(all, &KeyRange::all(), None).await?)?;
            matching.retain(|item| ids.contains(&item.mutation.id));
        } else {
            for id in ids {
                let of_record = transaction.scan(Source::Index(&OUTBOX_RECORD), &KeyRange::only(*id), None).await?;
                matching.extend(items(of_record)?);
            }
        }
    }
    Ok(collect_sorted(matching.into_iter().map(|item| (item.mutation.seq, item))))
}

/// Writes the rows of some records again, after their outbox items have changed.
pub(super) async fn refresh<T: Transaction>(transaction: &T, user: Uuid, ids: &BTreeSet<Uuid>) -> Result<(), T::Error> {
    let items = items_of(transaction, ids).await?;
    for (id, stored) in stored(transaction, ids.iter().copied()).await? {
        put(transaction, user, id, &stored, &of_record(&items, id))?;
    }
    Ok(())
}

/// Returns the items of one record.
pub(super) fn of_record(items: &BTreeMap<u64, OutboxItem>, id: Uuid) -> Vec<OutboxItem> {
    items.values().filter(|item| item.mutation.id == id).cloned().collect()
}
