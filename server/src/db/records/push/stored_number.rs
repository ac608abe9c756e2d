//! Numbers as the database stores them.

use crate::db::{DbError, Result};
use serde::de::Error;
use uuid::Uuid;

/// Converts a stored number of a record. Fails with [`DbError::Unreadable`] if it is negative.
pub(super) fn unsigned(kind: &str, record: Uuid, column: &str, number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| {
        let error = Error::custom(format_args!("{column} {number} is negative"));
        DbError::Unreadable(kind.to_owned(), record, error)
    })
}
