//! Months that are closed for changes.

use crate::db::audit::{self, Act, By, Object};
use crate::db::records::stored;
use crate::db::{Db, Result, Tx, Unreadable, feed, with_db};
use jiedui_core::access::user::User;
use jiedui_core::audit::{Action, ObjectKind};
use jiedui_core::values::month::Month;

/// A closed month, with the time and the name of the account.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ClosedMonth {
    /// `YYYY-MM`.
    pub month: String,
    /// Time of closing in milliseconds since 1970.
    pub at: i64,
    /// Name of the account.
    pub name: String,
}

/// Reads the closed months, latest first.
pub async fn all(db: &Db) -> Result<Vec<ClosedMonth>> {
    let query =
        "SELECT c.month, c.at, a.name FROM closed_month c JOIN account a ON a.id = c.account ORDER BY c.month DESC";
    Ok(with_db!(primary db, |pool| sqlx::query_as::<_, ClosedMonth>(query).fetch_all(pool).await?))
}

/// Closes or reopens a month.
pub async fn set(db: &Db, month: Month, is_closed: bool, user: &User, by: By) -> Result<()> {
    let mut tx = db.begin().await?;
    let change = feed::lock(&mut tx).await?.change;
    let month = month.to_string();
    let action = if is_closed { Action::MonthClosed } else { Action::MonthReopened };
    let act = Act::new(by, action, Object::new(ObjectKind::Month, &month, &month));
    let query = if is_closed {
        "INSERT INTO closed_month (month, account, at) VALUES ($1, $2, $3) ON CONFLICT (month) DO NOTHING"
    } else {
        "DELETE FROM closed_month WHERE month = $1"
    };
    let changed = with_db!(tx &mut tx, |connection| {
        let query = sqlx::query(query).bind(month);
        let query = if is_closed { query.bind(user.id).bind(crate::db::now()) } else { query };
        query.execute(connection).await?.rows_affected()
    });
    feed::change_reference(&mut tx).await?;
    feed::advance(&mut tx, change + 1).await?;
    if changed > 0 {
        audit::append(&mut tx, &act).await?;
    }
    tx.commit().await
}

/// Adds the unreadable closed months to a list. Reads all closed months.
pub async fn note_unreadable(tx: &mut Tx, unreadable: &mut Vec<Unreadable>) -> Result<()> {
    let query = "SELECT month FROM closed_month";
    let months = with_db!(tx tx, |connection| sqlx::query_scalar::<_, String>(query).fetch_all(connection).await?);
    for month in months {
        let read = month.parse::<Month>().map_err(|error| stored::unreadable("closed month", &month, &error));
        stored::note_unreadable(read, unreadable)?;
    }
    Ok(())
}
