//! Field paths of a record, the unit of conflict detection: a top-level field, or one answer of the form such as
//! `values.count`. Concurrent changes to different paths merge without a conflict.

use super::field::{DETAILS, Fields, QUALIFIERS, SET_BY_SERVER, VALUES};
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// Path of a field. Borrows the text that it is parsed from. Any text is a path, and
/// its text form is that text.
///
/// Paths are ordered and compared by their text, which is how they are stored and sent.
#[derive(Clone, Debug)]
pub enum Path<'a> {
    /// Top-level field.
    Field(Cow<'a, str>),
    /// Numeric answer of the form, by field code: `values.count`.
    Value(Cow<'a, str>),
    /// Other answer of the form, by field code: `details.model`. Errors also name a cell of a table:
    /// `details.workers.0.count`.
    Detail(Cow<'a, str>),
}

impl<'a> Path<'a> {
    /// Returns the path of a numeric answer.
    pub fn value(code: &'a str) -> Self {
        Self::Value(Cow::Borrowed(code))
    }

    /// Returns the path of an answer other than a number.
    pub fn detail(code: &'a str) -> Self {
        Self::Detail(Cow::Borrowed(code))
    }

    /// Returns the path of a cell in a table of the form; rows count from 0.
    pub fn cell(table: &str, row: usize, column: &str) -> Path<'static> {
        Path::Detail(Cow::Owned(format!("{table}.{row}.{column}")))
    }

    /// Returns the path of a numeric answer's precision, which errors name.
    pub fn qualifier(code: &str) -> Path<'static> {
        Path::Field(Cow::Owned(format!("{QUALIFIERS}.{code}")))
    }

    /// Returns the top-level field.
    pub fn field(&self) -> &str {
        match self {
            Self::Field(name) => name,
            Self::Value(_) => VALUES,
            Self::Detail(_) => DETAILS,
        }
    }

    /// Returns the code of an answer of the form; `None` for a top-level field.
    pub fn answer(&self) -> Option<&str> {
        match self {
            Self::Field(_) => None,
            Self::Value(code) | Self::Detail(code) => Some(code),
        }
    }

    /// Returns the code of the form's field that the path concerns: for a cell, that of its table.
    pub fn form_field(&self) -> Option<&str> {
        self.answer().and_then(|code| code.split('.').next())
    }

    /// Returns whether the path is `other` or part of that path: an answer of the form, or a cell of a table.
    pub fn is_within(&self, other: &Path<'_>) -> bool {
        let continues = |text: &str, start: &str| text.strip_prefix(start).is_some_and(|rest| rest.starts_with('.'));
        match (self, other) {
            (Self::Field(text), Path::Field(start))
            | (Self::Value(text), Path::Value(start))
            | (Self::Detail(text), Path::Detail(start)) => text == start || continues(text, start),
            (answer, Path::Field(name)) => answer.field() == name,
            _ => false,
        }
    }

    /// Returns whether it contains U+0000, which cannot be stored.
    pub fn has_nul(&self) -> bool {
        self.parts()[2].contains('\0') || self.parts()[0].contains('\0')
    }

    /// Copies the text, unless the path owns it.
    pub fn into_owned(self) -> Path<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        match self {
            Self::Field(name) => Path::Field(owned(name)),
            Self::Value(code) => Path::Value(owned(code)),
            Self::Detail(code) => Path::Detail(owned(code)),
        }
    }

    /// Returns the parts whose concatenation is the text.
    fn parts(&self) -> [&str; 3] {
        match self {
            Self::Field(name) => [name, "", ""],
            Self::Value(code) => [VALUES, ".", code],
            Self::Detail(code) => [DETAILS, ".", code],
        }
    }
}

impl<'a> From<&'a str> for Path<'a> {
    fn from(text: &'a str) -> Self {
        match text.split_once('.') {
            Some((VALUES, code)) => Self::value(code),
            Some((DETAILS, code)) => Self::detail(code),
            _ => Self::Field(Cow::Borrowed(text)),
        }
    }
}

