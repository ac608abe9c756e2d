//! Reading the figures that [`crate::db::figures::rollup`] keeps.

use crate::db::figures::rollup::{Pending, subject_in_order};
use crate::db::{Db, Result, feed, on, records::stored};
use jiedui_core::catalogue::{Aggregation, Catalogue};
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
    let log_damage = |column: &str, text: &str| {
        stored::log("part", format!("{}, {}, {}", row.indicator, row.place, row.period), &format!("{column} `{text}`"));
    };
    let month = row.period.parse().inspect_err(|_| log_damage("period", &row.period)).ok()?;
    let discriminator = match row.apart.as_str() {
        "" => None,
        text => Some(text.parse().inspect_err(|_| log_damage("apart", text)).ok()?),
    };
    let Some(qualifier) = Qualifier::from_code(&row.qualifier) else {
        log_damage("qualifier", &row.qualifier);
        return None;
    };
    if row.entries < 0 {
        log_damage("entries", &row.entries.to_string());
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

/// Row of a year. `apart` holds the sortable discriminators of one or more subjects.
#[derive(FromRow)]
struct YearRow {
    indicator: String,
    verified: bool,
    qualifier: String,
    value: i64,
    entries: i64,
    apart: String,
}

/// Returns the contributions of a year at a township or larger place; an empty place is the whole region. The cost does
/// not depend on the number of entries.
pub async fn of_year(db: &Db, catalogue: &Catalogue, year: i32, place: &str) -> Result<Vec<Contribution>> {
    let all = "SELECT indicator, verified, qualifier, value, entries, apart FROM part
        WHERE grain = 'year' AND place = $1 AND period = $2 AND entries <> 0";
    let period = format!("{year:04}");
    let mut rows =
        on!(read db, |pool| sqlx::query_as::<_, YearRow>(all).bind(place).bind(&period).fetch_all(pool).await?);
    for indicator in &catalogue.indicators {
        let query = match indicator.aggregation {
            Aggregation::Sum | Aggregation::Mean => continue,
            Aggregation::Latest => LAST,
            Aggregation::Distinct => LARGEST,
        };
        // Those of which there are entries at all.
        let any = |verified| rows.iter().any(|row| row.indicator == indicator.code && row.verified == verified);
        for verified in [false, true].into_iter().filter(|verified| any(*verified)).collect::<Vec<_>>() {
            rows.extend(on!(read db, |pool| sqlx::query_as::<_, YearRow>(query)
                .bind(place)
                .bind(&period)
                .bind(&indicator.code)
                .bind(verified)
                .fetch_all(pool)
                .await?));
        }
    }
    Ok(rows.into_iter().flat_map(|row| unfold(row, place, year)).collect())
}

/// Of a latest indicator just the last entry; how many there are is among the others.
const LAST: &str = "SELECT indicator, verified, qualifier, value, CAST(0 AS BIGINT) AS entries, apart FROM part
    WHERE grain = 'last' AND place = $1 AND period = $2 AND indicator = $3 AND verified = $4 AND entries > 0
    ORDER BY apart DESC LIMIT 1";

/// Selects the largest number of each subject of a distinct indicator, from the last subject to the first. Each step
/// reads the last row before those of the previous subject, so a subject costs one look-up. (20 is a space and the
/// number.) The database joins them into one text, since a row costs more to transfer.
const LARGEST: &str = "WITH RECURSIVE largest (apart) AS (
        SELECT (SELECT apart FROM part WHERE grain = 'last' AND place = $1 AND period = $2 AND indicator = $3
            AND verified = $4 AND entries > 0 ORDER BY apart DESC LIMIT 1)
        UNION ALL
        SELECT (SELECT p.apart FROM part p WHERE p.grain = 'last' AND p.place = $1 AND p.period = $2
            AND p.indicator = $3 AND p.verified = $4 AND p.entries > 0
            AND p.apart < SUBSTR(largest.apart, 1, LENGTH(largest.apart) - 20) ORDER BY p.apart DESC LIMIT 1)
        FROM largest WHERE largest.apart IS NOT NULL)
    SELECT $3 AS indicator, $4 AS verified, 'exact' AS qualifier, CAST(0 AS BIGINT) AS value,
        CAST(0 AS BIGINT) AS entries, STRING_AGG(largest.apart, '|') AS apart FROM largest
    WHERE largest.apart IS NOT NULL HAVING COUNT(*) > 0";

/// Separator of the texts of several subjects.
const SEPARATOR: char = '|';

