//! Figures kept, not counted: what core's aggregation makes of the entries, changed by addition in the transaction that
//! changes one of them.

use crate::db::bulk::insert;
use crate::db::{Result, Tx, on, records::stored};
use jiedui_core::catalogue::Catalogue;
use jiedui_core::directory::Directory;
use jiedui_core::directory::place::Level;
use jiedui_core::entry::Entry;
use jiedui_core::figures::contribution::{Contribution, Discriminator};
use jiedui_core::figures::contribution::{contributions, merge_contributions};
use jiedui_core::figures::entry_count::{EntryCount, count_entry, merge_counts};
use jiedui_core::sync::Kind;
use jiedui_core::values::{
    month::Month,
    quantity::{Qualifier, Quantity},
};
use std::fmt;
use uuid::Uuid;

/// Entries read at a time where all are.
const PAGE: i64 = 5_000;

/// Additions and subtractions of a transaction.
#[derive(Debug, Default)]
pub struct Pending {
    parts: Vec<Contribution>,
    tallies: Vec<EntryCount>,
    /// Entries that cannot be read, and why: they count nowhere.
    pub unreadable: Vec<(Uuid, String)>,
}

impl Pending {
    /// An entry counts from now on.
    pub fn add(&mut self, id: Uuid, entry: Option<&Entry>, catalogue: &Catalogue) {
        if let Some(entry) = entry {
            self.parts.extend(contributions(id, entry, catalogue));
            self.tallies.extend(count_entry(entry, catalogue));
        }
    }

    /// An entry no longer counts as it did.
    pub fn subtract(&mut self, id: Uuid, entry: Option<&Entry>, catalogue: &Catalogue) {
        if let Some(entry) = entry {
            self.parts.extend(contributions(id, entry, catalogue).into_iter().map(Contribution::negated));
            self.tallies.extend(count_entry(entry, catalogue).map(EntryCount::negated));
        }
    }

    /// Adds like ones up, so that what many entries give stays small.
    pub fn condense(&mut self) {
        self.parts = merge_contributions(std::mem::take(&mut self.parts));
        self.tallies = merge_counts(std::mem::take(&mut self.tallies));
    }
}

/// Key of a row. Keys sort in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key<'a> {
    /// `town`, `year` or `last`.
    pub grain: &'static str,
    /// Place.
    pub place: &'a str,
    /// Month or year.
    pub period: Period,
    /// Indicator.
    pub indicator: &'a str,
    /// Whether the entries are verified.
    pub verified: bool,
    /// Discriminator.
    pub discriminator: StoredDiscriminator<'a>,
    /// Precision of the value.
    pub qualifier: Qualifier,
    /// Pairing; nil for none.
    pub pairing: Uuid,
}

/// Discriminator of a row as stored in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StoredDiscriminator<'a> {
    /// No discriminator.
    None,
    /// Text of the discriminator.
    Plain(&'a Discriminator),
    /// Encoded so that the texts of one subject sort in the order of their numbers.
    Sortable(&'a Discriminator),
}

/// The length of a number that is written so that texts sort as numbers do.
const NUMBER: usize = 19;
/// Offset that makes every encoded number non-negative.
const NUMBER_ZERO: i64 = 1_000_000_000_000_000_000;

impl fmt::Display for StoredDiscriminator<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Sortable(Discriminator::Subject(subject, number)) => {
                let number = number.ten_thousandths().saturating_add(NUMBER_ZERO);
                write!(f, "{subject} {number:0NUMBER$}")
            }
            Self::Plain(discriminator) | Self::Sortable(discriminator) => discriminator.fmt(f),
        }
    }
}

/// Returns a subject and its number from their text in order.
pub fn subject_in_order(text: &str) -> Option<Discriminator> {
    let (subject, number) = text.rsplit_once(' ')?;
    let number = number.parse::<i64>().ok()?.checked_sub(NUMBER_ZERO)?;
    Some(Discriminator::Subject(subject.to_owned(), Quantity::from_ten_thousandths(number)))
}

/// Row of `part`.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// Key.
    pub key: Key<'a>,
    /// Sum of the values in ten-thousandths.
    pub value: i64,
    /// Number of entries.
    pub entries: i64,
}

/// The month or the year of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Period {
    /// A month.
    Month(Month),
    /// A whole year.
    Year(i32),
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Month(month) => month.fmt(f),
            Self::Year(year) => write!(f, "{year:04}"),
        }
    }
}

/// The length of a township's code.
pub const TOWN: usize = Level::Township.digits();

/// Returns the township of a place; the place itself if it is a higher one.
pub fn town(place: &str) -> &str {
    Level::Township.ancestor_code(place)
}

