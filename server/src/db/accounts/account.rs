//! Accounts: password hash, role and scope.

use crate::db::audit::{self, Act, By, Object};
use crate::db::records::stored;
use crate::db::{Db, Result, Tx, Unreadable, with_db};
use jiedui_core::access::user::{Role, Scope, User};
use jiedui_core::access::username::canonical_username;
use jiedui_core::audit::Action;
use serde_json::{Map, Value, json};
use sqlx::FromRow;
use uuid::Uuid;

/// An account with the fields that only the server may read.
#[derive(Clone, Debug)]
pub struct Account {
    /// Public part.
    pub user: User,
    /// Argon2id in PHC form.
    pub password_hash: String,
    /// Whether the account is closed.
    pub disabled: bool,
}

impl Account {
    /// Returns the fields that the audit trail shows: everything but the password.
    fn described(&self) -> Map<String, Value> {
        let User { username, name, role, scope, .. } = &self.user;
        let fields = [
            ("username", json!(username)),
            ("name", json!(name)),
            ("role", json!(role)),
            ("places", json!(scope.places)),
            ("programmes", json!(scope.programmes)),
            ("disabled", json!(self.disabled)),
            ("has_password", json!(!self.password_hash.is_empty())),
        ];
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    /// Returns the act of changing this account to another state.
    pub fn changing(&self, by: By, after: &Self) -> Act {
        let act = Act::new(by, Action::AccountChanged, Object::account(&after.user));
        act.changing(&self.described(), &after.described())
    }

    /// Returns the act of setting this account's password.
    pub fn setting_password(&self, by: By) -> Act {
        Act::new(by, Action::PasswordChanged, Object::account(&self.user))
    }
}

/// Columns of an account that describe its user.
#[derive(FromRow)]
pub(super) struct UserRow {
    id: Uuid,
    username: String,
    name: String,
    role: String,
    places: String,
    programmes: String,
}

impl UserRow {
    /// Parses the columns. A role of a newer version of the program gives no rights here. Fails with
    /// [`crate::db::DbError::Unreadable`] for an unreadable scope, which gives no rights either.
    pub(super) fn parse(self) -> Result<User> {
        let Self { id, username, name, role, places, programmes } = self;
        let parse = |text: &str| stored::parse("account", id, text);
        let scope = Scope { places: parse(&places)?, programmes: parse(&programmes)? };
        Ok(User {
            id,
            username,
            name,
            role: Role::from_code(&role).unwrap_or(Role::Viewer),
            scope,
            verifies_own: false,
        })
    }
}

#[derive(FromRow)]
struct AccountRow {
    #[sqlx(flatten)]
    user: UserRow,
    password_hash: String,
    disabled: bool,
}

impl AccountRow {
    fn parse(self) -> Result<Account> {
        let Self { user, password_hash, disabled } = self;
        Ok(Account { user: user.parse()?, password_hash, disabled })
    }
}

const COLUMNS: &str = "SELECT id, username, name, role, places, programmes, password_hash, disabled FROM account";

/// Returns the account with this user name in any spelling. An account of an earlier version may have a name that is
/// not canonical, if another account has the canonical one. It is found by its exact name.
pub async fn by_username(db: &Db, username: &str) -> Result<Option<Account>> {
    for name in [username, &canonical_username(username)] {
        let query = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE username = $1"));
        let row =
            with_db!(primary db, |pool| sqlx::query_as::<_, AccountRow>(query).bind(name).fetch_optional(pool).await?);
        if let Some(row) = row {
            return row.parse().map(Some);
        }
    }
    Ok(None)
}

/// Returns the account with this identifier.
pub async fn by_id(db: &Db, id: Uuid) -> Result<Option<Account>> {
    let query = sqlx::AssertSqlSafe(format!("{COLUMNS} WHERE id = $1"));
    let row = with_db!(primary db, |pool| sqlx::query_as::<_, AccountRow>(query).bind(id).fetch_optional(pool).await?);
    row.map(AccountRow::parse).transpose()
}

/// Renames accounts of earlier versions to their canonical names. Returns the names that stay because another account
/// has the canonical one.
pub async fn respell(db: &Db) -> Result<Vec<String>> {
    let query = "SELECT id, username FROM account";
    let names = with_db!(primary db, |pool| sqlx::query_as::<_, (Uuid, String)>(query).fetch_all(pool).await?);
    let mut left = Vec::new();
    for (id, name) in names {
        let spelling = canonical_username(&name);
        if spelling == name || spelling.is_empty() {
            continue;
        }
        let query = "UPDATE account SET username = $2
            WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM account WHERE username = $2)";
        let mut tx = db.begin().await?;
        let changed = with_db!(tx &mut tx, |connection| {
            sqlx::query(query).bind(id).bind(spelling).execute(connection).await?.rows_affected()
        });
        tx.commit().await?;
        if changed == 0 {
            left.push(name);
        }
    }
    Ok(left)
}

