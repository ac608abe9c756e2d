//! Planned write of a checked row.

use jiedui_core::entry::Fields;
use uuid::Uuid;

/// The write of one row.
#[derive(Clone, Debug, PartialEq)]
pub enum PlannedWrite {
    /// A new entry.
    New(Fields),
    /// A change of an entry.
    Update {
        /// The entry.
        id: Uuid,
        /// The revision that the table was exported from.
        base_rev: u64,
        /// The fields that change.
        fields: Fields,
        /// Previous values of these fields.
        before: Fields,
    },
}
