//! Model of an entry, its answers and its review state, and the rules that it is validated against.

use super::field::Fields;
use crate::catalogue::Catalogue;
use crate::directory::organisation::{Organisation, Pairing};
use crate::directory::place::Places;
use crate::values::month::Month;
use crate::values::quantity::{Qualifier, Quantity};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use time::Date;
use uuid::Uuid;

/// Earliest year of an entry's date.
pub const FIRST_YEAR: i32 = 2010;
/// Maximum number of characters in a note.
pub const NOTE_LENGTH: usize = 2_000;
/// Maximum number of rows in a table field.
pub const ROWS: usize = 100;
/// Maximum number of photos of an entry.
pub const ATTACHMENTS: usize = 20;

/// Review state of an entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 待审核: waits for review.
    #[default]
    Submitted,
    /// 已审核: a reviewer approved it.
    Verified,
    /// 已退回: a reviewer returned it; it is excluded from all figures.
    Returned,
}

impl State {
    /// Returns the code used in JSON.
    pub fn code(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Verified => "verified",
            Self::Returned => "returned",
        }
    }
}

/// An answer other than a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Answer {
    /// Text, or the code of a choice.
    One(String),
    /// Codes of the selected choices.
    Several(Vec<String>),
    /// Rows of a table; each maps column codes to cells.
    Rows(Vec<BTreeMap<String, Cell>>),
}

/// A cell of a table row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// A number.
    Number(Quantity),
    /// Text, or the code of a choice.
    Text(String),
}

impl Answer {
    /// Returns the text or the selected codes; empty for a table.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(code) => std::slice::from_ref(code),
            Self::Several(codes) => codes,
            Self::Rows(_) => &[],
        }
    }

    /// Returns the rows of a table; empty for other answers.
    pub fn rows(&self) -> &[BTreeMap<String, Cell>] {
        match self {
            Self::Rows(rows) => rows,
            _ => &[],
        }
    }
}

/// A recorded activity at a place on a date.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Code of the activity.
    pub activity: String,
    /// Version of the activity's form that it was recorded with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// Date of the activity.
    #[serde(with = "crate::values::date")]
    pub date: Date,
    /// Code of the place.
    pub place: String,
    /// Pairing that it belongs to.
    #[serde(default)]
    pub pairing: Option<Uuid>,
    /// Organisation that it concerns.
    #[serde(default)]
    pub organisation: Option<Uuid>,
    /// Numeric answers by field code.
    #[serde(default)]
    pub values: BTreeMap<String, Quantity>,
    /// Other answers by field code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, Answer>,
    /// Precision of numbers that are not exact, by field code.
    #[serde(default)]
    pub qualifiers: BTreeMap<String, Qualifier>,
    /// Free text of the recorder.
    #[serde(default)]
    pub note: String,
    /// Review state.
    #[serde(default)]
    pub state: State,
    /// Reviewer's reason for a return.
    #[serde(default)]
    pub review_note: Option<String>,
    /// Recorder's position, if they chose to attach it: longitude and latitude in degrees (WGS 84).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<(f64, f64)>,
    /// SHA-256 hashes of the photos, in hexadecimal.
    #[serde(default)]
    pub attachments: Vec<String>,
    /// Source document of an imported opening entry.
    #[serde(default)]
    pub source: Option<String>,
    /// Account that recorded it.
    #[serde(default)]
    pub author: Option<Uuid>,
}

/// Reference data that entries and ledger items are validated against.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// Catalogue with the forms.
    pub catalogue: &'a Catalogue,
    /// Tree of places.
    pub places: &'a Places,
    /// Organisations of the directory.
    pub organisations: &'a [Organisation],
    /// Pairings of the directory.
    pub pairings: &'a [Pairing],
    /// Latest allowed date; `None` where the clock cannot be trusted.
    pub last_day: Option<Date>,
    /// Closed months; only coordinators change entries in them, with a reason.
    pub closed: &'a [Month],
}

impl Entry {
    /// Parses fields that were validated before, as stored in the database or the replica.
    pub fn from_checked(fields: &Fields) -> Option<Self> {
        Self::deserialize(fields).ok()
    }
}
