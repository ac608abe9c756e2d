//! Compiles the app to wasm, splits it into chunks with JavaScript glue, and optimises them.

use crate::program::{Result, run};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasm_bindgen_cli_support::Bindgen;
use wasm_split_cli_support::Options;

const TARGET: &str = "wasm32-unknown-unknown";

/// Removes the names of functions.
const STRIP_NAMES: &str = "--strip-debug";
/// Passes and features of `wasm-opt`. After brotli, `-O1` is 7 % smaller than `-Oz`, since it keeps repetitions; the passes after
/// it save another 1 %. rustc uses the enabled features.
const WASM_OPT: [&str; 17] = [
    "-O1",
    "--duplicate-function-elimination",
    "--dae-optimizing",
    "--duplicate-function-elimination",
    "--rse",
    "--vacuum",
    "--reorder-locals",
    "--dealign",
    "--strip-target-features",
    STRIP_NAMES,
    "--strip-producers",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];

/// The chunks of the app.
pub struct Split {
    /// Their paths.
    pub chunks: Vec<PathBuf>,
    /// File stems of the chunks that each split point loads.
    pub chunks_of_points: BTreeMap<String, Vec<String>>,
}

/// Whether optimised chunks keep the names of their functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Released chunks have none.
    Stripped,
    /// Chunks whose functions are listed.
    Kept,
}

/// Variant of the build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// The released build.
    Release,
    /// Another build of the same source, whose function table has another order.
    Other,
    /// Unoptimised, for development.
    Dev,
}

impl Variant {
    /// Returns the Cargo profile.
    fn profile(self) -> &'static str {
        match self {
            Self::Release | Self::Other => "wasm-release",
            Self::Dev => "wasm-dev",
        }
    }
}

/// Compiles the app for the browser. Returns the linked module's path.
pub fn compile(variant: Variant) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let profile = variant.profile();
    let mut build = Command::new(cargo);
    build.args(["build", "--profile", profile, "--target", TARGET]);
    build.args(["--package", "jiedui-app", "--lib", "--features", "csr"]);
    if variant == Variant::Other {
        build.args(["--config", "profile.wasm-release.package.jiedui-app.opt-level=0"]);
    }
    run(&mut build)?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    Ok(target.join(TARGET).join(profile).join("jiedui_app.wasm"))
}

/// Cuts the module at its split points and writes each chunk, with the glue that loads it, into a folder.
pub fn split_and_bind(module: &Path, folder: &Path) -> Result<Split> {
    let input = std::fs::read(module)?;
    let main = module.with_file_name("jiedui_main.wasm");
    let mut options = Options::new(&input);
    options.output_dir = folder;
    options.main_out_path = &main;
    options.main_module = "./jiedui.js";
    options.link_name = "./__wasm_split.js";
    let split = wasm_split_cli_support::transform(options)?;

    Bindgen::new()
        .input_path(&main)
        .out_name("jiedui")
        .web(true)?
        .typescript(false)
        .keep_lld_exports(true)
        .demangle(false)
        .omit_default_module_path(true)
        .generate(folder)?;
    let bound = folder.join("jiedui.wasm");
    std::fs::rename(folder.join("jiedui_bg.wasm"), &bound)?;
    let chunks = split.split_modules.into_iter().chain([bound]).collect();
    Ok(Split { chunks, chunks_of_points: split.prefetch_map.into_iter().collect() })
}

/// Optimises each chunk in place.
pub fn optimise(chunks: &[PathBuf], names: Names) -> Result<()> {
    let argument = |argument| if argument == STRIP_NAMES && names == Names::Kept { "--debuginfo" } else { argument };
    chunks.par_iter().try_for_each(|chunk| {
        run(Command::new("wasm-opt").args(WASM_OPT.map(argument)).arg(chunk).arg("-o").arg(chunk))
    })
}
