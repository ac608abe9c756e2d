//! The change feed: the number of the last change, and its publication to other servers.

use super::records::stored;
use super::{Db, Result, Tx, Unreadable, with_db};
use sqlx::postgres::PgListener;
use std::time::Duration;

/// Channel of PostgreSQL on which servers notify each other of changes.
const CHANNEL: &str = "jiedui_change";
/// Interval at which a server polls for changes without a notification.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// Interval at which a replica is polled for a change that was announced.
const REPLICA_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Returns the number of the last committed change.
pub async fn last_change(db: &Db) -> Result<i64> {
    let query = "SELECT change FROM feed WHERE id = 1";
    checked("change", with_db!(replica db, |pool| sqlx::query_scalar(query).fetch_one(pool).await?))
}

/// Returns the number of the last change that a transaction sees.
pub async fn last(tx: &mut Tx) -> Result<i64> {
    let query = "SELECT change FROM feed WHERE id = 1";
    checked("change", with_db!(tx tx, |connection| sqlx::query_scalar(query).fetch_one(connection).await?))
}

/// Returns a number of the feed. Fails with [`super::DbError::Unreadable`] if it is out of range: changes with negative
/// numbers would reach nobody.
fn checked(column: &str, number: i64) -> Result<i64> {
    stored::unsigned("feed", 1, column, number).map(|_| number)
}

/// Row of the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Feed {
    /// Number of the last change.
    pub change: i64,
    /// Version of the reference data: catalogue, directory and closed months.
    pub reference: i64,
    /// Epoch of the database.
    pub epoch: i64,
}

impl Feed {
    fn checked(self) -> Result<Self> {
        checked("change", self.change)?;
        checked("epoch", self.epoch)?;
        Ok(self)
    }
}

/// Locks the feed, which waits for every earlier writer, and returns its row. No other transaction gets a number until
/// this one ends, so numbers are committed in order. A sequence would assign them before the commit.
pub async fn lock(tx: &mut Tx) -> Result<Feed> {
    let query = "UPDATE feed SET change = change WHERE id = 1 RETURNING change, reference, epoch";
    with_db!(tx tx, |connection| sqlx::query_as::<_, Feed>(query).fetch_one(connection).await?).checked()
}

/// Returns the committed row of the feed.
pub async fn now(db: &Db) -> Result<Feed> {
    let query = "SELECT change, reference, epoch FROM feed WHERE id = 1";
    with_db!(replica db, |pool| sqlx::query_as::<_, Feed>(query).fetch_one(pool).await?).checked()
}

/// Returns the version of the reference data.
pub async fn reference(db: &Db) -> Result<i64> {
    let query = "SELECT reference FROM feed WHERE id = 1";
    Ok(with_db!(primary db, |pool| sqlx::query_scalar::<_, i64>(query).fetch_one(pool).await?))
}

/// Raises the version of the reference data. Every writer reads it before it validates anything.
pub async fn change_reference(tx: &mut Tx) -> Result<()> {
    let query = "UPDATE feed SET reference = reference + 1 WHERE id = 1";
    with_db!(tx tx, |connection| sqlx::query(query).execute(connection).await.map(drop)?);
    Ok(())
}

/// Stores the number of the last change, and notifies the other servers once it is committed.
pub async fn advance(tx: &mut Tx, change: i64) -> Result<()> {
    let query = "UPDATE feed SET change = $1 WHERE id = 1";
    with_db!(tx &mut *tx, |connection| sqlx::query(query).bind(change).execute(connection).await.map(drop)?);
    if let Tx::Postgres(_) = tx {
        let notify = "SELECT pg_notify($1, $2)";
        let change = change.to_string();
        with_db!(tx tx, |connection| sqlx::query(notify)
            .bind(CHANNEL)
            .bind(change)
            .execute(connection)
            .await
            .map(drop)?);
    }
    Ok(())
}

