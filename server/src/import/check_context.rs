//! Reference data and mapping of columns for the check of a sheet.

use crate::db::reference::load::Reference;
use jiedui_core::access::user::User;
use jiedui_core::catalogue::Activity;
use std::sync::Arc;
use time::Date;

/// Reference data and mapping for the check of rows.
pub struct CheckContext {
    /// Author of the entries.
    pub actor: User,
    /// Catalogue, places, directory.
    pub reference: Arc<Reference>,
    /// The form; without one a table can only change entries.
    pub activity: Option<Activity>,
    /// The field of each column.
    pub columns: Vec<Option<String>>,
    /// The stated unit of each column.
    pub units: Vec<Option<String>>,
    /// Latest allowed date of an entry.
    pub last_day: Date,
}
