//! Lists of rows, the newest first. An index finds each page.

use super::row::AuditRow;
use crate::db::records::statement::Statement;
use crate::db::{Db, Result};
use jiedui_core::audit::{Action, ObjectKind};
use std::fmt::{self, Display};
use std::str::FromStr;
use uuid::Uuid;

/// Conditions of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Account of the actor.
    pub actor: Option<Uuid>,
    /// Action.
    pub action: Option<Action>,
    /// Object.
    pub object: Option<ObjectKey>,
    /// First instant, in milliseconds since 1970.
    pub from: Option<i64>,
    /// Instant after the last one.
    pub until: Option<i64>,
}

/// An object in a filter: `kind/identifier`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectKey(String);

impl FromStr for ObjectKey {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let parts = text.split_once('/').filter(|(kind, id)| ObjectKind::from_code(kind).is_some() && !id.is_empty());
        parts.filter(|_| !text.contains('\0')).map(|_| Self(text.to_owned())).ok_or("not an object")
    }
}

/// Position in a list: after the row with this time and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    at: i64,
    number: i64,
}

impl Position {
    /// Returns the position after a row.
    pub fn after(row: &AuditRow) -> Self {
        Self { at: row.at, number: row.number }
    }
}

impl Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at, self.number)
    }
}

impl FromStr for Position {
    type Err = &'static str;

    fn from_str(text: &str) -> std::result::Result<Self, Self::Err> {
        let parts = text.split_once('.').and_then(|(at, number)| Some((at.parse().ok()?, number.parse().ok()?)));
        parts
            .filter(|(at, number)| *at >= 0 && *number >= 0)
            .map(|(at, number)| Self { at, number })
            .ok_or("not a position")
    }
}

/// Returns at most `limit` rows after a position, the newest first.
pub async fn list(db: &Db, filter: &Filter, after: Option<Position>, limit: usize) -> Result<Vec<AuditRow>> {
    let mut statement = Statement::new(
        db,
        "SELECT a.number, a.at, a.account, a.name, a.origin, a.action, a.object_kind, a.object, a.object_name,
        a.old_values, a.new_values FROM ",
    );
    // The time is in every index, in the table that the list is read from.
    let key = match &filter.object {
        Some(ObjectKey(object)) => {
            statement.text("audit_object o CROSS JOIN audit a WHERE a.number = o.number AND o.object = ").bind(object);
            "o"
        }
        None => {
            statement.text("audit a WHERE a.at >= 0");
            "a"
        }
    };
    if let Some(actor) = filter.actor {
        statement.text(" AND a.account = ").id(actor);
    }
    if let Some(action) = filter.action {
        statement.text(" AND a.action = ").bind(action.code());
    }
    for (bound, operator) in [(filter.from, " >= "), (filter.until, " < ")] {
        if let Some(bound) = bound {
            statement.text(" AND ").text(key).text(".at").text(operator).number(bound);
        }
    }
    if let Some(Position { at, number }) = after {
        statement.text(" AND (").text(key).text(".at, ").text(key).text(".number) < (");
        statement.number(at).text(", ").number(number).text(")");
    }
    statement.text(" ORDER BY ").text(key).text(".at DESC, ").text(key).text(".number DESC LIMIT ");
    statement.number(i64::try_from(limit).unwrap_or(i64::MAX));
    statement.rows(db).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[test]
    fn position_is_read_as_it_is_written() {
        let position = Position { at: 1_764_000_000_000, number: 17 };
        assert_eq!(position.to_string().parse(), Ok(position));
        for text in ["", "17", "x.1", "1.x", "-1.2", "1.-2", "1.2.3"] {
            assert!(text.parse::<Position>().is_err(), "{text}");
        }
    }

    #[rstest]
    #[case("entry/0190", true)]
    #[case("month/2026-01", true)]
    #[case("entry/", false)]
    #[case("nothing/1", false)]
    #[case("entry", false)]
    fn object_has_a_kind_and_an_identifier(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(text.parse::<ObjectKey>().is_ok(), expected);
    }
}
