//! Spreadsheets that somebody brings in: what each is, how far it has come, and which columns were which fields before.

use crate::db::reference::load::Reference;
use crate::db::{
    Db, Result, Tx, on,
    records::{
        history,
        record::{self, RecordRow},
        stored::{self, Unreadable},
    },
    signed,
};
use crate::import::existing_entry::ExistingEntry;
use crate::import::findings::Findings;
use jiedui_core::access::user::User;
use jiedui_core::api::imports::{CellError, Stage};
use jiedui_core::entry::Entry;
use jiedui_core::sync::{Kind, Path, all_paths};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// The most ways to read tables that are remembered of an account and an activity.
const REMEMBERED: i64 = 500;
/// The most entries of a place and a month among which the same event is looked for.
const COMPARED: i64 = 2_000;

/// An import.
#[derive(Clone, Debug)]
pub struct Import {
    /// Identifier; its entries' begin like it.
    pub id: Uuid,
    /// Owner.
    pub account: Uuid,
    /// The activity that its rows record.
    pub activity: String,
    /// The file's name.
    pub name: String,
    /// SHA-256 of the file, in lower-case hexadecimal.
    pub sha256: String,
    /// Stage of the import.
    pub stage: Stage,
    /// The table's heading.
    pub heading: Vec<String>,
    /// Field of each column.
    pub columns: Vec<Option<String>>,
    /// How many rows it has.
    pub rows: u64,
    /// How many of them are wrong.
    pub wrong_rows: u64,
    /// Number of errors.
    pub wrong: u64,
    /// The first of them, as JSON.
    pub mistakes: String,
    /// The numbers of the rows that are likely recorded already.
    pub likely: Vec<usize>,
    /// How it was read, and what will be written.
    pub findings: Findings,
    /// When it was brought.
    pub created_at: i64,
}

const COLUMNS: &str =
    "id, account, activity, name, sha256, stage, heading, fields, rows_all, rows_wrong, wrong, mistakes, likely,
    findings, created_at";
/// The same without what only the screen of one import shows.
const LISTED: &str =
    "id, account, activity, name, sha256, stage, '[]' AS heading, '[]' AS fields, rows_all, rows_wrong, wrong,
    '[]' AS mistakes, '[]' AS likely, '{}' AS findings, created_at";

#[derive(sqlx::FromRow)]
struct ImportRow {
    id: Uuid,
    account: Uuid,
    activity: String,
    name: String,
    sha256: String,
    stage: String,
    heading: String,
    fields: String,
    rows_all: i64,
    rows_wrong: i64,
    wrong: i64,
    mistakes: String,
    likely: String,
    findings: String,
    created_at: i64,
}

/// Kind of an import in messages about unreadable ones.
const KIND: &str = "import";
/// The same of the fields that were assigned to a heading.
const MAPPING: &str = "mapping of columns";

fn import(row: ImportRow) -> Result<Import> {
    let ImportRow { id, account, activity, name, sha256, mistakes, created_at, .. } = row;
    let (heading, columns) = (stored::parse(KIND, id, &row.heading)?, stored::parse(KIND, id, &row.fields)?);
    let (likely, findings) = (stored::parse(KIND, id, &row.likely)?, stored::parse(KIND, id, &row.findings)?);
    let stage = serde_json::from_value(row.stage.into()).map_err(|error| stored::unreadable(KIND, id, &error))?;
    let count = |column, number| stored::unsigned(KIND, id, column, number);
    let (rows, wrong_rows) = (count("rows_all", row.rows_all)?, count("rows_wrong", row.rows_wrong)?);
    let wrong = count("wrong", row.wrong)?;
    stored::instant(KIND, id, "created_at", created_at)?;
    Ok(Import {
        id,
        account,
        activity,
        name,
        sha256,
        stage,
        heading,
        columns,
        rows,
        wrong_rows,
        wrong,
        mistakes,
        likely,
        findings,
        created_at,
    })
}

