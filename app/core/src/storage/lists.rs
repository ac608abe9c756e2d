//! Lists of a phone's entries and ledger items. A page is one range of an index, read in one transaction; counts read no record.

use super::backend::{Bound, Key, KeyRange, Row, Source, Transaction};
use super::indexes::{BY_DATE, BY_PHOTO, BY_PLACE, BY_STATE, OUTBOX_PHOTO};
use super::json::from_json;
use super::rows::{self, Stored, day_order, entry_order};
use super::views::entries::{EntryView, entry_views};
use super::views::items::{ItemView, item_views};
use crate::entry::{Entry, State};
use crate::sync::{Kind, OutboxItem, Record};
use crate::values::sort::collect_sorted;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, btree_map};
use time::Date;
use uuid::Uuid;

/// Maximum number of recent own entries, and of entries of one place and day.
pub(super) const MOST_RECENT: u32 = 100;

/// Entries of one range of an index, newest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EntryRange {
    /// State or place that the entries share; `None` for all entries.
    pub shared: Option<Shared>,
    /// First date; `None` for no limit.
    pub from: Option<Date>,
    /// Last date; `None` for no limit.
    pub until: Option<Date>,
}

/// A property by which an index finds entries.
#[derive(Clone, Debug, PartialEq)]
pub enum Shared {
    /// The state.
    State(State),
    /// The place itself, without the places below it.
    Place(String),
}

impl EntryRange {
    /// Returns the range of all entries.
    pub fn all() -> Self {
        Self::default()
    }

    /// Returns the range of the entries in a state.
    pub fn of_state(state: State) -> Self {
        Self { shared: Some(Shared::State(state)), ..Self::default() }
    }

    /// Returns the range of the entries at a place.
    pub fn at(place: &str) -> Self {
        Self { shared: Some(Shared::Place(place.to_owned())), ..Self::default() }
    }

    /// Returns the part of the range between two dates.
    #[must_use]
    pub fn between(self, from: Date, until: Date) -> Self {
        Self { from: Some(from), until: Some(until), ..self }
    }

    /// Returns whether no date is in the range.
    fn is_empty(&self) -> bool {
        matches!((self.from, self.until), (Some(from), Some(until)) if from > until)
    }

    /// Returns the index with the part of its key that all entries share.
    fn index(&self) -> (Source, Vec<Key>) {
        let kind = Key::from(Kind::Entry.as_str());
        match &self.shared {
            None => (Source::Index(&BY_DATE), vec![kind]),
            Some(Shared::State(state)) => (Source::Index(&BY_STATE), vec![kind, state.code().into()]),
            Some(Shared::Place(place)) => (Source::Index(&BY_PLACE), vec![kind, place.as_str().into()]),
        }
    }
}

/// Returns the range of a compound key that ends with the order of an entry.
pub(super) fn dated(prefix: &[Key], from: Option<Date>, until: Option<Date>) -> KeyRange {
    let with = |order: String| {
        let mut key = prefix.to_vec();
        key.push(order.into());
        Key::List(key)
    };
    // The later date comes first. The order of an entry begins with the hexadecimal digits of its day. The digits alone
    // sort before all orders of the day, and with a letter behind all of them.
    let range = KeyRange::below(prefix.to_vec());
    let closed = |key| Some(Bound { key, is_open: false });
    KeyRange {
        lower: until.map_or(range.lower, |until| closed(with(format!("{:06x}", day_order(until))))),
        upper: from.map_or(range.upper, |from| closed(with(format!("{:06x}g", day_order(from))))),
    }
}

/// A page of entries.
#[derive(Clone, Debug, Default)]
pub struct EntryPage {
    /// The entries.
    pub rows: Vec<EntryRow>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<String>,
}

/// An entry of a page. It is parsed when it is needed: many are only filtered.
#[derive(Clone, Debug)]
pub struct EntryRow(Content);

#[derive(Clone, Debug)]
enum Content {
    /// The record as JSON.
    Text(String),
    /// The record with unsent changes.
    View(Box<EntryView>),
}

