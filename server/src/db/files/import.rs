//! Imports of spreadsheets: stage, mapping of columns, and findings.

use crate::db::records::stored;
use crate::db::{Db, Result, Tx, Unreadable, signed, with_db};
use crate::import::findings::Findings;
use jiedui_core::api::imports::{CellError, Stage};
use uuid::Uuid;

/// An import.
#[derive(Clone, Debug)]
pub struct Import {
    /// Identifier. Identifiers of its entries have the same beginning.
    pub id: Uuid,
    /// Owner.
    pub account: Uuid,
    /// Activity of new entries; empty if rows only change entries.
    pub activity: String,
    /// Name of the file.
    pub name: String,
    /// SHA-256 of the file, in lower-case hexadecimal.
    pub sha256: String,
    /// Stage of the import.
    pub stage: Stage,
    /// Heading of the table.
    pub heading: Vec<String>,
    /// Field of each column.
    pub columns: Vec<Option<String>>,
    /// Number of rows.
    pub rows: u64,
    /// Number of rows with an error.
    pub wrong_rows: u64,
    /// Number of errors.
    pub wrong: u64,
    /// The first errors, as JSON.
    pub errors: String,
    /// Numbers of the rows that are likely recorded already.
    pub likely: Vec<usize>,
    /// How the file was read, and what the check found.
    pub findings: Findings,
    /// Time of the upload.
    pub created_at: i64,
}

const COLUMNS: &str =
    "id, account, activity, name, sha256, stage, heading, fields, rows_all, rows_wrong, wrong, mistakes, likely,
    findings, created_at";
/// Columns for a list of imports: the others are empty.
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

fn parse(row: ImportRow) -> Result<Import> {
    let ImportRow { id, account, activity, name, sha256, mistakes: errors, created_at, .. } = row;
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
        errors,
        likely,
        findings,
        created_at,
    })
}

/// Inserts or updates an import.
pub async fn write(db: &Db, import: &Import) -> Result<()> {
    let mut tx = db.begin().await?;
    let query = "INSERT INTO import (id, account, activity, name, sha256, stage, heading, fields, rows_all, rows_wrong, wrong,
        mistakes, likely, created_at, findings) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        ON CONFLICT (id) DO UPDATE SET stage = excluded.stage, heading = excluded.heading, fields = excluded.fields,
        rows_all = excluded.rows_all, rows_wrong = excluded.rows_wrong, wrong = excluded.wrong, mistakes = excluded.mistakes,
        likely = excluded.likely, findings = excluded.findings";
    let (heading, columns) = (serde_json::to_string(&import.heading)?, serde_json::to_string(&import.columns)?);
    with_db!(tx &mut tx, |connection| sqlx::query(query)
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
        .bind(&import.errors)
        .bind(serde_json::to_string(&import.likely)?)
        .bind(import.created_at)
        .bind(serde_json::to_string(&import.findings)?)
        .execute(connection)
        .await
        .map(drop)?);
    tx.commit().await
}

/// Returns an account's import. Fails with [`crate::db::DbError::Unreadable`] if it cannot be read.
pub async fn find(db: &Db, account: Uuid, id: Uuid) -> Result<Option<Import>> {
    let query = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM import WHERE account = $1 AND id = $2"));
    let row = with_db!(primary db, |pool| sqlx::query_as::<_, ImportRow>(query)
        .bind(account)
        .bind(id)
        .fetch_optional(pool)
        .await?);
    row.map(parse).transpose()
}

/// Returns an account's latest imports, the newest first. Omits unreadable ones.
pub async fn of_account(db: &Db, account: Uuid) -> Result<Vec<Import>> {
    let query = sqlx::AssertSqlSafe(format!(
        "SELECT {LISTED} FROM import WHERE account = $1 ORDER BY created_at DESC, id DESC LIMIT 50"
    ));
    let rows = with_db!(primary db, |pool| sqlx::query_as::<_, ImportRow>(query).bind(account).fetch_all(pool).await?);
    rows.into_iter().filter_map(|row| stored::omit_unreadable(parse(row)).transpose()).collect()
}

/// Returns whether the same file was written for the same activity, by any account.
pub async fn is_done(db: &Db, activity: &str, sha256: &str) -> Result<bool> {
    let query = "SELECT COUNT(*) FROM import WHERE activity = $1 AND sha256 = $2 AND stage IN ('writing', 'done')";
    let count = with_db!(primary db, |pool| sqlx::query_scalar::<_, i64>(query)
        .bind(activity)
        .bind(sha256)
        .fetch_one(pool)
        .await?);
    Ok(count > 0)
}

/// Returns an account's imports that are neither written nor cancelled, the newest first. Omits unreadable ones.
pub async fn unfinished(db: &Db, account: Uuid) -> Result<Vec<Import>> {
    let query = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM import WHERE account = $1 AND stage NOT IN ('writing', 'done', 'undone', 'cancelled')
            ORDER BY created_at DESC, id DESC LIMIT 50"
    ));
    let rows = with_db!(primary db, |pool| sqlx::query_as::<_, ImportRow>(query).bind(account).fetch_all(pool).await?);
    rows.into_iter().filter_map(|row| stored::omit_unreadable(parse(row)).transpose()).collect()
}

/// Cancels unwritten imports older than an instant, up to a limit, and returns their identifiers.
pub async fn cancel_unwritten(db: &Db, before: i64, limit: i64) -> Result<Vec<Uuid>> {
    let query = "UPDATE import SET stage = 'cancelled' WHERE id IN (SELECT id FROM import
        WHERE stage IN ('checking', 'checked', 'unreadable', 'empty', 'too_many') AND created_at < $1 ORDER BY created_at LIMIT $2) RETURNING id";
    let mut tx = db.begin().await?;
    let ids = with_db!(tx &mut tx, |connection| sqlx::query_scalar(query)
        .bind(before)
        .bind(limit)
        .fetch_all(connection)
        .await?);
    tx.commit().await?;
    Ok(ids)
}

/// Rows that [`note_unreadable`] reads at a time.
const PAGE: i64 = 100;

/// Adds the unreadable imports to a list. Reads all imports.
pub async fn note_unreadable(tx: &mut Tx, unreadable: &mut Vec<Unreadable>) -> Result<()> {
    let mut after = Uuid::nil();
    loop {
        let query = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM import WHERE id > $1 ORDER BY id LIMIT $2"));
        let rows: Vec<ImportRow> = with_db!(tx &mut *tx, |connection| sqlx::query_as(query)
            .bind(after)
            .bind(PAGE)
            .fetch_all(connection)
            .await?);
        let Some(last) = rows.last() else { break };
        after = last.id;
        for row in rows {
            stored::note_unreadable(stored::parse::<Vec<CellError>>(KIND, row.id, &row.mistakes), unreadable)?;
            stored::note_unreadable(parse(row), unreadable)?;
        }
    }
    Ok(())
}
