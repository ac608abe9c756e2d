//! `jiedui`: the server, the app and the command line in one file.

pub mod attachment_store;
pub mod auth;
pub mod cli;
mod clock;
pub mod config;
pub mod connections;
pub mod db;
pub mod demo;
mod generate;
pub mod http;
mod import;
mod known;
mod notices;
mod private;
pub mod seed;
pub mod serve;
mod supervisor;
mod sweep;
mod throttle;
pub mod transfer;
mod writer;

use clap::Parser;
use std::process::ExitCode;

/// Gives memory back that is no longer used: hashing a password takes 19 MB for a moment, and so do a few large batches.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    private::close_new_files();
    let arguments = match cli::Cli::try_parse() {
        Ok(arguments) => arguments,
        // Help and version are no errors; a mistake is told in one line.
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
