//! Fills the column `day` of records that an earlier version has written.

use super::record::{UNDATED, stored_day};
use super::stored;
use crate::db::bulk::insert;
use crate::db::{Db, Result, with_db};
use jiedui_core::entry::Fields;
use jiedui_core::sync::Kind;
use sqlx::FromRow;
use uuid::Uuid;

/// Rows in one transaction.
const PAGE: i64 = 5_000;
/// Rows after which the log names the progress.
const REPORTED: usize = 100_000;

#[derive(FromRow)]
struct Row {
    change: i64,
    id: Uuid,
    #[sqlx(try_from = "String")]
    kind: Kind,
    fields: String,
}

/// Fills the column `day` where it is empty. An interrupted run continues where it stopped: the index `record_undated`
/// lists the remaining rows. Returns the number of filled rows.
pub async fn fill_days(db: &Db) -> Result<usize> {
    let query = "SELECT change, id, kind, fields FROM record WHERE day = '' AND change > $1 ORDER BY change LIMIT $2";
    let (mut filled, mut last) = (0, 0);
    loop {
        let rows: Vec<Row> =
            with_db!(primary db, |pool| sqlx::query_as(query).bind(last).bind(PAGE).fetch_all(pool).await?);
        let Some(end) = rows.last() else { return Ok(filled) };
        last = end.change;
        let day = |row: &Row| {
            let fields = stored::read::<Fields>(row.kind.as_str(), row.id, &row.fields);
            let day = fields.map(|fields| stored_day(&row.kind, &fields));
            (row.change, day.unwrap_or_else(|| UNDATED.to_owned()))
        };
        let days: Vec<(i64, String)> = rows.iter().map(day).collect();
        let mut tx = db.begin().await?;
        let tail = ") UPDATE record SET day = v.day FROM v WHERE record.change = v.change AND record.day = ''";
        insert!(&mut tx, "WITH v (change, day) AS (", days, tail, |values, item| {
            values.push_bind(item.0).push_bind(item.1.as_str());
        });
        tx.commit().await?;
        filled += days.len();
        if filled % REPORTED < days.len() {
            tracing::info!(filled, "filling in the days of records, once after an upgrade");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{Tx, feed};

    /// Rows of an earlier version have no day. A second run has nothing to do.
    #[tokio::test]
    async fn fill_days_fills_every_row_once() {
        let folder = std::env::temp_dir().join(format!("jiedui-{}", Uuid::now_v7()));
        let db = Db::open(&format!("sqlite://{}/days.db", folder.display()), None).await.unwrap();
        let rows = [
            ("entry", r#"{"date":"2026-11-20","details":{"date":"2020-01-01"}}"#, "2026-11-20"),
            ("entry", r#"{"date":"yesterday"}"#, "-"),
            ("need", r#"{"year":2025}"#, "2025-12-31"),
            ("organisation", "{}", "-"),
            ("entry", "no JSON", "-"),
        ];
        let insert = "INSERT INTO record (change, id, kind, rev, fields, deleted, created, activity, programme, place,
            month, state, former, changed, at) VALUES ($1, $2, $3, 1, $4, FALSE, $1, '', '', '', '', '', '[]', '[]', 0)";
        let mut tx = db.begin().await.unwrap();
        for (change, (kind, fields, _)) in (1_i64..).zip(rows) {
            let id = Uuid::from_u128(u128::try_from(change).unwrap());
            let insert = sqlx::query(insert).bind(change).bind(id).bind(kind).bind(fields);
            let Tx::Sqlite(connection) = &mut tx else { unreachable!() };
            insert.execute(&mut **connection).await.unwrap();
        }
        feed::advance(&mut tx, 5).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(fill_days(&db).await.unwrap(), rows.len());
        assert_eq!(fill_days(&db).await.unwrap(), 0);
        let query = "SELECT day FROM record ORDER BY change";
        let Db::Sqlite { readers, .. } = &db else { unreachable!() };
        let days: Vec<String> = sqlx::query_scalar(query).fetch_all(readers).await.unwrap();
        assert_eq!(days, rows.map(|(_, _, day)| day));
        db.close().await;
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
