//! Conflicts: values that lost against concurrent changes of the same fields. They wait for a user's resolution.

use crate::db::bulk::insert;
use crate::db::records::stored;
use crate::db::{Db, Result, Tx, Unreadable, with_db};
use jiedui_core::api::entries::Conflict;
use jiedui_core::entry::Fields;
use jiedui_core::sync::{ConcurrentChange, Path};
use uuid::Uuid;

/// Key of a mutation: account, client, sequence number.
pub type MutationKey = (Uuid, Uuid, i64);

/// Conflicting values of a mutation.
#[derive(Debug)]
pub struct NewConflict {
    /// The record.
    pub record: Uuid,
    /// Key of the mutation.
    pub by: MutationKey,
    /// Values by path.
    pub fields: Fields,
}

/// Inserts conflicts.
pub async fn write(tx: &mut Tx, conflicts: &[NewConflict], at: i64) -> Result<()> {
    let mut rows = Vec::with_capacity(conflicts.len());
    for NewConflict { record, by, fields } in conflicts {
        rows.push((*record, *by, serde_json::to_string(fields)?));
    }
    let head = "INSERT INTO conflict (record, account, client, seq, kept, at) ";
    insert!(tx, head, rows, "", |values, item| {
        let (record, (account, client, seq), fields) = item;
        values.push_bind(*record).push_bind(*account).push_bind(*client).push_bind(*seq);
        values.push_bind(fields).push_bind(at);
    });
    Ok(())
}

/// Maximum number of unresolved conflicts of a record.
pub const MAX_UNRESOLVED: i64 = 100;

/// Returns the number of unresolved conflicts of a record.
pub async fn count_unresolved(tx: &mut Tx, record: Uuid) -> Result<i64> {
    let query = "SELECT COUNT(*) FROM conflict WHERE record = $1 AND settled_at IS NULL";
    Ok(with_db!(tx tx, |connection| sqlx::query_scalar::<_, i64>(query).bind(record).fetch_one(connection).await?))
}

/// Kind of a conflict in messages about unreadable ones.
const KIND: &str = "conflict";

/// Returns the name of a conflict in messages about unreadable ones.
fn name_of(record: Uuid, client: Uuid, seq: i64) -> String {
    format!("of {record}, client {client}, mutation {seq}")
}

/// Returns the values of an unresolved conflict.
pub async fn waiting(tx: &mut Tx, record: Uuid, client: Uuid, seq: i64) -> Result<Option<Fields>> {
    let query = "SELECT kept FROM conflict WHERE record = $1 AND client = $2 AND seq = $3 AND settled_at IS NULL";
    let values = with_db!(tx tx, |connection| sqlx::query_scalar::<_, String>(query)
        .bind(record)
        .bind(client)
        .bind(seq)
        .fetch_optional(connection)
        .await?);
    values.map(|values| stored::parse(KIND, name_of(record, client, seq), &values)).transpose()
}

/// Returns the records on which a change of an account waits for a resolution.
pub async fn records_of_account(db: &Db, account: Uuid) -> Result<Vec<Uuid>> {
    let query = "SELECT DISTINCT record FROM conflict WHERE account = $1 AND settled_at IS NULL";
    Ok(with_db!(replica db, |pool| sqlx::query_scalar::<_, Uuid>(query).bind(account).fetch_all(pool).await?))
}

/// Marks a conflict as resolved.
pub async fn resolve(tx: &mut Tx, record: Uuid, (client, seq): (Uuid, i64), account: Uuid, at: i64) -> Result<()> {
    let query = "UPDATE conflict SET settled_at = $1, settled_by = $2 WHERE record = $3 AND client = $4 AND seq = $5";
    with_db!(tx tx, |connection| sqlx::query(query)
        .bind(at)
        .bind(account)
        .bind(record)
        .bind(client)
        .bind(seq)
        .execute(connection)
        .await
        .map(drop)?);
    Ok(())
}

/// Concurrent change of a record.
#[derive(Debug)]
pub struct AccountChange {
    /// Account; nil for the program itself.
    pub account: Uuid,
    /// Time in milliseconds since 1970.
    pub at: i64,
    /// Paths of the changed fields.
    pub changed: Vec<Path<'static>>,
}

