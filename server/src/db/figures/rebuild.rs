//! Recomputes the stored figures from the entries after a change of their format.
//!
//! Each page of entries is a transaction of its own and records how far it came. An interrupted program continues there, and
//! several take turns.

use crate::db::figures::rollup::{self, Pending};
use crate::db::reference::load;
use crate::db::{Db, Result, feed, with_db};
use sqlx::FromRow;

/// The format of the stored figures. Another number in the database makes [`bring_up_to_date`] recompute them.
pub const FORMAT: i64 = 3;
/// Format while figures are being recomputed.
const IN_PROGRESS: i64 = -FORMAT;
/// Pages between two lines in the log.
const REPORTED_PAGES: u32 = 10;

#[derive(Clone, Copy, FromRow)]
struct State {
    version: i64,
    recomputed_to: Option<i64>,
}

const STATE: &str = "SELECT version, recomputed_to FROM figures WHERE id = 1";

/// Recomputes all figures when they were stored in another format than this program's; otherwise only reads the format.
pub async fn bring_up_to_date(db: &Db) -> Result<()> {
    let is_current = |state: State| state.version == FORMAT;
    if is_current(with_db!(primary db, |pool| sqlx::query_as(STATE).fetch_one(pool).await?)) {
        return Ok(());
    }
    let reference = load::load(db).await?;
    let mut pages: u32 = 0;
    loop {
        let mut tx = db.begin().await?;
        let change = feed::lock(&mut tx).await?.change;
        let state: State = with_db!(tx &mut tx, |connection| sqlx::query_as(STATE).fetch_one(connection).await?);
        if is_current(state) {
            return tx.rollback().await;
        }
        let begun = state.recomputed_to.filter(|_| state.version == IN_PROGRESS);
        if begun.is_none() {
            for statement in [
                "DELETE FROM part",
                "DELETE FROM tally",
                "DELETE FROM figure_sum",
                "DELETE FROM figure_latest",
                "DELETE FROM figure_subject",
                "DELETE FROM figure_range",
                "DELETE FROM map_count",
            ] {
                with_db!(tx &mut tx, |connection| sqlx::query(statement).execute(connection).await.map(drop)?);
            }
        }
        let mut pending = Pending::default();
        let last = rollup::count_page(&mut tx, begun.unwrap_or(0), &mut pending, &reference.catalogue).await?;
        rollup::write(&mut tx, pending.counted(reference.index()), reference.index(), change).await?;
        let version = if last.is_some() { IN_PROGRESS } else { FORMAT };
        let progress = "UPDATE figures SET version = $1, recomputed_to = $2";
        with_db!(tx &mut tx, |connection| sqlx::query(progress)
            .bind(version)
            .bind(last)
            .execute(connection)
            .await
            .map(drop)?);
        tx.commit().await?;
        let Some(last) = last else { return Ok(()) };
        pages += 1;
        if pages.is_multiple_of(REPORTED_PAGES) {
            tracing::info!(percent = last.saturating_mul(100) / change.max(1), "recomputing the figures");
        }
    }
}
