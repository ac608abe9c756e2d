//! In-memory cache of reference data and the views derived from it; replaced atomically when a part changes on any
//! server.

use crate::db::reference::load::{self, Reference};
use crate::db::{Db, DbError, feed};
use crate::figures::overview_cache::{self, OverviewCache};
use crate::figures::yearly_cache::YearlyCache;
use arc_swap::ArcSwap;
use std::sync::Arc;

/// A consistent snapshot.
pub struct Snapshot {
    /// Catalogue, places, directory, closed months.
    pub reference: Arc<Reference>,
    /// The overview, as it was when last asked for.
    pub overviews: OverviewCache,
    /// Contributions of figures that were requested since the last change.
    pub yearly: YearlyCache,
    /// Identifies the reference data of the overviews and the epoch of the database.
    pub edition: String,
}

impl Snapshot {
    async fn load(db: &Db) -> Result<Self, DbError> {
        let reference = Arc::new(load::load(db).await?);
        let edition = overview_cache::edition(&reference, feed::epoch(db).await?)?;
        Ok(Self { reference, overviews: OverviewCache::default(), yearly: YearlyCache::default(), edition })
    }
}

/// The way to it.
#[derive(Clone)]
pub struct Cache(Arc<ArcSwap<Snapshot>>);

impl Cache {
    /// Reads it for the first time.
    pub async fn load(db: &Db) -> Result<Self, DbError> {
        Ok(Self(Arc::new(ArcSwap::from_pointee(Snapshot::load(db).await?))))
    }

    /// As it was last read.
    pub fn current(&self) -> Arc<Snapshot> {
        self.0.load_full()
    }

    /// Reads it again.
    pub async fn reload(&self, db: &Db) -> Result<Arc<Snapshot>, DbError> {
        let known = Arc::new(Snapshot::load(db).await?);
        // Of two that read at once the newer stays.
        self.0.rcu(|held| {
            let is_newer = held.reference.version > known.reference.version;
            if is_newer { held.clone() } else { known.clone() }
        });
        Ok(self.current())
    }

    /// As it is now, read again where it has changed since; and the number of the last change of all.
    pub async fn up_to_date(&self, db: &Db) -> Result<(Arc<Snapshot>, i64), DbError> {
        let (known, feed) = (self.current(), feed::now(db).await?);
        // A replica may be behind what is known already.
        let known = if feed.reference > known.reference.version { self.reload(db).await? } else { known };
        Ok((known, feed.change))
    }
}