/// Returns the concurrent changes of a record with the names of their accounts.
pub async fn others(tx: &mut Tx, changes: Vec<AccountChange>) -> Result<Vec<ConcurrentChange>> {
    let query = "SELECT name FROM account WHERE id = $1";
    let mut others = Vec::with_capacity(changes.len());
    for AccountChange { account, at, changed } in changes {
        let name = with_db!(tx &mut *tx, |connection| sqlx::query_scalar::<_, String>(query)
            .bind(account)
            .fetch_optional(connection)
            .await?);
        let (name, at) = (name.unwrap_or_default(), crate::db::instant(at));
        others.push(ConcurrentChange { name, at, changed });
    }
    Ok(others)
}

/// Maximum number of conflicts of a record in an answer; all unresolved ones fit.
const LISTED: i64 = 2 * MAX_UNRESOLVED;

#[derive(sqlx::FromRow)]
struct ConflictRow {
    account: Uuid,
    name: Option<String>,
    client: Uuid,
    seq: i64,
    at: i64,
    kept: String,
    settled_at: Option<i64>,
}

/// Reads the conflicts of a record, oldest first: all unresolved ones and the last resolved ones.
pub async fn of_record(db: &Db, record: Uuid) -> Result<Vec<Conflict>> {
    let query = "SELECT c.account, a.name, c.client, c.seq, c.at, c.kept, c.settled_at FROM conflict c
        LEFT JOIN account a ON a.id = c.account WHERE c.record = $1
        ORDER BY CASE WHEN c.settled_at IS NULL THEN 0 ELSE 1 END, c.at DESC, c.seq DESC LIMIT $2";
    let mut rows: Vec<ConflictRow> =
        with_db!(replica db, |pool| sqlx::query_as(query).bind(record).bind(LISTED).fetch_all(pool).await?);
    rows.sort_by_key(|row| (row.at, row.seq));
    // Unreadable ones are omitted.
    let conflict = |row: ConflictRow| stored::omit_unreadable(row.parse(record)).transpose();
    rows.into_iter().filter_map(conflict).collect()
}

impl ConflictRow {
    fn parse(self, record: Uuid) -> Result<Conflict> {
        let Self { account, name: author_name, client, seq, at, kept, settled_at } = self;
        let name = name_of(record, client, seq);
        stored::unsigned(KIND, &name, "seq", seq)?;
        let settled_at = settled_at.map(|at| stored::instant(KIND, &name, "settled_at", at)).transpose()?;
        let (at, kept) = (stored::instant(KIND, &name, "at", at)?, stored::parse(KIND, &name, &kept)?);
        Ok(Conflict { author: account, author_name, client, seq, at, kept, settled_at })
    }
}

/// Rows that [`note_unreadable`] reads at a time.
const PAGE: i64 = 1_000;

/// A conflict, with its record.
#[derive(sqlx::FromRow)]
struct NamedRow {
    record: Uuid,
    #[sqlx(flatten)]
    conflict: ConflictRow,
}

/// Adds the unreadable conflicts to a list. Reads all conflicts.
pub async fn note_unreadable(tx: &mut Tx, unreadable: &mut Vec<Unreadable>) -> Result<()> {
    let query = "SELECT record, account, NULL AS name, client, seq, at, kept, settled_at FROM conflict
        WHERE (account, client, seq) > ($1, $2, $3) ORDER BY account, client, seq LIMIT $4";
    let mut after = (Uuid::nil(), Uuid::nil(), i64::MIN);
    loop {
        let rows: Vec<NamedRow> = with_db!(tx &mut *tx, |connection| sqlx::query_as(query)
            .bind(after.0)
            .bind(after.1)
            .bind(after.2)
            .bind(PAGE)
            .fetch_all(connection)
            .await?);
        let Some(NamedRow { conflict: last, .. }) = rows.last() else { return Ok(()) };
        after = (last.account, last.client, last.seq);
        for row in rows {
            stored::note_unreadable(row.conflict.parse(row.record), unreadable)?;
        }
    }
}
