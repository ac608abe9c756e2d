//! Many rows in one statement, on whichever database it is.

/// Rows in one statement, the largest first. A few sizes, so that each statement is prepared once and found again;
/// SQLite takes at most 32,766 parameters, PostgreSQL 65,535, and the widest row has 19.
const ROWS: [usize; 5] = [256, 64, 16, 4, 1];

/// Cuts rows into pieces of these sizes.
pub fn pieces<T>(mut rows: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = ROWS.into_iter().find(|size| *size <= rows.len())?;
        let (piece, rest) = rows.split_at(size);
        rows = rest;
        Some(piece)
    })
}

/// Inserts rows.
macro_rules! insert {
    ($tx:expr, $head:expr, $rows:expr, $tail:expr, |$row:ident, $item:ident| $bind:block) => {
        for piece in $crate::db::bulk::pieces(&$rows) {
            match &mut *$tx {
                $crate::db::Tx::Sqlite(transaction) => {
                    let mut builder = sqlx::QueryBuilder::<sqlx::Sqlite>::new($head);
                    builder.push_values(piece, |mut $row, $item| $bind).push($tail);
                    builder.build().execute(&mut **transaction).await?;
                }
                $crate::db::Tx::Postgres(transaction) => {
                    let mut builder = sqlx::QueryBuilder::<sqlx::Postgres>::new($head);
                    builder.push_values(piece, |mut $row, $item| $bind).push($tail);
                    builder.build().execute(&mut **transaction).await?;
                }
            }
        }
    };
}
pub(crate) use insert;

/// Selects rows by a list of values: `query` ends where the list begins.
macro_rules! select_in {
    ($tx:expr, $query:expr, $items:expr, $found:ty, |$row:ident, $item:ident| $bind:block) => {{
        let mut found: Vec<$found> = Vec::new();
        for piece in $crate::db::bulk::pieces(&$items) {
            found.extend(match &mut *$tx {
                $crate::db::Tx::Sqlite(transaction) => {
                    let mut builder = sqlx::QueryBuilder::<sqlx::Sqlite>::new(concat!($query, " IN ("));
                    builder.push_values(piece, |mut $row, $item| $bind).push(")");
                    builder.build_query_as().fetch_all(&mut **transaction).await?
                }
                $crate::db::Tx::Postgres(transaction) => {
                    let mut builder = sqlx::QueryBuilder::<sqlx::Postgres>::new(concat!($query, " IN ("));
                    builder.push_values(piece, |mut $row, $item| $bind).push(")");
                    builder.build_query_as().fetch_all(&mut **transaction).await?
                }
            });
        }
        found
    }};
}
pub(crate) use select_in;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_of_few_sizes_and_leave_nothing_out() {
        let rows: Vec<u32> = (0..603).collect();
        let pieces: Vec<&[u32]> = pieces(&rows).collect();
        let sizes: Vec<usize> = pieces.iter().map(|piece| piece.len()).collect();
        assert_eq!(sizes, [256, 256, 64, 16, 4, 4, 1, 1, 1]);
        assert_eq!(pieces.concat(), rows);
        assert_eq!(super::pieces(&rows[..0]).count(), 0);
    }
}