/// Returns the rows that parts are counted in, sorted.
fn rows<'a>(parts: &'a [Contribution], directory: Directory<'a>) -> Vec<Row<'a>> {
    let mut rows: Vec<Row<'_>> = Vec::with_capacity(parts.len() * 8);
    for part in parts {
        let Contribution { indicator, place, verified, qualifier, discriminator, month, .. } = part;
        let (indicator, verified, qualifier) = (indicator.as_str(), *verified, *qualifier);
        let (value, entries) = (part.value.ten_thousandths(), part.entries);
        let key = |grain, place, period, discriminator, pairing: Option<Uuid>| {
            let pairing = pairing.unwrap_or_default();
            Key { grain, place, period, indicator, verified, discriminator, qualifier, pairing }
        };
        let plain = discriminator.as_ref().map_or(StoredDiscriminator::None, StoredDiscriminator::Plain);
        let of_town = key("town", town(place), Period::Month(*month), plain, part.pairing);
        rows.push(Row { key: of_town, value, entries });
        // A village has few entries, which are counted on request.
        for scope in directory.scopes(place, part.pairing).into_iter().filter(|scope| scope.len() <= TOWN) {
            let year = Period::Year(month.year);
            // Values with a discriminator have rows of their own, of which the last of each subject is read. The row of
            // the year then holds only the number of entries.
            if let Some(discriminator) = discriminator {
                let key = key("last", scope, year, StoredDiscriminator::Sortable(discriminator), None);
                rows.push(Row { key, value, entries });
            }
            let value = if discriminator.is_some() { 0 } else { value };
            rows.push(Row { key: key("year", scope, year, StoredDiscriminator::None, None), value, entries });
        }
    }
    rows.sort_unstable_by(|left, right| left.key.cmp(&right.key));
    rows.dedup_by(|next, sum| {
        let has_same_key = next.key == sum.key;
        if has_same_key {
            // An overflow in between cancels out. The table's check rejects a sum that is too large at the end.
            sum.value = sum.value.wrapping_add(next.value);
            sum.entries = sum.entries.wrapping_add(next.entries);
        }
        has_same_key
    });
    rows.retain(|row| (row.value, row.entries) != (0, 0));
    rows
}

/// The rows that a transaction changes, and by how much.
#[derive(Debug)]
pub struct Counted<'a> {
    /// Rows of `part`.
    pub parts: Vec<Row<'a>>,
    /// Rows of `tally`.
    pub tallies: Vec<EntryCount>,
}

impl Pending {
    /// Like parts added up.
    pub fn into_parts(mut self) -> Vec<Contribution> {
        self.condense();
        self.parts
    }

    /// Pending changes by row.
    pub fn counted<'a>(&'a self, directory: Directory<'a>) -> Counted<'a> {
        Counted { parts: rows(&self.parts, directory), tallies: by_town(self.tallies.clone()) }
    }
}

/// Adds to the stored rows; `change` is the number of the transaction's last change.
pub async fn write(tx: &mut Tx, counted: &Counted<'_>, change: i64) -> Result<()> {
    let head = "INSERT INTO part (grain, place, period, indicator, verified, apart, qualifier, pairing, value, entries,
        change) ";
    let tail = " ON CONFLICT (grain, place, period, indicator, verified, apart, qualifier, pairing) DO UPDATE SET
        value = part.value + excluded.value, entries = part.entries + excluded.entries, change = excluded.change";
    insert!(tx, head, counted.parts, tail, |values, item| {
        let Row { key, value, entries } = *item;
        let Key { grain, place, period, indicator, verified, discriminator, qualifier, pairing } = key;
        values.push_bind(grain).push_bind(place).push_bind(period.to_string()).push_bind(indicator);
        values.push_bind(verified).push_bind(discriminator.to_string()).push_bind(qualifier.code()).push_bind(pairing);
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
    Ok(())
}

fn by_town(tallies: Vec<EntryCount>) -> Vec<EntryCount> {
    merge_counts(
        tallies.into_iter().map(|tally| EntryCount { place: town(&tally.place).to_owned(), ..tally }).collect(),
    )
}

/// Counts the next entries after a change; gives the change of the last, or `None` at the end.
pub async fn count_page(tx: &mut Tx, after: i64, pending: &mut Pending, catalogue: &Catalogue) -> Result<Option<i64>> {
    let query = "SELECT change, id, fields FROM record WHERE kind = 'entry' AND NOT deleted AND change > $1
        ORDER BY change LIMIT $2";
    let rows = on!(in tx, |connection| sqlx::query_as::<_, (i64, Uuid, String)>(query)
        .bind(after)
        .bind(PAGE)
        .fetch_all(connection)
        .await?);
    let last = rows.last().map(|(change, ..)| *change);
    for (_, id, fields) in rows {
        match serde_json::from_str(&fields) {
            Ok(entry) => pending.add(id, Some(&entry), catalogue),
            Err(error) => {
                stored::log(Kind::Entry.as_str(), id, &error);
                pending.unreadable.push((id, error.to_string()));
            }
        }
    }
    pending.condense();
    Ok(last)
}
