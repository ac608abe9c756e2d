//! Queries over the figures that [`crate::db::figures::rollup`] maintains.

use crate::db::bulk::select_in;
use crate::db::figures::rollup::Pending;
use crate::db::{Db, Result, Tx, feed, records::stored, with_db};
use jiedui_core::catalogue::Catalogue;
use jiedui_core::entry::Entry;
use jiedui_core::figures::contribution::Contribution;
use jiedui_core::figures::entry_count::EntryCount;
use jiedui_core::sync::Kind;
use jiedui_core::values::{
    month::Month,
    quantity::{Qualifier, Quantity},
};
use sqlx::FromRow;
use uuid::Uuid;

/// Columns of [`PartRow`].
const COLUMNS: &str = "place, period, indicator, verified, apart, qualifier, pairing, value, entries";

#[derive(FromRow)]
struct PartRow {
    place: String,
    period: String,
    indicator: String,
    verified: bool,
    apart: String,
    qualifier: String,
    pairing: Uuid,
    value: i64,
    entries: i64,
}

/// Parses a stored contribution. Returns `None` and logs it if it cannot be read.
fn part(row: PartRow) -> Option<Contribution> {
    let log_damage = || {
        stored::log("part", format!("{}, {}, {}", row.indicator, row.place, row.period));
    };
    let month = row.period.parse().inspect_err(|_| log_damage()).ok()?;
    let discriminator = match row.apart.as_str() {
        "" => None,
        text => Some(text.parse().inspect_err(|_| log_damage()).ok()?),
    };
    let Some(qualifier) = Qualifier::from_code(&row.qualifier) else {
        log_damage();
        return None;
    };
    if row.entries < 0 {
        log_damage();
        return None;
    }
    Some(Contribution {
        place: row.place,
        month,
        indicator: row.indicator,
        verified: row.verified,
        discriminator,
        qualifier,
        pairing: Some(row.pairing).filter(|id| !id.is_nil()),
        value: Quantity::from_ten_thousandths(row.value),
        entries: row.entries,
    })
}

/// Contributions of pairings, up to the list of pairings. The condition on `grain` keeps SQLite from searching the primary key by it,
/// which would read all contributions.
macro_rules! of_pairings_query {
    () => {
        "SELECT place, period, indicator, verified, apart, qualifier, pairing, value, entries FROM part
            WHERE grain || '' = 'town' AND (entries <> 0 OR value <> 0) AND pairing"
    };
}
#[cfg(test)]
pub(super) const OF_PAIRINGS: &str = of_pairings_query!();

/// Entry counts by a column, up to the list of its values.
macro_rules! counts_query {
    ($column:literal) => {
        concat!(
            "SELECT programme, place, pairing, organisation, month, verified, entries FROM tally WHERE entries <> 0 AND ",
            $column
        )
    };
}
pub(super) use counts_query;

/// Returns the stored contributions of pairings, by township.
pub async fn of_pairings(tx: &mut Tx, pairings: &[Uuid]) -> Result<Vec<Contribution>> {
    let rows = select_in!(tx, of_pairings_query!(), pairings, PartRow, |values, id| {
        values.push_bind(*id);
    });
    Ok(rows.into_iter().filter_map(part).collect())
}

/// Returns the stored contributions and entry counts of pairings, by township; those of one year or of all.
pub async fn under_pairings(
    db: &Db,
    pairings: &[Uuid],
    year: Option<i32>,
) -> Result<(Vec<Contribution>, Vec<EntryCount>)> {
    let mut tx = db.begin_reading().await?;
    let contributions = of_pairings(&mut tx, pairings).await?;
    let counts = select_in!(&mut tx, counts_query!("pairing"), pairings, TallyRow, |values, id| {
        values.push_bind(*id);
    });
    tx.rollback().await?;
    let is_wanted = |month: Month| year.is_none_or(|year| month.year == year);
    let contributions = contributions.into_iter().filter(|part| is_wanted(part.month)).collect();
    let counts = counts.into_iter().filter_map(TallyRow::into_count).filter(|count| is_wanted(count.month));
    Ok((contributions, counts.collect()))
}

/// Returns the entry counts of an organisation, under any pairing and under none.
pub async fn counts_of_organisation(db: &Db, organisation: Uuid) -> Result<Vec<EntryCount>> {
    let query = concat!(counts_query!("organisation"), " = $1");
    let rows = with_db!(replica db, |pool| sqlx::query_as::<_, TallyRow>(query)
        .bind(organisation)
        .fetch_all(pool)
        .await?);
    Ok(rows.into_iter().filter_map(TallyRow::into_count).collect())
}