impl<'a> From<&'a String> for Path<'a> {
    fn from(text: &'a String) -> Self {
        Self::from(text.as_str())
    }
}

impl<'a> From<&'a Path<'_>> for Path<'a> {
    fn from(path: &'a Path<'_>) -> Self {
        match path {
            Path::Field(name) => Self::Field(Cow::Borrowed(name)),
            Path::Value(code) => Self::value(code),
            Path::Detail(code) => Self::detail(code),
        }
    }
}

impl FromStr for Path<'static> {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Path::from(text).into_owned())
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts().into_iter().try_for_each(|part| formatter.write_str(part))
    }
}

impl From<Path<'_>> for String {
    fn from(path: Path<'_>) -> Self {
        match path {
            Path::Field(name) => name.into_owned(),
            answer => answer.parts().concat(),
        }
    }
}

impl Ord for Path<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Field(a), Self::Field(b))
            | (Self::Value(a), Self::Value(b))
            | (Self::Detail(a), Self::Detail(b)) => a.cmp(b),
            _ => self.parts().into_iter().flat_map(str::bytes).cmp(other.parts().into_iter().flat_map(str::bytes)),
        }
    }
}

impl PartialOrd for Path<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Path<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Path<'_> {}

impl PartialEq<str> for Path<'_> {
    fn eq(&self, text: &str) -> bool {
        self.cmp(&Path::from(text)) == Ordering::Equal
    }
}

impl PartialEq<&str> for Path<'_> {
    fn eq(&self, text: &&str) -> bool {
        *self == **text
    }
}

impl Serialize for Path<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Field(name) => serializer.serialize_str(name),
            answer => serializer.collect_str(answer),
        }
    }
}

impl<'de> Deserialize<'de> for Path<'static> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Path<'static>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Path::from(text).into_owned())
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// Returns the paths that a mutation sets with their values, one for each answer of the form.
pub fn paths(fields: &Fields) -> Vec<(Path<'_>, &Value)> {
    let mut paths = Vec::with_capacity(fields.len() + 4);
    for (name, value) in fields.iter().filter(|(name, _)| !SET_BY_SERVER.contains(&name.as_str())) {
        match (name.as_str(), value) {
            (VALUES, Value::Object(answers)) => {
                paths.extend(answers.iter().map(|(code, answer)| (Path::value(code), answer)));
            }
            (DETAILS, Value::Object(answers)) => {
                paths.extend(answers.iter().map(|(code, answer)| (Path::detail(code), answer)));
            }
            (name, value) => paths.push((Path::from(name), value)),
        }
    }
    paths
}

/// Returns the value at a path, or `None` if it is null.
pub fn get<'a, 'p>(fields: &'a Fields, path: impl Into<Path<'p>>) -> Option<&'a Value> {
    let path = path.into();
    let value = fields.get(path.field());
    let value = match path.answer() {
        Some(code) => value.and_then(|answers| answers.get(code)),
        None => value,
    };
    value.filter(|value| !value.is_null())
}

/// Sets the value at a path; null removes it.
pub fn set<'p>(fields: &mut Fields, path: impl Into<Path<'p>>, value: &Value) {
    let path = path.into();
    match path.answer() {
        Some(code) => {
            let answers = fields.entry(path.field()).or_insert_with(|| json!({}));
            if let Some(answers) = answers.as_object_mut() {
                insert_or_remove(answers, code, value);
            }
        }
        None => insert_or_remove(fields, path.field(), value),
    }
}

/// Returns whether `stored` has the value of every path that a mutation sets. Null and an empty text are equal.
pub fn has_all(stored: &Fields, mutation: &Fields) -> bool {
    let non_empty = |value: &&Value| !value.is_null() && value.as_str() != Some("");
    paths(mutation)
        .into_iter()
        .all(|(path, value)| get(stored, &path).filter(non_empty) == Some(value).filter(non_empty))
}

fn insert_or_remove(fields: &mut Fields, name: &str, value: &Value) {
    if value.is_null() {
        fields.remove(name);
    } else {
        fields.insert(name.to_owned(), value.clone());
    }
}

#[cfg(test)]
mod tests;
