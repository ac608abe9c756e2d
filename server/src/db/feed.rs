//! The change number: how many changes there have been, and which is the last that everybody can see.

use super::{Db, Result, Tx, on};

/// The number of the last committed change.
pub async fn last_change(db: &Db) -> Result<i64> {
    let query = "SELECT change FROM feed WHERE id = 1";
    Ok(on!(read db, |pool| sqlx::query_scalar::<_, i64>(query).fetch_one(pool).await?))
}

/// The number of the last change that a transaction sees.
pub async fn last(tx: &mut Tx) -> Result<i64> {
    let query = "SELECT change FROM feed WHERE id = 1";
    Ok(on!(in tx, |connection| sqlx::query_scalar::<_, i64>(query).fetch_one(connection).await?))
}

/// Waits for every earlier writer and gives the number that it left. Until this transaction ends no other gets one,
/// so numbers are committed in their order (a sequence would hand them out before).
pub async fn lock(tx: &mut Tx) -> Result<i64> {
    let query = "UPDATE feed SET change = change WHERE id = 1 RETURNING change";
    Ok(on!(in tx, |connection| sqlx::query_scalar::<_, i64>(query).fetch_one(connection).await?))
}

/// Leaves the number for the next writer.
pub async fn advance(tx: &mut Tx, change: i64) -> Result<()> {
    let query = "UPDATE feed SET change = $1 WHERE id = 1";
    on!(in tx, |connection| sqlx::query(query).bind(change).execute(connection).await.map(drop)?);
    Ok(())
}
