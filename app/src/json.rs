//! JSON, read and written by way of its values: the program then holds the code for a type once, not once for texts and
//! once for values, which on a phone is worth the second look at each of them.

use gloo_storage::errors::StorageError;
use gloo_storage::{LocalStorage, Storage};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a text.
pub fn read<T: DeserializeOwned>(text: &str) -> serde_json::Result<T> {
    serde_json::from_value(serde_json::from_str::<Value>(text)?)
}

/// What lies in local storage under a name.
pub fn kept<T: DeserializeOwned>(name: &str) -> Option<T> {
    serde_json::from_value(LocalStorage::get::<Value>(name).ok()?).ok()
}

/// Writes a text.
pub fn write(value: &impl Serialize) -> serde_json::Result<String> {
    Ok(serde_json::to_value(value)?.to_string())
}

/// Puts something into local storage.
pub fn keep(name: &str, value: &impl Serialize) -> Result<(), StorageError> {
    LocalStorage::set(name, serde_json::to_value(value)?)
}
