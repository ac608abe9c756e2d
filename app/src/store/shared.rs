//! What everybody on this phone sees: the overview last received, and the tree of places.

use super::{Result, begin, commit, get, open, put, remove};
use idb::{Database, TransactionMode};
use jiedui_core::domain::{Overview, Place, Places};

const KEPT: &str = "kept";

/// The database that is no person's.
pub struct Shared(Database);

impl Shared {
    /// Opens it.
    pub async fn open() -> Result<Self> {
        Ok(Self(open("jiedui", &[KEPT]).await?))
    }

    async fn read<T: serde::de::DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let transaction = begin(&self.0, &[KEPT], TransactionMode::ReadOnly)?;
        get(&transaction.object_store(KEPT)?, key).await
    }

    async fn write(&self, key: &str, value: &impl serde::Serialize) -> Result<()> {
        let transaction = begin(&self.0, &[KEPT], TransactionMode::ReadWrite)?;
        put(&transaction.object_store(KEPT)?, key, value).await?;
        commit(transaction).await
    }

    /// The overview last received.
    pub async fn overview(&self) -> Result<Option<Overview>> {
        self.read("overview").await
    }

    /// Keeps an overview.
    pub async fn keep_overview(&self, overview: &Overview) -> Result<()> {
        self.write("overview", overview).await
    }

    /// Forgets it.
    pub async fn forget_overview(&self) -> Result<()> {
        let transaction = begin(&self.0, &[KEPT], TransactionMode::ReadWrite)?;
        remove(&transaction.object_store(KEPT)?, "overview").await?;
        commit(transaction).await
    }

    /// The tree, if it has been received.
    pub async fn places(&self) -> Result<Option<Places>> {
        Ok(self.read::<Vec<Place>>("places").await?.map(Places::new))
    }

    /// Keeps the tree.
    pub async fn keep_places(&self, places: &Places) -> Result<()> {
        self.write("places", &places.all()).await
    }
}
