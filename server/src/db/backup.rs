//! Copies of the whole database as one file.

use super::{Db, DbError, Result};
use std::path::Path;

/// Writes a complete and consistent copy while the server runs.
pub async fn backup(db: &Db, file: &Path) -> Result<()> {
    match db {
        Db::Sqlite { readers, .. } => {
            let file = file.to_string_lossy();
            sqlx::query("VACUUM INTO $1").bind(file.as_ref()).execute(readers).await?;
            Ok(())
        }
        Db::Postgres { .. } => Err(DbError::NotAFile("backup")),
    }
}