/// Writes the feed's row unchanged: fails if the database cannot write.
pub async fn try_writing(db: &Db) -> Result<()> {
    let mut tx = db.begin().await?;
    lock(&mut tx).await?;
    tx.commit().await
}

/// Returns the epoch. A restore from a backup starts the next one: changes that phones have seen may be lost, and their
/// numbers reused.
pub async fn epoch(db: &Db) -> Result<i64> {
    let query = "SELECT epoch FROM feed WHERE id = 1";
    checked("epoch", with_db!(primary db, |pool| sqlx::query_scalar(query).fetch_one(pool).await?))
}

/// Starts the next epoch, numbered by its first millisecond. Everything written before counts as older, even if the
/// clocks of the two machines differ.
pub async fn begin_epoch(db: &Db) -> Result<()> {
    let mut tx = db.begin().await?;
    let before = lock(&mut tx).await?.epoch;
    let query = "SELECT COALESCE(MAX(at), 0) FROM record";
    let last = with_db!(tx &mut tx, |connection| sqlx::query_scalar::<_, i64>(query).fetch_one(connection).await?);
    let epoch = super::now().max(last + 1).max(before + 1);
    for query in ["UPDATE feed SET epoch = $1 WHERE id = 1", "INSERT INTO life (epoch) VALUES ($1)"] {
        with_db!(tx &mut tx, |connection| sqlx::query(query).bind(epoch).execute(connection).await.map(drop)?);
    }
    tx.commit().await
}

/// Returns the epochs of the database without the first, the current one last. Negative ones are logged and omitted.
pub async fn epochs(tx: &mut Tx) -> Result<Vec<u64>> {
    let query = "SELECT epoch FROM life ORDER BY epoch";
    let epochs = with_db!(tx tx, |connection| sqlx::query_scalar::<_, i64>(query).fetch_all(connection).await?);
    let readable = |epoch: i64| u64::try_from(epoch).inspect_err(|_| stored::log("epoch", epoch)).ok();
    Ok(epochs.into_iter().filter_map(readable).collect())
}

/// Adds the unreadable epochs to a list.
pub async fn note_unreadable(tx: &mut Tx, unreadable: &mut Vec<Unreadable>) -> Result<()> {
    let query = "SELECT epoch FROM life WHERE epoch < 0 ORDER BY epoch";
    let epochs = with_db!(tx tx, |connection| sqlx::query_scalar::<_, i64>(query).fetch_all(connection).await?);
    epochs
        .into_iter()
        .try_for_each(|epoch| stored::note_unreadable(stored::unsigned("epoch", epoch, "epoch", epoch), unreadable))
}

/// Publishes every change by any server or program as soon as it can be read. Never returns.
pub async fn follow(db: &Db, publish: impl Fn(i64)) {
    loop {
        let result = match db {
            Db::Sqlite { .. } => look(db, &publish).await,
            Db::Postgres { primary, .. } => match PgListener::connect_with(primary).await {
                Ok(listener) => listen(db, listener, &publish).await,
                Err(error) => Err(error.into()),
            },
        };
        if let Err(error) = result {
            tracing::warn!(%error, "cannot follow the changes");
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Polls SQLite, to which only this server and the commands of the command line write.
async fn look(db: &Db, publish: &impl Fn(i64)) -> Result<()> {
    publish(last_change(db).await?);
    Ok(())
}

async fn listen(db: &Db, mut listener: PgListener, publish: &impl Fn(i64)) -> Result<()> {
    listener.listen(CHANNEL).await?;
    // Changes before the first notification.
    publish(last_change(db).await?);
    while let Some(notification) = listener.try_recv().await? {
        let wanted = notification.payload().parse().unwrap_or_default();
        let mut change = last_change(db).await?;
        while change < wanted {
            // A replica lags behind.
            tokio::time::sleep(REPLICA_POLL_INTERVAL).await;
            change = last_change(db).await?;
        }
        publish(change);
    }
    // The connection was lost, and notifications with it.
    Ok(())
}
