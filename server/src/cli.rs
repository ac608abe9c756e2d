//! The command line.

use crate::config::{Config, Storage};
use crate::db::account::Account;
use crate::db::{Db, DbError, account, backup, feed, reference, rollup};
use crate::seed::SeedError;
use crate::{auth, generate, seed, serve, transfer};
use clap::{Parser, Subcommand};
use jiedui_core::domain::{Role, Scope, User};
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;
use uuid::Uuid;

/// 结对 Jiedui: one shared view of what Guiyang and Luodian do together
#[derive(Parser, Debug)]
#[command(name = "jiedui", version)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Serve the app and the API
    Serve(Config),
    /// Bring the database's schema up to date and fill it if it is empty
    Migrate {
        /// The database was put back from a copy by its own tools: phones then start from nothing
        #[arg(long)]
        restored: bool,
        #[command(flatten)]
        storage: Storage,
    },
    /// Accounts
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Take in entries that `export` wrote; the same file twice changes nothing
    Import {
        /// Entries, one a line
        file: PathBuf,
        #[command(flatten)]
        storage: Storage,
    },
    /// Write all entries to standard output, one a line
    Export(Storage),
    /// Copy the database to a file while the server goes on
    Backup {
        /// The file to write
        file: PathBuf,
        #[command(flatten)]
        storage: Storage,
    },
    /// Put a copy in the database's place; the server must be stopped. What was there is kept beside it
    Restore {
        /// The copy
        file: PathBuf,
        #[command(flatten)]
        storage: Storage,
    },
    /// Add made-up entries, the same from the same seed: for demonstrations and benchmarks
    Generate {
        /// How many
        #[arg(long)]
        entries: u64,
        /// How many pairings of made-up organisations, before
        #[arg(long, default_value_t = 0)]
        pairings: u64,
        /// Another seed gives other entries
        #[arg(long, default_value_t = 1)]
        seed: u64,
        #[command(flatten)]
        storage: Storage,
    },
    /// Recompute every figure from the entries and compare
    Verify(Storage),
}

#[derive(Subcommand, Debug)]
enum UserCommand {
    /// Add an account; the password comes from standard input
    Add {
        /// What is typed to sign in
        #[arg(long)]
        username: String,
        /// What others read; the user name when not given
        #[arg(long)]
        name: Option<String>,
        /// recorder, reviewer, coordinator, admin or viewer
        #[arg(long, value_parser = parse_role)]
        role: Role,
        /// A place and all below it; again for more; everywhere when not given
        #[arg(long = "place")]
        places: Vec<String>,
        /// A programme; again for more; all when not given
        #[arg(long = "programme")]
        programmes: Vec<String>,
        #[command(flatten)]
        storage: Storage,
    },
    /// List the accounts
    List(Storage),
    /// Close an account and end its sessions
    Disable {
        /// What is typed to sign in
        #[arg(long)]
        username: String,
        #[command(flatten)]
        storage: Storage,
    },
    /// Set a new password, from standard input, and end all sessions
    Password {
        /// What is typed to sign in
        #[arg(long)]
        username: String,
        #[command(flatten)]
        storage: Storage,
    },
}

fn parse_role(code: &str) -> Result<Role, String> {
    let known = Role::ALL.map(Role::code).join(", ");
    Role::from_code(code).ok_or_else(|| format!("one of {known}"))
}

/// What stops a command.
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
    Auth(#[from] auth::AuthError),
    /// A file, the terminal or a socket.
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    /// An argument that names what is not there or cannot be.
    #[error("{0}")]
    Argument(String),
}

impl CliError {
    /// 2 for a wrong flag or setting, 1 for what went wrong otherwise.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Argument(_) | Self::Db(DbError::Url(..) | DbError::NotAFile(_) | DbError::NoReplica) => {
                ExitCode::from(2)
            }
            _ => ExitCode::FAILURE,
        }
    }
}

/// A mistake in the arguments, in one line.
pub fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let missing = text.lines().map(str::trim).filter(|line| line.starts_with("--") || line.starts_with('<'));
    let missing: Vec<&str> = if first.ends_with(':') { missing.collect() } else { Vec::new() };
    format!("jiedui: {} {}", first.trim_start_matches("error: "), missing.join(" ")).trim_end().to_owned()
}

