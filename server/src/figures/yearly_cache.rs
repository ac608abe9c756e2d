//! Cache of the figures of a year at a place, until the next change.

use crate::db::figures::pack;
use crate::db::{Db, DbError};
use jiedui_core::figures::pack::{Scope, YearPack};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Cache of the figures of a year and place until the next change: screens request the same few.
#[derive(Debug, Default)]
pub struct YearlyCache(Mutex<KeptYears>);

/// A change, and the figures by year and place as of that change.
type KeptYears = (i64, HashMap<(i32, String), Arc<YearPack>>);

impl YearlyCache {
    /// Returns the figures of a place as of a change, or of a later one.
    pub async fn current(&self, db: &Db, (change, year): (i64, i32), place: String) -> Result<Arc<YearPack>, DbError> {
        let key = (year, place);
        {
            let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if held.0 != change {
                *held = (change, HashMap::new());
            } else if let Some(figures) = held.1.get(&key) {
                return Ok(figures.clone());
            }
        }
        let figures = Arc::new(pack::read_scopes(db, year, &[Scope::At(key.1.clone())]).await?);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The figures may be newer than the change, never older.
        if held.0 == change && held.1.len() < CAPACITY {
            held.1.insert(key, figures.clone());
        }
        Ok(figures)
    }
}

/// Maximum number of cached pairs of place and year.
const CAPACITY: usize = 1_000;
