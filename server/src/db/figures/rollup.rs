//! Stored figures: the results of core's aggregation, updated by addition in the transaction that changes an entry.

use super::sums::{self, SumRow, merge_rows};
use super::{latest, subjects};
use crate::db::bulk::insert;
use crate::db::{Result, Tx, records::stored, with_db};
use jiedui_core::catalogue::Catalogue;
use jiedui_core::directory::index::DirectoryIndex;
use jiedui_core::directory::place::Level;
use jiedui_core::entry::Entry;
use jiedui_core::figures::contribution::{Contribution, Discriminator, contributions, merge_contributions};
use jiedui_core::figures::entry_count::{EntryCount, count_entry, merge_counts};
use jiedui_core::sync::Kind;
use jiedui_core::values::{month::Month, quantity::Qualifier};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Number of entries read at a time when all are counted.
const PAGE: i64 = 5_000;

/// Additions and subtractions of a transaction.
#[derive(Debug, Default)]
pub struct Pending {
    parts: Vec<Contribution>,
    tallies: Vec<EntryCount>,
    /// Unreadable entries, each with the reason. They are not counted.
    pub unreadable: Vec<(Uuid, String)>,
}

impl Pending {
    /// Adds an entry.
    pub fn add(&mut self, id: Uuid, entry: Option<&Entry>, catalogue: &Catalogue) {
        if let Some(entry) = entry {
            self.parts.extend(contributions(id, entry, catalogue));
            self.tallies.extend(count_entry(entry, catalogue));
        }
    }

    /// Subtracts an entry.
    pub fn subtract(&mut self, id: Uuid, entry: Option<&Entry>, catalogue: &Catalogue) {
        if let Some(entry) = entry {
            self.parts.extend(contributions(id, entry, catalogue).into_iter().map(Contribution::negated));
            self.tallies.extend(count_entry(entry, catalogue).map(EntryCount::negated));
        }
    }

    /// Merges equal keys, so that the changes of many entries stay small.
    pub fn condense(&mut self) {
        self.parts = merge_contributions(std::mem::take(&mut self.parts));
        self.tallies = merge_counts(std::mem::take(&mut self.tallies));
    }
}

/// Key of a row of `part`. Keys sort in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartKey<'a> {
    /// Township, or the place if it is a higher one.
    pub place: &'a str,
    /// Month.
    pub month: Month,
    /// Indicator.
    pub indicator: &'a str,
    /// Whether the entries are verified.
    pub verified: bool,
    /// Discriminator.
    pub discriminator: Option<&'a Discriminator>,
    /// Precision of the value.
    pub qualifier: Qualifier,
    /// Pairing; nil for none.
    pub pairing: Uuid,
}

/// Row of `part`.
#[derive(Clone, Copy, Debug)]
pub struct PartSum<'a> {
    /// Key.
    pub key: PartKey<'a>,
    /// Sum of the values in ten-thousandths.
    pub value: i64,
    /// Number of entries.
    pub entries: i64,
}

impl<'a> PartSum<'a> {
    /// Returns the row to which a contribution adds.
    fn of(part: &'a Contribution) -> Self {
        let key = PartKey {
            place: town(&part.place),
            month: part.month,
            indicator: &part.indicator,
            verified: part.verified,
            discriminator: part.discriminator.as_ref(),
            qualifier: part.qualifier,
            pairing: part.pairing.unwrap_or_default(),
        };
        Self { key, value: part.value.ten_thousandths(), entries: part.entries }
    }
}

impl PartKey<'_> {
    /// Returns the text of the discriminator in the table; empty for none.
    pub fn apart(&self) -> String {
        self.discriminator.map(ToString::to_string).unwrap_or_default()
    }
}

/// The length of a township's code.
pub const TOWN: usize = Level::Township.digits();

/// Returns the township of a place; the place itself if it is a higher one.
pub fn town(place: &str) -> &str {
    Level::Township.ancestor_code(place)
}

/// Returns the rows of `part` to which contributions add, sorted.
fn rows(contributions: &[Contribution]) -> Vec<PartSum<'_>> {
    let mut rows: Vec<PartSum<'_>> = contributions.iter().map(PartSum::of).collect();
    merge_rows(&mut rows, |left, right| left.key.cmp(&right.key), |row| [&mut row.value, &mut row.entries]);
    rows
}

