//! Lists of ledger items.

use crate::db::records::stored;
use crate::db::{Db, Result, with_db};
use jiedui_core::access::user::User;
use jiedui_core::entry::field;
use jiedui_core::ledger::Ledger;
use jiedui_core::sync::{Kind, Record};
use jiedui_core::values::date::format_date;
use jiedui_core::values::month::Month;
use serde::Deserialize;
use sqlx::FromRow;
use uuid::Uuid;

/// Rows in one statement.
const ROWS: i64 = 500;

/// Filter of ledger items; `None` matches all.
#[derive(Clone, Debug, Default)]
pub struct LedgerFilter {
    /// Ledger.
    pub ledger: Option<Ledger>,
    /// Year.
    pub year: Option<i32>,
    /// Programme.
    pub programme: Option<String>,
    /// Place, including all places below it.
    pub place: Option<String>,
}

/// A page of the list.
#[derive(Debug)]
pub struct ListedItems {
    /// Items, most recently recorded first.
    pub items: Vec<Record>,
    /// Number of the change that created the last item; `None` at the end.
    pub next: Option<i64>,
}

#[derive(FromRow)]
struct Row {
    id: Uuid,
    rev: i64,
    fields: String,
    created: i64,
    author: Option<Uuid>,
    programme: String,
    place: String,
}

/// Returns at most `limit` items that the user may see, created before `after`, most recently recorded first.
pub async fn list(
    db: &Db,
    user: &User,
    filter: &LedgerFilter,
    after: Option<i64>,
    limit: usize,
) -> Result<ListedItems> {
    // The condition of the index `record_other`.
    let query = "SELECT id, rev, fields, created, author, programme, place FROM record
        WHERE kind = $1 AND kind <> 'entry' AND NOT deleted AND created < $2 AND ($3 = '' OR day = $3)
            AND ($4 = '' OR programme = $4) AND ($5 = '' OR (place >= $5 AND place < $6))
        ORDER BY created DESC LIMIT $7";
    let day = filter.year.map(|year| format_date(Month::last_of(year).last_day())).unwrap_or_default();
    let place = filter.place.clone().unwrap_or_default();
    // Codes are digits: the colon comes right after them.
    let after_place = format!("{place}:");
    let (mut items, mut before, mut last) = (Vec::new(), after.unwrap_or(i64::MAX), None);
    loop {
        let rows: Vec<Row> = with_db!(replica db, |pool| sqlx::query_as(query)
            .bind(Kind::LedgerItem.as_str())
            .bind(before)
            .bind(&day)
            .bind(filter.programme.clone().unwrap_or_default())
            .bind(&place)
            .bind(&after_place)
            .bind(ROWS)
            .fetch_all(pool)
            .await?);
        let is_end = i64::try_from(rows.len()).is_ok_and(|count| count < ROWS);
        for row in rows {
            before = row.created;
            if !user.sees(row.author, &row.programme, &row.place) {
                continue;
            }
            let Some(item) = stored::omit_unreadable(record(row))? else { continue };
            if filter.ledger.is_some_and(|ledger| ledger_of(&item) != ledger) {
                continue;
            }
            if items.len() >= limit {
                return Ok(ListedItems { items, next: last });
            }
            items.push(item);
            last = Some(before);
        }
        if is_end {
            return Ok(ListedItems { items, next: None });
        }
    }
}

fn record(row: Row) -> Result<Record> {
    let (kind, id) = (Kind::LedgerItem, row.id);
    let rev = stored::unsigned(kind.as_str(), id, "rev", row.rev)?;
    let fields = stored::parse(kind.as_str(), id, &row.fields)?;
    Ok(Record { kind, id, rev, fields, deleted: false })
}

fn ledger_of(item: &Record) -> Ledger {
    item.fields.get(field::LEDGER).and_then(|ledger| Ledger::deserialize(ledger).ok()).unwrap_or_default()
}
