//! Cache of the packs of the last few years that were requested. A pack is updated by a delta.

use crate::db::figures::{pack, rebuild};
use crate::db::{Db, DbError};
use jiedui_core::figures::pack::{Piece, YearPack};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Maximum number of years in the cache.
const MAX_YEARS: usize = 4;

/// Packs of the years that were last requested, the latest request first. They have no piece whose size depends on the
/// organisations or the subjects.
#[derive(Debug, Default)]
pub struct PackCache(Mutex<Vec<Arc<YearPack>>>);

/// Returns the [`YearPack::edition`] of a database in this `epoch`.
pub fn edition(epoch: i64) -> String {
    format!("{}-{epoch}", rebuild::FORMAT)
}

/// Returns whether the cache has a piece.
pub fn has(piece: &Piece) -> bool {
    !matches!(piece, Piece::Organisations | Piece::Subjects)
}

impl PackCache {
    /// Returns the pack of a year as of a change or a later one.
    pub async fn current(&self, db: &Db, year: i32, change: i64) -> Result<Arc<YearPack>, DbError> {
        // One of several concurrent requests reads; the others wait for its result.
        let mut packs = self.0.lock().await;
        let held = packs.iter().position(|pack| pack.year == year).map(|index| packs.remove(index));
        let current = match held {
            Some(pack) if pack.change >= change => pack,
            Some(pack) => {
                let pieces: BTreeSet<Piece> = pack::pieces(db, year).await?.into_iter().filter(has).collect();
                let delta = pack::read(db, year, &pieces, Some(pack.change)).await?;
                let mut renewed = Arc::unwrap_or_clone(pack);
                renewed.pieces = pieces;
                renewed.apply_delta(delta);
                Arc::new(renewed)
            }
            None => {
                let pieces: BTreeSet<Piece> = pack::pieces(db, year).await?.into_iter().filter(has).collect();
                Arc::new(pack::read(db, year, &pieces, None).await?)
            }
        };
        packs.insert(0, current.clone());
        packs.truncate(MAX_YEARS);
        Ok(current)
    }
}
