//! Removes unused data once an hour: unreferenced photos, partial uploads, unwritten imports, and old rows of the audit
//! trail.

use crate::attachment_store::{self, AttachmentStore};
use crate::db::{
    DbError,
    audit::retention,
    files::{attachment, import},
    now,
};
use crate::state::AppState;
use std::io;
use std::time::Duration;
use tokio::task::spawn_blocking;

/// Interval between sweeps.
const INTERVAL: Duration = Duration::from_secs(3600);
/// Number of rows in one transaction, so that others do not wait long for it.
const STEP: i64 = 100;
/// Number of rows of the audit trail in one transaction.
const AUDIT_STEP: i64 = 1_000;
/// Maximum age of a partial upload. A later phone starts again.
const UPLOADS: Duration = Duration::from_secs(2 * 24 * 3600);
/// Maximum age of an unwritten import.
const IMPORTS: Duration = Duration::from_secs(7 * 24 * 3600);

/// Days of a month of the audit trail, so that it is kept a little longer rather than shorter.
const MONTH_DAYS: u64 = 31;

/// Error that ends a sweep; the next one continues.
#[derive(Debug, thiserror::Error)]
enum SweepError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("a file: {0}")]
    File(#[from] io::Error),
}

/// Sweeps at each interval until the server ends. Logs a failed sweep, which the next one repeats.
pub async fn run(app: AppState) {
    let mut stopping = app.stopping.subscribe();
    loop {
        if let Err(error) = sweep(&app).await {
            tracing::warn!(%error, "old files could not be removed");
        }
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            _ = stopping.wait_for(|stopping| *stopping) => return,
        }
    }
}

async fn sweep(app: &AppState) -> Result<(), SweepError> {
    let store = app.attachments();
    for sha256 in blocking(&store, AttachmentStore::left_aside).await? {
        let is_stored = attachment::content_type(&app.db, &sha256).await?.is_some();
        blocking(&store, move |store| if is_stored { store.put_back(&sha256) } else { store.remove(&[sha256]) })
            .await?;
    }
    let grace = Duration::from_secs(u64::from(app.config.photo_grace_days) * 24 * 3600);
    loop {
        let set_aside = store.clone();
        let set_aside = move |hashes: &[String]| set_aside.set_aside(hashes);
        let forgotten = attachment::forget_unnamed(&app.db, before(grace), STEP, set_aside).await?;
        if forgotten.is_empty() {
            break;
        }
        tracing::info!(count = forgotten.len(), "removed photos that no record names");
        blocking(&store, move |store| store.remove(&forgotten)).await?;
    }
    let data_dir = app.config.storage.data_dir.join("imports");
    loop {
        let cancelled = import::cancel_unwritten(&app.db, before(IMPORTS), STEP).await?;
        if cancelled.is_empty() {
            break;
        }
        tracing::info!(count = cancelled.len(), "cancelled unwritten imports");
    }
    let months = Duration::from_secs(u64::from(app.config.audit_months) * MONTH_DAYS * 24 * 3600);
    while retention::remove_older(&app.db, before(months), AUDIT_STEP).await? > 0 {
        tracing::info!("removed old rows of the audit trail");
    }
    blocking(&store, move |store| {
        store.remove_old_uploads(UPLOADS)?;
        attachment_store::remove_older(&data_dir, IMPORTS, |_| true).map(drop)
    })
    .await?;
    Ok(())
}

/// Returns the instant before a duration.
fn before(age: Duration) -> i64 {
    now().saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX))
}

async fn blocking<T: Send + 'static>(
    store: &AttachmentStore,
    work: impl FnOnce(&AttachmentStore) -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    let store = store.clone();
    spawn_blocking(move || work(&store)).await.map_err(io::Error::other)?
}