/// Returns the contributions of a row, one for each discriminator.
fn unfold(row: YearRow, place: &str, year: i32) -> Vec<Contribution> {
    let YearRow { indicator, verified, qualifier, value, entries, apart: discriminators } = row;
    let Some(qualifier) = Qualifier::from_code(&qualifier) else {
        stored::log("part", format!("{indicator}, {place}, {year}"), &format!("qualifier `{qualifier}`"));
        return Vec::new();
    };
    if entries < 0 {
        stored::log("part", format!("{indicator}, {place}, {year}"), &format!("entries `{entries}`"));
        return Vec::new();
    }
    let contribution = |text: &str| {
        let discriminator = subject_in_order(text).or_else(|| text.parse().ok());
        if discriminator.is_none() && !text.is_empty() {
            stored::log("part", format!("{indicator}, {place}, {year}"), &format!("apart `{text}`"));
            return None;
        }
        Some(Contribution {
            indicator: indicator.clone(),
            place: place.to_owned(),
            pairing: None,
            month: Month::first_of(year),
            verified,
            qualifier,
            discriminator,
            value: Quantity::from_ten_thousandths(value),
            entries,
        })
    };
    discriminators.split(SEPARATOR).filter_map(contribution).collect()
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
    let query = "SELECT id, fields FROM record WHERE place >= $1 AND place < $2 AND month >= $3 AND month <= $4
        AND kind = 'entry' AND NOT deleted";
    let rows = on!(read db, |pool| sqlx::query_as::<_, (Uuid, String)>(query)
        .bind(place)
        // Codes are digits: the colon comes right after them.
        .bind(format!("{place}:"))
        .bind(format!("{:04}-01", years.0))
        .bind(format!("{:04}-12", years.1))
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

/// Returns the contributions and entry counts that changed after a change, including those that became empty, and the
/// number of the last change in them.
pub async fn by_town_since(db: &Db, since: i64) -> Result<(i64, Vec<Contribution>, Vec<EntryCount>)> {
    let mut tx = db.begin_reading().await?;
    let change = feed::last(&mut tx).await?;
    let parts = format!("SELECT {COLUMNS} FROM part WHERE grain = 'town' AND change > $1");
    let tallies = "SELECT programme, place, pairing, organisation, month, verified, entries FROM tally
        WHERE change > $1";
    let (parts, tallies) = on!(in &mut tx, |connection| (
        sqlx::query_as::<_, PartRow>(sqlx::AssertSqlSafe(parts)).bind(since).fetch_all(&mut *connection).await?,
        sqlx::query_as::<_, TallyRow>(tallies).bind(since).fetch_all(&mut *connection).await?
    ));
    tx.rollback().await?;
    let given = |id: Uuid| Some(id).filter(|id| !id.is_nil());
    let tally = |row: TallyRow| {
        let TallyRow { programme, place, pairing, organisation, month, verified, entries } = row;
        let log_damage = |_: &_| stored::log("tally", format!("{programme}, {place}"), &format!("month `{month}`"));
        let month = month.parse().inspect_err(log_damage).ok()?;
        if entries < 0 {
            stored::log("tally", format!("{programme}, {place}, {month}"), &format!("entries `{entries}`"));
            return None;
        }
        let (pairing, organisation) = (given(pairing), given(organisation));
        Some(EntryCount { programme, place, pairing, organisation, month, verified, entries })
    };
    Ok((change, parts.into_iter().filter_map(part).collect(), tallies.into_iter().filter_map(tally).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::figures::rollup::StoredDiscriminator;
    use jiedui_core::figures::contribution::Discriminator;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn sortable_discriminators_sort_as_their_numbers(left in any::<i64>(), right in any::<i64>()) {
            let limit = Quantity::from_f64(jiedui_core::values::quantity::LARGEST).unwrap().ten_thousandths();
            let discriminator = |number| Discriminator::Subject("522728109".into(), Quantity::from_ten_thousandths(number % limit));
            let (left, right) = (discriminator(left), discriminator(right));
            let (first, second) =
                (StoredDiscriminator::Sortable(&left).to_string(), StoredDiscriminator::Sortable(&right).to_string());
            prop_assert_eq!(first.cmp(&second), left.cmp(&right));
            prop_assert_eq!(first.len(), second.len());
            prop_assert_eq!(subject_in_order(&first), Some(left));
        }
    }

    #[test]
    fn unfold_reads_a_latest_discriminator() {
        let id = Uuid::from_u128(7);
        let row = YearRow {
            indicator: "pigs".into(),
            verified: true,
            qualifier: "about".into(),
            value: 50_000,
            entries: 0,
            apart: format!("latest 2026-11-25 {id}"),
        };
        let parts = unfold(row, "522728", 2026);
        assert_eq!(parts.len(), 1);
        assert!(matches!(parts[0].discriminator, Some(Discriminator::Latest(_, entry)) if entry == id), "{parts:?}");
    }
}
