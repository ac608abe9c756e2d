//! Facts for the reviewer of an entry: comparable entries, its recorder, and the time that it has waited.

use crate::labels::time_format::day_in_china;
use crate::state::AppState;
use crate::storage::Result;
use crate::storage::entry_view::EntryView;
use crate::storage::user_db::UserDb;
use crate::ui::entry::parts::text_field;
use jiedui_core::entry::Entry;
use jiedui_core::entry::comparison::{Comparison, compare};
use jiedui_core::entry::field::UPDATED_AT;
use jiedui_core::values::date::parse_date;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// An entry's comparison with others of its activity and place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Facts {
    /// The others, newest first.
    others: Vec<EntryView>,
    /// Result of the comparison.
    pub comparison: Comparison,
}

/// Facts of entries, by their identifiers.
pub type FactsById = BTreeMap<Uuid, Arc<Facts>>;

impl Facts {
    /// Compares an entry with others, newest first.
    fn of(entry: &Entry, others: Vec<EntryView>) -> Self {
        let compared: Vec<&Entry> = others.iter().map(|view| &view.entry).collect();
        let comparison = compare(entry, &compared);
        Self { comparison, others }
    }

    /// Returns the likely duplicates.
    pub fn duplicates(&self) -> Vec<EntryView> {
        self.comparison.duplicates.iter().filter_map(|at| self.others.get(*at)).cloned().collect()
    }

    /// Returns the entry before this one.
    pub fn previous(&self) -> Option<&EntryView> {
        self.others.get(self.comparison.previous?)
    }
}

/// Reads the facts of entries from this phone.
pub async fn read_facts(user: Uuid, views: &[EntryView]) -> Result<FactsById> {
    let comparable = UserDb::open(user).await?.comparable_entries(views).await?;
    let facts = views.iter().zip(comparable);
    Ok(facts.map(|(view, others)| (view.id, Arc::new(Facts::of(&view.entry, others)))).collect())
}

/// Returns the day of the last change, from which the entry waits.
pub fn submitted_on(view: &EntryView) -> String {
    day_in_china(text_field(view, UPDATED_AT))
}

/// Returns the number of days that an entry has waited; `None` if the time of its last change is unknown.
pub fn days_waited(app: AppState, view: &EntryView) -> Option<i64> {
    Some((app.today - parse_date(&submitted_on(view))?).whole_days().max(0))
}