/// Adds the unreadable accounts to a list.
pub async fn note_unreadable(tx: &mut Tx, unreadable: &mut Vec<Unreadable>) -> Result<()> {
    let query = sqlx::AssertSqlSafe(format!("{COLUMNS} ORDER BY username"));
    let rows: Vec<AccountRow> = with_db!(tx tx, |connection| sqlx::query_as(query).fetch_all(connection).await?);
    rows.into_iter().try_for_each(|row| stored::note_unreadable(row.parse(), unreadable))
}

/// Returns all readable accounts by name.
pub async fn all(db: &Db) -> Result<Vec<Account>> {
    let query = sqlx::AssertSqlSafe(format!("{COLUMNS} ORDER BY username"));
    let rows = with_db!(primary db, |pool| sqlx::query_as::<_, AccountRow>(query).fetch_all(pool).await?);
    rows.into_iter().filter_map(|row| stored::omit_unreadable(row.parse()).transpose()).collect()
}

/// Returns whether there are accounts.
pub async fn exist(db: &Db) -> Result<bool> {
    let query = "SELECT id FROM account LIMIT 1";
    let first: Option<Uuid> = with_db!(primary db, |pool| sqlx::query_scalar(query).fetch_optional(pool).await?);
    Ok(first.is_some())
}

/// Adds an account. Returns false if the name exists.
pub async fn add(db: &Db, account: &Account, by: By) -> Result<bool> {
    insert(
        db,
        account,
        by,
        "INSERT INTO account (id, username, name, role, places, programmes, password_hash, disabled, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (username) DO NOTHING",
    )
    .await
}

/// Adds the first account. Returns false if there is one.
pub async fn add_first(db: &Db, account: &Account, by: By) -> Result<bool> {
    insert(
        db,
        account,
        by,
        "INSERT INTO account (id, username, name, role, places, programmes, password_hash, disabled, created_at)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9 WHERE NOT EXISTS (SELECT 1 FROM account)",
    )
    .await
}

async fn insert(db: &Db, account: &Account, by: By, query: &'static str) -> Result<bool> {
    let user = &account.user;
    let places = serde_json::to_string(&user.scope.places)?;
    let programmes = serde_json::to_string(&user.scope.programmes)?;
    let mut tx = db.begin().await?;
    let added = with_db!(tx &mut tx, |connection| sqlx::query(query)
        .bind(user.id)
        .bind(&user.username)
        .bind(&user.name)
        .bind(user.role.code())
        .bind(places)
        .bind(programmes)
        .bind(&account.password_hash)
        .bind(account.disabled)
        .bind(crate::db::now())
        .execute(connection)
        .await?
        .rows_affected());
    if added > 0 {
        let act = Act::new(by, Action::AccountAdded, Object::account(user));
        audit::append(&mut tx, &act.changing(&Map::new(), &account.described())).await?;
    }
    tx.commit().await?;
    Ok(added > 0)
}

