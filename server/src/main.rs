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
mod private;
mod push_writer;
mod reference;
mod seed;
mod serve;
mod site;
mod state;
mod supervisor;
mod sweep;
mod web_push;

use clap::Parser;
use std::process::ExitCode;

/// jemalloc, which returns unused memory to the system: hashing a password takes 19 MB for a moment.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    private::close_new_files();
    let arguments = match cli::Cli::try_parse() {
        Ok(arguments) => arguments,
        // Help and version are not errors; an error is printed in one line.
        Err(error) if !error.use_stderr() => {
            print!("{error}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("{}", cli::one_line(&error));
            return ExitCode::from(2);
        }
    };
    let level = match std::env::var("RUST_LOG") {
        Ok(level) => tracing_subscriber::EnvFilter::try_new(level),
        Err(_) => tracing_subscriber::EnvFilter::try_new("info,sqlx=warn"),
    };
    let level = match level {
        Ok(level) => level,
        Err(error) => {
            eprintln!("jiedui: RUST_LOG: {error}");
            return ExitCode::from(2);
        }
    };
    tracing_subscriber::fmt().with_env_filter(level).with_writer(std::io::stderr).init();
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
