//! JSON through `serde_json::Value`. The app then holds the code for a type once, which saves more in download size
//! than the second pass costs.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Parses a text.
pub fn from_json<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    serde_json::from_value(serde_json::from_str::<Value>(text)?)
}

/// Serializes a value.
pub fn to_json(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(serde_json::to_value(value)?.to_string())
}
