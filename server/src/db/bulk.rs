//! Bulk statements for both databases. There are few distinct statements, so they stay prepared; the next one is built
//! while one runs.

use super::time_limits::within;
use super::{DbError, Tx};
use sqlx::{Arguments, AssertSqlSafe, Database, Encode, Executor, IntoArguments, Postgres, Sqlite, Type};
use std::collections::HashMap;
use std::fmt::Write;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;

/// Numbers of rows in one statement, the largest first. SQLite takes at most 32,766 parameters, PostgreSQL 65,535, and the widest
/// row has 20.
const ROWS: [usize; 4] = [64, 16, 4, 1];

/// Cuts rows into chunks of these sizes.
pub fn pieces<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = ROWS.into_iter().find(|size| *size <= rows.len())?;
        let (piece, rest) = rows.split_at(size);
        rows = rest;
        Some(piece)
    })
}

/// Values of a statement's rows.
pub struct Values<D: Database> {
    arguments: D::Arguments,
    failed: Option<sqlx::error::BoxDynError>,
}

impl<D: Database> Default for Values<D> {
    fn default() -> Self {
        Self { arguments: D::Arguments::default(), failed: None }
    }
}

impl<D: Database> Values<D> {
    /// Adds the next value of the row.
    pub fn push_bind<'t, T: Encode<'t, D> + Type<D>>(&mut self, value: T) -> &mut Self {
        if let Err(error) = self.arguments.add(value) {
            self.failed = Some(error);
        }
        self
    }

    /// Builds the statement for a number of rows.
    pub fn statement(self, head: &'static str, rows: usize, tail: &'static str) -> Result<Statement<D>, sqlx::Error> {
        if let Some(error) = self.failed {
            return Err(sqlx::Error::Encode(error));
        }
        let columns = self.arguments.len() / rows.max(1);
        Ok(Statement { text: text((D::NAME, head, columns, rows, tail)), arguments: self.arguments })
    }
}

/// A statement with its values.
pub struct Statement<D: Database> {
    /// Text of the statement.
    pub text: Arc<str>,
    /// Values of its rows.
    pub arguments: D::Arguments,
}

