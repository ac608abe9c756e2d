//! Reads entries: one with its history, and filtered lists.

use crate::db::records::history::{self, HistoryPage};
use crate::db::{
    Db, Result,
    records::{conflict, stored},
    with_db,
};
use jiedui_core::access::user::User;
use jiedui_core::api::entries::{Conflict, RevisionState};
use jiedui_core::entry::Fields;
use jiedui_core::sync::Kind;
use jiedui_core::sync::Record;
use jiedui_core::values::month::Month;
use sqlx::FromRow;
use uuid::Uuid;

/// Filter of entries; `None` matches all.
#[derive(Clone, Debug, Default)]
pub struct EntryFilter {
    /// Year.
    pub year: Option<i32>,
    /// Programme.
    pub programme: Option<String>,
    /// Place, including all places below it.
    pub place: Option<String>,
    /// State.
    pub state: Option<String>,
    /// Activity.
    pub activity: Option<String>,
    /// First month.
    pub from: Option<Month>,
    /// Last month.
    pub until: Option<Month>,
}

/// An entry in a list, with the key after which the list continues.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The entry.
    pub record: Record,
    /// Number of the change that created it.
    pub key: i64,
}

/// Columns of a record that an answer contains.
#[derive(FromRow)]
struct RecordRow {
    id: Uuid,
    rev: i64,
    fields: String,
    deleted: bool,
    created: i64,
}

/// Columns of a record for an answer, and those that decide who sees it.
#[derive(FromRow)]
struct ListedRow {
    #[sqlx(flatten)]
    record: RecordRow,
    author: Option<Uuid>,
    programme: String,
    place: String,
}

/// Returns the entries that the user may see (all without a user), newest first, created before `after`.
pub async fn list(db: &Db, user: &User, filter: &EntryFilter, after: Option<i64>, limit: i64) -> Result<Vec<Listed>> {
    let query = "SELECT id, rev, fields, deleted, created, author, programme, place FROM record
        WHERE kind = 'entry' AND NOT deleted AND created < $1
            AND ($2 = '' OR month LIKE $2) AND ($3 = '' OR programme = $3) AND ($4 = '' OR (place >= $4 AND place < $10))
            AND ($5 = '' OR state = $5) AND ($6 = '' OR activity = $6)
            AND ($7 = '' OR month >= $7) AND ($8 = '' OR month <= $8)
        ORDER BY created DESC LIMIT $9";
    let prefix = |text: String| if text.is_empty() { text } else { text + "%" };
    let year = prefix(filter.year.map(|year| format!("{year:04}-")).unwrap_or_default());
    let place = filter.place.clone().unwrap_or_default();
    // Codes are digits, and the colon is the character after them.
    let after_place = format!("{place}:");
    let [from, until] =
        [filter.from, filter.until].map(|month| month.map(|month| month.to_string()).unwrap_or_default());
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let (mut entries, mut before) = (Vec::new(), after.unwrap_or(i64::MAX));
    let page = limit.max(100);
    loop {
        let rows = with_db!(replica db, |pool| sqlx::query_as::<_, ListedRow>(query)
            .bind(before)
            .bind(&year)
            .bind(text(&filter.programme))
            .bind(&place)
            .bind(text(&filter.state))
            .bind(text(&filter.activity))
            .bind(&from)
            .bind(&until)
            .bind(page)
            .bind(&after_place)
            .fetch_all(pool)
            .await?);
        let last = rows.len() < usize::try_from(page).unwrap_or_default();
        for row in rows {
            let key = row.record.created;
            before = key;
            if user.sees(row.author, &row.programme, &row.place) {
                let Some(record) = stored::omit_unreadable(record(&Kind::Entry, row.record))? else { continue };
                entries.push(Listed { record, key });
                if entries.len() >= usize::try_from(limit).unwrap_or_default() {
                    return Ok(entries);
                }
            }
        }
        if last {
            return Ok(entries);
        }
    }
}

/// Records in the order of their creation.
#[derive(Debug)]
pub struct OldestPage {
    /// Readable entries.
    pub records: Vec<Record>,
    /// Key after which the next page begins; `None` at the end.
    pub last: Option<i64>,
}

