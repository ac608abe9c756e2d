//! Revision: the change that led to a state of a record.

use jiedui_core::sync::Path;
use std::collections::BTreeSet;
use uuid::Uuid;

/// One change of a record.
#[derive(Clone, Debug)]
pub struct Revision {
    /// Number of the record's changes up to and including this one.
    pub rev: i64,
    /// Paths of the fields that changed.
    pub changed: BTreeSet<Path<'static>>,
    /// Key of the mutation that changed them; `None` for the program itself.
    pub by: Option<(Uuid, Uuid, i64)>,
    /// Time in milliseconds since 1970.
    pub at: i64,
}
