//! Verification of the chain.

use super::row::AuditRow;
use crate::db::{Result, Tx, with_db};

/// Number of rows that are read at a time.
const BATCH: i64 = 1_000;

/// Result of a verification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chain {
    /// All rows are as they were written: their number.
    Whole(i64),
    /// The first row that differs, and the reason.
    Broken(i64, &'static str),
}

#[derive(sqlx::FromRow)]
struct HashedRow {
    #[sqlx(flatten)]
    row: AuditRow,
    hash: Vec<u8>,
}

/// Walks the chain from the last removed row to the head. Reads a batch of rows at a time.
pub async fn verify(tx: &mut Tx) -> Result<Chain> {
    let head = "SELECT number, hash, anchor, anchor_hash FROM audit_head WHERE id = 1";
    let next =
        "SELECT number, at, account, name, origin, action, object_kind, object, object_name, old_values, new_values,
        hash FROM audit WHERE number > $1 ORDER BY number LIMIT $2";
    let before = "SELECT MIN(number) FROM audit";
    type Head = (i64, Vec<u8>, i64, Vec<u8>);
    let (last, last_hash, anchor, anchor_hash): Head =
        with_db!(tx &mut *tx, |connection| sqlx::query_as(head).fetch_one(connection).await?);
    let first: Option<i64> =
        with_db!(tx &mut *tx, |connection| sqlx::query_scalar(before).fetch_one(connection).await?);
    if let Some(first) = first.filter(|first| *first <= anchor) {
        return Ok(Chain::Broken(first, "it is before the start of the chain"));
    }
    let (mut number, mut hash) = (anchor, anchor_hash);
    loop {
        let rows: Vec<HashedRow> = with_db!(tx &mut *tx, |connection| sqlx::query_as(next)
            .bind(number)
            .bind(BATCH)
            .fetch_all(connection)
            .await?);
        if rows.is_empty() {
            break;
        }
        for HashedRow { row, hash: stored } in rows {
            number += 1;
            if row.number != number {
                return Ok(Chain::Broken(number, "it is missing"));
            }
            hash = row.hash(&hash);
            if hash != stored {
                return Ok(Chain::Broken(number, "its content does not match its hash"));
            }
        }
    }
    if number != last {
        return Ok(Chain::Broken(number + 1, if number < last { "it is missing" } else { "it is after the end" }));
    }
    if hash != last_hash {
        return Ok(Chain::Broken(number, "it is not the row with which the chain ends"));
    }
    Ok(Chain::Whole(last - anchor))
}
