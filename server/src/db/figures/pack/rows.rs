//! Rows of the tables of year packs, and the queries that select them.

use crate::db::records::stored;
use jiedui_core::figures::entry_count::EntryCount;
use sqlx::FromRow;
use uuid::Uuid;

#[derive(FromRow)]
pub(super) struct SumRow {
    pub(super) scope: String,
    pub(super) indicator: String,
    pub(super) verified: bool,
    pub(super) month: i64,
    pub(super) qualifier: String,
    pub(super) value: i64,
    pub(super) entries: i64,
}

#[derive(FromRow)]
pub(super) struct LatestEntry {
    pub(super) scope: String,
    pub(super) indicator: String,
    pub(super) verified: bool,
    pub(super) month: i64,
    pub(super) day: String,
    pub(super) entry: Uuid,
    pub(super) value: i64,
    pub(super) qualifier: String,
}

#[derive(FromRow)]
pub(super) struct RangeRow {
    pub(super) scope: String,
    pub(super) indicator: String,
    pub(super) sums: Vec<u8>,
}

#[derive(FromRow)]
pub(super) struct SubjectRow {
    pub(super) scope: String,
    pub(super) indicator: String,
    pub(super) subject: String,
    pub(super) maxima: Vec<u8>,
}

#[derive(FromRow)]
pub(super) struct CountRow {
    pub(super) organisation: Uuid,
    pub(super) place: String,
    pub(super) pairing: Uuid,
    pub(super) programme: String,
    pub(super) month: String,
    pub(super) verified: bool,
    pub(super) entries: i64,
}

impl CountRow {
    /// Returns the entry count. Returns `None` and logs it if it cannot be read.
    pub(super) fn into_count(self) -> Option<EntryCount> {
        let Self { organisation, place, pairing, programme, month, verified, entries } = self;
        let log_damage = |_: &_| stored::log("map_count", format!("{programme}, {place}"));
        let month = month.parse().inspect_err(log_damage).ok()?;
        if entries < 0 {
            stored::log("map_count", format!("{programme}, {place}, {month}"));
            return None;
        }
        let given = |id: Uuid| Some(id).filter(|id| !id.is_nil());
        let (pairing, organisation) = (given(pairing), given(organisation));
        Some(EntryCount { programme, place, pairing, organisation, month, verified, entries })
    }
}

/// Queries of the tables, without their conditions.
pub(in crate::db::figures) const SUMS: &str =
    "SELECT scope, indicator, verified, month, qualifier, value, entries FROM figure_sum WHERE year = $1";
pub(in crate::db::figures) const LATEST: &str =
    "SELECT scope, indicator, verified, month, day, entry, value, qualifier FROM figure_latest WHERE year = $1";
pub(in crate::db::figures) const RANGES: &str = "SELECT scope, indicator, sums FROM figure_range WHERE year = $1";
pub(in crate::db::figures) const SUBJECTS: &str =
    "SELECT scope, indicator, subject, maxima FROM figure_subject WHERE year = $1";
/// The plus sign keeps SQLite from searching the year by the primary key.
pub(in crate::db::figures) const SUBJECTS_OF_SCOPE: &str =
    "SELECT scope, indicator, subject, maxima FROM figure_subject WHERE +year = $1 AND scope = $2";
pub(in crate::db::figures) const COUNTS: &str =
    "SELECT organisation, place, pairing, programme, month, verified, entries FROM map_count WHERE year = $1";

/// Rows of a year that a query selects.
pub(super) enum Condition<'a> {
    /// Rows of a piece that have entries.
    Piece(&'a str),
    /// Rows of a scope that have entries.
    Scope(&'a str, &'a str),
    /// Rows that changed after a change, including those without entries.
    Since(i64),
}

/// Selects the pieces of a year. Each costs one look-up.
pub(in crate::db::figures) const PIECES: &str = "WITH RECURSIVE piece (code) AS (
            SELECT (SELECT MIN(piece) FROM figure_sum WHERE year = $1)
            UNION ALL
            SELECT (SELECT MIN(s.piece) FROM figure_sum s WHERE s.year = $1 AND s.piece > piece.code)
            FROM piece WHERE piece.code IS NOT NULL)
        SELECT code FROM piece WHERE code IS NOT NULL";

/// Selects the years that have figures. Each costs one look-up.
pub(in crate::db::figures) const YEARS: &str = "WITH RECURSIVE known (year) AS (
            SELECT (SELECT MIN(year) FROM figure_sum)
            UNION ALL
            SELECT (SELECT MIN(s.year) FROM figure_sum s WHERE s.year > known.year)
            FROM known WHERE known.year IS NOT NULL)
        SELECT year FROM known WHERE year IS NOT NULL";

/// Runs a query for a year with a condition, which `$present` further limits for present rows.
macro_rules! rows {
    ($tx:expr, $row:ty, $query:expr, $year:expr, $condition:expr, $present:literal) => {
        match $condition {
            Condition::Piece(piece) => {
                let query = format!("{} AND piece = $2 {}", $query, $present);
                with_db!(tx &mut *$tx, |connection| sqlx::query_as::<_, $row>(sqlx::AssertSqlSafe(query))
                    .bind(i64::from($year)).bind(*piece).fetch_all(connection).await?)
            }
            Condition::Scope(piece, scope) => {
                let query = format!("{} AND piece = $2 AND scope = $3 {}", $query, $present);
                with_db!(tx &mut *$tx, |connection| sqlx::query_as::<_, $row>(sqlx::AssertSqlSafe(query))
                    .bind(i64::from($year)).bind(*piece).bind(*scope).fetch_all(connection).await?)
            }
            Condition::Since(change) => {
                let query = format!("{} AND change > $2", $query);
                with_db!(tx &mut *$tx, |connection| sqlx::query_as::<_, $row>(sqlx::AssertSqlSafe(query))
                    .bind(i64::from($year)).bind(*change).fetch_all(connection).await?)
            }
        }
    };
}

pub(super) use rows;

/// Logs a row with a column that cannot be read.
pub(super) fn log_damage(table: &str, scope: &str, indicator: &str) {
    stored::log(table, format!("{scope}, {indicator}"));
}
