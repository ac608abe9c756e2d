//! Layout of a person's database on the phone, and the steps that bring an older one up to date.
//!
//! | version | layout |
//! | --- | --- |
//! | 1 | `meta`, `outbox` and `replica` hold JSON texts; no index |
//! | 2 | rows of `outbox` and `replica` have columns, by which indexes find them; `accepted` is a column, not a list |
//! | 3 | records outside the window have a column |

use super::backend::{KeyRange, Source, Store, Transaction};
use super::json::from_json;
use super::meta::{self, Name};
use super::rows;
use crate::sync::{OutboxItem, Record};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

pub use super::indexes::INDEXES;

/// Current version.
pub const VERSION: u32 = 3;

/// Number of records that an upgrade converts between two requests.
const CHUNK: u32 = 250;

/// Converts the rows of `user`'s database from an older version. Stores and indexes are there already. A row that cannot
/// be parsed stays as it is.
pub async fn upgrade<T: Transaction>(transaction: &T, user: Uuid, from: u32) -> Result<(), T::Error> {
    if from < 2 {
        add_columns(transaction, user).await?;
    }
    Ok(())
}

/// The step from version 1 to 2.
async fn add_columns<T: Transaction>(transaction: &T, user: Uuid) -> Result<(), T::Error> {
    let accepted: BTreeSet<Uuid> = meta::get(transaction, Name::Accepted).await?.unwrap_or_default();
    transaction.delete(Store::Meta, &KeyRange::only(Name::Accepted.key()))?;
    let mut outbox: BTreeMap<Uuid, Vec<OutboxItem>> = BTreeMap::new();
    for row in transaction.scan(Source::Store(Store::Outbox), &KeyRange::all(), None).await? {
        if let Ok(item) = from_json::<OutboxItem>(&row.body) {
            transaction.put(Store::Outbox, item.mutation.seq.into(), rows::outbox_row(&item)?)?;
            outbox.entry(item.mutation.id).or_default().push(item);
        }
    }
    let mut range = KeyRange::all();
    loop {
        let chunk = transaction.scan(Source::Store(Store::Replica), &range, Some(CHUNK)).await?;
        let records: Vec<Record> = chunk.iter().filter_map(|row| from_json(&row.body).ok()).collect();
        let last = records.last().map(|record| record.id);
        for record in records {
            let (id, items) = (record.id, outbox.remove(&record.id).unwrap_or_default());
            let stored = rows::Stored { record: Some(record), is_accepted: accepted.contains(&id), is_outside: false };
            rows::put(transaction, user, id, &stored, &items)?;
        }
        match last {
            Some(last) if chunk.len() == CHUNK as usize => range = KeyRange::all().after(last),
            _ => break,
        }
    }
    for (id, items) in outbox {
        rows::put(transaction, user, id, &rows::Stored::default(), &items)?;
    }
    Ok(())
}