/// Writes it, new or changed.
pub async fn write(db: &Db, import: &Import) -> Result<()> {
    let mut tx = db.begin().await?;
    let query = "INSERT INTO import (id, account, activity, name, sha256, stage, heading, fields, rows_all, rows_wrong, wrong,
        mistakes, likely, created_at, findings) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        ON CONFLICT (id) DO UPDATE SET stage = excluded.stage, heading = excluded.heading, fields = excluded.fields,
        rows_all = excluded.rows_all, rows_wrong = excluded.rows_wrong, wrong = excluded.wrong, mistakes = excluded.mistakes,
        likely = excluded.likely, findings = excluded.findings";
    let (heading, columns) = (serde_json::to_string(&import.heading)?, serde_json::to_string(&import.columns)?);
    on!(in &mut tx, |connection| sqlx::query(query)
        .bind(import.id)
        .bind(import.account)
        .bind(&import.activity)
        .bind(&import.name)
        .bind(&import.sha256)
        .bind(import.stage.code())
        .bind(heading)
        .bind(columns)
        .bind(signed(import.rows))
        .bind(signed(import.wrong_rows))
        .bind(signed(import.wrong))
        .bind(&import.mistakes)
        .bind(serde_json::to_string(&import.likely)?)
        .bind(import.created_at)
        .bind(serde_json::to_string(&import.findings)?)
        .execute(connection)
        .await
        .map(drop)?);
    tx.commit().await
}

/// An account's import. Fails with [`crate::db::DbError::Unreadable`] if it cannot be read.
pub async fn find(db: &Db, account: Uuid, id: Uuid) -> Result<Option<Import>> {
    let query = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM import WHERE account = $1 AND id = $2"));
    let row =
        on!(now db, |pool| sqlx::query_as::<_, ImportRow>(query).bind(account).bind(id).fetch_optional(pool).await?);
    row.map(import).transpose()
}

/// An account's imports, the newest first. Unreadable ones are omitted.
pub async fn of_account(db: &Db, account: Uuid) -> Result<Vec<Import>> {
    let query = sqlx::AssertSqlSafe(format!(
        "SELECT {LISTED} FROM import WHERE account = $1 ORDER BY created_at DESC, id DESC LIMIT 50"
    ));
    let rows = on!(now db, |pool| sqlx::query_as::<_, ImportRow>(query).bind(account).fetch_all(pool).await?);
    rows.into_iter().filter_map(|row| stored::omit_unreadable(import(row)).transpose()).collect()
}

/// Returns whether the same file was written for the same activity, by any account.
pub async fn is_done(db: &Db, activity: &str, sha256: &str) -> Result<bool> {
    let query = "SELECT COUNT(*) FROM import WHERE activity = $1 AND sha256 = $2 AND stage IN ('writing', 'done')";
    let count =
        on!(now db, |pool| sqlx::query_scalar::<_, i64>(query).bind(activity).bind(sha256).fetch_one(pool).await?);
    Ok(count > 0)
}

/// An account's imports that are neither written nor cancelled, the newest first.
pub async fn unfinished(db: &Db, account: Uuid) -> Result<Vec<Import>> {
    let query = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM import WHERE account = $1 AND stage NOT IN ('writing', 'done', 'undone', 'cancelled')
            ORDER BY created_at DESC, id DESC LIMIT 50"
    ));
    let rows = on!(now db, |pool| sqlx::query_as::<_, ImportRow>(query).bind(account).fetch_all(pool).await?);
    rows.into_iter().filter_map(|row| stored::omit_unreadable(import(row)).transpose()).collect()
}

