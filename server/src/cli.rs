//! The command line.

use crate::config::{Config, Storage};
use crate::db::account::Account;
use crate::db::{Db, DbError, account, backup, entry, push, reference, rollup};
use crate::seed::SeedError;
use crate::{auth, seed, serve};
use clap::{Parser, Subcommand};
use jiedui_core::domain::{Role, Scope, User};
use jiedui_core::sync::{Mutation, Op, Outcome, Record};
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
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
    Migrate(Storage),
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
            Self::Argument(_) | Self::Db(DbError::Url(_) | DbError::NotAFile(_)) => ExitCode::from(2),
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
        Command::Migrate(storage) => {
            let (db, filled) = open(&storage).await?;
            println!("{}: {}", db.name(), if filled { "filled" } else { "up to date" });
            db.close().await;
        }
        Command::User { command } => user(command).await?,
        Command::Import { file, storage } => return import(&file, &storage).await,
        Command::Export(storage) => export(&storage).await?,
        Command::Backup { file, storage } => {
            if file.exists() {
                return Err(CliError::Argument(format!("{}: is there already", file.display())));
            }
            let (db, _) = open(&storage).await?;
            backup::backup(&db, &file).await?;
            println!("{}", file.display());
        }
        Command::Restore { file, storage } => restore(&file, &storage).await?,
        Command::Verify(storage) => return verify(&storage).await,
    }
    Ok(ExitCode::SUCCESS)
}

/// Opens the database and fills it if it is empty; says whether it was.
pub async fn open(storage: &Storage) -> Result<(Db, bool), CliError> {
    let db = Db::open(&storage.database_url).await?;
    let filled = seed::fill(&db).await?;
    Ok((db, filled))
}

async fn user(command: UserCommand) -> Result<(), CliError> {
    let missing = |username: &str| CliError::Argument(format!("--username: there is no account `{username}`"));
    match command {
        UserCommand::Add { username, name, role, places, programmes, storage } => {
            let (db, _) = open(&storage).await?;
            let reference = reference::load(&db).await?;
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
            if !account::close_sessions_and_set(&db, &username, None).await? {
                return Err(missing(&username));
            }
        }
        UserCommand::Password { username, storage } => {
            let (db, _) = open(&storage).await?;
            let password_hash = auth::hash_password(&read_password()?)?;
            if !account::close_sessions_and_set(&db, &username, Some(&password_hash)).await? {
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

fn nobody() -> User {
    let scope = Scope::default();
    User { id: Uuid::nil(), username: String::new(), name: String::new(), role: Role::Admin, scope }
}

async fn export(storage: &Storage) -> Result<(), CliError> {
    let (db, _) = open(storage).await?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut listed = entry::list(&db, &nobody(), &entry::Filter::default(), None, i64::from(i32::MAX)).await?;
    listed.reverse();
    for entry in listed {
        let line = serde_json::to_string(&entry.record).map_err(DbError::from)?;
        writeln!(out, "{line}").map_err(|error| CliError::Io("standard output".into(), error))?;
    }
    Ok(())
}

async fn import(file: &Path, storage: &Storage) -> Result<ExitCode, CliError> {
    let io = |error| CliError::Io(file.display().to_string(), error);
    let content = std::fs::read(file).map_err(io)?;
    // The file's content is the client: the same file again is the same mutations again.
    let client = Uuid::from_slice(&Sha256::digest(&content)[..16]).unwrap_or_default();
    let mut mutations = Vec::new();
    for (line, seq) in BufReader::new(content.as_slice()).lines().zip(1..) {
        let record: Record = serde_json::from_str(&line.map_err(io)?)
            .map_err(|error| CliError::Argument(format!("{}: line {seq}: {error}", file.display())))?;
        let Record { kind, id, mut fields, .. } = record;
        fields.retain(|_, value| !value.is_null());
        mutations.push(Mutation { seq, kind, id, base_rev: 0, op: Op::Put, fields });
    }
    let (db, _) = open(storage).await?;
    let reference = reference::load(&db).await?;
    let (mut taken, mut refused) = (0, 0);
    let actor = nobody();
    for batch in mutations.chunks(500) {
        let last_day = time::OffsetDateTime::now_utc().date().next_day().unwrap_or(time::Date::MAX);
        let batch = push::Push { actor: &actor, client, mutations: batch, last_day };
        for result in push::push(&db, &reference, batch).await?.0 {
            if result.outcome == Outcome::Rejected {
                refused += 1;
                for error in result.errors {
                    eprintln!("line {}: {}: {}", result.seq, error.field, error.message);
                }
            } else {
                taken += 1;
            }
        }
    }
    println!("{taken} taken, {refused} refused");
    Ok(if refused == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn restore(file: &Path, storage: &Storage) -> Result<(), CliError> {
    let target = storage.database_url.strip_prefix("sqlite:").ok_or(DbError::NotAFile("restore"))?;
    let target = Path::new(target.strip_prefix("//").unwrap_or(target));
    let io = |path: &Path| {
        let name = path.display().to_string();
        move |error| CliError::Io(name, error)
    };
    let new = target.with_extension("restoring");
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder).map_err(io(folder))?;
    }
    std::fs::copy(file, &new).map_err(io(file))?;
    // A copy that is no database, or not one of these, is found out before anything is moved.
    let db = Db::open(&format!("sqlite://{}", new.display())).await?;
    let reference = reference::load(&db).await?;
    db.close().await;
    if reference.catalogue.programmes.is_empty() {
        std::fs::remove_file(&new).map_err(io(&new))?;
        return Err(CliError::Argument(format!("{}: is no Jiedui database", file.display())));
    }
    if target.exists() {
        // Opening it folds what still lies in its log into the file itself.
        Db::open(&storage.database_url).await?.close().await;
        let kept = target.with_extension(format!("before-restore-{}", crate::db::now()));
        std::fs::rename(target, &kept).map_err(io(target))?;
        println!("what was there is kept as {}", kept.display());
    }
    std::fs::rename(&new, target).map_err(io(&new))
}

async fn verify(storage: &Storage) -> Result<ExitCode, CliError> {
    let (db, _) = open(storage).await?;
    let reference = reference::load(&db).await?;
    let differences = rollup::verify(&db, &reference.catalogue).await?;
    for difference in &differences {
        let rollup::Difference { key, kept, counted } = difference;
        println!("{key}: kept {}, counted {}", or_nothing(kept), or_nothing(counted));
    }
    println!("{} differences", differences.len());
    Ok(if differences.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn or_nothing(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or("nothing")
}
