//! Stored largest numbers of subjects, and the sums of them for every range of months.

use crate::db::bulk::insert;
use crate::db::{Result, Tx, records::stored, with_db};
use jiedui_core::directory::index::DirectoryIndex;
use jiedui_core::figures::contribution::{Contribution, Discriminator};
use jiedui_core::figures::pack::{Maxima, RangeTable, Scope, month_in};
use jiedui_core::values::month::Month;
use sqlx::FromRow;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Year, indicator and subject.
pub type SubjectKey = (i32, String, String);

/// Contributions of a subject that a transaction changes.
#[derive(Debug, Default)]
pub struct Touched<'a> {
    added: Vec<&'a Contribution>,
    /// Whether a number was removed, so that the largest is unknown.
    has_removal: bool,
}

/// Largest numbers before and after a change.
struct Changed {
    key: SubjectKey,
    scope: Scope,
    before: Maxima,
    after: Maxima,
}

/// Returns the subjects whose numbers contributions change.
pub fn touched_by(contributions: &[Contribution]) -> BTreeMap<SubjectKey, Touched<'_>> {
    let mut touched: BTreeMap<SubjectKey, Touched<'_>> = BTreeMap::new();
    for part in contributions {
        let Some(Discriminator::Subject(subject, _)) = &part.discriminator else { continue };
        let of_subject = touched.entry((part.month.year, part.indicator.clone(), subject.clone())).or_default();
        of_subject.added.push(part);
        of_subject.has_removal |= part.entries <= 0;
    }
    touched
}

/// Updates the largest numbers of subjects after their contributions were written.
pub async fn write(
    tx: &mut Tx,
    touched: &BTreeMap<SubjectKey, Touched<'_>>,
    directory: &DirectoryIndex,
    change: i64,
) -> Result<()> {
    let mut changes = Vec::new();
    for (key, of_subject) in touched {
        let before = stored_maxima(tx, key).await?;
        let after = if of_subject.has_removal {
            recomputed(tx, key, directory).await?
        } else {
            let mut after = before.clone();
            for part in &of_subject.added {
                include(&mut after, part, directory);
            }
            after
        };
        let gone = before.keys().filter(|scope| !after.contains_key(scope)).map(|scope| (scope, Maxima::default()));
        for (scope, after) in after.iter().map(|(scope, maxima)| (scope, *maxima)).chain(gone) {
            let before = before.get(scope).copied().unwrap_or_default();
            if before != after {
                changes.push(Changed { key: key.clone(), scope: scope.clone(), before, after });
            }
        }
    }
    let head = "INSERT INTO figure_subject (year, indicator, subject, scope, maxima, change) ";
    let tail = " ON CONFLICT (year, indicator, subject, scope) DO UPDATE SET maxima = excluded.maxima,
        change = excluded.change";
    insert!(tx, head, changes, tail, |values, changed| {
        let (year, indicator, subject) = &changed.key;
        values.push_bind(i64::from(*year)).push_bind(indicator).push_bind(subject);
        values.push_bind(changed.scope.to_string()).push_bind(changed.after.to_bytes()).push_bind(change);
    });
    write_ranges(tx, changes, change).await
}

/// Includes the number of a contribution in every scope that counts it.
fn include(maxima: &mut BTreeMap<Scope, Maxima>, part: &Contribution, directory: &DirectoryIndex) {
    let Some(Discriminator::Subject(_, number)) = &part.discriminator else { return };
    for scope in Scope::of_entry(&part.place, part.pairing, directory) {
        let month = month_in(&scope, part.month);
        maxima.entry(scope).or_default().include(month, part.verified, *number);
    }
}

#[derive(FromRow)]
struct MaximaRow {
    scope: String,
    maxima: Vec<u8>,
}

