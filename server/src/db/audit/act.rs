//! An act: who does what to which object.

use jiedui_core::access::user::User;
use jiedui_core::audit::{Action, ObjectKind};
use serde_json::{Map, Value};
use std::fmt::Display;
use uuid::Uuid;

/// Origin of acts on the command line.
const COMMAND_LINE: &str = "command line";

/// Actor and origin of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct By {
    /// Account and its name; `None` for nobody who is signed in, and for the command line.
    pub account: Option<(Uuid, String)>,
    /// Address of the client, or `command line`.
    pub origin: String,
}

impl By {
    /// Returns a user who acts from an origin.
    pub fn user(user: &User, origin: impl Into<String>) -> Self {
        let name = if user.name.is_empty() { &user.username } else { &user.name };
        Self { account: Some((user.id, name.clone())), origin: origin.into() }
    }

    /// Returns somebody who is not signed in.
    pub fn anonymous(origin: impl Into<String>) -> Self {
        Self { account: None, origin: origin.into() }
    }

    /// Returns the operator of the command line.
    pub fn command_line() -> Self {
        Self::anonymous(COMMAND_LINE)
    }
}

/// Object of an act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Kind.
    pub kind: ObjectKind,
    /// Identifier or code; empty if there is none, or if there are several.
    pub id: String,
    /// Name as it was.
    pub name: String,
}

impl Object {
    /// Returns an object.
    pub fn new(kind: ObjectKind, id: impl Display, name: impl Into<String>) -> Self {
        Self { kind, id: id.to_string(), name: name.into() }
    }

    /// Returns no object.
    pub fn none() -> Self {
        Self::new(ObjectKind::None, "", "")
    }

    /// Returns an account.
    pub fn account(user: &User) -> Self {
        let name = if user.name.is_empty() { &user.username } else { &user.name };
        Self::new(ObjectKind::Account, user.id, name)
    }
}

/// An act.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// Actor and origin.
    pub by: By,
    /// Action.
    pub action: Action,
    /// Object.
    pub object: Object,
    /// Changed fields as they were. Never a secret.
    pub before: Map<String, Value>,
    /// Changed fields as they are, or details of the act. Never a secret.
    pub after: Map<String, Value>,
    /// Identifiers of further objects of the same kind.
    pub more: Vec<String>,
}

impl Act {
    /// Returns an act without details.
    pub fn new(by: By, action: Action, object: Object) -> Self {
        Self { by, action, object, before: Map::new(), after: Map::new(), more: Vec::new() }
    }

    /// Adds a detail.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.after.insert(name.to_owned(), value.into());
        self
    }

    /// Adds the fields that differ between two states.
    #[must_use]
    pub fn changing(mut self, before: &Map<String, Value>, after: &Map<String, Value>) -> Self {
        (self.before, self.after) = jiedui_core::audit::changes(before, after);
        self
    }

    /// Returns the keys under which the objects are found: `kind/identifier`.
    pub(super) fn keys(&self) -> Vec<String> {
        let kind = self.object.kind;
        if kind == ObjectKind::None {
            return Vec::new();
        }
        let ids = std::iter::once(&self.object.id).chain(&self.more).filter(|id| !id.is_empty());
        let mut keys: Vec<String> = ids.map(|id| format!("{}/{id}", kind.code())).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_name_each_object_once() {
        let mut act = Act::new(By::command_line(), Action::Verified, Object::new(ObjectKind::Entry, "", ""));
        act.more = vec!["b".to_owned(), "a".to_owned(), "b".to_owned()];
        assert_eq!(act.keys(), ["entry/a", "entry/b"]);
        assert!(Act::new(By::command_line(), Action::SignInFailed, Object::none()).keys().is_empty());
    }
}