/// Returns the key under which a heading is stored: a few bytes for a heading of any length.
pub fn heading_key(heading: &[String]) -> String {
    let end = heading.iter().rposition(|title| !title.is_empty()).map_or(0, |last| last + 1);
    let mut digest = Sha256::new();
    for title in heading.iter().take(end) {
        digest.update((title.len() as u64).to_le_bytes());
        digest.update(title);
    }
    digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the fields that this account last assigned to columns, by heading.
pub async fn mappings(db: &Db, account: Uuid, activity: &str) -> Result<HashMap<String, Vec<Option<String>>>> {
    let query = "SELECT heading, fields FROM import_columns WHERE account = $1 AND activity = $2
        ORDER BY said_at DESC LIMIT $3";
    let rows = on!(now db, |pool| sqlx::query_as::<_, (String, String)>(query)
        .bind(account)
        .bind(activity)
        .bind(REMEMBERED)
        .fetch_all(pool)
        .await?);
    let mapping = |(heading, fields): (String, String)| {
        let columns = stored::read(MAPPING, format!("{account}, {activity}, {heading}"), &fields)?;
        Some((heading, columns))
    };
    Ok(rows.into_iter().filter_map(mapping).collect())
}

/// Remembers them.
pub async fn remember_mapping(db: &Db, import: &Import) -> Result<()> {
    let query = "INSERT INTO import_columns (account, activity, heading, fields, said_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (account, activity, heading) DO UPDATE SET fields = excluded.fields, said_at = excluded.said_at";
    let columns = serde_json::to_string(&import.columns)?;
    let mut tx = db.begin().await?;
    on!(in &mut tx, |connection| sqlx::query(query)
        .bind(import.account)
        .bind(&import.activity)
        .bind(heading_key(&import.heading))
        .bind(columns)
        .bind(crate::db::now())
        .execute(connection)
        .await
        .map(drop)?);
    tx.commit().await
}

/// Cancels unwritten imports older than an instant, up to a limit, and returns their identifiers.
pub async fn cancel_unwritten(db: &Db, before: i64, limit: i64) -> Result<Vec<Uuid>> {
    let query = "UPDATE import SET stage = 'cancelled' WHERE id IN (SELECT id FROM import
        WHERE stage IN ('checking', 'checked', 'unreadable', 'empty', 'too_many') AND created_at < $1 ORDER BY created_at LIMIT $2) RETURNING id";
    let mut tx = db.begin().await?;
    let ids =
        on!(in &mut tx, |connection| sqlx::query_scalar(query).bind(before).bind(limit).fetch_all(connection).await?);
    tx.commit().await?;
    Ok(ids)
}

#[derive(sqlx::FromRow)]
struct RecordedRow {
    id: Uuid,
    fields: String,
    author: Option<Uuid>,
    programme: String,
}

/// The entries of an activity at a place in a month that the user may see, the newest first and no more than are compared.
pub async fn recorded(db: &Db, user: &User, activity: &str, place: &str, month: &str) -> Result<Vec<Entry>> {
    let query = "SELECT id, fields, author, programme FROM record WHERE place = $1 AND month = $2 AND activity = $3
        AND kind = 'entry' AND NOT deleted ORDER BY created DESC LIMIT $4";
    let rows: Vec<RecordedRow> = on!(read db, |pool| sqlx::query_as(query)
        .bind(place)
        .bind(month)
        .bind(activity)
        .bind(COMPARED)
        .fetch_all(pool)
        .await?);
    let visible = rows.into_iter().filter(|row| user.sees(row.author, &row.programme, place));
    let entry = |row: RecordedRow| Entry::from_checked(&stored::read("record", row.id, &row.fields)?);
    Ok(visible.filter_map(entry).collect())
}

