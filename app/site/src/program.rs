//! Runs other programs, and the result of every step.

use std::error::Error;
use std::path::PathBuf;
use std::process::Command;

/// Every failure ends the build with its message.
pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Runs a program to its end; it must succeed.
pub fn run(command: &mut Command) -> Result<()> {
    let name = PathBuf::from(command.get_program()).display().to_string();
    let status = command.status().map_err(|error| format!("{name} cannot be started: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name} failed ({status})").into()) }
}