/// Revokes the one-time code of an account.
const REVOKE_CODE: &str = "DELETE FROM sign_in_code WHERE account = $1";

/// Changes an account except for its identifier and user name, and ends all its sessions, so that the new rights apply
/// at once.
pub async fn change(db: &Db, account: &Account, act: &Act) -> Result<()> {
    let query =
        "UPDATE account SET name = $2, role = $3, places = $4, programmes = $5, password_hash = $6, disabled = $7
        WHERE id = $1";
    let end = "DELETE FROM session WHERE account = $1";
    let user = &account.user;
    let places = serde_json::to_string(&user.scope.places)?;
    let programmes = serde_json::to_string(&user.scope.programmes)?;
    let mut tx = db.begin().await?;
    with_db!(tx &mut tx, |connection| sqlx::query(query)
        .bind(user.id)
        .bind(&user.name)
        .bind(user.role.code())
        .bind(places)
        .bind(programmes)
        .bind(&account.password_hash)
        .bind(account.disabled)
        .execute(connection)
        .await
        .map(drop)?);
    with_db!(tx &mut tx, |connection| sqlx::query(end).bind(user.id).execute(connection).await.map(drop)?);
    if account.disabled {
        with_db!(tx &mut tx, |connection| sqlx::query(REVOKE_CODE).bind(user.id).execute(connection).await.map(drop)?);
    }
    audit::append(&mut tx, act).await?;
    tx.commit().await
}

/// Stores a new password hash. Sessions stay valid.
pub async fn renew_password(db: &Db, account: &Account, by: By) -> Result<()> {
    let query = "UPDATE account SET password_hash = $2 WHERE id = $1";
    let mut tx = db.begin().await?;
    with_db!(tx &mut tx, |connection| sqlx::query(query)
        .bind(account.user.id)
        .bind(&account.password_hash)
        .execute(connection)
        .await
        .map(drop)?);
    audit::append(&mut tx, &account.setting_password(by)).await?;
    tx.commit().await
}

/// Stores another display name. Sessions stay valid.
pub async fn rename(db: &Db, user: &User, name: &str, by: By) -> Result<()> {
    let query = "UPDATE account SET name = $2 WHERE id = $1";
    let mut tx = db.begin().await?;
    with_db!(tx &mut tx, |connection| sqlx::query(query).bind(user.id).bind(name).execute(connection).await.map(drop)?);
    let mut act = Act::new(by, Action::AccountChanged, Object::account(user)).with("name", name);
    act.before.insert("name".to_owned(), json!(user.name));
    audit::append(&mut tx, &act).await?;
    tx.commit().await
}

/// Stores a new password hash if the present one is that of `account`, and ends all sessions but one. Returns false if another
/// change came first.
pub async fn change_password(db: &Db, account: &Account, new: &str, session: &[u8], by: By) -> Result<bool> {
    let query = "UPDATE account SET password_hash = $3 WHERE id = $1 AND password_hash = $2 AND NOT disabled";
    let end = "DELETE FROM session WHERE account = $1 AND token_hash <> $2";
    let id = account.user.id;
    let mut tx = db.begin().await?;
    let changed = with_db!(tx &mut tx, |connection| sqlx::query(query)
        .bind(id)
        .bind(&account.password_hash)
        .bind(new)
        .execute(connection)
        .await?
        .rows_affected());
    if changed == 0 {
        tx.rollback().await?;
        return Ok(false);
    }
    with_db!(tx &mut tx, |connection| sqlx::query(end).bind(id).bind(session).execute(connection).await.map(drop)?);
    with_db!(tx &mut tx, |connection| sqlx::query(REVOKE_CODE).bind(id).execute(connection).await.map(drop)?);
    audit::append(&mut tx, &account.setting_password(by)).await?;
    tx.commit().await?;
    Ok(true)
}
