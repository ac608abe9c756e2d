//! Numbers as the database stores them.

/// Converts a stored number.
pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
