//! Appends rows to the chain.

use super::act::Act;
use super::row::AuditRow;
use crate::db::bulk::insert;
use crate::db::{Db, Result, Tx, with_db};

/// Appends an act to the trail. Call it at the end of a transaction: it locks the head of the chain until the commit, so
/// that all servers write one chain.
pub async fn append(tx: &mut Tx, act: &Act) -> Result<()> {
    let next = "UPDATE audit_head SET number = number + 1 WHERE id = 1 RETURNING number, hash";
    let insert = "INSERT INTO audit (number, at, account, name, origin, action, object_kind, object, object_name,
        old_values, new_values, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let close = "UPDATE audit_head SET hash = $1 WHERE id = 1";
    let (number, previous): (i64, Vec<u8>) =
        with_db!(tx &mut *tx, |connection| sqlx::query_as(next).fetch_one(connection).await?);
    let (account, name) = act.by.account.clone().unzip();
    let row = AuditRow {
        number,
        at: crate::db::now(),
        account,
        name: stored_text(&name.unwrap_or_default()),
        origin: stored_text(&act.by.origin),
        action: act.action.code().to_owned(),
        object_kind: act.object.kind.code().to_owned(),
        object: stored_text(&act.object.id),
        object_name: stored_text(&act.object.name),
        old_values: serde_json::to_string(&act.before)?,
        new_values: serde_json::to_string(&act.after)?,
    };
    let hash = row.hash(&previous);
    with_db!(tx &mut *tx, |connection| sqlx::query(insert)
        .bind(row.number)
        .bind(row.at)
        .bind(row.account)
        .bind(&row.name)
        .bind(&row.origin)
        .bind(&row.action)
        .bind(&row.object_kind)
        .bind(&row.object)
        .bind(&row.object_name)
        .bind(&row.old_values)
        .bind(&row.new_values)
        .bind(hash.as_slice())
        .execute(connection)
        .await
        .map(drop)?);
    let keys = act.keys();
    insert!(tx, "INSERT INTO audit_object (object, at, number) ", keys, "", |values, key| {
        values.push_bind(key.as_str()).push_bind(row.at).push_bind(row.number);
    });
    with_db!(tx tx, |connection| sqlx::query(close).bind(hash.as_slice()).execute(connection).await.map(drop)?);
    Ok(())
}

/// Appends an act that changes nothing else in the database.
pub async fn note(db: &Db, act: &Act) -> Result<()> {
    note_all(db, std::slice::from_ref(act)).await
}

/// Appends acts in one transaction.
pub async fn note_all(db: &Db, acts: &[Act]) -> Result<()> {
    let mut tx = db.begin().await?;
    for act in acts {
        append(&mut tx, act).await?;
    }
    tx.commit().await
}

/// Returns a text without NUL, which PostgreSQL does not store.
fn stored_text(text: &str) -> String {
    text.replace('\0', "")
}
