//! Removal of old rows. The chain then starts from the hash of the last removed row.

use super::act::{Act, By, Object};
use super::append::append;
use crate::db::{Db, Result, with_db};
use jiedui_core::audit::{Action, ObjectKind};

/// Removes at most `step` rows from the start of the chain that are older than an instant. Returns their number.
pub async fn remove_older(db: &Db, before: i64, step: i64) -> Result<usize> {
    let anchor = "SELECT anchor FROM audit_head WHERE id = 1";
    let oldest = "SELECT number, at, hash FROM audit WHERE number > $1 ORDER BY number LIMIT $2";
    let move_anchor = "UPDATE audit_head SET anchor = $1, anchor_hash = $2 WHERE id = 1 AND anchor = $3";
    let objects = "DELETE FROM audit_object WHERE number <= $1";
    let rows = "DELETE FROM audit WHERE number <= $1";
    type Row = (i64, i64, Vec<u8>);
    let first: i64 = with_db!(primary db, |pool| sqlx::query_scalar(anchor).fetch_one(pool).await?);
    let old: Vec<Row> =
        with_db!(primary db, |pool| sqlx::query_as(oldest).bind(first).bind(step).fetch_all(pool).await?);
    let old: Vec<Row> = old.into_iter().take_while(|(_, at, _)| *at < before).collect();
    let Some((last, last_at, hash)) = old.last() else { return Ok(0) };
    let mut tx = db.begin().await?;
    let moved = with_db!(tx &mut tx, |connection| sqlx::query(move_anchor)
        .bind(*last)
        .bind(hash.as_slice())
        .bind(first)
        .execute(connection)
        .await?
        .rows_affected());
    if moved == 0 {
        // Another server removes them.
        tx.rollback().await?;
        return Ok(0);
    }
    for query in [objects, rows] {
        with_db!(tx &mut tx, |connection| sqlx::query(query).bind(*last).execute(connection).await.map(drop)?);
    }
    let act = Act::new(By::anonymous("server"), Action::RowsRemoved, Object::new(ObjectKind::Trail, "", ""));
    let act = act.with("rows", old.len()).with("through", *last).with("until", crate::db::instant(*last_at));
    append(&mut tx, &act).await?;
    tx.commit().await?;
    Ok(old.len())
}
