//! `jiedui`: the server, the app and the command line in one file.

mod attachment_store;
mod auth;
mod backup_archive;
mod cli;
mod clock;
mod config;
mod connections;
mod db;
mod demo;
mod export;
mod figures;
mod http;
mod import;
mod logs;
mod private;
mod push_writer;
mod reference;
mod repeated_acts;
mod seed;
mod serve;
mod settings_file;
mod site;
mod state;
mod supervisor;
mod sweep;
mod web_push;

use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches};
use settings_file::SettingsFile;
use std::process::ExitCode;

/// jemalloc, which returns unused memory to the system: hashing a password takes 19 MB for a moment.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    private::close_new_files();
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("jiedui: {error}");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(async {
        match cli::run(arguments).await {
            Ok(code) => code,
            Err(error) => {
                eprintln!("jiedui: {error}");
                error.exit_code()
            }
        }
    })
}

/// Parses flags, environment and settings file, and starts logging. An error is printed in one line.
fn arguments() -> Result<cli::Cli, ExitCode> {
    let fail = |message: String| {
        eprintln!("jiedui: {message}");
        ExitCode::from(2)
    };
    let settings = SettingsFile::read(std::env::args_os(), &cli::Cli::command()).map_err(fail)?;
    let parsed = settings.apply(cli::Cli::command()).try_get_matches();
    let matches = match parsed {
        Ok(matches) => matches,
        // Help and version are not errors.
        Err(error) if !error.use_stderr() => {
            print!("{error}");
            return Err(ExitCode::SUCCESS);
        }
        Err(error) => {
            let origin = settings.origin(&error).map(|origin| origin + ": ").unwrap_or_default();
            return Err(fail(origin + &cli::one_line(&error)));
        }
    };
    let arguments = cli::Cli::from_arg_matches(&matches).map_err(|error| fail(cli::one_line(&error)))?;
    let setting = match matches.value_source("log") {
        Some(ValueSource::CommandLine) => Some("--log".to_owned()),
        Some(ValueSource::EnvVariable) => None,
        _ => settings.name_of("log"),
    };
    let setting = setting.unwrap_or_else(|| "RUST_LOG".to_owned());
    logs::start(&arguments.log, arguments.log_format).map_err(|error| fail(format!("{setting}: {error}")))?;
    Ok(arguments)
}
