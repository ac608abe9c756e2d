//! Spreadsheets that somebody brings in: what each is, how far it has come, and which columns were which fields before.

use super::{Db, Result, on};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// How far an import has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// It is being read and checked.
    Checking,
    /// It has been checked; nothing is written.
    Checked,
    /// Its entries are being written.
    Writing,
    /// They are written.
    Done,
    /// They were taken back.
    Undone,
    /// Somebody cancelled it before anything was written.
    Cancelled,
    /// There is no table in the file.
    Unreadable,
    /// There are no rows in it.
    Empty,
    /// There are too many.
    TooMany,
}

impl Stage {
    fn code(self) -> String {
        serde_json::to_value(self).ok().and_then(|code| code.as_str().map(str::to_owned)).unwrap_or_default()
    }
}

/// An import.
#[derive(Clone, Debug)]
pub struct Import {
    /// Identifier; its entries' begin like it.
    pub id: Uuid,
    /// Whose it is.
    pub account: Uuid,
    /// The activity that its rows record.
    pub activity: String,
    /// The file's name.
    pub name: String,
    /// SHA-256 of the file, in lower-case hexadecimal.
    pub sha256: String,
    /// How far it has come.
    pub stage: Stage,
    /// The table's heading.
    pub heading: Vec<String>,
    /// Which field each column is.
    pub columns: Vec<Option<String>>,
    /// How many rows it has.
    pub rows: i64,
    /// How many of them are wrong.
    pub wrong_rows: i64,
    /// How many mistakes they have.
    pub wrong: i64,
    /// The first of them, as JSON.
    pub mistakes: String,
    /// The numbers of the rows that are likely recorded already.
    pub likely: Vec<usize>,
    /// When it was brought.
    pub created_at: i64,
}

const COLUMNS: &str =
    "id, account, activity, name, sha256, stage, heading, fields, rows_all, rows_wrong, wrong, mistakes, likely,
    created_at";

#[derive(sqlx::FromRow)]
struct Found {
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
    created_at: i64,
}

fn import(found: Found) -> Result<Import> {
    let Found { id, account, activity, name, sha256, wrong, mistakes, created_at, .. } = found;
    let (heading, columns) = (serde_json::from_str(&found.heading)?, serde_json::from_str(&found.fields)?);
    let likely = serde_json::from_str(&found.likely)?;
    let (stage, rows, wrong_rows) = (serde_json::from_value(found.stage.into())?, found.rows_all, found.rows_wrong);
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
        created_at,
    })
}

/// Writes it, new or changed.
pub async fn write(db: &Db, import: &Import) -> Result<()> {
    let mut tx = db.begin().await?;
    let query = "INSERT INTO import (id, account, activity, name, sha256, stage, heading, fields, rows_all, rows_wrong, wrong,
        mistakes, likely, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        ON CONFLICT (id) DO UPDATE SET stage = excluded.stage, heading = excluded.heading, fields = excluded.fields,
        rows_all = excluded.rows_all, rows_wrong = excluded.rows_wrong, wrong = excluded.wrong, mistakes = excluded.mistakes,
        likely = excluded.likely";
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
        .bind(import.rows)
        .bind(import.wrong_rows)
        .bind(import.wrong)
        .bind(&import.mistakes)
        .bind(serde_json::to_string(&import.likely)?)
        .bind(import.created_at)
        .execute(connection)
        .await
        .map(drop)?);
    tx.commit().await
}

/// An account's import.
pub async fn find(db: &Db, account: Uuid, id: Uuid) -> Result<Option<Import>> {
    let query = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM import WHERE account = $1 AND id = $2"));
    let found =
        on!(now db, |pool| sqlx::query_as::<_, Found>(query).bind(account).bind(id).fetch_optional(pool).await?);
    found.map(import).transpose()
}

/// An account's imports, the newest first.
pub async fn of_account(db: &Db, account: Uuid) -> Result<Vec<Import>> {
    let query = sqlx::AssertSqlSafe(format!(
        "SELECT {COLUMNS} FROM import WHERE account = $1 ORDER BY created_at DESC, id DESC LIMIT 50"
    ));
    let found = on!(now db, |pool| sqlx::query_as::<_, Found>(query).bind(account).fetch_all(pool).await?);
    found.into_iter().map(import).collect()
}

/// Whether the same file has been written for the same activity, whoever brought it.
pub async fn is_done(db: &Db, activity: &str, sha256: &str) -> Result<bool> {
    let query = "SELECT COUNT(*) FROM import WHERE activity = $1 AND sha256 = $2 AND stage IN ('writing', 'done')";
    let count =
        on!(now db, |pool| sqlx::query_scalar::<_, i64>(query).bind(activity).bind(sha256).fetch_one(pool).await?);
    Ok(count > 0)
}

/// Which fields the columns of such a heading were when somebody last said.
pub async fn mapping(db: &Db, activity: &str, heading: &[String]) -> Result<Option<Vec<Option<String>>>> {
    let query = "SELECT fields FROM import_mapping WHERE activity = $1 AND heading = $2";
    let heading = serde_json::to_string(heading)?;
    let found = on!(now db, |pool| sqlx::query_scalar::<_, String>(query).bind(activity).bind(heading).fetch_optional(pool).await?);
    Ok(found.map(|columns| serde_json::from_str(&columns)).transpose()?)
}

/// Remembers them.
pub async fn remember_mapping(db: &Db, import: &Import) -> Result<()> {
    let query = "INSERT INTO import_mapping (activity, heading, fields) VALUES ($1, $2, $3)
        ON CONFLICT (activity, heading) DO UPDATE SET fields = excluded.fields";
    let (heading, columns) = (serde_json::to_string(&import.heading)?, serde_json::to_string(&import.columns)?);
    let mut tx = db.begin().await?;
    on!(in &mut tx, |connection| sqlx::query(query)
        .bind(&import.activity)
        .bind(heading)
        .bind(columns)
        .execute(connection)
        .await
        .map(drop)?);
    tx.commit().await
}

/// Cancels imports that were brought before an instant and never written, so many at most; gives their identifiers.
pub async fn cancel_unwritten(db: &Db, before: i64, limit: i64) -> Result<Vec<Uuid>> {
    let query = "UPDATE import SET stage = 'cancelled' WHERE id IN (SELECT id FROM import
        WHERE stage IN ('checking', 'checked') AND created_at < $1 ORDER BY created_at LIMIT $2) RETURNING id";
    let mut tx = db.begin().await?;
    let ids =
        on!(in &mut tx, |connection| sqlx::query_scalar(query).bind(before).bind(limit).fetch_all(connection).await?);
    tx.commit().await?;
    Ok(ids)
}
