//! Cache of the overview of the shared view, updated when it is requested.

use crate::db::figures::query;
use crate::db::reference::load::Reference;
use crate::db::{Db, DbError};
use axum::body::Bytes;
use jiedui_core::catalogue::Catalogue;
use jiedui_core::directory::place::{Level, Place};
use jiedui_core::figures::overview::Overview;
use sha2::{Digest, Sha256};
use std::sync::{Arc, OnceLock};
use tokio::sync::RwLock;

/// An overview and its JSON.
#[derive(Debug, Default)]
pub struct CachedOverview {
    /// The overview.
    pub overview: Overview,
    json: OnceLock<Bytes>,
}

impl CachedOverview {
    /// Returns the overview as JSON.
    pub fn json(&self) -> Result<Bytes, DbError> {
        if let Some(json) = self.json.get() {
            return Ok(json.clone());
        }
        let json = serde_json::to_vec(&self.overview)?;
        Ok(self.json.get_or_init(|| json.into()).clone())
    }
}

/// Last overview, updated by the delta when it is requested.
#[derive(Debug, Default)]
pub struct OverviewCache(RwLock<Option<Arc<CachedOverview>>>);

impl OverviewCache {
    /// Returns an overview that includes at least the given change.
    pub async fn current(
        &self,
        db: &Db,
        reference: &Reference,
        edition: &str,
        change: i64,
    ) -> Result<Arc<CachedOverview>, DbError> {
        let fresh = |held: &Option<Arc<CachedOverview>>| held.clone().filter(|held| held.overview.change >= change);
        if let Some(snapshot) = fresh(&*self.0.read().await) {
            return Ok(snapshot);
        }
        // One of several concurrent requests reads; the others wait for its result.
        let mut held = self.0.write().await;
        if let Some(snapshot) = fresh(&held) {
            return Ok(snapshot);
        }
        let mut overview = match held.take().map(Arc::try_unwrap) {
            Some(Ok(unshared)) => unshared.overview,
            Some(Err(shared)) => shared.overview.clone(),
            None => Overview { edition: edition.to_owned(), ..of_reference(reference) },
        };
        // The first one reads all stored figures.
        let db = if overview.change < 0 { db.for_long_work() } else { db };
        overview.apply_delta(delta_since(db, overview.edition.clone(), overview.change).await?);
        Ok(held.insert(Arc::new(CachedOverview { overview, json: OnceLock::new() })).clone())
    }
}

/// Returns an overview with the reference data and no entries.
pub fn of_reference(reference: &Reference) -> Overview {
    Overview {
        change: -1,
        catalogue: Catalogue::clone(&reference.catalogue),
        places: reference
            .places
            .all()
            .iter()
            .filter(|place| place.level < Level::Village)
            .map(without_initials)
            .collect(),
        organisations: reference.organisations.clone(),
        pairings: reference.pairings.clone(),
        closed: reference.closed.clone(),
        ..Overview::default()
    }
}

/// Returns a place without what only the search of a picker needs, which has the whole tree.
fn without_initials(place: &Place) -> Place {
    Place { initials: String::new(), ..place.clone() }
}

/// Returns the [`Overview::edition`] of a database in this `epoch`.
pub fn edition(reference: &Reference, epoch: i64) -> Result<String, DbError> {
    let hash = Sha256::digest(serde_json::to_vec(&(of_reference(reference), epoch))?);
    Ok(hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

/// Returns the delta since an overview of this edition.
pub async fn delta_since(db: &Db, edition: String, since: i64) -> Result<Overview, DbError> {
    let (change, parts, tallies) = query::by_town_since(db, since).await?;
    let as_of = crate::db::instant(crate::db::now());
    Ok(Overview {
        change,
        as_of,
        edition,
        base_change: Some(since),
        contributions: parts,
        entry_counts: tallies,
        ..Overview::default()
    })
}