/// Runs a command.
pub async fn run(cli: Cli) -> Result<ExitCode, CliError> {
    match cli.command {
        Command::Serve(config) => serve::serve(config).await?,
        Command::Migrate { restored, storage } => {
            let (db, filled) = open(&storage).await?;
            if restored {
                feed::begin_epoch(&db).await?;
            }
            println!("{}: {}", db.name(), if filled { "filled" } else { "up to date" });
            db.close().await;
        }
        Command::User { command } => user(command).await?,
        Command::Import { file, storage } => return transfer::import(&file, &storage).await,
        Command::Export(storage) => transfer::export(&storage).await?,
        Command::Backup { file, storage } => {
            if file.exists() {
                return Err(CliError::Argument(format!("{}: is there already", file.display())));
            }
            let (db, _) = open(&storage).await?;
            backup::backup(&db, &file).await?;
            println!("{}", file.display());
        }
        Command::Restore { file, storage } => transfer::restore(&file, &storage).await?,
        Command::Generate { entries, pairings, seed, storage } => {
            generate::generate(entries, pairings, seed, &storage).await?
        }
        Command::Verify(storage) => return transfer::verify(&storage).await,
    }
    Ok(ExitCode::SUCCESS)
}

/// Opens the database and fills it if it is empty; says whether it was.
pub async fn open(storage: &Storage) -> Result<(Db, bool), CliError> {
    let db = Db::open(&storage.database_url, storage.replica_url.as_deref()).await?;
    let filled = seed::fill(&db).await?;
    rollup::bring_up_to_date(&db).await?;
    Ok((db, filled))
}

async fn user(command: UserCommand) -> Result<(), CliError> {
    let missing = |username: &str| CliError::Argument(format!("--username: there is no account `{username}`"));
    match command {
        UserCommand::Add { username, name, role, places, mut programmes, storage } => {
            let (db, _) = open(&storage).await?;
            let reference = reference::load(&db).await?;
            if programmes.is_empty() {
                programmes = reference.catalogue.programmes.iter().map(|programme| programme.code.clone()).collect();
            }
            if let Some(code) = places.iter().find(|code| reference.places.get(code).is_none()) {
                return Err(CliError::Argument(format!("--place: there is no place `{code}`")));
            }
            if let Some(code) = programmes.iter().find(|code| reference.catalogue.programme(code).is_none()) {
                return Err(CliError::Argument(format!("--programme: there is no programme `{code}`")));
            }
            if account::by_username(&db, &username).await?.is_some() {
                return Err(CliError::Argument(format!("--username: `{username}` is there already")));
            }
            let password_hash = auth::hash_password(&read_password()?)?;
            let name = name.unwrap_or_else(|| username.clone());
            let user = User { id: Uuid::now_v7(), username, name, role, scope: Scope { places, programmes } };
            account::put(&db, &Account { user, password_hash, disabled: false }).await?;
        }
        UserCommand::List(storage) => {
            for account in account::all(&open(&storage).await?.0).await? {
                let User { username, name, role, scope, .. } = &account.user;
                let or_all = |codes: &[String]| if codes.is_empty() { "all".to_owned() } else { codes.join(",") };
                let disabled = if account.disabled { "\tdisabled" } else { "" };
                let (places, programmes) = (or_all(&scope.places), or_all(&scope.programmes));
                println!("{username}\t{}\t{name}\t{places}\t{programmes}{disabled}", role.code());
            }
        }
        UserCommand::Disable { username, storage } => {
            let (db, _) = open(&storage).await?;
            if !account::disable(&db, &username).await? {
                return Err(missing(&username));
            }
        }
        UserCommand::Password { username, storage } => {
            let (db, _) = open(&storage).await?;
            let password_hash = auth::hash_password(&read_password()?)?;
            if !account::set_password(&db, &username, &password_hash).await? {
                return Err(missing(&username));
            }
        }
    }
    Ok(())
}

fn read_password() -> Result<String, CliError> {
    let mut password = String::new();
    let stdin = |error| CliError::Io("standard input".to_owned(), error);
    std::io::stdin().read_to_string(&mut password).map_err(stdin)?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    if password.chars().count() < 8 {
        return Err(CliError::Argument("the password (from standard input) must have at least 8 characters".into()));
    }
    Ok(password)
}
