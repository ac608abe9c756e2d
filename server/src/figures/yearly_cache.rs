//! Cache of the contributions of a year at a place: screens ask for the same few until the next change.

use crate::db::figures::query;
use crate::db::{Db, DbError};
use jiedui_core::catalogue::Catalogue;
use jiedui_core::figures::contribution::Contribution;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Cache of the contributions of a year and place until the next change: screens request the same few.
#[derive(Debug, Default)]
pub struct YearlyCache(Mutex<KeptYears>);

/// A change, and the parts by year and place as they are since.
type KeptYears = (i64, HashMap<(i32, String), Arc<Vec<Contribution>>>);

impl YearlyCache {
    /// Returns the contributions as of a change, or of a later one.
    pub async fn current(
        &self,
        db: &Db,
        catalogue: &Catalogue,
        (change, year): (i64, i32),
        place: String,
    ) -> Result<Arc<Vec<Contribution>>, DbError> {
        let key = (year, place);
        {
            let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if held.0 != change {
                *held = (change, HashMap::new());
            } else if let Some(parts) = held.1.get(&key) {
                return Ok(parts.clone());
            }
        }
        let parts = Arc::new(query::of_year(db, catalogue, year, &key.1).await?);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What was read may be newer than the change, never older: it is true until the next one.
        if held.0 == change && held.1.len() < KEPT {
            held.1.insert(key, parts.clone());
        }
        Ok(parts)
    }
}

/// The most pairs of place and year that are cached.
const KEPT: usize = 1_000;