/// Reads the stored numbers of a subject by scope.
async fn stored_maxima(tx: &mut Tx, (year, indicator, subject): &SubjectKey) -> Result<BTreeMap<Scope, Maxima>> {
    let query = "SELECT scope, maxima FROM figure_subject WHERE year = $1 AND indicator = $2 AND subject = $3";
    let rows = with_db!(tx tx, |connection| sqlx::query_as::<_, MaximaRow>(query)
        .bind(i64::from(*year))
        .bind(indicator)
        .bind(subject)
        .fetch_all(connection)
        .await?);
    let read = |MaximaRow { scope, maxima }: MaximaRow| {
        let parsed = scope.parse().ok().zip(Maxima::from_bytes(&maxima));
        if parsed.is_none() {
            stored::log("figure_subject", format!("{indicator}, {subject}, {year}"));
        }
        parsed
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

#[derive(FromRow)]
struct NumberRow {
    place: String,
    period: String,
    verified: bool,
    apart: String,
    pairing: Uuid,
}

/// Contributions of a subject; both databases use the partial index `part_apart` where the query repeats its condition.
pub(in crate::db) const OF_SUBJECT: &str = "SELECT place, period, verified, apart, pairing FROM part
    WHERE grain = 'town' AND apart <> '' AND indicator = $1 AND apart >= $2 AND apart < $3
        AND period >= $4 AND period <= $5 AND entries > 0";

/// Computes the numbers of a subject by scope from its contributions.
async fn recomputed(
    tx: &mut Tx,
    (year, indicator, subject): &SubjectKey,
    directory: &DirectoryIndex,
) -> Result<BTreeMap<Scope, Maxima>> {
    let rows = with_db!(tx tx, |connection| sqlx::query_as::<_, NumberRow>(OF_SUBJECT)
        .bind(indicator)
        // The exclamation mark comes right after the space that separates the number.
        .bind(format!("{subject} "))
        .bind(format!("{subject}!"))
        .bind(Month::first_of(*year).to_string())
        .bind(Month::last_of(*year).to_string())
        .fetch_all(connection)
        .await?);
    let mut maxima = BTreeMap::new();
    for NumberRow { place, period, verified, apart, pairing } in rows {
        let parsed = period.parse::<Month>().ok().zip(apart.parse::<Discriminator>().ok());
        let Some((month, Discriminator::Subject(_, number))) = parsed else {
            stored::log("part", format!("{indicator}, {place}, {period}"));
            continue;
        };
        for scope in Scope::of_entry(&place, Some(pairing).filter(|id| !id.is_nil()), directory) {
            let month = month_in(&scope, month);
            maxima.entry(scope).or_insert_with(Maxima::default).include(month, verified, number);
        }
    }
    Ok(maxima)
}

/// Applies changed numbers to the sums of their scopes.
async fn write_ranges(tx: &mut Tx, changes: Vec<Changed>, change: i64) -> Result<()> {
    let mut tables: BTreeMap<(i32, Scope, String), RangeTable> = BTreeMap::new();
    for Changed { key: (year, indicator, _), scope, before, after } in changes {
        let key = (year, scope, indicator);
        if !tables.contains_key(&key) {
            tables.insert(key.clone(), stored_range(tx, &key).await?);
        }
        if let Some(table) = tables.get_mut(&key) {
            table.change(&before, &after);
        }
    }
    let rows: Vec<((i32, Scope, String), RangeTable)> = tables.into_iter().collect();
    let head = "INSERT INTO figure_range (year, piece, scope, indicator, sums, change) ";
    let tail = " ON CONFLICT (year, piece, scope, indicator) DO UPDATE SET sums = excluded.sums,
        change = excluded.change";
    insert!(tx, head, rows, tail, |values, row| {
        let ((year, scope, indicator), table) = row;
        values.push_bind(i64::from(*year)).push_bind(scope.piece().to_string()).push_bind(scope.to_string());
        values.push_bind(indicator).push_bind(table.to_bytes()).push_bind(change);
    });
    Ok(())
}

/// Reads the stored sums of a scope and an indicator.
async fn stored_range(tx: &mut Tx, (year, scope, indicator): &(i32, Scope, String)) -> Result<RangeTable> {
    let query = "SELECT sums FROM figure_range WHERE year = $1 AND piece = $2 AND scope = $3 AND indicator = $4";
    let bytes = with_db!(tx tx, |connection| sqlx::query_scalar::<_, Vec<u8>>(query)
        .bind(i64::from(*year))
        .bind(scope.piece().to_string())
        .bind(scope.to_string())
        .bind(indicator)
        .fetch_optional(connection)
        .await?);
    Ok(bytes.and_then(|bytes| RangeTable::from_bytes(&bytes)).unwrap_or_default())
}
