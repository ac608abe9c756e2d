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

/// The columns of a part as it is read.
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

/// A part as it is stored; `None`, and a line in the log, where it cannot be read.
fn part(row: PartRow) -> Option<Contribution> {
    let spoilt = |column: &str, text: &str| {
        stored::log("part", format!("{}, {}, {}", row.indicator, row.place, row.period), &format!("{column} `{text}`"));
    };
    let month = row.period.parse().inspect_err(|_| spoilt("period", &row.period)).ok()?;
    let apart = match row.apart.as_str() {
        "" => None,
        text => Some(text.parse().inspect_err(|_| spoilt("apart", text)).ok()?),
    };
    let Some(qualifier) = Qualifier::from_code(&row.qualifier) else {
        spoilt("qualifier", &row.qualifier);
        return None;
    };
    Some(Contribution {
        place: row.place,
        month,
        indicator: row.indicator,
        verified: row.verified,
        discriminator: apart,
        qualifier,
        pairing: Some(row.pairing).filter(|id| !id.is_nil()),
        value: Quantity::from_ten_thousandths(row.value),
        entries: row.entries,
    })
}

/// Row of a year: indicator, verified, qualifier, value, entries, and the sortable discriminator.
type YearRow = (String, bool, String, i64, i64, String);

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
        let any = |verified| rows.iter().any(|row| row.0 == indicator.code && row.1 == verified);
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
const LAST: &str = "SELECT indicator, verified, qualifier, value, CAST(0 AS BIGINT), apart FROM part
    WHERE grain = 'last' AND place = $1 AND period = $2 AND indicator = $3 AND verified = $4 AND entries > 0
    ORDER BY apart DESC LIMIT 1";

/// Selects the largest number of each subject of a distinct indicator, from the last subject to the first. Each step
/// reads the last row before those of the previous subject, so a subject costs one look-up. (20 is a space and the
/// number.) The database joins them into one text, since a row costs more to transfer.
const LARGEST: &str = "WITH RECURSIVE largest (apart) AS (
        SELECT (SELECT apart FROM part WHERE grain = 'last' AND place = $1 AND period = $2 AND indicator = $3
            AND verified = $4 AND entries > 0 ORDER BY apart DESC LIMIT 1)
        UNION ALL
        SELECT (SELECT own.apart FROM part own WHERE own.grain = 'last' AND own.place = $1 AND own.period = $2
            AND own.indicator = $3 AND own.verified = $4 AND own.entries > 0
            AND own.apart < SUBSTR(largest.apart, 1, LENGTH(largest.apart) - 20) ORDER BY own.apart DESC LIMIT 1)
        FROM largest WHERE largest.apart IS NOT NULL)
    SELECT $3, $4, 'exact', CAST(0 AS BIGINT), CAST(0 AS BIGINT), STRING_AGG(apart, '|') FROM largest
    WHERE apart IS NOT NULL HAVING COUNT(*) > 0";

/// Separator of the texts of several subjects.
const SEPARATOR: char = '|';

/// The parts of a row: one for each text that keeps it apart.
fn unfold(
    (indicator, verified, qualifier, value, entries, aparts): YearRow,
    place: &str,
    year: i32,
) -> Vec<Contribution> {
    let Some(qualifier) = Qualifier::from_code(&qualifier) else {
        stored::log("part", format!("{indicator}, {place}, {year}"), &format!("qualifier `{qualifier}`"));
        return Vec::new();
    };
    let part = |text: &str| {
        let apart = subject_in_order(text).or_else(|| text.parse().ok());
        if apart.is_none() && !text.is_empty() {
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
            discriminator: apart,
            value: Quantity::from_ten_thousandths(value),
            entries,
        })
    };
    aparts.split(SEPARATOR).filter_map(part).collect()
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

/// A tally as it is read.
pub type TallyRow = (String, String, Uuid, Uuid, String, bool, i64);

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
    let tally = |(programme, place, pairing, organisation, month, verified, entries): TallyRow| {
        let spoilt = |_: &_| stored::log("tally", format!("{programme}, {place}"), &format!("month `{month}`"));
        let month = month.parse().inspect_err(spoilt).ok()?;
        let (pairing, organisation) = (given(pairing), given(organisation));
        Some(EntryCount { programme, place, pairing, organisation, month, verified, entries })
    };
    Ok((change, parts.into_iter().filter_map(part).collect(), tallies.into_iter().filter_map(tally).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::figures::rollup::Told;
    use jiedui_core::figures::contribution::Discriminator;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_in_order_sort_as_their_numbers_and_are_read_again(one in any::<i64>(), other in any::<i64>()) {
            let limit = Quantity::from_f64(jiedui_core::values::quantity::LARGEST).unwrap().ten_thousandths();
            let apart = |number| Discriminator::Subject("522728109".into(), Quantity::from_ten_thousandths(number % limit));
            let (one, other) = (apart(one), apart(other));
            let (first, second) = (Told::InOrder(&one).to_string(), Told::InOrder(&other).to_string());
            prop_assert_eq!(first.cmp(&second), one.cmp(&other));
            prop_assert_eq!(first.len(), second.len());
            prop_assert_eq!(subject_in_order(&first), Some(one));
        }
    }

    #[test]
    fn a_last_entry_is_read_as_such() {
        let id = Uuid::from_u128(7);
        let row = ("pigs".into(), true, "about".into(), 50_000, 0, format!("latest 2026-11-25 {id}"));
        let parts = unfold(row, "522728", 2026);
        assert_eq!(parts.len(), 1);
        assert!(matches!(parts[0].discriminator, Some(Discriminator::Latest(_, own)) if own == id), "{parts:?}");
    }
}
