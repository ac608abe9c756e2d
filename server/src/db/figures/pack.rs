//! Reading of year packs and of the figures of one scope. The cost does not depend on the number of entries.

mod rows;

use crate::db::{Db, Result, Tx, feed, with_db};
use jiedui_core::figures::entry_count::EntryCount;
use jiedui_core::figures::pack::{
    IndicatorFigures, LatestRow, Maxima, Piece, RangeTable, Row, Scope, ScopeFigures, Subjects, YearPack, piece_of,
};
use jiedui_core::values::date::parse_date;
use jiedui_core::values::quantity::{Qualifier, Quantity};
pub(super) use rows::{COUNTS, LATEST, PIECES, RANGES, SUBJECTS, SUBJECTS_OF_SCOPE, SUMS, YEARS};
use rows::{Condition, CountRow, LatestEntry, RangeRow, SubjectRow, SumRow, log_damage, rows};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Adds the selected figures to a pack. Rows that cannot be read are logged and omitted.
async fn add_figures(tx: &mut Tx, pack: &mut YearPack, condition: &Condition<'_>) -> Result<()> {
    let wanted = pack.pieces.clone();
    let is_wanted = |scope: &Scope| wanted.contains(&scope.piece());
    let year = pack.year;
    for row in rows!(tx, SumRow, SUMS, year, condition, "AND (entries <> 0 OR value <> 0)") {
        let SumRow { scope, indicator, verified, month, qualifier, value, entries } = row;
        let key = scope.parse::<Scope>().ok().zip(u8::try_from(month).ok()).zip(Qualifier::from_code(&qualifier));
        let Some(((parsed, month), qualifier)) = key.filter(|_| entries >= 0) else {
            log_damage("figure_sum", &scope, &indicator);
            continue;
        };
        if is_wanted(&parsed) {
            let value = Quantity::from_ten_thousandths(value);
            figures_of(pack, parsed, indicator).rows.push(Row { month, verified, qualifier, value, entries });
        }
    }
    for row in rows!(tx, LatestEntry, LATEST, year, condition, "AND day <> ''") {
        let LatestEntry { scope, indicator, verified, month, day, entry, value, qualifier } = row;
        let last = if day.is_empty() { Some(None) } else { parse_date(&day).map(|date| Some((date, entry))) };
        let key = scope.parse::<Scope>().ok().zip(u8::try_from(month).ok()).zip(Qualifier::from_code(&qualifier));
        let (Some(((parsed, month), qualifier)), Some(last)) = (key, last) else {
            log_damage("figure_latest", &scope, &indicator);
            continue;
        };
        if is_wanted(&parsed) {
            let value = Quantity::from_ten_thousandths(value);
            let row = LatestRow { month, verified, last, value, qualifier };
            figures_of(pack, parsed, indicator).latest.push(row);
        }
    }
    for RangeRow { scope, indicator, sums } in rows!(tx, RangeRow, RANGES, year, condition, "") {
        let Some((parsed, table)) = scope.parse::<Scope>().ok().zip(RangeTable::from_bytes(&sums)) else {
            log_damage("figure_range", &scope, &indicator);
            continue;
        };
        let is_present = !table.is_empty() || matches!(condition, Condition::Since(_));
        if is_present && is_wanted(&parsed) {
            figures_of(pack, parsed, indicator).ranges = Some(table);
        }
    }
    // The databases sort by the texts of the keys.
    for figures in pack.scopes.values_mut().flat_map(ScopeFigures::values_mut) {
        figures.rows.sort_by_key(Row::key);
        figures.latest.sort_by_key(LatestRow::key);
    }
    Ok(())
}

fn figures_of(pack: &mut YearPack, scope: Scope, indicator: String) -> &mut IndicatorFigures {
    pack.scopes.entry(scope).or_default().entry(indicator).or_default()
}

/// Adds the selected entry counts to a pack.
async fn add_counts(tx: &mut Tx, pack: &mut YearPack, since: Option<i64>) -> Result<()> {
    let (change, year) = (since.unwrap_or(-1), i64::from(pack.year));
    let wanted = pack.pieces.clone();
    let query = match since {
        None if wanted.contains(&Piece::Organisations) => format!("{COUNTS} AND entries <> 0 AND change > $2"),
        None => format!("{COUNTS} AND place = '' AND organisation = $3 AND entries <> 0 AND change > $2"),
        Some(_) => format!("{COUNTS} AND change > $2"),
    };
    let of_pairings = since.is_none() && !wanted.contains(&Piece::Organisations);
    let rows = with_db!(tx &mut *tx, |connection| {
        let query = sqlx::query_as::<_, CountRow>(sqlx::AssertSqlSafe(query)).bind(year).bind(change);
        let query = if of_pairings { query.bind(Uuid::nil()) } else { query };
        query.fetch_all(connection).await?
    });
    let counts = rows.into_iter().filter_map(CountRow::into_count);
    pack.counts.extend(counts.filter(|count| wanted.contains(&piece_of(count))));
    pack.counts.sort_by(EntryCount::order);
    Ok(())
}

/// Returns a year's entry counts of pairings, and of the organisations that the map of a place shows.
pub async fn map_counts(db: &Db, year: i32, place: &str) -> Result<Vec<EntryCount>> {
    // Counts of pairings have no place, those of the whole region neither.
    let of_pairings = format!("{COUNTS} AND place = '' AND organisation = $2 AND entries <> 0");
    let of_organisations = format!("{COUNTS} AND place = $2 AND organisation <> $3 AND entries <> 0");
    let year = i64::from(year);
    let rows = with_db!(replica db, |pool| {
        let query = sqlx::query_as::<_, CountRow>(sqlx::AssertSqlSafe(of_pairings)).bind(year).bind(Uuid::nil());
        let mut rows = query.fetch_all(pool).await?;
        let query = sqlx::query_as::<_, CountRow>(sqlx::AssertSqlSafe(of_organisations)).bind(year);
        rows.extend(query.bind(place).bind(Uuid::nil()).fetch_all(pool).await?);
        rows
    });
    Ok(rows.into_iter().filter_map(CountRow::into_count).collect())
}

