//! Records and their revisions, written and read by the hundred: one statement for many rows.

use super::{Result, Tx};
use jiedui_core::domain::Catalogue;
use jiedui_core::domain::entry::Fields;
use serde_json::Value;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Rows in one statement. SQLite takes at most 32,766 parameters, PostgreSQL 65,535; a record has 14.
pub const ROWS: usize = 500;

/// Inserts rows, [`ROWS`] at a time, on whichever database it is.
macro_rules! insert {
    ($tx:expr, $head:expr, $rows:expr, $tail:expr, |$row:ident, $item:ident| $bind:block) => {
        for chunk in $rows.chunks($crate::db::record::ROWS) {
            match &mut *$tx {
                $crate::db::Tx::Sqlite(transaction) => {
                    let mut builder = sqlx::QueryBuilder::<sqlx::Sqlite>::new($head);
                    builder.push_values(chunk, |mut $row, $item| $bind).push($tail);
                    builder.build().execute(&mut **transaction).await?;
                }
                $crate::db::Tx::Postgres(transaction) => {
                    let mut builder = sqlx::QueryBuilder::<sqlx::Postgres>::new($head);
                    builder.push_values(chunk, |mut $row, $item| $bind).push($tail);
                    builder.build().execute(&mut **transaction).await?;
                }
            }
        }
    };
}
pub(crate) use insert;

/// Selects rows by a list of values, [`ROWS`] of them at a time: `query` ends where the list begins.
macro_rules! select_in {
    ($tx:expr, $query:expr, $items:expr, $found:ty, |$row:ident, $item:ident| $bind:block) => {{
        let mut found: Vec<$found> = Vec::new();
        for chunk in $items.chunks($crate::db::record::ROWS) {
            found.extend(match &mut *$tx {
                $crate::db::Tx::Sqlite(transaction) => {
                    let mut builder = sqlx::QueryBuilder::<sqlx::Sqlite>::new(concat!($query, " IN ("));
                    builder.push_values(chunk, |mut $row, $item| $bind).push(")");
                    builder.build_query_as().fetch_all(&mut **transaction).await?
                }
                $crate::db::Tx::Postgres(transaction) => {
                    let mut builder = sqlx::QueryBuilder::<sqlx::Postgres>::new(concat!($query, " IN ("));
                    builder.push_values(chunk, |mut $row, $item| $bind).push(")");
                    builder.build_query_as().fetch_all(&mut **transaction).await?
                }
            });
        }
        found
    }};
}
pub(crate) use select_in;

/// A record as it stands.
#[derive(Clone, Debug)]
pub struct Row {
    /// Identifier.
    pub id: Uuid,
    /// What it is.
    pub kind: String,
    /// How often it has changed.
    pub rev: i64,
    /// Its fields.
    pub fields: Fields,
    /// Whether it is a tombstone.
    pub deleted: bool,
    /// The number of its last change.
    pub change: i64,
    /// The number of the change that made it.
    pub created: i64,
    /// Who made it; `None` for the program itself.
    pub author: Option<Uuid>,
    /// Scopes (place and programme) in which it stood before.
    pub former: Vec<(String, String)>,
}

/// One state that a record has had.
#[derive(Clone, Debug)]
pub struct RevisionRow {
    /// Of which record.
    pub record: Uuid,
    /// Its number.
    pub rev: i64,
    /// All fields.
    pub fields: String,
    /// Whether it was deleted.
    pub deleted: bool,
    /// Paths of the fields that changed.
    pub changed: BTreeSet<String>,
    /// Who changed them, with which copy of the app, by which mutation; `None` for the program itself.
    pub by: Option<(Uuid, Uuid, i64)>,
    /// When.
    pub at: i64,
}

/// The place and the programme that an entry's fields put it in.
pub fn scope(fields: &Fields, catalogue: &Catalogue) -> (String, String) {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let programme = catalogue.activity(text("activity")).map(|activity| activity.programme.clone());
    (text("place").to_owned(), programme.unwrap_or_default())
}

/// Writes records as they stand now, with the columns by which they are found.
pub async fn write(tx: &mut Tx, rows: &[Row], catalogue: &Catalogue) -> Result<()> {
    let mut written = Vec::with_capacity(rows.len());
    for row in rows {
        written.push((row, serde_json::to_string(&row.fields)?, serde_json::to_string(&row.former)?));
    }
    let head = "INSERT INTO record (id, kind, rev, fields, deleted, change, created, author, activity, programme, place, month,
        state, former) ";
    let tail =
        " ON CONFLICT (id) DO UPDATE SET rev = excluded.rev, fields = excluded.fields, deleted = excluded.deleted,
        change = excluded.change, activity = excluded.activity, programme = excluded.programme, place = excluded.place,
        month = excluded.month, state = excluded.state, former = excluded.former";
    insert!(tx, head, written, tail, |values, item| {
        let (row, fields, former) = item;
        let text = |name: &str| row.fields.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (place, programme) = scope(&row.fields, catalogue);
        let (_, month) = super::rollup::cell(&row.fields);
        values.push_bind(row.id).push_bind(&row.kind).push_bind(row.rev).push_bind(fields).push_bind(row.deleted);
        values.push_bind(row.change).push_bind(row.created).push_bind(row.author).push_bind(text("activity"));
        values.push_bind(programme).push_bind(place).push_bind(month).push_bind(text("state")).push_bind(former);
    });
    Ok(())
}

/// Writes states that records have had.
pub async fn write_revisions(tx: &mut Tx, rows: &[RevisionRow]) -> Result<()> {
    let mut written = Vec::with_capacity(rows.len());
    for row in rows {
        written.push((row, serde_json::to_string(&row.changed)?));
    }
    let head = "INSERT INTO revision (record, rev, fields, deleted, changed, account, client, seq, at) ";
    insert!(tx, head, written, "", |values, item| {
        let (row, changed) = item;
        values
            .push_bind(row.record)
            .push_bind(row.rev)
            .push_bind(&row.fields)
            .push_bind(row.deleted)
            .push_bind(changed);
        values.push_bind(row.by.map(|(account, _, _)| account)).push_bind(row.by.map(|(_, client, _)| client));
        values.push_bind(row.by.map(|(_, _, seq)| seq)).push_bind(row.at);
    });
    Ok(())
}

/// Those of these records that there are.
pub async fn find(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<Row>> {
    type Found = (Uuid, String, i64, String, bool, i64, i64, Option<Uuid>, String);
    let rows = select_in!(
        tx,
        "SELECT id, kind, rev, fields, deleted, change, created, author, former FROM record WHERE id",
        ids,
        Found,
        |values, id| {
            values.push_bind(*id);
        }
    );
    let row = |(id, kind, rev, fields, deleted, change, created, author, former): Found| {
        let (fields, former) = (serde_json::from_str(&fields)?, serde_json::from_str(&former)?);
        Ok(Row { id, kind, rev, fields, deleted, change, created, author, former })
    };
    rows.into_iter().map(row).collect()
}
