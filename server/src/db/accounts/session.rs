//! Sessions and their tokens. Only the hash of a token is stored.

use crate::db::accounts::account::UserRow;
use crate::db::audit::{self, Act, By, Object};
use crate::db::{Db, Result, with_db};
use jiedui_core::access::user::User;
use jiedui_core::audit::Action;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Duration of a session in milliseconds: half a year, since a village may be offline for months.
pub const LIFETIME: i64 = 180 * 24 * 3600 * 1000;

/// Stores a new session.
pub async fn add(db: &Db, token_hash: &[u8], user: &User, device_name: &str, by: By) -> Result<()> {
    let query = "INSERT INTO session (token_hash, account, device_name, created_at, seen_at, expires_at)
        VALUES ($1, $2, $3, $4, $4, $5)";
    let now = crate::db::now();
    let mut tx = db.begin().await?;
    with_db!(tx &mut tx, |connection| sqlx::query(query)
        .bind(token_hash)
        .bind(user.id)
        .bind(device_name)
        .bind(now)
        .bind(now + LIFETIME)
        .execute(connection)
        .await
        .map(drop)?);
    let act = Act::new(by, Action::SignIn, Object::account(user)).with("device", device_name);
    audit::append(&mut tx, &act).await?;
    tx.commit().await
}

/// Time after which a contact is stored again, in milliseconds.
const SEEN_INTERVAL: i64 = 3600 * 1000;

#[derive(sqlx::FromRow)]
struct ContactRow {
    #[sqlx(flatten)]
    user: UserRow,
    seen_at: i64,
}

/// Returns the user of a token; `None` if the session has expired or the account is closed.
pub async fn user(db: &Db, token_hash: &[u8]) -> Result<Option<User>> {
    Ok(contact(db, token_hash).await?.map(|(user, _)| user))
}

/// Returns the user of a token as [`user`] does, and whether the contact is to be stored with [`note_contact`].
pub async fn contact(db: &Db, token_hash: &[u8]) -> Result<Option<(User, bool)>> {
    let query = "SELECT a.id, a.username, a.name, a.role, a.places, a.programmes, s.seen_at FROM session s
        JOIN account a ON a.id = s.account WHERE s.token_hash = $1 AND s.expires_at > $2 AND NOT a.disabled";
    let now = crate::db::now();
    let row = with_db!(primary db, |pool| sqlx::query_as::<_, ContactRow>(query)
        .bind(token_hash)
        .bind(now)
        .fetch_optional(pool)
        .await?);
    row.map(|ContactRow { user, seen_at }| Ok((user.parse()?, seen_at < now - SEEN_INTERVAL))).transpose()
}

/// Stores a contact of a session, unless one was stored within the hour.
pub async fn note_contact(db: &Db, token_hash: &[u8]) -> Result<()> {
    let query = "UPDATE session SET seen_at = $2 WHERE token_hash = $1 AND seen_at < $3";
    let now = crate::db::now();
    let mut tx = db.begin().await?;
    with_db!(tx &mut tx, |connection| sqlx::query(query)
        .bind(token_hash)
        .bind(now)
        .bind(now - SEEN_INTERVAL)
        .execute(connection)
        .await
        .map(drop)?);
    tx.commit().await
}

/// A session as lists show it.
#[derive(Debug, sqlx::FromRow)]
pub struct SessionRow {
    token_hash: Vec<u8>,
    /// Name of the device.
    pub device_name: String,
    /// Time of the sign-in, in milliseconds since 1970.
    pub created_at: i64,
    /// Last contact, to the hour.
    pub seen_at: i64,
    /// Expiry time.
    pub expires_at: i64,
}

impl SessionRow {
    /// Returns the identifier: the first half of the token's hash, which opens nothing.
    pub fn id(&self) -> Uuid {
        id_of(&self.token_hash)
    }
}

/// Returns the identifier of the session with this token hash.
pub fn id_of(token_hash: &[u8]) -> Uuid {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(token_hash).for_each(|(byte, hash)| *byte = *hash);
    Uuid::from_bytes(bytes)
}

/// Returns the valid sessions of an account, the one with the last contact first.
pub async fn of_account(db: &Db, account: Uuid) -> Result<Vec<SessionRow>> {
    let query = "SELECT token_hash, device_name, created_at, seen_at, expires_at FROM session
        WHERE account = $1 AND expires_at > $2 ORDER BY seen_at DESC, created_at DESC";
    Ok(with_db!(primary db, |pool| sqlx::query_as(query).bind(account).bind(crate::db::now()).fetch_all(pool).await?))
}

/// Valid sessions of an account.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Contact {
    account: Uuid,
    /// Number of sessions.
    pub sessions: i64,
    /// Time of the last contact.
    pub seen_at: i64,
}

/// Returns the valid sessions of each account that has some.
pub async fn last_contacts(db: &Db) -> Result<BTreeMap<Uuid, Contact>> {
    let query = "SELECT account, COUNT(*) AS sessions, MAX(seen_at) AS seen_at FROM session WHERE expires_at > $1
        GROUP BY account";
    let rows: Vec<Contact> =
        with_db!(primary db, |pool| sqlx::query_as(query).bind(crate::db::now()).fetch_all(pool).await?);
    Ok(rows.into_iter().map(|contact| (contact.account, contact)).collect())
}

/// Ends a session of an account. Returns false if the account has no such session.
pub async fn end_of_account(db: &Db, account: &User, id: Uuid, by: By) -> Result<bool> {
    let Some(session) = of_account(db, account.id).await?.into_iter().find(|session| session.id() == id) else {
        return Ok(false);
    };
    let act = Act::new(by, Action::SessionEnded, Object::account(account)).with("device", session.device_name);
    end(db, &session.token_hash, &act).await?;
    Ok(true)
}

/// Deletes a session, and all expired ones.
pub async fn end(db: &Db, token_hash: &[u8], act: &Act) -> Result<()> {
    let query = "DELETE FROM session WHERE token_hash = $1 OR expires_at <= $2";
    let mut tx = db.begin().await?;
    with_db!(tx &mut tx, |connection| sqlx::query(query)
        .bind(token_hash)
        .bind(crate::db::now())
        .execute(connection)
        .await
        .map(drop)?);
    audit::append(&mut tx, act).await?;
    tx.commit().await
}