/// Adds the selected largest numbers of subjects to a pack.
async fn add_subjects(tx: &mut Tx, pack: &mut YearPack, since: Option<i64>) -> Result<()> {
    let query = format!("{SUBJECTS} AND change > $2");
    let rows = with_db!(tx &mut *tx, |connection| sqlx::query_as::<_, SubjectRow>(sqlx::AssertSqlSafe(query))
        .bind(i64::from(pack.year))
        .bind(since.unwrap_or(-1))
        .fetch_all(connection)
        .await?);
    for SubjectRow { scope, indicator, subject, maxima } in rows {
        let Some((scope, maxima)) = scope.parse::<Scope>().ok().zip(Maxima::from_bytes(&maxima)) else {
            log_damage("figure_subject", &scope, &indicator);
            continue;
        };
        if since.is_some() || !maxima.is_empty() {
            pack.subjects.insert((scope, indicator, subject), maxima);
        }
    }
    Ok(())
}

/// Returns the largest numbers of the subjects of some scopes of a year.
pub async fn subjects_of<'a>(db: &Db, year: i32, scopes: impl IntoIterator<Item = &'a Scope>) -> Result<Subjects> {
    let mut subjects = Subjects::new();
    for scope in scopes {
        let rows = with_db!(replica db, |pool| sqlx::query_as::<_, SubjectRow>(SUBJECTS_OF_SCOPE)
            .bind(i64::from(year))
            .bind(scope.to_string())
            .fetch_all(pool)
            .await?);
        for SubjectRow { scope: text, indicator, subject, maxima } in rows {
            let Some(maxima) = Maxima::from_bytes(&maxima) else {
                log_damage("figure_subject", &text, &indicator);
                continue;
            };
            subjects.insert((scope.clone(), indicator, subject), maxima);
        }
    }
    Ok(subjects)
}

/// Reads pieces of a year's pack, or their rows that changed since a change.
pub async fn read(db: &Db, year: i32, pieces: &BTreeSet<Piece>, since: Option<i64>) -> Result<YearPack> {
    let mut tx = db.begin_reading().await?;
    let pack = read_in(&mut tx, year, pieces, since).await?;
    tx.rollback().await?;
    Ok(pack)
}

/// Reads pieces of a year's pack in a transaction.
pub async fn read_in(tx: &mut Tx, year: i32, pieces: &BTreeSet<Piece>, since: Option<i64>) -> Result<YearPack> {
    let change = feed::last(tx).await?;
    let mut pack = YearPack { year, change, base_change: since, pieces: pieces.clone(), ..YearPack::default() };
    match since {
        Some(since) => add_figures(tx, &mut pack, &Condition::Since(since)).await?,
        None => {
            for piece in pieces {
                add_figures(tx, &mut pack, &Condition::Piece(&piece.to_string())).await?;
            }
        }
    }
    if pieces.contains(&Piece::Base) || pieces.contains(&Piece::Organisations) {
        add_counts(tx, &mut pack, since).await?;
    }
    if pieces.contains(&Piece::Subjects) {
        add_subjects(tx, &mut pack, since).await?;
    }
    Ok(pack)
}

/// Reads the figures of some scopes of a year.
pub async fn read_scopes(db: &Db, year: i32, scopes: &[Scope]) -> Result<YearPack> {
    let mut tx = db.begin_reading().await?;
    let change = feed::last(&mut tx).await?;
    let pieces = scopes.iter().map(Scope::piece).collect();
    let mut pack = YearPack { year, change, pieces, ..YearPack::default() };
    for scope in scopes {
        let (piece, scope) = (scope.piece().to_string(), scope.to_string());
        add_figures(&mut tx, &mut pack, &Condition::Scope(&piece, &scope)).await?;
    }
    tx.rollback().await?;
    Ok(pack)
}

/// Returns the pieces that a year has figures of, and those that every year has.
pub async fn pieces(db: &Db, year: i32) -> Result<BTreeSet<Piece>> {
    let mut tx = db.begin_reading().await?;
    let pieces = pieces_in(&mut tx, year).await?;
    tx.rollback().await?;
    Ok(pieces)
}

/// Returns the pieces of a year in a transaction.
pub async fn pieces_in(tx: &mut Tx, year: i32) -> Result<BTreeSet<Piece>> {
    let codes: Vec<String> = with_db!(tx tx, |connection| sqlx::query_scalar(PIECES)
        .bind(i64::from(year))
        .fetch_all(connection)
        .await?);
    let mut pieces: BTreeSet<Piece> = codes.iter().filter_map(|code| code.parse().ok()).collect();
    pieces.extend([Piece::Base, Piece::Pairings, Piece::Organisations, Piece::Subjects]);
    Ok(pieces)
}

/// Returns the years that have figures, in order.
pub async fn years(db: &Db) -> Result<Vec<i32>> {
    let mut tx = db.begin_reading().await?;
    let years = years_in(&mut tx).await?;
    tx.rollback().await?;
    Ok(years)
}

/// Returns the years that have figures in a transaction, in order.
pub async fn years_in(tx: &mut Tx) -> Result<Vec<i32>> {
    let years: Vec<i64> = with_db!(tx tx, |connection| sqlx::query_scalar(YEARS).fetch_all(connection).await?);
    Ok(years.into_iter().filter_map(|year| i32::try_from(year).ok()).collect())
}
