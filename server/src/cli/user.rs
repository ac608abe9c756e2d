//! Accounts on the command line.

use super::error::CliError;
use super::open::open;
use crate::auth::code::{canonical_code, new_code};
use crate::auth::password;
use crate::config::Storage;
use crate::db::Db;
use crate::db::accounts::account::{self, Account};
use crate::db::accounts::code;
use crate::db::audit::By;
use crate::db::reference::load;
use crate::db::reference::load::Reference;
use clap::Subcommand;
use jiedui_core::access::user::{Role, Scope, User};
use jiedui_core::access::username::{LONGEST, UsernameError, new_username};
use std::io::Read;
use uuid::Uuid;

/// Operations on accounts.
#[derive(Subcommand, Debug)]
pub enum UserCommand {
    /// Add an account; the password comes from standard input
    Add {
        /// User name for signing in
        #[arg(long)]
        username: String,
        /// Display name; the user name by default
        #[arg(long)]
        name: Option<String>,
        /// recorder, reviewer, coordinator, admin or viewer
        #[arg(long, value_parser = parse_role)]
        role: Role,
        /// Place, including everything below it; can be repeated
        #[arg(long = "place")]
        places: Vec<String>,
        /// All places; without --place it suppresses the warning
        #[arg(long, conflicts_with = "places")]
        everywhere: bool,
        /// Programme; can be repeated; all by default, also those that are added later
        #[arg(long = "programme")]
        programmes: Vec<String>,
        #[command(flatten)]
        storage: Storage,
    },
    /// Change an account's role, places, programmes or name, and end all its sessions
    Change {
        /// User name for signing in
        #[arg(long)]
        username: String,
        /// New display name
        #[arg(long)]
        name: Option<String>,
        /// New role: recorder, reviewer, coordinator, admin or viewer
        #[arg(long, value_parser = parse_role)]
        role: Option<Role>,
        /// Place, including everything below it; replaces those of the account; can be repeated
        #[arg(long = "place")]
        places: Vec<String>,
        /// All places
        #[arg(long, conflicts_with = "places")]
        everywhere: bool,
        /// Programme; replaces those of the account; can be repeated
        #[arg(long = "programme")]
        programmes: Vec<String>,
        /// All programmes, also those that are added later
        #[arg(long, conflicts_with = "programmes")]
        all_programmes: bool,
        #[command(flatten)]
        storage: Storage,
    },
    /// List the accounts
    List(Storage),
    /// Close an account and end its sessions
    Disable {
        /// User name for signing in
        #[arg(long)]
        username: String,
        #[command(flatten)]
        storage: Storage,
    },
    /// Open a closed account again; it needs a new password
    Enable {
        /// User name for signing in
        #[arg(long)]
        username: String,
        #[command(flatten)]
        storage: Storage,
    },
    /// Print a one-time code with which the person sets a new password; it works for a week
    Code {
        /// User name for signing in
        #[arg(long)]
        username: String,
        #[command(flatten)]
        storage: Storage,
    },
    /// Set a new password, from standard input, and end all sessions
    Password {
        /// User name for signing in
        #[arg(long)]
        username: String,
        #[command(flatten)]
        storage: Storage,
    },
}

fn parse_role(code: &str) -> Result<Role, String> {
    let codes = Role::ALL.map(Role::code).join(", ");
    Role::from_code(code).ok_or_else(|| format!("one of {codes}"))
}

