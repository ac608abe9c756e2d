//! Comparison of the stored figures with those computed from the entries.

use crate::db::accounts::account;
use crate::db::figures::pack;
use crate::db::figures::query::TallyRow;
use crate::db::figures::rollup::{Counted, PartSum, Pending, count_page};
use crate::db::files::{column_mapping, import};
use crate::db::records::{conflict, history, idempotency, record};
use crate::db::reference::load::Reference;
use crate::db::reference::{catalogue, closed_month};
use crate::db::{Db, Result, Tx, Unreadable, feed, with_db};
use jiedui_core::directory::organisation::{Organisation, Pairing};
use jiedui_core::entry::Fields;
use jiedui_core::figures::entry_count::EntryCount;
use jiedui_core::figures::pack::YearPack;
use jiedui_core::ledger::Item;
use jiedui_core::sync::Kind;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Stored figure that differs from the one computed from the entries.
#[derive(Debug)]
pub struct Difference {
    /// Name of the figure.
    pub key: String,
    /// Stored value and number of entries.
    pub stored: Option<(i64, i64)>,
    /// Value and number computed from the entries.
    pub counted: Option<(i64, i64)>,
}

/// Differences and unreadable records.
#[derive(Debug, Default)]
pub struct Findings {
    /// Figures that differ from those computed from the entries.
    pub differences: Vec<Difference>,
    /// Stored data that cannot be read.
    pub unreadable: Vec<Unreadable>,
}

/// Stored figure, with its key in two parts.
#[derive(sqlx::FromRow)]
struct StoredPart {
    head: String,
    verified: bool,
    tail: String,
    pairing: Uuid,
    value: i64,
    entries: i64,
}

/// Record that is no entry.
#[derive(sqlx::FromRow)]
struct OtherRow {
    id: Uuid,
    kind: String,
    fields: String,
}

/// Computes all figures from the entries and compares; reads all records.
pub async fn verify(db: &Db, reference: &Reference) -> Result<Findings> {
    // A snapshot of the database, regardless of later writes.
    let mut tx = db.begin_reading().await?;
    let (mut pending, mut last) = (Pending::default(), 0);
    while let Some(after) = count_page(&mut tx, last, &mut pending, &reference.catalogue).await? {
        last = after;
    }
    let named = |PartSum { key, value, entries }: PartSum<'_>| {
        let (place, month, indicator, verified) = (key.place, key.month, key.indicator, key.verified);
        let (apart, qualifier, pairing) = (key.apart(), key.qualifier.code(), key.pairing);
        (format!("town|{place}|{month}|{indicator}|{verified}|{apart}|{qualifier}|{pairing}"), (value, entries))
    };
    let pending_unreadable = std::mem::take(&mut pending.unreadable);
    let Counted { parts, tallies, .. } = pending.counted(reference.index());
    let mut counted: BTreeMap<String, (i64, i64)> = parts.into_iter().map(named).collect();
    for tally in tallies {
        counted.insert(tally_key(&tally), (0, tally.entries));
    }
    let query = "SELECT grain || '|' || place || '|' || period || '|' || indicator AS head, verified,
        apart || '|' || qualifier AS tail, pairing, value, entries FROM part WHERE entries <> 0 OR value <> 0";
    let tallies = "SELECT programme, place, pairing, organisation, month, verified, entries FROM tally
        WHERE entries <> 0";
    let (parts, tallies) = with_db!(tx &mut tx, |connection| (
        sqlx::query_as::<_, StoredPart>(query).fetch_all(&mut *connection).await?,
        sqlx::query_as::<_, TallyRow>(tallies).fetch_all(&mut *connection).await?
    ));
    let part = |StoredPart { head, verified, tail, pairing, value, entries }: StoredPart| {
        (format!("{head}|{verified}|{tail}|{pairing}"), (value, entries))
    };
    let tally = |row: TallyRow| {
        let TallyRow { programme, place, pairing, organisation, month, verified, entries } = row;
        (format!("tally|{programme}|{place}|{pairing}|{organisation}|{month}|{verified}"), (0, entries))
    };
    let mut differences = Vec::new();
    for (key, stored) in parts.into_iter().map(part).chain(tallies.into_iter().map(tally)) {
        let counted = counted.remove(&key);
        if counted != Some(stored) {
            differences.push(Difference { key, stored: Some(stored), counted });
        }
    }
    verify_packs(&mut tx, pending, reference, &mut differences).await?;
    let mut unreadable: Vec<_> = pending_unreadable
        .into_iter()
        .map(|(id, reason)| Unreadable { kind: Kind::Entry.to_string(), id: id.to_string(), reason })
        .collect();
    record::note_unreadable(&mut tx, &mut unreadable).await?;
    history::note_unreadable(&mut tx, &mut unreadable).await?;
    conflict::note_unreadable(&mut tx, &mut unreadable).await?;
    idempotency::note_unreadable(&mut tx, &mut unreadable).await?;
    import::note_unreadable(&mut tx, &mut unreadable).await?;
    column_mapping::note_unreadable(&mut tx, &mut unreadable).await?;
    account::note_unreadable(&mut tx, &mut unreadable).await?;
    catalogue::note_unreadable(&mut tx, &mut unreadable).await?;
    closed_month::note_unreadable(&mut tx, &mut unreadable).await?;
    feed::note_unreadable(&mut tx, &mut unreadable).await?;
    let others = "SELECT id, kind, fields FROM record WHERE kind <> 'entry' AND NOT deleted";
    let others: Vec<OtherRow> = with_db!(tx &mut tx, |connection| sqlx::query_as(others).fetch_all(connection).await?);
    tx.rollback().await?;
    for OtherRow { id, kind, fields } in others {
        let read = match Kind::from(kind.as_str()) {
            Kind::Organisation => serde_json::from_str::<Organisation>(&fields).map(drop),
            Kind::Pairing => serde_json::from_str::<Pairing>(&fields).map(drop),
            Kind::LedgerItem => serde_json::from_str::<Item>(&fields).map(drop),
            _ => serde_json::from_str::<Fields>(&fields).map(drop),
        };
        let id = id.to_string();
        // Fields that are no object are in the list already.
        if let Some(error) = read.err().filter(|_| !unreadable.iter().any(|found| found.id == id)) {
            unreadable.push(Unreadable { kind, id, reason: error.to_string() });
        }
    }
    differences.extend(counted.into_iter().map(|(key, counted)| Difference {
        key,
        stored: None,
        counted: Some(counted),
    }));
    Ok(Findings { differences, unreadable })
}

