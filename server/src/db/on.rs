//! Runs a query on the database that is open.

/// Runs the same query on either database: `read` from a [`Db`], possibly from a replica that lags; `now` from the
/// primary; or `in` a [`Tx`].
macro_rules! on {
    (read $db:expr, |$executor:ident| $body:expr) => {
        match $db {
            $crate::db::Db::Sqlite { readers: $executor, .. } => $body,
            $crate::db::Db::Postgres { readers: $executor, .. } => $body,
        }
    };
    (now $db:expr, |$executor:ident| $body:expr) => {
        match $db {
            $crate::db::Db::Sqlite { readers: $executor, .. } => $body,
            $crate::db::Db::Postgres { primary: $executor, .. } => $body,
        }
    };
    (in $tx:expr, |$executor:ident| $body:expr) => {
        match $tx {
            $crate::db::Tx::Sqlite(transaction) => {
                let $executor = &mut **transaction;
                $body
            }
            $crate::db::Tx::Postgres(transaction) => {
                let $executor = &mut **transaction;
                $body
            }
        }
    };
}
pub(crate) use on;