/// Returns the contributions of a year at a place and below, each at the place of its entry. Reads all these entries,
/// so it is for townships and villages only.
pub async fn by_village(db: &Db, catalogue: &Catalogue, year: i32, place: &str) -> Result<Vec<Contribution>> {
    let mut pending = Pending::default();
    for (id, entry) in entries_at(db, place, (year, year)).await? {
        pending.add(id, Some(&entry), catalogue);
    }
    Ok(pending.into_parts())
}

/// The entries at a place and below, of these years, the last included.
pub async fn entries_at(db: &Db, place: &str, years: (i32, i32)) -> Result<Vec<(Uuid, Entry)>> {
    let query = "SELECT id, fields FROM record WHERE place >= $1 AND place < $2 AND day >= $3 AND day <= $4
        AND kind = 'entry' AND NOT deleted";
    let rows = with_db!(replica db, |pool| sqlx::query_as::<_, (Uuid, String)>(query)
        .bind(place)
        // Codes are digits: the colon comes right after them.
        .bind(format!("{place}:"))
        .bind(format!("{:04}-01-01", years.0))
        .bind(format!("{:04}-12-31", years.1))
        .fetch_all(pool)
        .await?);
    Ok(rows
        .into_iter()
        .filter_map(|(id, fields)| Some((id, stored::read(Kind::Entry.as_str(), id, &fields)?)))
        .collect())
}

/// Stored entry count. A nil identifier stands for none.
#[derive(FromRow)]
pub struct TallyRow {
    /// Programme.
    pub programme: String,
    /// Township.
    pub place: String,
    /// Pairing.
    pub pairing: Uuid,
    /// Organisation.
    pub organisation: Uuid,
    /// `YYYY-MM`.
    pub month: String,
    /// Whether the entries are verified.
    pub verified: bool,
    /// Number of entries.
    pub entries: i64,
}

impl TallyRow {
    /// Returns the entry count. Returns `None` and logs it if it cannot be read.
    pub fn into_count(self) -> Option<EntryCount> {
        let Self { programme, place, pairing, organisation, month, verified, entries } = self;
        let given = |id: Uuid| Some(id).filter(|id| !id.is_nil());
        let log_damage = |_: &_| stored::log("tally", format!("{programme}, {place}"));
        let month = month.parse().inspect_err(log_damage).ok()?;
        if entries < 0 {
            stored::log("tally", format!("{programme}, {place}, {month}"));
            return None;
        }
        let (pairing, organisation) = (given(pairing), given(organisation));
        Some(EntryCount { programme, place, pairing, organisation, month, verified, entries })
    }
}

/// Returns whether there are at most `rows` stored contributions and entry counts. Reads no more than these.
pub async fn has_at_most(db: &Db, rows: i64) -> Result<bool> {
    let query =
        "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM part WHERE grain = 'town' AND entries <> 0 LIMIT $1) AS parts)
        + (SELECT COUNT(*) FROM (SELECT 1 FROM tally WHERE entries <> 0 LIMIT $1) AS tallies)";
    let counted =
        with_db!(replica db, |pool| sqlx::query_scalar::<_, i64>(query).bind(rows + 1).fetch_one(pool).await?);
    Ok(counted <= rows)
}

/// Returns the contributions and entry counts that changed after a change, including those that became empty, and the
/// number of the last change in them.
pub async fn by_town_since(db: &Db, since: i64) -> Result<(i64, Vec<Contribution>, Vec<EntryCount>)> {
    let mut tx = db.begin_reading().await?;
    let change = feed::last(&mut tx).await?;
    let parts = format!("SELECT {COLUMNS} FROM part WHERE grain = 'town' AND change > $1");
    let tallies = "SELECT programme, place, pairing, organisation, month, verified, entries FROM tally
        WHERE change > $1";
    let (parts, tallies) = with_db!(tx &mut tx, |connection| (
        sqlx::query_as::<_, PartRow>(sqlx::AssertSqlSafe(parts)).bind(since).fetch_all(&mut *connection).await?,
        sqlx::query_as::<_, TallyRow>(tallies).bind(since).fetch_all(&mut *connection).await?
    ));
    tx.rollback().await?;
    Ok((
        change,
        parts.into_iter().filter_map(part).collect(),
        tallies.into_iter().filter_map(TallyRow::into_count).collect(),
    ))
}
