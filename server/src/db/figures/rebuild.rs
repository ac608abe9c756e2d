//! Recomputes the stored figures from the entries after a change of their format.

use crate::db::figures::rollup::{self, Pending};
use crate::db::reference::load;
use crate::db::{Db, Result, feed, on};

/// The format of the stored figures. Another number in the database makes [`bring_up_to_date`] recompute them.
const FORMAT: i64 = 2;

/// Recomputes all figures when they were stored in another format than this program's; otherwise only reads the format.
pub async fn bring_up_to_date(db: &Db) -> Result<()> {
    let query = "SELECT version FROM figures WHERE id = 1";
    let is_current = |version: i64| version == FORMAT;
    if is_current(on!(now db, |pool| sqlx::query_scalar(query).fetch_one(pool).await?)) {
        return Ok(());
    }
    let reference = load::load(db).await?;
    let mut tx = db.begin().await?;
    let change = feed::lock(&mut tx).await?.change;
    // Another server may have done it since.
    if is_current(on!(in &mut tx, |connection| sqlx::query_scalar(query).fetch_one(connection).await?)) {
        return tx.rollback().await;
    }
    for statement in ["DELETE FROM part", "DELETE FROM tally"] {
        on!(in &mut tx, |connection| sqlx::query(statement).execute(connection).await.map(drop)?);
    }
    let mut pending = Pending::default();
    let mut last = 0;
    while let Some(after) = rollup::count_page(&mut tx, last, &mut pending, &reference.catalogue).await? {
        last = after;
        rollup::write(&mut tx, &pending.counted(reference.directory()), change).await?;
        pending = Pending::default();
    }
    let done = "UPDATE figures SET version = $1";
    on!(in &mut tx, |connection| sqlx::query(done).bind(FORMAT).execute(connection).await.map(drop)?);
    tx.commit().await
}