fn tally_key(tally: &EntryCount) -> String {
    let EntryCount { programme, place, pairing, organisation, month, verified, .. } = tally;
    let (pairing, organisation) = (pairing.unwrap_or_default(), organisation.unwrap_or_default());
    format!("tally|{programme}|{place}|{pairing}|{organisation}|{month}|{verified}")
}

/// Compares the stored packs of all years with those computed from the entries.
async fn verify_packs(
    tx: &mut Tx,
    pending: Pending,
    reference: &Reference,
    differences: &mut Vec<Difference>,
) -> Result<()> {
    let (contributions, counts) = pending.into_both();
    let mut years: BTreeSet<i32> = contributions.iter().map(|contribution| contribution.month.year).collect();
    years.extend(counts.iter().map(|count| count.month.year));
    years.extend(pack::years_in(tx).await?);
    for year in years {
        let of_year: Vec<_> = contributions.iter().filter(|it| it.month.year == year).cloned().collect();
        let mut counted = numbers(&YearPack::new(year, &of_year, &counts, reference.index()));
        let pieces = pack::pieces_in(tx, year).await?;
        for (key, stored) in numbers(&pack::read_in(tx, year, &pieces, None).await?) {
            let counted = counted.remove(&key);
            if counted != Some(stored) {
                differences.push(Difference { key, stored: Some(stored), counted });
            }
        }
        let missing = counted.into_iter();
        differences.extend(missing.map(|(key, counted)| Difference { key, stored: None, counted: Some(counted) }));
    }
    Ok(())
}

/// Returns every number of a pack by its name.
fn numbers(pack: &YearPack) -> BTreeMap<String, (i64, i64)> {
    let mut numbers = BTreeMap::new();
    let year = pack.year;
    for (scope, figures) in &pack.scopes {
        for (indicator, figures) in figures {
            let name = format!("{year}|{scope}|{indicator}");
            for row in &figures.rows {
                let key = format!("{name}|{}|{}|{}", row.month, row.verified, row.qualifier.code());
                numbers.insert(key, (row.value.ten_thousandths(), row.entries));
            }
            for row in &figures.latest {
                let last = row.last.map(|(date, id)| format!("{date} {id}")).unwrap_or_default();
                let key = format!("{name}|{}|{}|last|{last}|{}", row.month, row.verified, row.qualifier.code());
                numbers.insert(key, (row.value.ten_thousandths(), 0));
            }
            for (range, difference) in figures.ranges.iter().flat_map(|ranges| ranges.to_differences()).enumerate() {
                if difference != 0 {
                    numbers.insert(format!("{name}|range {range}"), (difference, 0));
                }
            }
        }
    }
    for ((scope, indicator, subject), maxima) in &pack.subjects {
        for (month, number) in maxima.all.iter().chain(&maxima.verified).enumerate().filter(|(_, number)| **number != 0)
        {
            numbers.insert(format!("{year}|{scope}|{indicator}|{subject}|largest {month}"), (*number, 0));
        }
    }
    for count in &pack.counts {
        numbers.insert(format!("map|{}", tally_key(count)), (0, count.entries));
    }
    numbers
}