/// Runs a command.
pub async fn run(command: UserCommand) -> Result<(), CliError> {
    match command {
        UserCommand::Add { username, name, role, places, everywhere, programmes, storage } => {
            let username = checked_username(&username)?;
            let (db, _) = open(&storage).await?;
            let reference = load::load(&db).await?;
            let scope = checked(Scope { places, programmes }, &reference)?;
            if account::by_username(&db, &username).await?.is_some() {
                return Err(taken(&username));
            }
            let password_hash = password::hash_password(&read_password(&username)?)?;
            let name = name.unwrap_or_else(|| username.clone());
            let is_unsaid = scope.places.is_empty() && !everywhere && matches!(role, Role::Recorder | Role::Reviewer);
            let user = User { id: Uuid::now_v7(), username: username.clone(), name, role, scope, verifies_own: false };
            if !account::add(&db, &Account { user, password_hash, disabled: false }, By::command_line()).await? {
                return Err(taken(&username));
            }
            if is_unsaid {
                eprintln!(
                    "jiedui: warning: no --place: `{username}` may see and change entries everywhere (pass --everywhere if this is intended)"
                );
            }
        }
        UserCommand::Change { username, name, role, places, everywhere, programmes, all_programmes: all, storage } => {
            let (db, mut account) = find(&storage, &username).await?;
            if name.is_none() && role.is_none() && places.is_empty() && programmes.is_empty() && !everywhere && !all {
                let named = "--role, --place, --everywhere, --programme, --all-programmes, --name";
                return Err(CliError::Argument(format!("nothing to change: give one of {named}")));
            }
            let (reference, before) = (load::load(&db).await?, account.clone());
            let user = &mut account.user;
            user.name = name.unwrap_or_else(|| user.name.clone());
            user.role = role.unwrap_or(user.role);
            if everywhere || !places.is_empty() {
                user.scope.places = places;
            }
            if all {
                user.scope.programmes.clear();
            } else if !programmes.is_empty() {
                user.scope.programmes = programmes;
            }
            user.scope = checked(user.scope.clone(), &reference)?;
            change(&db, &before, account).await?;
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
            let (db, account) = find(&storage, &username).await?;
            change(&db, &account.clone(), Account { password_hash: String::new(), disabled: true, ..account }).await?;
        }
        UserCommand::Enable { username, storage } => {
            let (db, account) = find(&storage, &username).await?;
            let needs_password = account.password_hash.is_empty();
            change(&db, &account.clone(), Account { disabled: false, ..account }).await?;
            if needs_password {
                eprintln!("jiedui: `{username}` has no password: set one with `jiedui user password`");
            }
        }
        UserCommand::Code { username, storage } => {
            let (db, account) = find(&storage, &username).await?;
            if account.disabled {
                return Err(CliError::Argument(format!("--username: `{username}` is closed")));
            }
            let new = new_code()?;
            let hash = password::hash_password(&canonical_code(&new))?;
            code::issue(&db, &account.user, &hash, By::command_line(), None).await?;
            println!("{new}");
        }
        UserCommand::Password { username, storage } => {
            let (db, account) = find(&storage, &username).await?;
            let password_hash = password::hash_password(&read_password(&account.user.username)?)?;
            let stays_closed = account.disabled;
            let account = Account { password_hash, ..account };
            account::change(&db, &account, &account.setting_password(By::command_line())).await?;
            if stays_closed {
                eprintln!("jiedui: `{username}` stays disabled: open it with `jiedui user enable`");
            }
        }
    }
    Ok(())
}

/// Stores a change of an account.
async fn change(db: &Db, before: &Account, after: Account) -> Result<(), CliError> {
    Ok(account::change(db, &after, &before.changing(By::command_line(), &after)).await?)
}

async fn find(storage: &Storage, username: &str) -> Result<(Db, Account), CliError> {
    let (db, _) = open(storage).await?;
    let account = account::by_username(&db, username).await?;
    let account = account.ok_or_else(|| CliError::Argument(format!("--username: there is no account `{username}`")))?;
    Ok((db, account))
}

fn checked_username(username: &str) -> Result<String, CliError> {
    let shown = username.escape_debug();
    new_username(username).map_err(|error| {
        CliError::Argument(match error {
            UsernameError::Empty => "--username: it is empty".to_owned(),
            UsernameError::TooLong => format!("--username: more than {LONGEST} characters"),
            UsernameError::Letter(letter) => {
                let letter = letter.escape_debug();
                format!("--username: `{shown}` has `{letter}`; use a-z, 0-9, . _ - + @ or Chinese characters")
            }
        })
    })
}

fn taken(username: &str) -> CliError {
    CliError::Argument(format!("--username: `{username}` exists already"))
}

fn checked(scope: Scope, reference: &Reference) -> Result<Scope, CliError> {
    if let Some(code) = scope.places.iter().find(|code| reference.places.get(code).is_none()) {
        return Err(CliError::Argument(format!("--place: there is no place `{code}`")));
    }
    if let Some(code) = scope.programmes.iter().find(|code| reference.catalogue.programme(code).is_none()) {
        return Err(CliError::Argument(format!("--programme: there is no programme `{code}`")));
    }
    Ok(scope)
}

fn read_password(username: &str) -> Result<String, CliError> {
    let mut password = String::new();
    let stdin = |error| CliError::Io("standard input".to_owned(), error);
    std::io::stdin().read_to_string(&mut password).map_err(stdin)?;
    let password = password.trim_end_matches(['\r', '\n']).to_owned();
    match password::weakness(&password, username) {
        None => Ok(password),
        Some(weakness) => Err(CliError::Argument(format!("the password (from standard input) {weakness}"))),
    }
}
