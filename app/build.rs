//! Generates the struct of screen texts from `locales/*.json`, with a constant for each language. The build fails if a text is
//! missing in one of them.

use serde_json::{Map, Value};
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=locales");
    let chinese = read("locales/zh-CN.json")?;
    let english = read("locales/en.json")?;
    if let Some(key) = chinese.keys().find(|key| !english.contains_key(*key)) {
        return Err(format!("locales/en.json lacks `{key}`").into());
    }
    if let Some(key) = english.keys().find(|key| !chinese.contains_key(*key)) {
        return Err(format!("locales/zh-CN.json lacks `{key}`").into());
    }
    let mut code =
        "/// All texts of the screens in one language.\n#[derive(Debug, PartialEq)]\npub struct Texts {\n".to_owned();
    for (key, text) in &chinese {
        writeln!(code, "    /// {}\n    pub {key}: &'static str,", text.as_str().ok_or("a text is not a string")?)?;
    }
    code.push_str("}\n");
    for (name, texts) in [("CHINESE", chinese), ("ENGLISH", english)] {
        writeln!(code, "static {name}: Texts = Texts {{")?;
        for (key, text) in texts {
            writeln!(code, "    {key}: {:?},", text.as_str().ok_or("a text is not a string")?)?;
        }
        code.push_str("};\n");
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("texts.rs"), code)?;
    Ok(())
}

fn read(path: &str) -> Result<Map<String, Value>, Box<dyn Error>> {
    Ok(serde_json::from_str(&fs::read_to_string(path)?).map_err(|error| format!("{path}: {error}"))?)
}
