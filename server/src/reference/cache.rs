//! In-memory cache of reference data and the views derived from it; replaced atomically when a part changes on any
//! server.

use crate::db::reference::load::{self, Reference};
use crate::db::{Db, DbError, feed};
use crate::figures::overview_cache::{self, OverviewCache};
use crate::figures::pack_cache::PackCache;
use crate::figures::yearly_cache::YearlyCache;
use arc_swap::ArcSwap;
use std::sync::Arc;

/// A consistent snapshot.
pub struct Snapshot {
    /// Catalogue, places, directory, closed months.
    pub reference: Arc<Reference>,
    /// The overview of the latest request.
    pub overviews: OverviewCache,
    /// Figures that were requested since the last change.
    pub yearly: YearlyCache,
    /// Packs of the last few years that were requested.
    pub packs: PackCache,
    /// Identifies the reference data of the overviews and the epoch of the database.
    pub edition: String,
}

impl Snapshot {
    async fn load(db: &Db) -> Result<Self, DbError> {
        let reference = Arc::new(load::load(db).await?);
        let edition = overview_cache::edition(&reference, feed::epoch(db).await?)?;
        let (overviews, yearly, packs) = (OverviewCache::default(), YearlyCache::default(), PackCache::default());
        Ok(Self { reference, overviews, yearly, packs, edition })
    }
}

/// Shared cache of the current snapshot.
#[derive(Clone)]
pub struct Cache(Arc<ArcSwap<Snapshot>>);

impl Cache {
    /// Reads the first snapshot.
    pub async fn load(db: &Db) -> Result<Self, DbError> {
        Ok(Self(Arc::new(ArcSwap::from_pointee(Snapshot::load(db).await?))))
    }

    /// Returns the snapshot of the last read.
    pub fn current(&self) -> Arc<Snapshot> {
        self.0.load_full()
    }

    /// Reads a new snapshot.
    pub async fn reload(&self, db: &Db) -> Result<Arc<Snapshot>, DbError> {
        let loaded = Arc::new(Snapshot::load(db).await?);
        // The newer of two concurrent reads is kept.
        self.0.rcu(|held| {
            let is_newer = held.reference.version > loaded.reference.version;
            if is_newer { held.clone() } else { loaded.clone() }
        });
        Ok(self.current())
    }

    /// Returns the current snapshot, read again if the database has a newer version, and the number of the last change.
    pub async fn up_to_date(&self, db: &Db) -> Result<(Arc<Snapshot>, i64), DbError> {
        let (current, feed) = (self.current(), feed::now(db).await?);
        // A replica may be behind the cache.
        let snapshot = if feed.reference > current.reference.version { self.reload(db).await? } else { current };
        Ok((snapshot, feed.change))
    }
}
