//! Runs a query on the database that is open.

/// Runs the same query on either database. It runs on a `replica` of a [`Db`], which may lag, on its `primary`, or in a
/// [`Tx`] (`tx`). On PostgreSQL it fails after the time limit of the connections.
macro_rules! with_db {
    (replica $db:expr, |$executor:ident| $body:expr) => {
        match $db {
            $crate::db::Db::Sqlite { readers: $executor, .. } => $body,
            $crate::db::Db::Postgres { readers: $executor, limits, .. } => {
                $crate::db::time_limits::within(Some(limits.answer()), async { $crate::db::Result::Ok($body) }).await?
            }
        }
    };
    (primary $db:expr, |$executor:ident| $body:expr) => {
        match $db {
            $crate::db::Db::Sqlite { readers: $executor, .. } => $body,
            $crate::db::Db::Postgres { primary: $executor, limits, .. } => {
                $crate::db::time_limits::within(Some(limits.answer()), async { $crate::db::Result::Ok($body) }).await?
            }
        }
    };
    (tx $tx:expr, |$executor:ident| $body:expr) => {
        match $tx {
            $crate::db::Tx::Sqlite(transaction) => {
                let $executor = &mut **transaction;
                $body
            }
            $crate::db::Tx::Postgres(transaction) => {
                let limit = transaction.limit();
                let $executor = &mut **transaction;
                $crate::db::time_limits::within(limit, async { $crate::db::Result::Ok($body) }).await?
            }
        }
    };
}
pub(crate) use with_db;
