//! Links that open the shared view without an account. Only a token's hash is stored.

use crate::db::audit::{self, Act, By, Object};
use crate::db::{Db, Result, with_db};
use jiedui_core::audit::{Action, ObjectKind};
use uuid::Uuid;

/// A link.
#[derive(Debug, sqlx::FromRow)]
pub struct Share {
    /// Identifier.
    pub id: Uuid,
    /// Shared view, as the query of an address.
    pub query: String,
    /// Time of creation, in milliseconds since 1970.
    pub created_at: i64,
    /// Expiry time.
    pub expires_at: i64,
    /// Time of revocation, if it was revoked.
    pub withdrawn_at: Option<i64>,
}

impl Share {
    /// Returns the link in the audit trail.
    pub fn object(&self) -> Object {
        Object::new(ObjectKind::Link, self.id, &self.query)
    }
}

/// Maximum number of valid links of an account. All of them fit the list, from which they can be revoked.
pub const MAX_VALID: i64 = 100;

/// Stores a link of an account. Returns false if the account has [`MAX_VALID`] valid links.
pub async fn add(db: &Db, token_hash: &[u8], account: Uuid, share: &Share, by: By) -> Result<bool> {
    let valid = "SELECT count(*) FROM share WHERE account = $1 AND withdrawn_at IS NULL AND expires_at > $2";
    let query = "INSERT INTO share (id, token_hash, account, query, created_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let mut tx = db.begin().await?;
    let count = with_db!(tx &mut tx, |connection| sqlx::query_scalar::<_, i64>(valid)
        .bind(account)
        .bind(share.created_at)
        .fetch_one(connection)
        .await?);
    if count >= MAX_VALID {
        tx.rollback().await?;
        return Ok(false);
    }
    with_db!(tx &mut tx, |connection| sqlx::query(query)
        .bind(share.id)
        .bind(token_hash)
        .bind(account)
        .bind(&share.query)
        .bind(share.created_at)
        .bind(share.expires_at)
        .execute(connection)
        .await
        .map(drop)?);
    let act = Act::new(by, Action::LinkMade, share.object());
    audit::append(&mut tx, &act.with("expires_at", crate::db::instant(share.expires_at))).await?;
    tx.commit().await?;
    Ok(true)
}

/// Returns the link with a token, unless it has expired.
pub async fn valid(db: &Db, token_hash: &[u8]) -> Result<Option<Share>> {
    let query = "SELECT s.id, s.query, s.created_at, s.expires_at, s.withdrawn_at FROM share s JOIN account a ON a.id = s.account
        WHERE s.token_hash = $1 AND s.expires_at > $2 AND s.withdrawn_at IS NULL AND NOT a.disabled";
    Ok(with_db!(primary db, |pool| sqlx::query_as(query)
            .bind(token_hash)
            .bind(crate::db::now())
            .fetch_optional(pool)
            .await?))
}

/// Returns an account's links: all valid ones, then the latest others, the newest first.
pub async fn of_account(db: &Db, account: Uuid) -> Result<Vec<Share>> {
    let query = "SELECT id, query, created_at, expires_at, withdrawn_at FROM share WHERE account = $1
        ORDER BY CASE WHEN withdrawn_at IS NULL AND expires_at > $2 THEN 0 ELSE 1 END, created_at DESC, id DESC
        LIMIT 100";
    Ok(with_db!(primary db, |pool| sqlx::query_as(query).bind(account).bind(crate::db::now()).fetch_all(pool).await?))
}

/// Revokes a link of an account. Returns false if the account has no such valid link.
pub async fn revoke(db: &Db, account: Uuid, id: Uuid, by: By) -> Result<bool> {
    let query = "UPDATE share SET withdrawn_at = $3 WHERE id = $1 AND account = $2 AND withdrawn_at IS NULL";
    let mut tx = db.begin().await?;
    let changed = with_db!(tx &mut tx, |connection| sqlx::query(query)
        .bind(id)
        .bind(account)
        .bind(crate::db::now())
        .execute(connection)
        .await?
        .rows_affected());
    if changed > 0 {
        audit::append(&mut tx, &Act::new(by, Action::LinkWithdrawn, Object::new(ObjectKind::Link, id, ""))).await?;
    }
    tx.commit().await?;
    Ok(changed > 0)
}