/// Rows that a transaction changes, and by how much.
#[derive(Debug)]
pub struct Counted<'a> {
    /// Rows of `part`.
    pub parts: Vec<PartSum<'a>>,
    /// Rows of `tally`.
    pub tallies: Vec<EntryCount>,
    sums: Vec<SumRow<'a>>,
    map_counts: Vec<EntryCount>,
    subjects: BTreeMap<subjects::SubjectKey, subjects::Touched<'a>>,
    latest: latest::Touched,
}

impl Pending {
    /// Returns the contributions, merged.
    pub fn into_parts(mut self) -> Vec<Contribution> {
        self.condense();
        self.parts
    }

    /// Returns the contributions and entry counts, merged.
    pub fn into_both(mut self) -> (Vec<Contribution>, Vec<EntryCount>) {
        self.condense();
        (self.parts, self.tallies)
    }

    /// Returns the pending changes by row. They must be condensed.
    pub fn counted<'a>(&'a self, directory: &DirectoryIndex) -> Counted<'a> {
        Counted {
            parts: rows(&self.parts),
            tallies: by_town(self.tallies.clone()),
            sums: sums::sums_of(&self.parts, directory),
            map_counts: sums::map_counts_of(&self.tallies, directory),
            subjects: subjects::touched_by(&self.parts),
            latest: latest::touched_by(&self.parts, directory),
        }
    }
}

/// Adds to the stored rows; `change` is the number of the transaction's last change.
pub async fn write(tx: &mut Tx, counted: Counted<'_>, directory: &DirectoryIndex, change: i64) -> Result<()> {
    let head = "INSERT INTO part (grain, place, period, indicator, verified, apart, qualifier, pairing, value, entries,
        change) ";
    let tail = " ON CONFLICT (grain, place, period, indicator, verified, apart, qualifier, pairing) DO UPDATE SET
        value = part.value + excluded.value, entries = part.entries + excluded.entries, change = excluded.change";
    insert!(tx, head, counted.parts, tail, |values, item| {
        let PartSum { key, value, entries } = *item;
        let PartKey { place, month, indicator, verified, qualifier, pairing, .. } = key;
        values.push_bind("town").push_bind(place).push_bind(month.to_string()).push_bind(indicator);
        values.push_bind(verified).push_bind(key.apart()).push_bind(qualifier.code()).push_bind(pairing);
        values.push_bind(value).push_bind(entries).push_bind(change);
    });
    let head = "INSERT INTO tally (programme, place, pairing, organisation, month, verified, entries, change) ";
    let tail = " ON CONFLICT (programme, place, pairing, organisation, month, verified) DO UPDATE SET
        entries = tally.entries + excluded.entries, change = excluded.change";
    insert!(tx, head, counted.tallies, tail, |values, tally| {
        values.push_bind(&tally.programme).push_bind(&tally.place).push_bind(tally.pairing.unwrap_or_default());
        values.push_bind(tally.organisation.unwrap_or_default()).push_bind(tally.month.to_string());
        values.push_bind(tally.verified).push_bind(tally.entries).push_bind(change);
    });
    sums::write_sums(tx, &counted.sums, change).await?;
    sums::write_map_counts(tx, &counted.map_counts, change).await?;
    subjects::write(tx, &counted.subjects, directory, change).await?;
    latest::write(tx, counted.latest, directory, change).await
}

fn by_town(tallies: Vec<EntryCount>) -> Vec<EntryCount> {
    merge_counts(
        tallies.into_iter().map(|tally| EntryCount { place: town(&tally.place).to_owned(), ..tally }).collect(),
    )
}

#[derive(sqlx::FromRow)]
struct EntryRow {
    change: i64,
    id: Uuid,
    fields: String,
}

/// Counts the next entries after a change. Returns the change of the last one, or `None` at the end.
pub async fn count_page(tx: &mut Tx, after: i64, pending: &mut Pending, catalogue: &Catalogue) -> Result<Option<i64>> {
    let query = "SELECT change, id, fields FROM record WHERE kind = 'entry' AND NOT deleted AND change > $1
        ORDER BY change LIMIT $2";
    let rows: Vec<EntryRow> = with_db!(tx tx, |connection| sqlx::query_as(query)
        .bind(after)
        .bind(PAGE)
        .fetch_all(connection)
        .await?);
    let last = rows.last().map(|row| row.change);
    for EntryRow { id, fields, .. } in rows {
        match serde_json::from_str(&fields) {
            Ok(entry) => pending.add(id, Some(&entry), catalogue),
            Err(error) => {
                stored::log(Kind::Entry.as_str(), id);
                pending.unreadable.push((id, error.to_string()));
            }
        }
    }
    pending.condense();
    Ok(last)
}
