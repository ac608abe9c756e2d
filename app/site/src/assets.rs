//! Bundles styles, scripts and public files, and compresses the whole site.

use crate::program::{Result, run};
use brotli::enc::BrotliEncoderParams;
use flate2::{Compression, write::GzEncoder};
use lightningcss::stylesheet::{MinifyOptions, ParserOptions, PrinterOptions, StyleSheet};
use lightningcss::targets::{Browsers, Targets};
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Style sheets below `style/`, in the order in which they apply: tokens, base, components, features, print.
const STYLE: [&str; 61] = [
    "tokens",
    "base",
    "components/button",
    "components/bar",
    "components/rail",
    "components/badge",
    "components/count",
    "components/icon",
    "components/notice",
    "components/menu",
    "components/toolbar",
    "components/filters",
    "components/tabs",
    "components/form",
    "components/choose",
    "components/stepper",
    "components/chip",
    "components/pick",
    "components/place",
    "components/actions",
    "components/choices",
    "components/photo",
    "components/programme",
    "components/state",
    "components/entry",
    "components/list",
    "components/latest",
    "components/row",
    "components/data-table",
    "components/pane",
    "components/skeleton",
    "components/table",
    "components/receiving",
    "components/sheet",
    "components/snackbar",
    "components/legend",
    "components/indicators",
    "components/key",
    "components/bars",
    "components/figure",
    "components/card",
    "components/chart",
    "features/map",
    "features/dashboard",
    "features/share",
    "features/indicator",
    "features/report",
    "features/wall",
    "features/import",
    "features/work",
    "features/periods",
    "features/ledger",
    "features/conflict",
    "features/review",
    "features/catalogue",
    "features/help",
    "features/kit",
    "features/me",
    "features/audit",
    "features/people",
    "print",
];
/// Oldest supported browsers, for which the styles are lowered.
const BROWSERS: &str = "chrome 61, safari 12, firefox 68";
/// Extensions of files that are not compressed: they are compressed already or too small.
const NOT_COMPRESSED: [&str; 2] = ["png", "ico"];

/// Joins the style sheets into one, minified and translated for old browsers.
pub fn bundle_style(output: &Path) -> Result<()> {
    let mut source = String::new();
    for name in STYLE {
        source.push_str(&std::fs::read_to_string(Path::new("style").join(name).with_extension("css"))?);
    }
    let count = files(Path::new("style"))?.len();
    if count != STYLE.len() {
        return Err(format!("style/ has {count} files, of which {} are listed", STYLE.len()).into());
    }
    let targets = Targets::from(Browsers::from_browserslist(BROWSERS.split(", "))?);
    let mut sheet = StyleSheet::parse(&source, ParserOptions::default()).map_err(|error| error.to_string())?;
    sheet.minify(MinifyOptions { targets, ..MinifyOptions::default() }).map_err(|error| error.to_string())?;
    let printed = sheet.to_css(PrinterOptions { minify: true, targets, ..PrinterOptions::default() })?;
    std::fs::write(output, printed.code)?;
    Ok(())
}

/// Copies a folder recursively.
pub fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    for file in files(from)? {
        let target = to.join(file.strip_prefix(from)?);
        if let Some(folder) = target.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::copy(&file, target)?;
    }
    Ok(())
}

/// Moves the scripts of a folder into another.
pub fn move_scripts(from: &Path, to: &Path) -> Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        if is_script(&entry.path()) {
            std::fs::rename(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

/// Makes pages reload themselves once the server serves another build.
pub fn reload_on_change(package: &Path) -> Result<()> {
    let start = package.join("start.js");
    let mut script = std::fs::read_to_string(&start)?;
    script.push_str(RELOAD);
    std::fs::write(start, script)?;
    Ok(())
}

/// Asks for the shell every second; its header names the build.
const RELOAD: &str = r#"
const build = new URL(import.meta.url).pathname.split("/").at(-2);
setInterval(async () => {
  const shell = await fetch("/shell", { cache: "no-store" }).catch(() => null);
  const served = shell?.headers.get("x-jiedui-build");
  if (served && served !== build) location.reload();
}, 1000);
"#;

/// Moves a folder's files into a folder inside it that is named by the hash of their content.
pub fn name_by_content(folder: &Path) -> Result<()> {
    let mut all = files(folder)?;
    all.sort();
    let mut hash = Sha256::new();
    for file in &all {
        let content = std::fs::read(file)?;
        hash.update(file.strip_prefix(folder)?.to_string_lossy().as_bytes());
        hash.update(content.len().to_le_bytes());
        hash.update(content);
    }
    let name: String = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let beside = folder.with_extension("unnamed");
    std::fs::rename(folder, &beside)?;
    std::fs::create_dir(folder)?;
    std::fs::rename(beside, folder.join(name))?;
    Ok(())
}

fn is_script(file: &Path) -> bool {
    file.extension() == Some(OsStr::new("js"))
}

/// Minifies every script of a folder in place.
pub fn minify_scripts(folder: &Path) -> Result<()> {
    for script in files(folder)?.into_iter().filter(|file| is_script(file)) {
        let output = format!("--outfile={}", script.display());
        run(Command::new("esbuild")
            .arg(&script)
            .args(["--minify", "--allow-overwrite", "--log-level=warning"])
            // wasm-bindgen names the module that loads chunks once for each split point; all names mean the same module.
            .arg("--log-override:duplicate-object-key=silent")
            .arg(output))?;
    }
    Ok(())
}

/// Writes compressed copies of every file, with brotli and with gzip.
pub fn compress(folder: &Path) -> Result<()> {
    files(folder)?.par_iter().filter(|file| !is_compressed(file)).try_for_each(|file| {
        let content = std::fs::read(file)?;
        let mut small = Vec::new();
        let parameters = BrotliEncoderParams { quality: 11, lgwin: 22, ..BrotliEncoderParams::default() };
        brotli::BrotliCompress(&mut content.as_slice(), &mut small, &parameters)?;
        std::fs::write(with_ending(file, "br"), small)?;
        let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
        gzip.write_all(&content)?;
        std::fs::write(with_ending(file, "gz"), gzip.finish()?)?;
        Ok(())
    })
}

fn is_compressed(file: &Path) -> bool {
    let ending = file.extension().and_then(OsStr::to_str);
    ending.is_some_and(|ending| NOT_COMPRESSED.contains(&ending))
}

/// Adds an ending to a file's name: `app.js` becomes `app.js.br`.
fn with_ending(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

/// Lists all files below a folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            paths.extend(files(&path)?);
        } else {
            paths.push(path);
        }
    }
    Ok(paths)
}
