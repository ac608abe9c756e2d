//! Reads stored JSON. Unreadable data, such as after damage to the disk, is logged with its identifier and omitted. It
//! fails no unrelated request, and `jiedui verify` names it.

use serde::de::{DeserializeOwned, IgnoredAny};
use std::fmt::Display;

/// Reads a stored value; `None`, and a line in the log, where it cannot be read.
pub fn read<T: DeserializeOwned>(kind: &str, id: impl Display, text: &str) -> Option<T> {
    serde_json::from_str(text).inspect_err(|error| log(kind, id, error)).ok()
}

/// Whether fields are an object of JSON; logged where they are not.
pub fn is_object(kind: &str, id: impl Display, text: &str) -> bool {
    match serde_json::from_str::<IgnoredAny>(text) {
        Ok(_) if text.starts_with('{') => true,
        Ok(_) => {
            log(kind, id, &"no object");
            false
        }
        Err(error) => {
            log(kind, id, &error);
            false
        }
    }
}

/// Says in the log that something stored cannot be read.
pub fn log(kind: &str, id: impl Display, error: &impl Display) {
    tracing::error!(kind, %id, %error, "a stored record cannot be read and is left out; `jiedui verify` lists them");
}