/// The part of an entry that filters look at.
#[derive(Clone, Debug, PartialEq)]
pub struct EntryHead {
    /// Identifier.
    pub id: Uuid,
    /// Code of the activity.
    pub activity: String,
    /// Date.
    pub date: Date,
    /// Code of the place.
    pub place: String,
    /// Pairing that it belongs to.
    pub pairing: Option<Uuid>,
    /// Organisation that it concerns.
    pub organisation: Option<Uuid>,
    /// Review state.
    pub state: State,
}

/// A record of which the head alone is parsed.
#[derive(Deserialize)]
struct RecordHead {
    id: Uuid,
    fields: FieldsHead,
}

#[derive(Deserialize)]
struct FieldsHead {
    activity: String,
    #[serde(with = "crate::values::date")]
    date: Date,
    place: String,
    #[serde(default)]
    pairing: Option<Uuid>,
    #[serde(default)]
    organisation: Option<Uuid>,
    #[serde(default)]
    state: State,
}

impl EntryRow {
    /// Parses the head.
    pub fn head(&self) -> Option<EntryHead> {
        match &self.0 {
            Content::Text(text) => {
                let RecordHead { id, fields } = serde_json::from_str(text).ok()?;
                let FieldsHead { activity, date, place, pairing, organisation, state } = fields;
                Some(EntryHead { id, activity, date, place, pairing, organisation, state })
            }
            Content::View(view) => {
                let Entry { activity, date, place, pairing, organisation, state, .. } = view.entry.clone();
                Some(EntryHead { id: view.id, activity, date, place, pairing, organisation, state })
            }
        }
    }

    /// Parses the whole entry.
    pub fn view(&self) -> Option<EntryView> {
        match &self.0 {
            Content::Text(text) => {
                let Record { id, rev, fields, .. } = from_json(text).ok()?;
                Some(EntryView { id, rev, entry: Entry::from_checked(&fields)?, fields, waits: false })
            }
            Content::View(view) => Some(EntryView::clone(view)),
        }
    }
}

/// Returns a page of entries with unsent changes applied; `after` is [`EntryPage::next`] of the page before.
pub async fn entries<T: Transaction>(
    transaction: &T,
    user: Uuid,
    range: &EntryRange,
    after: Option<&str>,
    limit: u32,
) -> Result<EntryPage, T::Error> {
    if range.is_empty() {
        return Ok(EntryPage::default());
    }
    let (source, prefix) = range.index();
    let mut keys = dated(&prefix, range.from, range.until);
    if let Some(after) = after {
        let mut key = prefix;
        key.push(after.into());
        keys = keys.after(Key::List(key));
    }
    let read = transaction.scan(source, &keys, Some(limit)).await?;
    let is_end = read.len() < limit as usize;
    let items = waiting_items(transaction, &read).await?;
    let mut rows = Vec::with_capacity(read.len());
    for row in read {
        rows.push(match rows::waiting_id(&row) {
            None => EntryRow(Content::Text(row.body)),
            Some(id) => {
                let record = Stored::of(&row)?.record;
                let views = entry_views(user, record.into_iter().collect(), &rows::of_record(&items, id));
                let Some(view) = views.into_iter().next() else { continue };
                EntryRow(Content::View(Box::new(view)))
            }
        });
    }
    let last = rows.last().filter(|_| !is_end).and_then(EntryRow::head);
    Ok(EntryPage { next: last.map(|last| entry_order(last.date, last.id)), rows })
}

/// Returns the outbox items of rows, by number.
pub(super) async fn waiting_items<T: Transaction>(
    transaction: &T,
    read: &[Row],
) -> Result<BTreeMap<u64, OutboxItem>, T::Error> {
    let ids: BTreeSet<Uuid> = collect_sorted(read.iter().filter_map(rows::waiting_id));
    rows::items_of(transaction, &ids).await
}

/// Returns the entries of each place and date.
pub async fn entries_on<T: Transaction>(
    transaction: &T,
    user: Uuid,
    days: &[(String, Date)],
) -> Result<Vec<Vec<EntryView>>, T::Error> {
    let mut of_days = Vec::with_capacity(days.len());
    for (place, date) in days {
        let range = EntryRange::at(place).between(*date, *date);
        let page = entries(transaction, user, &range, None, MOST_RECENT).await?;
        of_days.push(page.rows.iter().filter_map(EntryRow::view).collect());
    }
    Ok(of_days)
}

