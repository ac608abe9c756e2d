//! Reading the figures that [`super::rollup`] keeps.

use super::rollup::Pending;
use super::{Db, Result, feed, on};
use jiedui_core::domain::overview::Tally;
use jiedui_core::domain::{Aggregation, Apart, Catalogue, Month, Part, Qualifier, Quantity};
use sqlx::FromRow;
use std::collections::BTreeMap;
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

fn part(row: PartRow) -> Part {
    Part {
        place: row.place,
        month: row.period.parse().unwrap_or(Month::FIRST),
        indicator: row.indicator,
        verified: row.verified,
        apart: row.apart.parse().ok(),
        qualifier: Qualifier::from_code(&row.qualifier).unwrap_or_default(),
        pairing: Some(row.pairing).filter(|id| !id.is_nil()),
        value: Quantity::from_ten_thousandths(row.value),
        entries: row.entries,
    }
}

/// Rows of like parts in one: indicator, verified, qualifier, the sums of values and entries, and what keeps them apart.
type Folded = (String, bool, String, i64, i64, String);

/// What separates the texts of several [`Apart`]s in one.
const SEPARATOR: char = '|';

/// What makes the figures of a year at a place from the township up (everywhere, where it is empty), however many
/// entries there are. The database folds what is kept apart into one text, since handing over a row costs more than that.
pub async fn of_year(db: &Db, catalogue: &Catalogue, year: i32, place: &str) -> Result<Vec<Part>> {
    let all = "SELECT indicator, verified, qualifier, CAST(SUM(value) AS BIGINT), CAST(SUM(entries) AS BIGINT),
            STRING_AGG(apart, '|')
        FROM part WHERE grain = 'year' AND place = $1 AND period = $2 AND entries <> 0
        GROUP BY indicator, verified, qualifier, apart = ''";
    // Of a latest indicator just the last entry; how many there are is among the others.
    let last = "SELECT indicator, verified, qualifier, value, CAST(0 AS BIGINT), apart FROM part
        WHERE grain = 'last' AND place = $1 AND period = $2 AND indicator = $3 AND verified = $4 AND entries > 0
        ORDER BY apart DESC LIMIT 1";
    let period = format!("{year:04}");
    let mut rows =
        on!(read db, |pool| sqlx::query_as::<_, Folded>(all).bind(place).bind(&period).fetch_all(pool).await?);
    let latest = catalogue.indicators.iter().filter(|own| own.aggregation == Aggregation::Latest);
    for (indicator, verified) in latest.flat_map(|own| [(own, false), (own, true)]) {
        rows.extend(on!(read db, |pool| sqlx::query_as::<_, Folded>(last)
            .bind(place)
            .bind(&period)
            .bind(&indicator.code)
            .bind(verified)
            .fetch_optional(pool)
            .await?));
    }
    Ok(rows.into_iter().flat_map(|row| unfold(row, place, year)).collect())
}

/// The parts of a folded row. What they come to is the first one's, what keeps them apart each one's own; of a subject's
/// numbers the largest alone, since no other counts.
fn unfold((indicator, verified, qualifier, value, entries, aparts): Folded, place: &str, year: i32) -> Vec<Part> {
    let first = Part {
        indicator,
        place: place.to_owned(),
        pairing: None,
        month: Month::first_of(year),
        verified,
        qualifier: Qualifier::from_code(&qualifier).unwrap_or_default(),
        apart: None,
        value: Quantity::from_ten_thousandths(value),
        entries,
    };
    let (mut largest, mut kept) = (BTreeMap::new(), Vec::new());
    for apart in aparts.split(SEPARATOR).filter_map(|apart| apart.parse().ok()) {
        match apart {
            Apart::Subject(subject, number) => {
                let own = largest.entry(subject).or_insert(number);
                *own = number.max(*own);
            }
            latest => kept.push(latest),
        }
    }
    kept.extend(largest.into_iter().map(|(subject, number)| Apart::Subject(subject, number)));
    let mut aparts = kept.into_iter();
    let apart = aparts.next();
    let others: Vec<Part> =
        aparts.map(|apart| Part { apart: Some(apart), value: Quantity::ZERO, entries: 0, ..first.clone() }).collect();
    std::iter::once(Part { apart, ..first }).chain(others).collect()
}

/// What the entries at a place and below give in a year, each at its own place. For townships and villages: it reads
/// them all.
pub async fn by_village(db: &Db, catalogue: &Catalogue, year: i32, place: &str) -> Result<Vec<Part>> {
    let query = "SELECT id, fields FROM record WHERE place >= $1 AND place < $2 AND month >= $3 AND month <= $4
        AND kind = 'entry' AND NOT deleted";
    let rows = on!(read db, |pool| sqlx::query_as::<_, (Uuid, String)>(query)
        .bind(place)
        // Codes are digits: the colon comes right after them.
        .bind(format!("{place}:"))
        .bind(format!("{year:04}-01"))
        .bind(format!("{year:04}-12"))
        .fetch_all(pool)
        .await?);
    let mut pending = Pending::default();
    for (id, fields) in rows {
        pending.add(id, Some(&serde_json::from_str(&fields)?), catalogue);
    }
    Ok(pending.into_parts())
}

/// A tally as it is read.
pub type TallyRow = (String, String, Uuid, Uuid, String, bool, i64);

/// All that phones hold and has changed after a change, those that came to nothing included; and the number of the last
/// change in it.
pub async fn by_town_since(db: &Db, since: i64) -> Result<(i64, Vec<Part>, Vec<Tally>)> {
    let mut tx = db.begin_reading().await?;
    let change = feed::last(&mut tx).await?;
    let parts = format!("SELECT {COLUMNS} FROM part WHERE grain = 'town' AND change > $1");
    let tallies = "SELECT programme, place, pairing, organisation, month, verified, entries FROM tally
        WHERE change > $1";
    let (parts, tallies) = on!(in &mut tx, |connection| (
        sqlx::query_as::<_, PartRow>(sqlx::AssertSqlSafe(parts)).bind(since).fetch_all(&mut *connection).await?,
        sqlx::query_as::<_, TallyRow>(tallies).bind(since).fetch_all(&mut *connection).await?
    ));
    let given = |id: Uuid| Some(id).filter(|id| !id.is_nil());
    let tally = |(programme, place, pairing, organisation, month, verified, entries): TallyRow| Tally {
        programme,
        place,
        pairing: given(pairing),
        organisation: given(organisation),
        month: month.parse().unwrap_or(Month::FIRST),
        verified,
        entries,
    };
    Ok((change, parts.into_iter().map(part).collect(), tallies.into_iter().map(tally).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_subject_the_largest_number_is_left_and_nothing_of_the_sums_is_lost() {
        let text = "522728109 10000|two words 5|522728109 30000|522728109 20000".to_owned();
        let parts = unfold(("schools".into(), true, "exact".into(), 60_005, 4, text), "522728", 2026);
        let of = |subject: &str, number| Some(Apart::Subject(subject.into(), Quantity::from_ten_thousandths(number)));
        let aparts: Vec<_> = parts.iter().map(|part| part.apart.clone()).collect();
        assert_eq!(aparts, [of("522728109", 30_000), of("two words", 5)]);
        assert_eq!(parts.iter().map(|part| part.entries).sum::<i64>(), 4);
        assert_eq!(parts.iter().map(|part| part.value.ten_thousandths()).sum::<i64>(), 60_005);
    }
}
