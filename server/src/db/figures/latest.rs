//! Stored last entries of months, for indicators with the latest value.

use crate::db::bulk::insert;
use crate::db::{Result, Tx, records::stored, with_db};
use jiedui_core::directory::index::DirectoryIndex;
use jiedui_core::figures::contribution::{Contribution, Discriminator};
use jiedui_core::figures::pack::{Scope, month_in};
use jiedui_core::values::date::format_date;
use jiedui_core::values::quantity::Qualifier;
use sqlx::FromRow;
use std::collections::{BTreeMap, BTreeSet};
use time::Date;
use uuid::Uuid;

/// Contributions read at a time when a last entry is looked for.
const PAGE: i64 = 200;

/// Key of a last entry: year, scope, indicator, whether it is verified, and month.
type LastEntryKey = (i32, Scope, String, bool, u8);

/// Last entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Last {
    date: Date,
    id: Uuid,
    value: i64,
    qualifier: Qualifier,
}

/// Last entries that contributions add, and those that have to be looked for since one was changed or removed.
#[derive(Debug, Default)]
pub struct Touched {
    added: BTreeMap<LastEntryKey, Last>,
    changed: BTreeSet<LastEntryKey>,
}

/// Returns the last entries that contributions may change.
pub fn touched_by(contributions: &[Contribution], directory: &DirectoryIndex) -> Touched {
    let mut touched = Touched::default();
    for part in contributions {
        let Some(Discriminator::Latest(date, id)) = part.discriminator else { continue };
        let last = Last { date, id, value: part.value.ten_thousandths(), qualifier: part.qualifier };
        for scope in Scope::of_entry(&part.place, part.pairing, directory) {
            let month = month_in(&scope, part.month);
            let key = (part.month.year, scope, part.indicator.clone(), part.verified, month);
            if part.entries > 0 {
                let latest = touched.added.entry(key).or_insert(last);
                *latest = (*latest).max(last);
            } else {
                touched.changed.insert(key);
            }
        }
    }
    touched
}

impl Touched {
    /// Adds the keys under which an entry of another directory counted, so that they are looked for.
    pub fn look_for(&mut self, part: &Contribution, directory: &DirectoryIndex) {
        if !matches!(part.discriminator, Some(Discriminator::Latest(..))) {
            return;
        }
        for scope in Scope::of_entry(&part.place, part.pairing, directory) {
            let month = month_in(&scope, part.month);
            self.changed.insert((part.month.year, scope, part.indicator.clone(), part.verified, month));
        }
    }
}

/// Updates the last entries after the contributions were written.
pub async fn write(tx: &mut Tx, touched: Touched, directory: &DirectoryIndex, change: i64) -> Result<()> {
    let Touched { added, changed } = touched;
    let added: Vec<(LastEntryKey, Option<Last>)> =
        added.into_iter().filter(|(key, _)| !changed.contains(key)).map(|(key, last)| (key, Some(last))).collect();
    let head =
        "INSERT INTO figure_latest (year, piece, scope, indicator, verified, month, day, entry, value, qualifier,
        change) ";
    let if_later = " ON CONFLICT (year, piece, scope, indicator, verified, month) DO UPDATE SET day = excluded.day,
        entry = excluded.entry, value = excluded.value, qualifier = excluded.qualifier, change = excluded.change
        WHERE (excluded.day, excluded.entry) > (figure_latest.day, figure_latest.entry)";
    let always = " ON CONFLICT (year, piece, scope, indicator, verified, month) DO UPDATE SET day = excluded.day,
        entry = excluded.entry, value = excluded.value, qualifier = excluded.qualifier, change = excluded.change";
    let changed = look_up(tx, changed, directory).await?;
    for (rows, tail) in [(added, if_later), (changed, always)] {
        insert!(tx, head, rows, tail, |values, row| {
            let ((year, scope, indicator, verified, month), last) = row;
            values.push_bind(i64::from(*year)).push_bind(scope.piece().to_string()).push_bind(scope.to_string());
            values.push_bind(indicator).push_bind(*verified).push_bind(i64::from(*month));
            values.push_bind(last.map(|last| format_date(last.date)).unwrap_or_default());
            values.push_bind(last.map(|last| last.id).unwrap_or_default());
            values.push_bind(last.map(|last| last.value).unwrap_or_default());
            values.push_bind(last.map(|last| last.qualifier).unwrap_or_default().code()).push_bind(change);
        });
    }
    Ok(())
}

#[derive(FromRow)]
struct LatestRow {
    place: String,
    apart: String,
    qualifier: String,
    pairing: Uuid,
    value: i64,
}

/// Dated contributions from the last one; both databases use the partial index `part_apart` where the query repeats its
/// condition.
pub(in crate::db) const DATED: &str = "SELECT place, apart, qualifier, pairing, value FROM part
    WHERE grain = 'town' AND apart <> '' AND indicator = $1 AND apart >= $2 AND apart < $3 AND verified = $4
        AND entries > 0
    ORDER BY apart DESC LIMIT $5";

/// Looks for the last entry of each key.
async fn look_up(
    tx: &mut Tx,
    keys: BTreeSet<LastEntryKey>,
    directory: &DirectoryIndex,
) -> Result<Vec<(LastEntryKey, Option<Last>)>> {
    // Scopes whose entries are of the same months share a search.
    let mut searches: BTreeMap<(i32, String, bool, Option<u8>), BTreeSet<Scope>> = BTreeMap::new();
    for (year, scope, indicator, verified, month) in keys {
        let month = (!scope.is_yearly()).then_some(month);
        searches.entry((year, indicator, verified, month)).or_default().insert(scope);
    }
    let mut latest = Vec::new();
    for ((year, indicator, verified, month), mut scopes) in searches {
        let (first, last) = month.map_or((1, 12), |month| (month, month));
        let from = format!("latest {year:04}-{first:02}");
        // The colon comes right after the digits.
        let mut until = format!("latest {year:04}-{last:02}:");
        let key = |scope: Scope| (year, scope, indicator.clone(), verified, month.unwrap_or(1));
        while !scopes.is_empty() {
            let rows = with_db!(tx &mut *tx, |connection| sqlx::query_as::<_, LatestRow>(DATED)
                .bind(&indicator)
                .bind(&from)
                .bind(&until)
                .bind(verified)
                .bind(PAGE)
                .fetch_all(connection)
                .await?);
            let Some(next) = rows.last().map(|row| row.apart.clone()) else { break };
            for row in rows {
                let discriminator = row.apart.parse::<Discriminator>();
                let (Ok(Discriminator::Latest(date, id)), Some(qualifier)) =
                    (discriminator, Qualifier::from_code(&row.qualifier))
                else {
                    stored::log("part", format!("{indicator}, {}", row.place));
                    continue;
                };
                let pairing = Some(row.pairing).filter(|id| !id.is_nil());
                for scope in Scope::of_entry(&row.place, pairing, directory) {
                    if scopes.remove(&scope) {
                        latest.push((key(scope), Some(Last { date, id, value: row.value, qualifier })));
                    }
                }
            }
            until = next;
        }
        latest.extend(scopes.into_iter().map(|scope| (key(scope), None)));
    }
    Ok(latest)
}
