//! Statements that depend on the scope of an account, put together with their values.

use crate::db::{Db, Result, with_db};
use jiedui_core::access::visibility::Visibility;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{AssertSqlSafe, FromRow};
use std::fmt::Write;
use uuid::Uuid;

/// A value of a statement.
#[derive(Clone, Debug)]
enum Value {
    Text(String),
    Number(i64),
    Id(Uuid),
}

/// A statement and its values.
#[derive(Clone, Debug)]
pub struct Statement {
    text: String,
    values: Vec<Value>,
    is_postgres: bool,
}

/// Sends a statement with its values and returns the rows of any type.
macro_rules! fetch {
    ($db:expr, $statement:expr, $query:ident<$row:ty>, $fetch:ident) => {{
        let Statement { text, values, .. } = $statement;
        with_db!(replica $db, |pool| {
            let mut query = sqlx::$query::<_, $row>(AssertSqlSafe(text.clone()));
            for value in &values {
                query = match value {
                    Value::Text(text) => query.bind(text),
                    Value::Number(number) => query.bind(*number),
                    Value::Id(id) => query.bind(*id),
                };
            }
            query.$fetch(pool).await?
        })
    }};
}

impl Statement {
    /// Starts a statement for a database.
    pub fn new(db: &Db, text: &str) -> Self {
        let is_postgres = matches!(db, Db::Postgres { .. });
        Self { text: text.to_owned(), values: Vec::new(), is_postgres }
    }

    /// Appends text that names no value of a request.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Appends a text as a value.
    pub fn bind(&mut self, value: &str) -> &mut Self {
        self.value(Value::Text(value.to_owned()))
    }

    /// Appends a number as a value.
    pub fn number(&mut self, value: i64) -> &mut Self {
        self.value(Value::Number(value))
    }

    /// Appends an identifier as a value.
    pub fn id(&mut self, value: Uuid) -> &mut Self {
        self.value(Value::Id(value))
    }

    fn value(&mut self, value: Value) -> &mut Self {
        self.values.push(value);
        // Writing to a text does not fail.
        let _ = write!(self.text, "${}", self.values.len());
        self
    }

    /// Appends the records `r` at the places within a scope. Conditions on the records follow, and then
    /// [`Self::end_places`]. `columns` of `r` can be read outside.
    ///
    /// The places are few, and the index of the records is searched for each. PostgreSQL would rather join the whole
    /// table where it expects many rows, so its records are in a subquery that it cannot dissolve.
    pub fn places(&mut self, visibility: &Visibility, columns: &str) -> &mut Self {
        self.text(" FROM (SELECT code FROM place");
        if !visibility.all && !visibility.scope.places.is_empty() {
            for (index, place) in visibility.scope.places.iter().enumerate() {
                self.text(if index == 0 { " WHERE " } else { " OR " });
                // Codes are digits: the colon comes right after them.
                self.text("code >= ").bind(place).text(" AND code < ").bind(&format!("{place}:"));
            }
        }
        if self.is_postgres {
            self.text(") p CROSS JOIN LATERAL (SELECT ").text(columns).text(" FROM record r WHERE r.place = p.code")
        } else {
            self.text(") p CROSS JOIN record r WHERE r.place = p.code")
        }
    }

    /// Ends the conditions on the records at places.
    pub fn end_places(&mut self) -> &mut Self {
        self.text(if self.is_postgres { " OFFSET 0) r" } else { "" })
    }

    /// Appends the condition that a record is of the scope's programmes.
    pub fn programmes(&mut self, visibility: &Visibility) -> &mut Self {
        if !visibility.all && !visibility.scope.programmes.is_empty() {
            for (index, programme) in visibility.scope.programmes.iter().enumerate() {
                self.text(if index == 0 { " AND r.programme IN (" } else { ", " }).bind(programme);
            }
            self.text(")");
        }
        self
    }

    /// Returns the rows.
    pub async fn rows<R>(self, db: &Db) -> Result<Vec<R>>
    where
        R: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        Ok(fetch!(db, self, query_as<R>, fetch_all))
    }

    /// Returns a number.
    pub async fn count(self, db: &Db) -> Result<usize> {
        let count: i64 = fetch!(db, self, query_scalar<i64>, fetch_one);
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// Returns an identifier, if there is a row.
    pub async fn optional_id(self, db: &Db) -> Result<Option<Uuid>> {
        Ok(fetch!(db, self, query_scalar<Uuid>, fetch_optional))
    }
}
