//! Mappings of columns to fields that an account chose, by the heading of the table.

use crate::db::files::import::Import;
use crate::db::records::stored;
use crate::db::{Db, Result, Tx, Unreadable, with_db};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use uuid::Uuid;

/// Maximum number of mappings that are read for an account and an activity.
const MAX_MAPPINGS: i64 = 500;
/// Kind of a mapping in messages about unreadable ones.
const KIND: &str = "mapping of columns";

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

/// Returns the latest mappings of an account for an activity, by the key of their heading. Omits unreadable ones.
pub async fn mappings(db: &Db, account: Uuid, activity: &str) -> Result<HashMap<String, Vec<Option<String>>>> {
    let query = "SELECT heading, fields FROM import_columns WHERE account = $1 AND activity = $2
        ORDER BY said_at DESC LIMIT $3";
    let rows = with_db!(primary db, |pool| sqlx::query_as::<_, (String, String)>(query)
        .bind(account)
        .bind(activity)
        .bind(MAX_MAPPINGS)
        .fetch_all(pool)
        .await?);
    let mapping = |(heading, fields): (String, String)| {
        let columns = stored::read(KIND, format!("{account}, {activity}, {heading}"), &fields)?;
        Some((heading, columns))
    };
    Ok(rows.into_iter().filter_map(mapping).collect())
}

/// Stores the mapping of an import under its heading.
pub async fn store(db: &Db, import: &Import) -> Result<()> {
    let query = "INSERT INTO import_columns (account, activity, heading, fields, said_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (account, activity, heading) DO UPDATE SET fields = excluded.fields, said_at = excluded.said_at";
    let columns = serde_json::to_string(&import.columns)?;
    let mut tx = db.begin().await?;
    with_db!(tx &mut tx, |connection| sqlx::query(query)
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

#[derive(sqlx::FromRow)]
struct MappingRow {
    account: Uuid,
    activity: String,
    heading: String,
    fields: String,
}

/// Adds the unreadable mappings to a list. Reads all mappings.
pub async fn note_unreadable(tx: &mut Tx, unreadable: &mut Vec<Unreadable>) -> Result<()> {
    let query = "SELECT account, activity, heading, fields FROM import_columns ORDER BY account, activity, heading";
    let mappings: Vec<MappingRow> = with_db!(tx tx, |connection| sqlx::query_as(query).fetch_all(connection).await?);
    for MappingRow { account, activity, heading, fields } in mappings {
        let name = format!("{account}, {activity}, {heading}");
        stored::note_unreadable(stored::parse::<Vec<Option<String>>>(KIND, name, &fields), unreadable)?;
    }
    Ok(())
}
