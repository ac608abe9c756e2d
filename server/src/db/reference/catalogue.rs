//! Stored versions of the catalogue.

use crate::db::audit::{self, Act};
use crate::db::records::stored;
use crate::db::{Db, Result, Tx, Unreadable, feed, with_db};
use jiedui_core::catalogue::Catalogue;

/// Kind of a version in messages about unreadable ones.
const KIND: &str = "catalogue";

/// Reads a version of the catalogue; `None` if it does not exist or cannot be read.
pub async fn version(db: &Db, number: u32) -> Result<Option<Catalogue>> {
    let query = "SELECT body FROM catalogue WHERE version = $1";
    let body = with_db!(primary db, |pool| sqlx::query_scalar::<_, String>(query)
        .bind(i64::from(number))
        .fetch_optional(pool)
        .await?);
    Ok(body.and_then(|body| stored::read(KIND, number, &body)))
}

/// Stores the next version of the catalogue. Returns false if that version exists already.
pub async fn store(db: &Db, catalogue: &Catalogue, act: &Act) -> Result<bool> {
    let mut tx = db.begin().await?;
    let change = feed::lock(&mut tx).await?.change;
    if latest(&mut tx).await? + 1 != i64::from(catalogue.version) {
        tx.rollback().await?;
        return Ok(false);
    }
    insert(&mut tx, catalogue).await?;
    feed::change_reference(&mut tx).await?;
    feed::advance(&mut tx, change + 1).await?;
    audit::append(&mut tx, act).await?;
    tx.commit().await?;
    Ok(true)
}

/// Stores the program's catalogue if the database has an older one or none. Returns whether the database had a catalogue.
pub async fn update(tx: &mut Tx, catalogue: &Catalogue) -> Result<bool> {
    let latest = latest(tx).await?;
    if latest < i64::from(catalogue.version) {
        let older = "SELECT body FROM catalogue ORDER BY version DESC LIMIT 1";
        let older = with_db!(tx &mut *tx, |connection| sqlx::query_scalar::<_, String>(older)
            .fetch_optional(connection)
            .await?);
        let older: Catalogue = older.map(|body| stored::parse(KIND, latest, &body)).transpose()?.unwrap_or_default();
        insert(tx, &catalogue.after(&older)).await?;
    }
    Ok(latest > 0)
}

/// Returns the number of the last version; 0 if there is none.
async fn latest(tx: &mut Tx) -> Result<i64> {
    let query = "SELECT COALESCE(MAX(version), 0) FROM catalogue";
    Ok(with_db!(tx tx, |connection| sqlx::query_scalar::<_, i64>(query).fetch_one(connection).await?))
}

async fn insert(tx: &mut Tx, catalogue: &Catalogue) -> Result<()> {
    let query = "INSERT INTO catalogue (version, body) VALUES ($1, $2)";
    let (version, body) = (i64::from(catalogue.version), serde_json::to_string(catalogue)?);
    with_db!(tx tx, |connection| sqlx::query(query).bind(version).bind(body).execute(connection).await.map(drop)?);
    Ok(())
}

/// Adds the unreadable versions to a list. Reads all versions.
pub async fn note_unreadable(tx: &mut Tx, unreadable: &mut Vec<Unreadable>) -> Result<()> {
    let query = "SELECT version, body FROM catalogue";
    let rows = with_db!(tx tx, |connection| sqlx::query_as::<_, (i64, String)>(query).fetch_all(connection).await?);
    for (version, body) in rows {
        stored::note_unreadable(stored::parse::<Catalogue>(KIND, version, &body), unreadable)?;
    }
    Ok(())
}
