//! Sessions and their tokens. Only the hash of a token is stored.

use crate::db::accounts::account::UserRow;
use crate::db::{Db, Result, with_db};
use jiedui_core::access::user::User;
use uuid::Uuid;

/// Duration of a session in milliseconds: half a year, since a village may be offline for months.
pub const LIFETIME: i64 = 180 * 24 * 3600 * 1000;

/// Stores a new session.
pub async fn add(db: &Db, token_hash: &[u8], account: Uuid, device_name: &str) -> Result<()> {
    let query =
        "INSERT INTO session (token_hash, account, device_name, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)";
    let now = crate::db::now();
    let mut tx = db.begin().await?;
    with_db!(tx &mut tx, |connection| sqlx::query(query)
        .bind(token_hash)
        .bind(account)
        .bind(device_name)
        .bind(now)
        .bind(now + LIFETIME)
        .execute(connection)
        .await
        .map(drop)?);
    tx.commit().await
}

/// Returns the user of a token; `None` if the session has expired or the account is closed.
pub async fn user(db: &Db, token_hash: &[u8]) -> Result<Option<User>> {
    let query = "SELECT a.id, a.username, a.name, a.role, a.places, a.programmes FROM session s
        JOIN account a ON a.id = s.account WHERE s.token_hash = $1 AND s.expires_at > $2 AND NOT a.disabled";
    let row = with_db!(primary db, |pool| sqlx::query_as::<_, UserRow>(query)
        .bind(token_hash)
        .bind(crate::db::now())
        .fetch_optional(pool)
        .await?);
    row.map(UserRow::parse).transpose()
}

/// Deletes a session, and all expired ones.
pub async fn end(db: &Db, token_hash: &[u8]) -> Result<()> {
    let query = "DELETE FROM session WHERE token_hash = $1 OR expires_at <= $2";
    let mut tx = db.begin().await?;
    with_db!(tx &mut tx, |connection| sqlx::query(query)
        .bind(token_hash)
        .bind(crate::db::now())
        .execute(connection)
        .await
        .map(drop)?);
    tx.commit().await
}
