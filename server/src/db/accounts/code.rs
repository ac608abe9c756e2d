//! One-time codes that set a password. Only their hashes are stored.

use crate::db::audit::{self, Act, By, Object};
use crate::db::{Db, Result, with_db};
use jiedui_core::access::user::{Role, User};
use jiedui_core::audit::Action;
use uuid::Uuid;

/// Lifetime of a code in milliseconds: a week, since a village has no network every day.
pub const LIFETIME: i64 = 7 * 24 * 3600 * 1000;

/// Stores the code of an account, in place of an earlier one. Returns its expiry time. The role is that of the person who
/// issues it, without one on the command line.
pub async fn issue(db: &Db, account: &User, code_hash: &str, by: By, role: Option<Role>) -> Result<i64> {
    let query = "INSERT INTO sign_in_code (account, code_hash, issued_by, issued_at, expires_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account) DO UPDATE SET code_hash = excluded.code_hash,
        issued_by = excluded.issued_by, issued_at = excluded.issued_at, expires_at = excluded.expires_at";
    let now = crate::db::now();
    let issued_by = by.account.as_ref().map_or(account.id, |(id, _)| *id);
    let act = Act::new(by, Action::CodeIssued, Object::account(account));
    let act = act.with("expires_at", crate::db::instant(now + LIFETIME));
    let act = match role {
        Some(role) => act.with("by_role", role.code()),
        None => act,
    };
    let mut tx = db.begin().await?;
    with_db!(tx &mut tx, |connection| sqlx::query(query)
        .bind(account.id)
        .bind(code_hash)
        .bind(issued_by)
        .bind(now)
        .bind(now + LIFETIME)
        .execute(connection)
        .await
        .map(drop)?);
    audit::append(&mut tx, &act).await?;
    tx.commit().await?;
    Ok(now + LIFETIME)
}

/// Returns the hash of an account's code, unless it has expired.
pub async fn hash_of(db: &Db, account: Uuid) -> Result<Option<String>> {
    let query = "SELECT code_hash FROM sign_in_code WHERE account = $1 AND expires_at > $2";
    Ok(with_db!(primary db, |pool| sqlx::query_scalar(query)
        .bind(account)
        .bind(crate::db::now())
        .fetch_optional(pool)
        .await?))
}

/// Uses a code: deletes it, stores the password and ends all sessions of the account. Returns false if the code has been
/// used, replaced or has expired, or if the account is closed.
pub async fn redeem(db: &Db, user: &User, code_hash: &str, password_hash: &str, by: By) -> Result<bool> {
    let account = user.id;
    let take = "DELETE FROM sign_in_code WHERE account = $1 AND code_hash = $2 AND expires_at > $3";
    let set = "UPDATE account SET password_hash = $2 WHERE id = $1 AND NOT disabled";
    let end = "DELETE FROM session WHERE account = $1";
    let mut tx = db.begin().await?;
    let taken = with_db!(tx &mut tx, |connection| sqlx::query(take)
        .bind(account)
        .bind(code_hash)
        .bind(crate::db::now())
        .execute(connection)
        .await?
        .rows_affected());
    let changed = with_db!(tx &mut tx, |connection| sqlx::query(set)
        .bind(account)
        .bind(password_hash)
        .execute(connection)
        .await?
        .rows_affected());
    if taken == 0 || changed == 0 {
        tx.rollback().await?;
        return Ok(false);
    }
    with_db!(tx &mut tx, |connection| sqlx::query(end).bind(account).execute(connection).await.map(drop)?);
    audit::append(&mut tx, &Act::new(by, Action::CodeUsed, Object::account(user))).await?;
    tx.commit().await?;
    Ok(true)
}
