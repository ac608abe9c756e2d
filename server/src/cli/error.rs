//! The error that ends a command, and its exit code.

use crate::auth::password;
use crate::backup_archive::ArchiveError;
use crate::db::DbError;
use crate::seed::SeedError;
use std::process::ExitCode;

/// Error that ends a command.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The database.
    #[error(transparent)]
    Db(#[from] DbError),
    /// The data in the program.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// Passwords.
    #[error(transparent)]
    Auth(#[from] password::AuthError),
    /// A file, the terminal or a socket.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    /// A backup: its file and the reason.
    #[error("{0} {1}")]
    Backup(String, ArchiveError),
    /// An argument names something that does not exist or is not allowed.
    #[error("{0}")]
    Argument(String),
}

impl CliError {
    /// Returns the exit code: 2 for a wrong flag or setting or a database in use, otherwise 1.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Argument(_)
            | Self::Db(DbError::Url(..) | DbError::NoTool(_) | DbError::NoReplica | DbError::InUse(_)) => {
                ExitCode::from(2)
            }
            _ => ExitCode::FAILURE,
        }
    }
}
