//! JSON in local storage, read and written through `serde_json::Value`. The program then holds the code for a type once, which
//! saves more in download size than the second pass costs.

pub use jiedui_core::storage::{from_json, to_json};
use leptos::prelude::window;
use serde::Serialize;
use serde::de::DeserializeOwned;
use web_sys::Storage;

/// Local storage rejected a value: it is full, or the browser refuses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("local storage rejected a value")]
pub struct NotStored;

/// Returns the browser's local storage; `None` where the browser refuses it.
pub fn local_storage() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// Reads a value from local storage.
pub fn get<T: DeserializeOwned>(name: &str) -> Option<T> {
    from_json(&local_storage()?.get_item(name).ok()??).ok()
}

/// Returns whether local storage has a value under a name.
pub fn has(name: &str) -> bool {
    local_storage().is_some_and(|storage| storage.get_item(name).is_ok_and(|text| text.is_some()))
}

/// Returns the names that begin with a prefix, sorted.
pub fn names_with(prefix: &str) -> Vec<String> {
    let Some(storage) = local_storage() else { return Vec::new() };
    let names = (0..storage.length().unwrap_or_default()).filter_map(|index| storage.key(index).ok().flatten());
    let mut names: Vec<String> = names.filter(|name| name.starts_with(prefix)).collect();
    names.sort();
    names
}

/// Stores a value in local storage.
pub fn set(name: &str, value: &impl Serialize) -> Result<(), NotStored> {
    let text = to_json(value).map_err(|_| NotStored)?;
    local_storage().ok_or(NotStored)?.set_item(name, &text).map_err(|_| NotStored)
}

/// Removes a value from local storage.
pub fn remove(name: &str) {
    if let Some(storage) = local_storage() {
        // Fails only if nothing is stored.
        let _ = storage.remove_item(name);
    }
}
