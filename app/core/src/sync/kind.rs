//! Kind of a record or mutation.

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// Kind of a record or mutation, a string when stored and sent. Unknown kinds are preserved.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Entry.
    Entry,
    /// Ledger item.
    LedgerItem,
    /// Organisation.
    Organisation,
    /// Pairing.
    Pairing,
    /// Conflict resolution, which is a command and not a record. The mutation's `id` is the record's, its `base_rev`
    /// the revision that the user saw, and its fields are those of a [`Resolution`](crate::sync::Resolution).
    Resolution,
    /// Kind of a newer program.
    Other(String),
}

impl Kind {
    /// Returns the name used in JSON and in the database.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Entry => "entry",
            Self::LedgerItem => "need",
            Self::Organisation => "organisation",
            Self::Pairing => "pairing",
            Self::Resolution => "choice",
            Self::Other(name) => name,
        }
    }

    /// Returns the kind with this name, unless it is unknown.
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "entry" => Self::Entry,
            "need" => Self::LedgerItem,
            "organisation" => Self::Organisation,
            "pairing" => Self::Pairing,
            "choice" => Self::Resolution,
            _ => return None,
        })
    }
}

impl From<&str> for Kind {
    fn from(name: &str) -> Self {
        Self::from_name(name).unwrap_or_else(|| Self::Other(name.to_owned()))
    }
}

impl From<String> for Kind {
    fn from(name: String) -> Self {
        Self::from_name(&name).unwrap_or(Self::Other(name))
    }
}

impl FromStr for Kind {
    type Err = Infallible;

    fn from_str(name: &str) -> Result<Self, Infallible> {
        Ok(Self::from(name))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;
        impl Visitor<'_> for Name {
            type Value = Kind;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Kind, E> {
                Ok(Kind::from(name))
            }

            fn visit_string<E: Error>(self, name: String) -> Result<Kind, E> {
                Ok(Kind::from(name))
            }
        }
        deserializer.deserialize_string(Name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case(Kind::Entry, "entry")]
    #[case(Kind::LedgerItem, "need")]
    #[case(Kind::Organisation, "organisation")]
    #[case(Kind::Pairing, "pairing")]
    #[case(Kind::Resolution, "choice")]
    #[case(Kind::Other("from_tomorrow".into()), "from_tomorrow")]
    fn name_of_kind_is_stable(#[case] kind: Kind, #[case] name: &str) {
        assert_eq!((kind.to_string().as_str(), Kind::from(name)), (name, kind.clone()));
        assert_eq!(serde_json::to_value(&kind).unwrap(), json!(name));
    }

    proptest! {
        #[test]
        fn any_name_is_preserved(name in prop_oneof![".*", "entry|need|organisation|pairing|choice"]) {
            let kind: Kind = name.parse().unwrap();
            prop_assert_eq!(kind.to_string(), &*name);
            prop_assert_eq!(serde_json::to_value(&kind).unwrap(), json!(name));
            prop_assert_eq!(serde_json::from_value::<Kind>(json!(name)).unwrap(), kind);
        }
    }
}
