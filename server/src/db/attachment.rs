//! Photos: what is known of each; the content lies in files.

use super::{Db, Result, on};
use jiedui_core::domain::User;
use jiedui_core::sync::wire::PAIRING;
use uuid::Uuid;

/// A stored photo.
#[derive(Clone, Debug)]
pub struct Attachment {
    /// Its type.
    pub content_type: String,
    /// Who brought it.
    pub account: Uuid,
}

/// The photo with this hash.
pub async fn find(db: &Db, sha256: &str) -> Result<Option<Attachment>> {
    let query = "SELECT content_type, account FROM attachment WHERE sha256 = $1";
    let row = on!(now db, |pool| sqlx::query_as::<_, (String, Uuid)>(query).bind(sha256).fetch_optional(pool).await?);
    Ok(row.map(|(content_type, account)| Attachment { content_type, account }))
}

/// Remembers a photo.
pub async fn add(db: &Db, sha256: &str, size: i64, content_type: &str, account: Uuid) -> Result<()> {
    let query = "INSERT INTO attachment (sha256, size, content_type, account, created_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (sha256) DO NOTHING";
    let mut tx = db.begin().await?;
    on!(in &mut tx, |connection| sqlx::query(query)
        .bind(sha256)
        .bind(size)
        .bind(content_type)
        .bind(account)
        .bind(super::now())
        .execute(connection)
        .await
        .map(drop)?);
    tx.commit().await
}

/// Whether it belongs to an entry that the user may see, or is the agreement of a pairing, which everybody with an account sees.
pub async fn is_seen_by(db: &Db, sha256: &str, user: &User) -> Result<bool> {
    let query = "SELECT kind, author, programme, place FROM record
        WHERE kind IN ('entry', 'pairing') AND NOT deleted AND fields LIKE $1";
    type Row = (String, Option<Uuid>, String, String);
    let rows = on!(now db, |pool| sqlx::query_as::<_, Row>(query).bind(format!("%{sha256}%")).fetch_all(pool).await?);
    Ok(rows.iter().any(|(kind, author, programme, place)| kind == PAIRING || user.sees(*author, programme, place)))
}
