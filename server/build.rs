//! Embeds the site: a new site rebuilds the server, and a release build without a site fails.

use std::path::Path;

fn main() -> Result<(), String> {
    println!("cargo:rerun-if-changed=../target/site");
    println!("cargo:rerun-if-changed=migrations");
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    if is_release && !Path::new("../target/site/pkg").is_dir() {
        return Err("there is no app in target/site to put into the server: run `make build`".to_owned());
    }
    Ok(())
}