type Shape = (&'static str, &'static str, usize, usize, &'static str);

/// Returns the text of a statement, which is composed once.
fn text(shape: Shape) -> Arc<str> {
    static TEXTS: LazyLock<Mutex<HashMap<Shape, Arc<str>>>> = LazyLock::new(Mutex::default);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    texts.entry(shape).or_insert_with(|| write(shape).into()).clone()
}

fn write((database, head, columns, rows, tail): Shape) -> String {
    let numbered = database != <sqlx::Sqlite as Database>::NAME;
    let mut text = format!("{head}VALUES ");
    for row in 0..rows {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..columns {
            text.push_str(if column == 0 { "" } else { ", " });
            // Writing to a text does not fail.
            let _ = if numbered { write!(text, "${}", row * columns + column + 1) } else { write!(text, "?") };
        }
        text.push(')');
    }
    text + tail
}

/// Runs statements one after the other, each within a time limit.
pub async fn execute_all<D: Database>(
    connection: &mut D::Connection,
    limit: Option<Duration>,
    mut statements: impl Iterator<Item = Result<Statement<D>, sqlx::Error>>,
) -> super::Result<()>
where
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
    D::Arguments: IntoArguments<D>,
{
    let mut next = statements.next();
    while let Some(statement) = next {
        let Statement { text, arguments } = statement?;
        let query = sqlx::query_with(AssertSqlSafe(text), arguments);
        let run = within(limit, async { query.execute(&mut *connection).await.map_err(DbError::from) });
        let (done, following) = tokio::join!(run, async { statements.next() });
        done?;
        next = following;
    }
    Ok(())
}

/// Statements that are built before they run.
pub enum Prepared {
    /// For SQLite.
    Sqlite(Vec<Result<Statement<Sqlite>, sqlx::Error>>),
    /// For PostgreSQL.
    Postgres(Vec<Result<Statement<Postgres>, sqlx::Error>>),
}

impl Prepared {
    /// Runs the statements in a transaction on the database that they were built for.
    pub async fn run(self, tx: &mut Tx) -> super::Result<()> {
        match (self, tx) {
            (Self::Sqlite(statements), Tx::Sqlite(transaction)) => {
                execute_all(&mut **transaction, None, statements.into_iter()).await
            }
            (Self::Postgres(statements), Tx::Postgres(transaction)) => {
                let limit = transaction.limit();
                execute_all(&mut **transaction, limit, statements.into_iter()).await
            }
            _ => Err(sqlx::Error::InvalidArgument("statements for another database".to_owned()).into()),
        }
    }
}

/// Builds statements that insert rows, as [`insert`] does, for a kind of database.
macro_rules! prepare {
    ($kind:expr, $head:expr, $rows:expr, $tail:expr, |$row:ident, $item:ident| $bind:block) => {{
        use $crate::db::bulk::{Prepared, statements};
        match $kind {
            $crate::db::Dialect::Sqlite => {
                Prepared::Sqlite(statements!(sqlx::Sqlite, $head, $rows, $tail, |$row, $item| $bind).collect())
            }
            $crate::db::Dialect::Postgres => {
                Prepared::Postgres(statements!(sqlx::Postgres, $head, $rows, $tail, |$row, $item| $bind).collect())
            }
        }
    }};
}
pub(crate) use prepare;

/// Inserts rows: `head` ends where the values begin.
macro_rules! insert {
    ($tx:expr, $head:expr, $rows:expr, $tail:expr, |$row:ident, $item:ident| $bind:block) => {
        match &mut *$tx {
            $crate::db::Tx::Sqlite(transaction) => {
                let statements = $crate::db::bulk::statements!(sqlx::Sqlite, $head, $rows, $tail, |$row, $item| $bind);
                $crate::db::bulk::execute_all(&mut **transaction, None, statements).await?
            }
            $crate::db::Tx::Postgres(transaction) => {
                let statements =
                    $crate::db::bulk::statements!(sqlx::Postgres, $head, $rows, $tail, |$row, $item| $bind);
                let limit = transaction.limit();
                $crate::db::bulk::execute_all(&mut **transaction, limit, statements).await?
            }
        }
    };
}
pub(crate) use insert;

/// Selects rows by a list of values: `query` ends where the list begins.
macro_rules! select_in {
    ($tx:expr, $query:expr, $items:expr, $row_type:ty, |$row:ident, $item:ident| $bind:block) => {{
        let mut rows: Vec<$row_type> = Vec::new();
        match &mut *$tx {
            $crate::db::Tx::Sqlite(transaction) => {
                let head = concat!($query, " IN (");
                for statement in $crate::db::bulk::statements!(sqlx::Sqlite, head, $items, ")", |$row, $item| $bind) {
                    let statement = statement?;
                    let query = sqlx::query_as_with(sqlx::AssertSqlSafe(statement.text), statement.arguments);
                    let fetched: Vec<$row_type> = query.fetch_all(&mut **transaction).await?;
                    rows.extend(fetched);
                }
            }
            $crate::db::Tx::Postgres(transaction) => {
                let head = concat!($query, " IN (");
                let limit = transaction.limit();
                for statement in $crate::db::bulk::statements!(sqlx::Postgres, head, $items, ")", |$row, $item| $bind) {
                    let statement = statement?;
                    let query = sqlx::query_as_with(sqlx::AssertSqlSafe(statement.text), statement.arguments);
                    let fetched =
                        async { query.fetch_all(&mut **transaction).await.map_err($crate::db::DbError::from) };
                    let fetched: Vec<$row_type> = $crate::db::time_limits::within(limit, fetched).await?;
                    rows.extend(fetched);
                }
            }
        }
        rows
    }};
}
pub(crate) use select_in;

macro_rules! statements {
    ($database:ty, $head:expr, $rows:expr, $tail:expr, |$row:ident, $item:ident| $bind:block) => {
        $crate::db::bulk::pieces(&$rows).map(|piece| {
            let mut values = $crate::db::bulk::Values::<$database>::default();
            for $item in piece {
                let $row = &mut values;
                $bind
            }
            values.statement($head, piece.len(), $tail)
        })
    };
}
pub(crate) use statements;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_have_few_sizes_and_contain_all_rows() {
        let rows: Vec<u32> = (0..155).collect();
        let pieces: Vec<&[u32]> = pieces(&rows).collect();
        let sizes: Vec<usize> = pieces.iter().map(|piece| piece.len()).collect();
        assert_eq!(sizes, [64, 64, 16, 4, 4, 1, 1, 1]);
        assert_eq!(pieces.concat(), rows);
        assert_eq!(super::pieces(&rows[..0]).count(), 0);
    }

    #[test]
    fn statement_numbers_values_for_postgres_only() {
        let sqlite = write((<sqlx::Sqlite as Database>::NAME, "INSERT INTO t ", 2, 2, ";"));
        assert_eq!(sqlite, "INSERT INTO t VALUES (?, ?), (?, ?);");
        let postgres = write((<sqlx::Postgres as Database>::NAME, "INSERT INTO t ", 2, 2, ""));
        assert_eq!(postgres, "INSERT INTO t VALUES ($1, $2), ($3, $4)");
    }
}