/// Returns the records of a kind that were created after a change, the oldest first.
pub async fn oldest(db: &Db, kind: &Kind, after: i64, limit: i64) -> Result<OldestPage> {
    // The condition of the index `record_other`, for ledger items.
    let kinds = if *kind == Kind::Entry { "" } else { "AND kind <> 'entry'" };
    let query = sqlx::AssertSqlSafe(format!(
        "SELECT id, rev, fields, deleted, created FROM record
        WHERE kind = $1 {kinds} AND NOT deleted AND created > $2 ORDER BY created LIMIT $3"
    ));
    let rows: Vec<RecordRow> = with_db!(replica db, |pool| sqlx::query_as(query)
        .bind(kind.as_str())
        .bind(after)
        .bind(limit)
        .fetch_all(pool)
        .await?);
    let last = rows.last().map(|row| row.created);
    let readable = |row| stored::omit_unreadable(record(kind, row)).transpose();
    Ok(OldestPage { records: rows.into_iter().filter_map(readable).collect::<Result<_>>()?, last })
}

fn record(kind: &Kind, row: RecordRow) -> Result<Record> {
    let RecordRow { id, rev, fields, deleted, .. } = row;
    let rev = stored::unsigned(kind.as_str(), id, "rev", rev)?;
    Ok(Record { kind: kind.clone(), id, rev, fields: stored::parse(kind.as_str(), id, &fields)?, deleted })
}

/// An entry with its history and conflicts.
#[derive(Clone, Debug)]
pub struct EntryWithHistory {
    /// Current state.
    pub record: Record,
    /// Author.
    pub author: Option<Uuid>,
    /// Code of its programme.
    pub programme: String,
    /// Code of its place.
    pub place: String,
    /// Previous scopes (place and programme).
    pub former: Vec<(String, String)>,
    /// Past and current states, the oldest first.
    pub history: HistoryPage,
    /// Conflicts.
    pub conflicts: Vec<Conflict>,
}

/// Reads an entry without checking rights, with its states before the revision `before`, or the last ones. Returns `None`
/// if it does not exist or cannot be read.
pub async fn find(db: &Db, id: Uuid, before: Option<i64>) -> Result<Option<EntryWithHistory>> {
    let query = "SELECT r.id, r.rev, r.fields, r.deleted, r.created, r.author, r.programme, r.place, r.former, r.at,
        r.account, a.name AS account_name, r.changed FROM record r LEFT JOIN account a ON a.id = r.account
        WHERE r.id = $1 AND r.kind = 'entry'";
    let row = with_db!(replica db, |pool| sqlx::query_as::<_, EntryRow>(query).bind(id).fetch_optional(pool).await?);
    let Some(EntryRow { listed, former, at, account, account_name, changed }) = row else { return Ok(None) };
    let ListedRow { record: row, author, programme, place } = listed;
    let (rev, deleted, kind) = (row.rev, row.deleted, Kind::Entry.as_str());
    let parse = || {
        let (at, changed) = (stored::instant(kind, id, "at", at)?, stored::parse(kind, id, &changed)?);
        Ok((record(&Kind::Entry, row)?, at, changed, stored::parse(kind, id, &former)?))
    };
    let Some((record, at, changed, former)) = stored::omit_unreadable(parse())? else { return Ok(None) };
    let fields = record.fields.clone();
    let now = RevisionState { rev, at, author: account, author_name: account_name, changed, fields, deleted };
    Ok(Some(EntryWithHistory {
        record,
        author,
        programme,
        place,
        former,
        history: history::page(db, id, now, before).await?,
        conflicts: conflict::of_record(db, id).await?,
    }))
}

#[derive(FromRow)]
struct EntryRow {
    #[sqlx(flatten)]
    listed: ListedRow,
    former: String,
    at: i64,
    account: Option<Uuid>,
    account_name: Option<String>,
    changed: String,
}

impl EntryWithHistory {
    /// Removes from the history the states that this user may not see, such as those before the entry moved into their
    /// scope. `scope` returns place and programme of a state.
    pub fn hide_from(&mut self, user: &User, scope: impl Fn(&Fields) -> (String, String)) {
        let sees = |place: &str, programme: &str| user.sees(self.author, programme, place);
        if self.former.iter().all(|(place, programme)| sees(place, programme)) {
            return;
        }
        let mut seen_since = None;
        for state in self.history.states.iter_mut() {
            let (place, programme) = scope(&state.fields);
            if sees(&place, &programme) {
                seen_since.get_or_insert_with(|| state.at.clone());
            } else {
                seen_since = None;
                state.fields.clear();
                state.changed.clear();
            }
        }
        self.conflicts.retain(|conflict| seen_since.as_ref().is_some_and(|since| conflict.at >= *since));
    }
}
