//! Reads stored JSON and numbers. Unreadable data, such as after damage to the disk, is logged with its identifier and
//! omitted, or rejected by name when a user changes it. It fails no unrelated request, and `jiedui verify` names it.

use crate::db::{DbError, Result, Unreadable};
use serde::de::{DeserializeOwned, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::fmt::{self, Display};

/// Parses a stored value. Fails with [`DbError::Unreadable`].
pub fn parse<T: DeserializeOwned>(kind: &str, id: impl Display, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| unreadable(kind, id, &error))
}

/// Parses a stored value. Logs an unreadable one and returns `None`.
pub fn read<T: DeserializeOwned>(kind: &str, id: impl Display, text: &str) -> Option<T> {
    serde_json::from_str(text).inspect_err(|_| log(kind, id)).ok()
}

/// Converts a stored number that counts something. Fails with [`DbError::Unreadable`] if it is negative or has no
/// successor.
pub fn unsigned(kind: &str, id: impl Display, column: &str, number: i64) -> Result<u64> {
    let count = u64::try_from(number).ok().filter(|_| number < i64::MAX);
    count.ok_or_else(|| unreadable(kind, id, &format!("{column} {number} is out of range")))
}

/// Formats a stored time. Fails with [`DbError::Unreadable`] if it has no four-digit year.
pub fn instant(kind: &str, id: impl Display, column: &str, milliseconds: i64) -> Result<String> {
    let text = crate::db::instant(milliseconds);
    if text.is_empty() {
        return Err(unreadable(kind, id, &format!("{column} {milliseconds} is out of range")));
    }
    Ok(text)
}

/// Returns the value. Logs [`DbError::Unreadable`] and returns `None`; other errors are returned.
pub fn omit_unreadable<T>(read: Result<T>) -> Result<Option<T>> {
    match read {
        Ok(value) => Ok(Some(value)),
        Err(DbError::Unreadable(Unreadable { kind, id, .. })) => {
            log(&kind, id);
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Adds unreadable data to a list. Other errors are returned.
pub fn note_unreadable<T>(read: Result<T>, unreadable: &mut Vec<Unreadable>) -> Result<()> {
    match read {
        Ok(_) => Ok(()),
        Err(DbError::Unreadable(found)) => {
            unreadable.push(found);
            Ok(())
        }
        Err(error) => Err(error),
    }
}

/// Returns the error of stored data that cannot be read.
pub fn unreadable(kind: &str, id: impl Display, error: &impl Display) -> DbError {
    DbError::Unreadable(Unreadable { kind: kind.to_owned(), id: id.to_string(), reason: error.to_string() })
}

/// Returns whether fields are a valid JSON object. Logs invalid ones.
pub fn is_object(kind: &str, id: impl Display, text: &str) -> bool {
    match serde_json::from_str::<ParsedObject>(text) {
        Ok(_) => true,
        Err(_) => {
            log(kind, id);
            false
        }
    }
}

/// A JSON object that is validated completely and discarded: unlike `IgnoredAny`, it fails for numbers out of range and lone
/// surrogates.
struct ParsedObject;

impl<'de> Deserialize<'de> for ParsedObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_map(ParsedValue).map(|ParsedValue| Self)
    }
}

/// A JSON value that is validated completely and discarded.
struct ParsedValue;

impl<'de> Deserialize<'de> for ParsedValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for ParsedValue {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E: Error>(self, _: bool) -> std::result::Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E: Error>(self, _: i64) -> std::result::Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E: Error>(self, _: u64) -> std::result::Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E: Error>(self, _: f64) -> std::result::Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E: Error>(self, _: &str) -> std::result::Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E: Error>(self) -> std::result::Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> std::result::Result<Self, A::Error> {
        while entries.next_entry::<Self, Self>()?.is_some() {}
        Ok(self)
    }
}

/// Logs unreadable stored data, without the reason: it may quote a person's text.
pub fn log(kind: &str, id: impl Display) {
    tracing::error!(kind, %id, "a stored record cannot be read and is omitted; `jiedui verify` lists them");
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiedui_core::entry::Fields;
    use rstest::rstest;

    #[rstest]
    #[case(-1, None)]
    #[case(0, Some(0))]
    #[case(i64::MAX - 1, Some(9_223_372_036_854_775_806))]
    #[case(i64::MAX, None)]
    fn unsigned_names_a_number_out_of_range(#[case] number: i64, #[case] expected: Option<u64>) {
        let read = unsigned("entry", "7", "rev", number);
        assert_eq!(read.as_ref().ok().copied(), expected);
        if let Err(error) = read {
            assert_eq!(error.to_string(), format!("the stored entry 7 cannot be read: rev {number} is out of range"));
        }
    }

    #[rstest]
    #[case(0, Some("1970-01-01T00:00:00.000Z"))]
    #[case(i64::MIN, None)]
    #[case(i64::MAX, None)]
    fn instant_names_a_time_out_of_range(#[case] number: i64, #[case] expected: Option<&str>) {
        assert_eq!(instant("entry", "7", "at", number).ok().as_deref(), expected);
    }

    #[rstest]
    #[case(r#"{"note":"x","values":{"times":4.5,"list":[1,-1,null,true,"\n"]}}"#)]
    #[case(r#"{}"#)]
    #[case(r#"{"note":"\ud800"}"#)]
    #[case(r#"{"values":{"times":1e999}}"#)]
    #[case(r#"{"\udfff":1}"#)]
    #[case(r#"{"note":1"#)]
    #[case("[]")]
    #[case("7")]
    #[case("")]
    fn is_object_agrees_with_parsing_fields(#[case] text: &str) {
        assert_eq!(is_object("entry", 7, text), serde_json::from_str::<Fields>(text).is_ok());
    }

    #[test]
    fn omit_unreadable_returns_other_errors() {
        assert!(matches!(omit_unreadable(parse::<u64>("entry", 7, "7")), Ok(Some(7))));
        assert!(matches!(omit_unreadable(parse::<u64>("entry", 7, "x")), Ok(None)));
        assert!(matches!(omit_unreadable::<u64>(Err(DbError::Busy)), Err(DbError::Busy)));
    }
}
