//! Demonstration accounts, one of each role.

use crate::auth::password;
use crate::auth::token::new_token;
use crate::cli::error::CliError;
use crate::db::Db;
use crate::db::accounts::account::{self, Account};
use crate::db::audit::By;
use jiedui_core::access::user::{Role, Scope, User};
use uuid::Uuid;

/// User name, displayed name, role and place of each account.
fn people() -> [(Role, &'static str, &'static [&'static str]); 5] {
    [
        (Role::Recorder, "演示填报员", &["522728"]),
        (Role::Reviewer, "演示审核员", &["522728"]),
        (Role::Coordinator, "演示协调员", &["5201", "522728"]),
        (Role::Admin, "演示管理员", &[]),
        (Role::Viewer, "演示浏览", &["5201", "522728"]),
    ]
}

/// Sets and prints a new password for each demonstration account. A real account with the same user name stays
/// unchanged.
pub async fn accounts(db: &Db) -> Result<(), CliError> {
    println!("演示账号 / demonstration accounts (username  password):");
    for (role, name, places) in people() {
        let username = role.code().to_owned();
        let existing = account::by_username(db, &username).await?;
        if existing.as_ref().is_some_and(|existing| existing.user.name != name || existing.disabled) {
            println!("{username}: 已有账号，保持不变 / an account with this name exists and stays unchanged");
            continue;
        }
        let password: String = new_token()?.chars().filter(char::is_ascii_alphanumeric).take(10).collect();
        let password_hash = password::hash_password(&password)?;
        let places = places.iter().map(|code| (*code).to_owned()).collect();
        let scope = Scope { places, programmes: Vec::new() };
        let id = existing.as_ref().map_or_else(Uuid::now_v7, |existing| existing.user.id);
        let user = User { id, username: username.clone(), name: name.to_owned(), role, scope, verifies_own: false };
        let account = Account { user, password_hash, disabled: false };
        if let Some(existing) = existing {
            if existing.user == account.user {
                // A later start keeps the entries of the demonstration.
                account::renew_password(db, &account, By::command_line()).await?;
            } else {
                account::change(db, &account, &existing.changing(By::command_line(), &account)).await?;
            }
        } else if !account::add(db, &account, By::command_line()).await? {
            // Another program created the account meanwhile.
            continue;
        }
        println!("  {username:<12}{password}");
    }
    Ok(())
}
