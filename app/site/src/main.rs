//! Builds `target/site`, the files that the browser loads, and prints the duration of each step:
//!
//! 1. compiles the app to wasm,
//! 2. splits it into chunks and writes their JavaScript,
//! 3. optimises the wasm,
//! 4. bundles the style sheets and converts the user guide,
//! 5. minifies the scripts,
//! 6. names the build by its content,
//! 7. compresses every file.
//!
//! The files of the app are in one folder, `pkg/<hash>`, and refer only to files in that folder. A page therefore never mixes
//! two builds.
//!
//! Run it in the workspace's root. `--quick` omits optimisation, minification and compression; without it, `wasm-opt` and
//! `esbuild` must be on the PATH. `--other` writes another build of the same source to `target/site-other`, for the tests
//! of upgrades: its chunks do not fit the first one's. `--dev` writes an unoptimised build to `target/site-dev`, whose pages
//! reload themselves when the server serves another build. `--names` writes the chunks with the names of their functions to
//! `target/site-names`, and lists the functions by size.

mod assets;
mod functions;
mod guide;
mod program;
mod wasm;

use program::Result;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;
use wasm::{Names, Variant};

fn main() -> ExitCode {
    let flags: Vec<String> = std::env::args().skip(1).collect();
    if flags.iter().any(|flag| !["--quick", "--other", "--dev", "--names"].contains(&flag.as_str())) {
        eprintln!("usage: jiedui-site [--quick] [--other | --dev] | --names");
        return ExitCode::from(2);
    }
    let has = |name: &str| flags.iter().any(|flag| flag == name);
    if has("--names") {
        return report(list_functions(Path::new("target/site-names")));
    }
    let variant = match (has("--other"), has("--dev")) {
        (true, _) => Variant::Other,
        (_, true) => Variant::Dev,
        _ => Variant::Release,
    };
    report(build(variant, has("--quick") || variant == Variant::Dev))
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

/// Builds into a new folder and swaps it with the site, so that a failed build leaves the previous site complete.
fn build(variant: Variant, quick: bool) -> Result<()> {
    let site = Path::new(match variant {
        Variant::Release => "target/site",
        Variant::Other => "target/site-other",
        Variant::Dev => "target/site-dev",
    });
    let fresh = site.with_extension("new");
    let package = fresh.join("pkg");
    remove(&fresh)?;
    std::fs::create_dir_all(&package)?;

    let module = timed("compile", || wasm::compile(variant))?;
    let split = timed("split and bind", || wasm::split_and_bind(&module, &package))?;
    timed("style", || assets::bundle_style(&package.join("jiedui.css")))?;
    assets::copy_folder(Path::new("public"), &fresh)?;
    assets::move_scripts(&fresh, &package)?;
    guide::write(Path::new("docs/guide"), &package)?;
    if variant == Variant::Dev {
        assets::reload_on_change(&package)?;
    }
    if !quick {
        timed("optimise", || wasm::optimise(&split.chunks, Names::Stripped))?;
        timed("minify", || assets::minify_scripts(&package))?;
    }
    assets::name_by_content(&package)?;
    if !quick {
        timed("compress", || assets::compress(&fresh))?;
    }

    remove(site)?;
    std::fs::rename(fresh, site)?;
    Ok(())
}

/// Builds the released chunks with the names of their functions into a folder, and lists the functions there.
fn list_functions(folder: &Path) -> Result<()> {
    remove(folder)?;
    std::fs::create_dir_all(folder)?;
    let module = timed("compile", || wasm::compile(Variant::Release))?;
    let split = timed("split and bind", || wasm::split_and_bind(&module, folder))?;
    timed("optimise", || wasm::optimise(&split.chunks, Names::Kept))?;
    timed("list functions", || functions::write(&split, folder))
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