/// Returns the entries that rows name, as far as the user may see them; `None` for an unreadable one. Each name comes
/// with the revision that its row started from. Changes by the import itself do not count as concurrent.
pub async fn standing(
    db: &Db,
    user: &User,
    reference: &Reference,
    import: Uuid,
    named: &[(Uuid, u64)],
) -> Result<HashMap<Uuid, Option<ExistingEntry>>> {
    let based: HashMap<Uuid, u64> = named.iter().copied().collect();
    let mut tx = db.begin_reading().await?;
    let mut all = HashMap::new();
    for (id, row) in record::find(&mut tx, &based.keys().copied().collect::<Vec<_>>()).await? {
        let Some(row) = stored::omit_unreadable(row)? else {
            all.insert(id, None);
            continue;
        };
        let (place, programme) = record::scope(&row.fields, &reference.catalogue);
        if row.kind != Kind::Entry || !user.sees(row.author, &programme, &place) {
            continue;
        }
        let Some(base_rev) = based.get(&id).copied() else { continue };
        all.insert(id, stored::omit_unreadable(existing(db, &mut tx, row, base_rev, import).await)?);
    }
    tx.rollback().await?;
    Ok(all)
}

/// Returns an entry as a row of a table finds it that started from a revision.
async fn existing(db: &Db, tx: &mut Tx, row: RecordRow, base_rev: u64, import: Uuid) -> Result<ExistingEntry> {
    let (id, base_rev) = (row.id, signed(base_rev));
    let (mut base, mut changed_since) = (None, BTreeSet::new());
    if base_rev == row.last.rev {
        base = Some(row.fields.clone());
    } else if base_rev < row.last.rev {
        let query = "SELECT rev, changed, client FROM revision WHERE record = $1 AND rev > $2 ORDER BY rev";
        let past = on!(in tx, |connection| sqlx::query_as::<_, (i64, String, Option<Uuid>)>(query)
            .bind(id)
            .bind(base_rev)
            .fetch_all(connection)
            .await?);
        for (rev, changed, _) in past.iter().filter(|(_, _, client)| *client != Some(import)) {
            let name = format!("{id}, revision {rev}");
            changed_since.extend(stored::parse::<Vec<Path<'static>>>(Kind::Entry.as_str(), name, changed)?);
        }
        base = history::fields_at(db, id, row.last.rev, row.fields.clone(), base_rev).await?;
        if row.last.by.is_none_or(|(_, client, _)| client != import) {
            changed_since.extend(row.last.changed.iter().cloned());
        }
        // A record's first revision names no fields: all of them are new.
        if base.is_none() {
            changed_since = all_paths(&row.fields);
        }
    }
    let rev = stored::unsigned(Kind::Entry.as_str(), id, "rev", row.last.rev)?;
    Ok(ExistingEntry { rev, fields: row.fields, deleted: row.deleted, base, changed_since })
}

/// Rows that [`note_unreadable`] reads at a time.
const PAGE: i64 = 100;

/// Adds the imports and mappings of columns to a list that cannot be read. Reads all of them.
pub async fn note_unreadable(tx: &mut Tx, found: &mut Vec<Unreadable>) -> Result<()> {
    let mut after = Uuid::nil();
    loop {
        let query = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM import WHERE id > $1 ORDER BY id LIMIT $2"));
        let rows: Vec<ImportRow> =
            on!(in &mut *tx, |connection| sqlx::query_as(query).bind(after).bind(PAGE).fetch_all(connection).await?);
        let Some(last) = rows.last() else { break };
        after = last.id;
        for row in rows {
            stored::note_unreadable(stored::parse::<Vec<CellError>>(KIND, row.id, &row.mistakes), found)?;
            stored::note_unreadable(import(row), found)?;
        }
    }
    let query = "SELECT account, activity, heading, fields FROM import_columns ORDER BY account, activity, heading";
    let mappings: Vec<(Uuid, String, String, String)> =
        on!(in tx, |connection| sqlx::query_as(query).fetch_all(connection).await?);
    for (account, activity, heading, fields) in mappings {
        let name = format!("{account}, {activity}, {heading}");
        stored::note_unreadable(stored::parse::<Vec<Option<String>>>(MAPPING, name, &fields), found)?;
    }
    Ok(())
}
