//! Entries for the tests of figures.

use crate::entry::{Entry, State};
use crate::values::date::parse_date;
use std::collections::BTreeMap;

/// Returns a submitted entry in Luodian, without an activity and without numbers.
pub fn blank_entry(date: &str) -> Entry {
    Entry {
        activity: String::new(),
        version: None,
        date: parse_date(date).unwrap(),
        place: "522728".to_owned(),
        pairing: None,
        organisation: None,
        values: BTreeMap::new(),
        details: BTreeMap::new(),
        qualifiers: BTreeMap::new(),
        note: String::new(),
        state: State::Submitted,
        review_note: None,
        position: None,
        attachments: Vec::new(),
        source: None,
        author: None,
    }
}
