//! Entries one by one and in lists, for people and programs that look at them.

use super::{Db, Result, conflict, on, stored};
use jiedui_core::domain::entry::Fields;
use jiedui_core::domain::{Month, User};
use jiedui_core::sync::Record;
use jiedui_core::sync::wire::ENTRY;
use serde::Serialize;
use uuid::Uuid;

/// Which entries are asked for; `None` takes all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those of a year.
    pub year: Option<i32>,
    /// Those of a programme.
    pub programme: Option<String>,
    /// Those at a place or below it.
    pub place: Option<String>,
    /// Those in a state.
    pub state: Option<String>,
    /// Those of an activity.
    pub activity: Option<String>,
    /// Those of this month and later ones.
    pub from: Option<Month>,
    /// Those of this month and earlier ones.
    pub until: Option<Month>,
}

/// An entry in a list, and where the list goes on after it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The entry.
    pub record: Record,
    /// Its key: the number of the change that made it.
    pub key: i64,
}

type Row = (Uuid, i64, String, bool, i64);

/// Those that the user may see (everything, without one), the newest first, made before `after`.
pub async fn list(db: &Db, user: &User, filter: &Filter, after: Option<i64>, limit: i64) -> Result<Vec<Listed>> {
    let query = "SELECT id, rev, fields, deleted, created, author, programme, place FROM record
        WHERE kind = 'entry' AND NOT deleted AND created < $1
            AND ($2 = '' OR month LIKE $2) AND ($3 = '' OR programme = $3) AND ($4 = '' OR place LIKE $4)
            AND ($5 = '' OR state = $5) AND ($6 = '' OR activity = $6)
            AND ($7 = '' OR month >= $7) AND ($8 = '' OR month <= $8)
        ORDER BY created DESC LIMIT $9";
    type Row = (Uuid, i64, String, bool, i64, Option<Uuid>, String, String);
    // A place code is digits alone, so it holds no wildcard: the edge has made sure of it.
    let prefix = |text: String| if text.is_empty() { text } else { text + "%" };
    let year = prefix(filter.year.map(|year| format!("{year:04}-")).unwrap_or_default());
    let place = prefix(filter.place.clone().unwrap_or_default());
    let [from, until] =
        [filter.from, filter.until].map(|month| month.map(|month| month.to_string()).unwrap_or_default());
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (mut found, mut before) = (Vec::new(), after.unwrap_or(i64::MAX));
    let page = limit.max(100);
    loop {
        let rows = on!(read db, |pool| sqlx::query_as::<_, Row>(query)
            .bind(before)
            .bind(&year)
            .bind(text(&filter.programme))
            .bind(&place)
            .bind(text(&filter.state))
            .bind(text(&filter.activity))
            .bind(&from)
            .bind(&until)
            .bind(page)
            .fetch_all(pool)
            .await?);
        let last = rows.len() < usize::try_from(page).unwrap_or_default();
        for (id, rev, fields, deleted, created, author, programme, place) in rows {
            before = created;
            if user.sees(author, &programme, &place) {
                let Some(record) = record(ENTRY, (id, rev, fields, deleted, created)) else { continue };
                found.push(Listed { record, key: created });
                if found.len() >= usize::try_from(limit).unwrap_or_default() {
                    return Ok(found);
                }
            }
        }
        if last {
            return Ok(found);
        }
    }
}

/// Records in the order in which they were made.
#[derive(Debug)]
pub struct Oldest {
    /// Those that can be read.
    pub records: Vec<Record>,
    /// After which the next ones come; `None` at the end.
    pub last: Option<i64>,
}

/// The records of a kind that were made after a change, the oldest first.
pub async fn oldest(db: &Db, kind: &str, after: i64, limit: i64) -> Result<Oldest> {
    // The condition of the index `record_other`, for ledger items.
    let kinds = if kind == ENTRY { "" } else { "AND kind <> 'entry'" };
    let query = sqlx::AssertSqlSafe(format!(
        "SELECT id, rev, fields, deleted, created FROM record
        WHERE kind = $1 {kinds} AND NOT deleted AND created > $2 ORDER BY created LIMIT $3"
    ));
    let rows: Vec<Row> =
        on!(read db, |pool| sqlx::query_as(query).bind(kind).bind(after).bind(limit).fetch_all(pool).await?);
    let last = rows.last().map(|row| row.4);
    Ok(Oldest { records: rows.into_iter().filter_map(|row| record(kind, row)).collect(), last })
}

fn record(kind: &str, (id, rev, fields, deleted, _): Row) -> Option<Record> {
    let rev = u64::try_from(rev).unwrap_or_default();
    Some(Record { kind: kind.into(), id, rev, fields: stored::read(kind, id, &fields)?, deleted })
}

/// One state that an entry has had.
#[derive(Clone, Debug, Serialize)]
pub struct Revision {
    /// Its number.
    pub rev: i64,
    /// When.
    pub at: String,
    /// Who; `None` for the program itself.
    pub author: Option<Uuid>,
    /// Their name.
    pub author_name: Option<String>,
    /// Paths of the fields that changed.
    pub changed: Vec<String>,
    /// All fields.
    pub fields: Fields,
    /// Whether it was deleted.
    pub deleted: bool,
}

/// An entry with all that ever happened to it.
#[derive(Clone, Debug)]
pub struct Whole {
    /// As it stands.
    pub record: Record,
    /// Who made it.
    pub author: Option<Uuid>,
    /// Its programme's code.
    pub programme: String,
    /// Its place's code.
    pub place: String,
    /// Every state it has had, the first first.
    pub history: Vec<Revision>,
    /// What was not taken.
    pub conflicts: Vec<conflict::Conflict>,
}

/// One entry, whoever may see it.
pub async fn find(db: &Db, id: Uuid) -> Result<Option<Whole>> {
    let query = "SELECT id, rev, fields, deleted, created, author, programme, place FROM record
        WHERE id = $1 AND kind = 'entry'";
    type Found = (Uuid, i64, String, bool, i64, Option<Uuid>, String, String);
    let row = on!(read db, |pool| sqlx::query_as::<_, Found>(query).bind(id).fetch_optional(pool).await?);
    let Some((id, rev, fields, deleted, created, author, programme, place)) = row else { return Ok(None) };
    let Some(record) = record(ENTRY, (id, rev, fields, deleted, created)) else { return Ok(None) };
    Ok(Some(Whole {
        record,
        author,
        programme,
        place,
        history: history(db, id).await?,
        conflicts: conflict::of_record(db, id).await?,
    }))
}

async fn history(db: &Db, id: Uuid) -> Result<Vec<Revision>> {
    let query = "SELECT r.rev, r.at, r.account, a.name, r.changed, r.fields, r.deleted FROM (
            SELECT rev, at, account, changed, fields, deleted FROM revision WHERE record = $1
            UNION ALL SELECT rev, at, account, changed, fields, deleted FROM record WHERE id = $1) r
        LEFT JOIN account a ON a.id = r.account ORDER BY r.rev";
    type Row = (i64, i64, Option<Uuid>, Option<String>, String, String, bool);
    let rows = on!(read db, |pool| sqlx::query_as::<_, Row>(query).bind(id).fetch_all(pool).await?);
    let revision = |(rev, at, author, author_name, changed, fields, deleted): Row| {
        let of = format!("{id}, revision {rev}");
        let (changed, fields) = (stored::read(ENTRY, &of, &changed)?, stored::read(ENTRY, &of, &fields)?);
        Some(Revision { rev, at: super::instant(at), author, author_name, changed, fields, deleted })
    };
    Ok(rows.into_iter().filter_map(revision).collect())
}
