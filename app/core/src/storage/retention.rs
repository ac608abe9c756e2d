//! Limits the replica to the phone's window. Records outside it stay while they are in use: by an unsent or unresolved
//! change, an open draft or an open screen.

use super::backend::{KeyRange, Source, Store, Transaction};
use super::indexes::OUTSIDE;
use super::rows::{self, Stored};
use crate::catalogue::Catalogue;
use crate::sync::{OutboxItem, Record, ReplicaRule, Window};
use crate::values::sort::collect_sorted;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Records read at a time when the window moves.
const CHUNK: u32 = 250;

static NOT_IN_USE: BTreeSet<Uuid> = BTreeSet::new();

/// Facts outside the database that decide which records stay.
#[derive(Clone, Copy, Debug)]
pub struct Retention<'a> {
    /// Catalogue; `None` before it has arrived.
    pub catalogue: Option<&'a Catalogue>,
    /// Records with an open draft or on an open screen.
    pub in_use: &'a BTreeSet<Uuid>,
}

impl Default for Retention<'_> {
    fn default() -> Self {
        Self { catalogue: None, in_use: &NOT_IN_USE }
    }
}

impl<'a> Retention<'a> {
    /// Returns the rule for a window; `None` holds everything.
    pub(super) fn rule(self, user: Uuid, window: Option<&'a Window>) -> ReplicaRule<'a> {
        ReplicaRule { user, window, catalogue: self.catalogue }
    }

    /// Returns whether a change, a draft or a screen needs a record.
    fn needs(self, id: Uuid, items: &[OutboxItem]) -> bool {
        !items.is_empty() || self.in_use.contains(&id)
    }

    /// Returns the part of a row that stays in the replica.
    pub(super) fn retain(self, rule: ReplicaRule<'_>, stored: Stored, items: &[OutboxItem]) -> Stored {
        let Some(record) = &stored.record else { return stored };
        if !rule.keeps(record, stored.is_outside, self.needs(record.id, items)) {
            return Stored::default();
        }
        let is_outside = stored.is_outside || !rule.keeps(record, false, false);
        Stored { is_outside, ..stored }
    }
}

/// Removes the records that a new or moved window does not hold.
pub(super) async fn narrow<T: Transaction>(
    transaction: &T,
    user: Uuid,
    window: &Window,
    retention: Retention<'_>,
) -> Result<(), T::Error> {
    let rule = retention.rule(user, Some(window));
    let mut range = KeyRange::all();
    loop {
        let chunk = transaction.scan(Source::Store(Store::Replica), &range, Some(CHUNK)).await?;
        let waiting: BTreeSet<Uuid> = collect_sorted(chunk.iter().filter_map(rows::waiting_id));
        let items = rows::items_of(transaction, &waiting).await?;
        let mut last = None;
        for row in &chunk {
            let stored = Stored::of(row)?;
            let id = stored.record.as_ref().map(|record| record.id).or_else(|| rows::waiting_id(row));
            let Some(id) = id else { continue };
            last = Some(id);
            let items = rows::of_record(&items, id);
            let retained = retention.retain(rule, stored.clone(), &items);
            if retained != stored {
                rows::put(transaction, user, id, &retained, &items)?;
            }
        }
        match last {
            Some(last) if chunk.len() == CHUNK as usize => range = KeyRange::all().after(last),
            _ => return Ok(()),
        }
    }
}

/// Removes the records outside the window that nothing needs any more. They are few.
pub(super) async fn release<T: Transaction>(
    transaction: &T,
    user: Uuid,
    retention: Retention<'_>,
) -> Result<(), T::Error> {
    for row in transaction.scan(Source::Index(&OUTSIDE), &KeyRange::all(), None).await? {
        let Stored { record: Some(Record { id, .. }), .. } = Stored::of(&row)? else { continue };
        if rows::waiting_id(&row).is_none() && !retention.in_use.contains(&id) {
            rows::put(transaction, user, id, &Stored::default(), &[])?;
        }
    }
    Ok(())
}

/// Marks or removes records that have left the window. Returns whether an own entry, or a record with unsent changes, was
/// among them.
pub(super) async fn leave<T: Transaction>(
    transaction: &T,
    user: Uuid,
    ids: &[Uuid],
    items: &BTreeMap<Uuid, Vec<OutboxItem>>,
    retention: Retention<'_>,
) -> Result<bool, T::Error> {
    let mut is_mine = false;
    for (id, stored) in rows::stored(transaction, ids.iter().copied()).await? {
        let Some(record) = stored.record else { continue };
        let items = items.get(&id).map(Vec::as_slice).unwrap_or_default();
        is_mine |= !items.is_empty() || super::my_entries::is_author(user, &record.fields);
        let retained = if retention.needs(id, items) {
            Stored { record: Some(record), is_outside: true, ..stored }
        } else {
            Stored::default()
        };
        rows::put(transaction, user, id, &retained, items)?;
    }
    Ok(is_mine)
}

/// Stores records that a screen has read from the server, outside the window. A record that the feed brings stays as it is.
/// Returns the number of records that the replica did not have.
pub async fn hold<T: Transaction>(transaction: &T, user: Uuid, records: &[Record]) -> Result<usize, T::Error> {
    let ids: BTreeSet<Uuid> = collect_sorted(records.iter().map(|record| record.id));
    let items = rows::items_of(transaction, &ids).await?;
    let mut stored = rows::stored(transaction, ids).await?;
    let mut new = 0;
    for record in records.iter().filter(|record| !record.deleted) {
        let old = stored.remove(&record.id).unwrap_or_default();
        let rev = old.record.as_ref().map(|old| old.rev);
        if rev.is_some_and(|rev| !old.is_outside || rev >= record.rev) {
            continue;
        }
        new += usize::from(rev.is_none());
        let held = Stored { record: Some(record.clone()), is_outside: true, ..old };
        rows::put(transaction, user, record.id, &held, &rows::of_record(&items, record.id))?;
    }
    Ok(new)
}
