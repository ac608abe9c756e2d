//! The change number: how many changes there have been, and which is the last that everybody can see.

use super::records::stored;
use super::{Db, Result, Tx, on};
use sqlx::postgres::PgListener;
use std::time::Duration;

/// The channel on which servers on one PostgreSQL tell each other of changes.
const CHANNEL: &str = "jiedui_change";
/// How often a server looks for changes that nobody tells it of.
const LOOK: Duration = Duration::from_secs(1);
/// Interval at which a replica is polled for a change that was announced.
const FOLLOW: Duration = Duration::from_millis(20);

/// The number of the last change that can be read.
pub async fn last_change(db: &Db) -> Result<i64> {
    let query = "SELECT change FROM feed WHERE id = 1";
    checked("change", on!(read db, |pool| sqlx::query_scalar(query).fetch_one(pool).await?))
}

/// The number of the last change that a transaction sees.
pub async fn last(tx: &mut Tx) -> Result<i64> {
    let query = "SELECT change FROM feed WHERE id = 1";
    checked("change", on!(in tx, |connection| sqlx::query_scalar(query).fetch_one(connection).await?))
}

/// Returns a number of the feed. Fails with [`super::DbError::Unreadable`] if it is out of range: changes with negative
/// numbers would reach nobody.
fn checked(column: &str, number: i64) -> Result<i64> {
    stored::unsigned("feed", 1, column, number).map(|_| number)
}

/// Row of the feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Feed {
    /// The number of the last change.
    pub change: i64,
    /// How often catalogue, directory or closed months have changed.
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

/// Waits for every earlier writer and gives the numbers that it left. Until this transaction ends no other gets one,
/// so numbers are committed in their order (a sequence would hand them out before).
pub async fn lock(tx: &mut Tx) -> Result<Feed> {
    let query = "UPDATE feed SET change = change WHERE id = 1 RETURNING change, reference, epoch";
    on!(in tx, |connection| sqlx::query_as::<_, Feed>(query).fetch_one(connection).await?).checked()
}

/// The numbers that can be read by now.
pub async fn now(db: &Db) -> Result<Feed> {
    let query = "SELECT change, reference, epoch FROM feed WHERE id = 1";
    on!(read db, |pool| sqlx::query_as::<_, Feed>(query).fetch_one(pool).await?).checked()
}

/// How often catalogue, directory or closed months have changed.
pub async fn reference(db: &Db) -> Result<i64> {
    let query = "SELECT reference FROM feed WHERE id = 1";
    Ok(on!(now db, |pool| sqlx::query_scalar::<_, i64>(query).fetch_one(pool).await?))
}

/// Says that they have changed, which every writer sees before it checks anything by them.
pub async fn change_reference(tx: &mut Tx) -> Result<()> {
    let query = "UPDATE feed SET reference = reference + 1 WHERE id = 1";
    on!(in tx, |connection| sqlx::query(query).execute(connection).await.map(drop)?);
    Ok(())
}

/// Leaves the number for the next writer, and tells the other servers once it is committed.
pub async fn advance(tx: &mut Tx, change: i64) -> Result<()> {
    let query = "UPDATE feed SET change = $1 WHERE id = 1";
    on!(in &mut *tx, |connection| sqlx::query(query).bind(change).execute(connection).await.map(drop)?);
    if let Tx::Postgres(_) = tx {
        let notify = "SELECT pg_notify($1, $2)";
        let change = change.to_string();
        on!(in tx, |connection| sqlx::query(notify).bind(CHANNEL).bind(change).execute(connection).await.map(drop)?);
    }
    Ok(())
}

/// Writes the feed's row as it is: fails where nothing can be written.
pub async fn try_writing(db: &Db) -> Result<()> {
    let mut tx = db.begin().await?;
    lock(&mut tx).await?;
    tx.commit().await
}

/// Returns the epoch. A restore from a backup begins another one: changes that phones have seen may be lost, and their
/// numbers reused.
pub async fn epoch(db: &Db) -> Result<i64> {
    let query = "SELECT epoch FROM feed WHERE id = 1";
    checked("epoch", on!(now db, |pool| sqlx::query_scalar(query).fetch_one(pool).await?))
}

/// Begins another epoch, numbered by its first millisecond. Everything written before counts as older, even if the
/// clocks of the two machines differ.
pub async fn begin_epoch(db: &Db) -> Result<()> {
    let mut tx = db.begin().await?;
    let before = lock(&mut tx).await?.epoch;
    let query = "SELECT COALESCE(MAX(at), 0) FROM record";
    let last = on!(in &mut tx, |connection| sqlx::query_scalar::<_, i64>(query).fetch_one(connection).await?);
    let epoch = super::now().max(last + 1).max(before + 1);
    for query in ["UPDATE feed SET epoch = $1 WHERE id = 1", "INSERT INTO life (epoch) VALUES ($1)"] {
        on!(in &mut tx, |connection| sqlx::query(query).bind(epoch).execute(connection).await.map(drop)?);
    }
    tx.commit().await
}

/// Returns the epochs of the database without the first, the current one last. Negative ones are logged and omitted.
pub async fn epochs(tx: &mut Tx) -> Result<Vec<u64>> {
    let query = "SELECT epoch FROM life ORDER BY epoch";
    let epochs = on!(in tx, |connection| sqlx::query_scalar::<_, i64>(query).fetch_all(connection).await?);
    let readable = |epoch: i64| u64::try_from(epoch).inspect_err(|error| stored::log("epoch", epoch, error)).ok();
    Ok(epochs.into_iter().filter_map(readable).collect())
}

/// Adds the epochs to a list that cannot be read.
pub async fn note_unreadable(tx: &mut Tx, found: &mut Vec<stored::Unreadable>) -> Result<()> {
    let query = "SELECT epoch FROM life WHERE epoch < 0 ORDER BY epoch";
    let epochs = on!(in tx, |connection| sqlx::query_scalar::<_, i64>(query).fetch_all(connection).await?);
    epochs
        .into_iter()
        .try_for_each(|epoch| stored::note_unreadable(stored::unsigned("epoch", epoch, "epoch", epoch), found))
}

/// Publishes every change by any server or program as soon as it can be read. Never returns.
pub async fn follow(db: &Db, tell: impl Fn(i64)) {
    loop {
        let result = match db {
            Db::Sqlite { .. } => look(db, &tell).await,
            Db::Postgres { primary, .. } => match PgListener::connect_with(primary).await {
                Ok(listener) => listen(db, listener, &tell).await,
                Err(error) => Err(error.into()),
            },
        };
        if let Err(error) = result {
            tracing::warn!(%error, "cannot follow the changes");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// In one file only this server writes, but for the command line's programs.
async fn look(db: &Db, tell: &impl Fn(i64)) -> Result<()> {
    tell(last_change(db).await?);
    Ok(())
}

async fn listen(db: &Db, mut listener: PgListener, tell: &impl Fn(i64)) -> Result<()> {
    listener.listen(CHANNEL).await?;
    // What happened before it listened.
    tell(last_change(db).await?);
    while let Some(notification) = listener.try_recv().await? {
        let wanted = notification.payload().parse().unwrap_or_default();
        let mut change = last_change(db).await?;
        while change < wanted {
            // A replica is a moment behind.
            tokio::time::sleep(FOLLOW).await;
            change = last_change(db).await?;
        }
        tell(change);
    }
    // The connection was lost, and notifications with it.
    Ok(())
}
