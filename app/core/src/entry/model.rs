//! An entry: what someone recorded, and the rules that it must keep.

use crate::catalogue::Catalogue;
use crate::directory::organisation::{Organisation, Pairing};
use crate::directory::place::Places;
use crate::values::month::Month;
use crate::values::quantity::{Qualifier, Quantity};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use time::Date;
use uuid::Uuid;

/// A record's fields as they travel: those that this program does not know are carried along untouched.
pub type Fields = serde_json::Map<String, Value>;

/// The first year in which an entry can lie; the co-operation is younger.
pub const FIRST_YEAR: i32 = 2010;
/// The most characters that a note may have.
pub const NOTE_LENGTH: usize = 2_000;
/// The most rows that a table of a form may have.
pub const ROWS: usize = 100;
/// The most photos that an entry may have.
pub const ATTACHMENTS: usize = 20;

/// Where an entry stands on its way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 待审核: it waits for a reviewer.
    #[default]
    Submitted,
    /// 已审核: a reviewer found it right.
    Verified,
    /// 已退回: a reviewer sent it back; it counts nowhere.
    Returned,
}

impl State {
    /// The code, as on the wire.
    pub fn code(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Verified => "verified",
            Self::Returned => "returned",
        }
    }
}

/// An answer that is no number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// Words, or the code of the one choice.
    One(String),
    /// The codes of all that is chosen.
    Several(Vec<String>),
    /// The rows of a table, each by the codes of its columns.
    Rows(Vec<BTreeMap<String, Cell>>),
}

/// What stands in a row of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// A number.
    Number(Quantity),
    /// Words, or the code of a choice.
    Text(String),
}

impl Answer {
    /// What is chosen or written, each by itself.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(own) => std::slice::from_ref(own),
            Self::Several(own) => own,
            Self::Rows(_) => &[],
        }
    }

    /// The rows of a table.
    pub fn rows(&self) -> &[BTreeMap<String, Cell>] {
        match self {
            Self::Rows(rows) => rows,
            _ => &[],
        }
    }
}

/// What someone recorded: an activity at a place on a date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The activity's code.
    pub activity: String,
    /// The version of its form with which it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// When it happened.
    #[serde(with = "crate::values::date")]
    pub date: Date,
    /// The code of the place where it happened.
    pub place: String,
    /// The pairing under which it happened.
    #[serde(default)]
    pub pairing: Option<Uuid>,
    /// The organisation that it was about.
    #[serde(default)]
    pub organisation: Option<Uuid>,
    /// The numbers, by the codes of the activity's fields.
    #[serde(default)]
    pub values: BTreeMap<String, Quantity>,
    /// The answers that are no numbers, by the codes of the activity's fields.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, Answer>,
    /// How exact a number is, where it is not exact.
    #[serde(default)]
    pub qualifiers: BTreeMap<String, Qualifier>,
    /// In the recorder's own words.
    #[serde(default)]
    pub note: String,
    /// Where it stands.
    #[serde(default)]
    pub state: State,
    /// Why a reviewer returned it.
    #[serde(default)]
    pub review_note: Option<String>,
    /// Where the recorder stood, if they wanted it written down: longitude and latitude in degrees (WGS 84).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<(f64, f64)>,
    /// Content hashes of its photos.
    #[serde(default)]
    pub attachments: Vec<String>,
    /// The document that an opening entry comes from.
    #[serde(default)]
    pub source: Option<String>,
    /// Who recorded it.
    #[serde(default)]
    pub author: Option<Uuid>,
}

/// What an entry is checked against.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// The forms.
    pub catalogue: &'a Catalogue,
    /// The tree.
    pub places: &'a Places,
    /// The directory.
    pub organisations: &'a [Organisation],
    /// Who is paired with whom.
    pub pairings: &'a [Pairing],
    /// The last day that an entry may have; `None` where no clock can be trusted.
    pub last_day: Option<Date>,
    /// Months that are closed: who coordinates alone changes what lies in them, and says why.
    pub closed: &'a [Month],
}

impl Entry {
    /// Reads fields that were checked before, as they lie in the database or the replica.
    pub fn from_checked(fields: &Fields) -> Option<Self> {
        Self::deserialize(Value::Object(fields.clone())).ok()
    }
}