/// Returns, for each entry, the newest entries of the same activity at its place until its date, without the entry itself.
pub async fn comparable_entries<T: Transaction>(
    transaction: &T,
    user: Uuid,
    of: &[EntryView],
) -> Result<Vec<Vec<EntryView>>, T::Error> {
    let mut pages: BTreeMap<(&str, Date), Vec<(EntryHead, EntryRow)>> = BTreeMap::new();
    let mut comparable = Vec::with_capacity(of.len());
    for EntryView { id, entry, .. } in of {
        let day = (entry.place.as_str(), entry.date);
        if let btree_map::Entry::Vacant(vacant) = pages.entry(day) {
            let range = EntryRange { until: Some(entry.date), ..EntryRange::at(&entry.place) };
            let page = entries(transaction, user, &range, None, MOST_RECENT).await?;
            vacant.insert(page.rows.into_iter().filter_map(|row| Some((row.head()?, row))).collect());
        }
        let is_comparable = |head: &EntryHead| head.activity == entry.activity && head.id != *id;
        let rows = pages.get(&day).into_iter().flatten().filter(|(head, _)| is_comparable(head));
        comparable.push(rows.filter_map(|(_, row)| row.view()).collect());
    }
    Ok(comparable)
}

/// Returns the number of entries in each of some ranges of the same index.
pub async fn count_entries<T: Transaction>(transaction: &T, ranges: &[EntryRange]) -> Result<Vec<usize>, T::Error> {
    let Some(first) = ranges.first() else { return Ok(Vec::new()) };
    let with_dates = ranges.iter().filter(|range| !range.is_empty());
    let keys: Vec<KeyRange> = with_dates.map(|range| dated(&range.index().1, range.from, range.until)).collect();
    let mut counts = transaction.count(first.index().0, &keys).await?.into_iter();
    let count = |range: &EntryRange| if range.is_empty() { 0 } else { counts.next().unwrap_or_default() };
    Ok(ranges.iter().map(count).collect())
}

/// Returns all entries that the server has at a place, without unsent changes.
pub async fn records_at<T: Transaction>(transaction: &T, place: &str) -> Result<Vec<(Uuid, Entry)>, T::Error> {
    let (source, prefix) = EntryRange::at(place).index();
    let mut entries = Vec::new();
    for row in transaction.scan(source, &KeyRange::below(prefix), None).await? {
        let entry = |record: Record| Some((record.id, Entry::from_checked(&record.fields)?));
        entries.extend(Stored::of(&row)?.record.and_then(entry));
    }
    Ok(entries)
}

/// Returns the ledger items with unsent changes applied; the item that is due first comes first.
pub async fn ledger<T: Transaction>(transaction: &T) -> Result<Vec<ItemView>, T::Error> {
    let keys = KeyRange::below(vec![Kind::LedgerItem.as_str().into()]);
    let read = transaction.scan(Source::Index(&BY_DATE), &keys, None).await?;
    let items: Vec<OutboxItem> = waiting_items(transaction, &read).await?.into_values().collect();
    let mut records = Vec::with_capacity(read.len());
    for row in &read {
        records.extend(Stored::of(row)?.record);
    }
    Ok(item_views(records, &items))
}

/// Returns which of some photos the phone's records and changes name, rejected changes included.
pub async fn named_photos<T: Transaction>(
    transaction: &T,
    hashes: &BTreeSet<String>,
) -> Result<BTreeSet<String>, T::Error> {
    let ranges: Vec<KeyRange> = hashes.iter().map(|hash| KeyRange::only(hash.as_str())).collect();
    let records = transaction.count(Source::Index(&BY_PHOTO), &ranges).await?;
    let changes = transaction.count(Source::Index(&OUTBOX_PHOTO), &ranges).await?;
    let counts = records.into_iter().zip(changes).map(|(records, changes)| records + changes);
    Ok(hashes.iter().zip(counts).filter(|(_, count)| *count > 0).map(|(hash, _)| hash.clone()).collect())
}
