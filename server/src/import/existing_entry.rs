//! An existing entry that a row of a table names.

use jiedui_core::entry::Fields;
use jiedui_core::sync::Path;
use std::collections::BTreeSet;

/// An entry that a row names, within the rights of the table's author.
#[derive(Clone, Debug)]
pub struct ExistingEntry {
    /// Revision.
    pub rev: u64,
    /// Fields.
    pub fields: Fields,
    /// Whether it is deleted.
    pub deleted: bool,
    /// Fields in the revision that the table was exported from.
    pub base: Option<Fields>,
    /// Paths that changed after that revision.
    pub changed_since: BTreeSet<Path<'static>>,
}
