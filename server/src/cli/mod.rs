//! The command line: its arguments, and the dispatch to one file for each command.

mod backup;
pub mod error;
mod export;
mod generate;
mod import;
pub mod open;
mod restore;
mod user;
mod verify;

use crate::config::{Config, Storage};
use crate::db::audit::{self, Act, By, Object};
use crate::db::feed;
use crate::logs::LogFormat;
use crate::serve;
use clap::{Parser, Subcommand};
use error::CliError;
use jiedui_core::audit::{Action, ObjectKind};
use open::open;
use std::path::PathBuf;
use std::process::ExitCode;
use user::UserCommand;

/// 结对 Jiedui: one shared view of the work of Guiyang and Luodian
#[derive(Parser, Debug)]
#[command(name = "jiedui", version)]
pub struct Cli {
    /// File with settings; flags and environment variables have priority
    #[arg(id = "config", long = "config", env = "JIEDUI_CONFIG", global = true)]
    _config: Option<PathBuf>,
    /// Filter of the logs, such as `info,sqlx=warn`
    #[arg(long, env = "RUST_LOG", global = true, default_value = "info,sqlx=warn")]
    pub log: String,
    /// Format of the logs
    #[arg(long, env = "JIEDUI_LOG_FORMAT", global = true, default_value = "text")]
    pub log_format: LogFormat,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Serve the app and the API
    Serve(Config),
    /// Migrate the database, and fill it if it is empty
    Migrate {
        /// The database was restored by its own tools: start a new epoch, in which phones pull from the beginning
        #[arg(long)]
        restored: bool,
        #[command(flatten)]
        storage: Storage,
    },
    /// Manage accounts
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Import entries from a file of `jiedui export`; importing twice changes nothing
    Import {
        /// File with one entry a line
        file: PathBuf,
        #[command(flatten)]
        storage: Storage,
    },
    /// Write all entries to standard output, one a line
    Export(Storage),
    /// Copy the database, photos, agreements and imports to one file while servers run
    Backup {
        /// File to write
        file: PathBuf,
        #[command(flatten)]
        storage: Storage,
    },
    /// Check a backup and replace the database by it; stop all servers first. The previous database is kept
    Restore {
        /// File of the backup
        file: PathBuf,
        #[command(flatten)]
        storage: Storage,
    },
    /// Add made-up entries for demonstrations and benchmarks
    Generate {
        /// Number of entries
        #[arg(long)]
        entries: u64,
        /// Number of pairings of made-up organisations, which are added first
        #[arg(long, default_value_t = 0)]
        pairings: u64,
        /// Seed; the same seed gives the same entries
        #[arg(long, default_value_t = 1)]
        seed: u64,
        #[command(flatten)]
        storage: Storage,
    },
    /// Recompute all figures from the entries and compare them with the stored ones
    Verify {
        /// Check the audit trail instead: no row was changed, removed or added
        #[arg(long)]
        audit: bool,
        #[command(flatten)]
        storage: Storage,
    },
}

/// Returns an error in the arguments in one line.
pub fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let missing = text.lines().map(str::trim).filter(|line| line.starts_with("--") || line.starts_with('<'));
    let missing: Vec<&str> = if first.ends_with(':') { missing.collect() } else { Vec::new() };
    format!("{} {}", first.trim_start_matches("error: "), missing.join(" ")).trim_end().to_owned()
}

/// Runs a command.
pub async fn run(cli: Cli) -> Result<ExitCode, CliError> {
    match cli.command {
        Command::Serve(config) => serve::serve(config).await?,
        Command::Migrate { restored, storage } => {
            let (db, filled) = open(&storage).await?;
            if restored {
                feed::begin_epoch(&db).await?;
                let object = Object::new(ObjectKind::Database, "", "");
                audit::note(&db, &Act::new(By::command_line(), Action::Restored, object)).await?;
            }
            println!("{}: {}", db.name(), if filled { "filled" } else { "up to date" });
            db.close().await;
        }
        Command::User { command } => user::run(command).await?,
        Command::Import { file, storage } => return import::import(&file, &storage).await,
        Command::Export(storage) => export::export(&storage).await?,
        Command::Backup { file, storage } => backup::backup(&file, &storage).await?,
        Command::Restore { file, storage } => restore::restore(&file, &storage).await?,
        Command::Generate { entries, pairings, seed, storage } => {
            generate::generate(entries, pairings, seed, &storage).await?
        }
        Command::Verify { audit: true, storage } => return verify::verify_audit(&storage).await,
        Command::Verify { audit: false, storage } => return verify::verify(&storage).await,
    }
    Ok(ExitCode::SUCCESS)
}
