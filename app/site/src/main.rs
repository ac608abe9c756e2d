//! Builds `target/site`, what the browser gets, and prints where the time goes:
//!
//! 1. compiles the app to wasm, 2. cuts it into chunks and writes their JavaScript glue, 3. optimises the wasm, 4. bundles
//!    the style, 5. minifies scripts, 6. compresses everything.
//!
//! Run it in the workspace's root. `--quick` leaves out optimising, minifying and compressing; without it, `wasm-opt` and
//! `esbuild` must be on the PATH.

mod assets;
mod wasm;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Instant;

/// Every failure ends the build with its message.
type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => report(build(false)),
        [flag] if flag == "--quick" => report(build(true)),
        _ => {
            eprintln!("usage: jiedui-site [--quick]");
            ExitCode::from(2)
        }
    }
}

fn report(result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("site: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Builds into a folder beside the site and swaps the two, so that a failed build leaves the former site whole.
fn build(quick: bool) -> Result<()> {
    let site = Path::new("target/site");
    let fresh = Path::new("target/site.new");
    remove(fresh)?;
    std::fs::create_dir_all(fresh.join("pkg"))?;

    let module = timed("compile", wasm::compile)?;
    let chunks = timed("split and bind", || wasm::split_and_bind(&module, &fresh.join("pkg")))?;
    timed("style", || assets::bundle_style(&fresh.join("pkg/jiedui.css")))?;
    assets::copy_folder(Path::new("public"), fresh)?;
    if !quick {
        timed("optimise", || wasm::optimise(&chunks))?;
        timed("minify", || assets::minify_scripts(fresh))?;
        timed("compress", || assets::compress(fresh))?;
    }

    remove(site)?;
    std::fs::rename(fresh, site)?;
    Ok(())
}

/// Removes a folder, if there is one.
fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    Ok(())
}

/// Runs a step and prints how long it took.
fn timed<T>(step: &str, run: impl FnOnce() -> Result<T>) -> Result<T> {
    let start = Instant::now();
    let value = run().map_err(|error| format!("{step}: {error}"))?;
    println!("site: {step:<15} {:6.1} s", start.elapsed().as_secs_f32());
    Ok(value)
}

/// Runs a program to its end; it must succeed.
fn run(command: &mut Command) -> Result<()> {
    let name = PathBuf::from(command.get_program()).display().to_string();
    let status = command.status().map_err(|error| format!("{name} cannot be started: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("{name} failed ({status})").into()) }
}
