//! Generates a function for each screen text from `locales/*.json`. The build fails if a text is missing in one of them. A text
//! is in the chunk whose code calls its function; fields of a constant would all be in the first one.

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
    let mut code = String::from("impl Texts {\n");
    for ((key, chinese), english) in chinese.iter().zip(english.values()) {
        let [chinese, english] = [chinese, english].map(|text| text.as_str().ok_or("a text is not a string"));
        let (chinese, english) = (chinese?, english?);
        writeln!(code, "    /// {chinese}\n    pub fn {key}(&self) -> &'static str {{")?;
        writeln!(code, "        self.0.pick({chinese:?}, {english:?})\n    }}")?;
    }
    code.push_str("}\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("texts.rs"), code)?;
    Ok(())
}

fn read(path: &str) -> Result<Map<String, Value>, Box<dyn Error>> {
    Ok(serde_json::from_str(&fs::read_to_string(path)?).map_err(|error| format!("{path}: {error}"))?)
}
