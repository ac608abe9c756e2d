//! Subscriptions of browsers to push messages, and the notices for their users.

use crate::db::bulk::select_in;
use crate::db::{Db, Result, with_db};
use uuid::Uuid;

/// Returns the stored private key, after storing `new` if there was none.
pub async fn key(db: &Db, new: &[u8]) -> Result<Vec<u8>> {
    let insert = "INSERT INTO push_key (id, secret) VALUES (1, $1) ON CONFLICT (id) DO NOTHING";
    let select = "SELECT secret FROM push_key WHERE id = 1";
    let mut tx = db.begin().await?;
    with_db!(tx &mut tx, |connection| sqlx::query(insert).bind(new).execute(connection).await.map(drop)?);
    let key = with_db!(tx &mut tx, |connection| sqlx::query_scalar(select).fetch_one(connection).await?);
    tx.commit().await?;
    Ok(key)
}

/// Maximum number of subscribed browsers of an account; a further one replaces the oldest.
const MAX_BROWSERS: i64 = 20;

/// Stores a browser's subscription for an account; a previous account loses it.
pub async fn subscribe(db: &Db, account: Uuid, endpoint: &str) -> Result<()> {
    let query = "INSERT INTO push_subscription (endpoint, account, created_at) VALUES ($1, $2, $3)
        ON CONFLICT (endpoint) DO UPDATE SET account = excluded.account, created_at = excluded.created_at";
    // Each browser of the account is asked in turn, so their number has a limit.
    let surplus = "DELETE FROM push_subscription WHERE account = $1 AND endpoint <> $2 AND endpoint NOT IN
        (SELECT endpoint FROM push_subscription WHERE account = $1 ORDER BY created_at DESC, endpoint LIMIT $3)";
    let mut tx = db.begin().await?;
    with_db!(tx &mut tx, |connection| sqlx::query(query)
        .bind(endpoint)
        .bind(account)
        .bind(crate::db::now())
        .execute(connection)
        .await
        .map(drop)?);
    with_db!(tx &mut tx, |connection| sqlx::query(surplus)
        .bind(account)
        .bind(endpoint)
        .bind(MAX_BROWSERS)
        .execute(connection)
        .await
        .map(drop)?);
    tx.commit().await
}

/// Deletes a browser's subscription.
pub async fn unsubscribe(db: &Db, endpoint: &str) -> Result<()> {
    let query = "DELETE FROM push_subscription WHERE endpoint = $1";
    let mut tx = db.begin().await?;
    with_db!(tx &mut tx, |connection| sqlx::query(query).bind(endpoint).execute(connection).await.map(drop)?);
    tx.commit().await
}

/// Returns the subscriptions of the authors of these records.
pub async fn of_authors(db: &Db, records: &[Uuid]) -> Result<Vec<String>> {
    type Row = (String,);
    let mut tx = db.begin_reading().await?;
    let rows = select_in!(
        &mut tx,
        "SELECT DISTINCT s.endpoint FROM record r JOIN push_subscription s ON s.account = r.author WHERE r.id",
        records,
        Row,
        |values, id| {
            values.push_bind(*id);
        }
    );
    tx.rollback().await?;
    Ok(rows.into_iter().map(|(endpoint,)| endpoint).collect())
}

/// Returns the number of an account's returned entries.
pub async fn returned(db: &Db, account: Uuid) -> Result<i64> {
    let query =
        "SELECT COUNT(*) FROM record WHERE kind = 'entry' AND NOT deleted AND author = $1 AND state = 'returned'";
    Ok(with_db!(primary db, |pool| sqlx::query_scalar(query).bind(account).fetch_one(pool).await?))
}
