//! Embeds the site: a new site rebuilds the server, and a release build without a site fails.

use std::path::Path;

/// Folder of the files that the browser loads.
const SITE: &str = "../target/site";

fn main() -> Result<(), String> {
    println!("cargo:rerun-if-changed={SITE}");
    println!("cargo:rerun-if-changed=migrations");
    check_site(Path::new(SITE), std::env::var("PROFILE").is_ok_and(|profile| profile == "release"))
}

/// Rejects a release build if the folder has no app.
pub fn check_site(site: &Path, is_release: bool) -> Result<(), String> {
    if is_release && !site.join("pkg").is_dir() {
        return Err("there is no app in target/site to put into the server: run `make build`".to_owned());
    }
    Ok(())
}
