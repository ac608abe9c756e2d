//! Opens the database that a command's arguments name.

use crate::cli::error::CliError;
use crate::config::Storage;
use crate::db::Db;
use crate::db::accounts::account;
use crate::db::figures::rebuild;
use crate::db::records::days;
use crate::seed;

/// Opens the database and fills it when it is empty; returns whether it was.
pub async fn open(storage: &Storage) -> Result<(Db, bool), CliError> {
    let db = Db::open(&storage.database_url, storage.replica_url.as_deref()).await?;
    let filled = seed::fill(&db).await?;
    days::fill_days(&db).await?;
    rebuild::bring_up_to_date(&db).await?;
    let unchanged = account::respell(&db).await?.len();
    if unchanged > 0 {
        tracing::warn!(
            accounts = unchanged,
            "some user names differ from others in spelling only; sign in with them as `jiedui user list` shows them"
        );
    }
    Ok((db, filled))
}
