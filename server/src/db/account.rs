//! Accounts: who may sign in, and what they may do.

use super::{Db, Result, on};
use jiedui_core::domain::{Role, Scope, User};
use uuid::Uuid;

/// An account with what only the server may know of it.
#[derive(Clone, Debug)]
pub struct Account {
    /// What others may see.
    pub user: User,
    /// Argon2id in PHC form.
    pub password_hash: String,
    /// Whether it can no longer be used.
    pub disabled: bool,
}

type Row = (Uuid, String, String, String, String, String, String, bool);

fn read((id, username, name, role, places, programmes, password_hash, disabled): Row) -> Result<Account> {
    let scope = Scope { places: serde_json::from_str(&places)?, programmes: serde_json::from_str(&programmes)? };
    // A role of a newer version of the program gives no rights here.
    let role = Role::from_code(&role).unwrap_or(Role::Viewer);
    Ok(Account { user: User { id, username, name, role, scope }, password_hash, disabled })
}

const COLUMNS: &str = "SELECT id, username, name, role, places, programmes, password_hash, disabled FROM account";

/// The account with this name to sign in by.
pub async fn by_username(db: &Db, username: &str) -> Result<Option<Account>> {
    let query = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE username = $1"));
    let row = on!(now db, |pool| sqlx::query_as::<_, Row>(query).bind(username).fetch_optional(pool).await?);
    row.map(read).transpose()
}

/// All accounts by name.
pub async fn all(db: &Db) -> Result<Vec<Account>> {
    let query = sqlx::AssertSqlSafe(format!("{COLUMNS} ORDER BY username"));
    let rows = on!(now db, |pool| sqlx::query_as::<_, Row>(query).fetch_all(pool).await?);
    rows.into_iter().map(read).collect()
}

/// Adds an account, or gives the one with this username the role, scope and password.
pub async fn put(db: &Db, account: &Account) -> Result<()> {
    let query =
        "INSERT INTO account (id, username, name, role, places, programmes, password_hash, disabled, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT (username) DO UPDATE SET name = excluded.name, role = excluded.role, places = excluded.places,
            programmes = excluded.programmes, password_hash = excluded.password_hash, disabled = excluded.disabled";
    let user = &account.user;
    let places = serde_json::to_string(&user.scope.places)?;
    let programmes = serde_json::to_string(&user.scope.programmes)?;
    let mut tx = db.begin().await?;
    on!(in &mut tx, |connection| sqlx::query(query)
        .bind(user.id)
        .bind(&user.username)
        .bind(&user.name)
        .bind(user.role.code())
        .bind(places)
        .bind(programmes)
        .bind(&account.password_hash)
        .bind(account.disabled)
        .bind(super::now())
        .execute(connection)
        .await
        .map(drop)?);
    tx.commit().await
}

/// Sets a new password. False when there is no such account.
pub async fn set_password(db: &Db, username: &str, password_hash: &str) -> Result<bool> {
    let query = "UPDATE account SET password_hash = $2, disabled = FALSE WHERE username = $1";
    change(db, query, username, password_hash).await
}

/// Closes an account. False when there is none.
pub async fn disable(db: &Db, username: &str) -> Result<bool> {
    let query = "UPDATE account SET password_hash = $2, disabled = TRUE WHERE username = $1";
    change(db, query, username, "").await
}

/// Changes an account and ends all its sessions.
async fn change(db: &Db, query: &'static str, username: &str, password_hash: &str) -> Result<bool> {
    let mut tx = db.begin().await?;
    let end = "DELETE FROM session WHERE account = (SELECT id FROM account WHERE username = $1)";
    on!(in &mut tx, |connection| sqlx::query(end).bind(username).execute(connection).await.map(drop)?);
    let changed = on!(in &mut tx, |connection| {
        sqlx::query(query).bind(username).bind(password_hash).execute(connection).await?.rows_affected()
    });
    tx.commit().await?;
    Ok(changed > 0)
}
