//! The properties of a record on which the window depends, and the statement of a pull about a changed record.

use super::Window;
use super::bounds::Position;
use crate::access::rights::author_of;
use crate::catalogue::Catalogue;
use crate::entry::{Fields, State, field};
use crate::sync::{Kind, Record};
use crate::values::date::parse_date;
use crate::values::month::Month;
use serde::Deserialize;
use serde_json::Value;
use time::Date;
use uuid::Uuid;

/// Properties of a record that decide whether a phone holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts<'a> {
    /// Kind.
    pub kind: &'a Kind,
    /// Identifier.
    pub id: Uuid,
    /// Account that created it.
    pub author: Option<Uuid>,
    /// Code of the place.
    pub place: &'a str,
    /// Code of the programme; `None` if the phone does not know the activity.
    pub programme: Option<&'a str>,
    /// Day, see [`day_of`].
    pub day: Option<Date>,
    /// Review state of an entry.
    pub state: State,
}

impl<'a> Facts<'a> {
    /// Reads the properties from a record. The catalogue names the programme of an entry's activity.
    pub fn of(record: &'a Record, catalogue: Option<&'a Catalogue>) -> Self {
        let Record { kind, id, fields, .. } = record;
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let programme = match text(field::ACTIVITY) {
            Some(code) => catalogue.and_then(|catalogue| catalogue.activity(code)).map(|form| form.programme.as_str()),
            None => text(field::PROGRAMME),
        };
        Self {
            kind,
            id: *id,
            author: author_of(fields),
            place: text(field::PLACE).unwrap_or_default(),
            programme,
            day: day_of(kind, fields),
            state: fields.get(field::STATE).and_then(|state| State::deserialize(state).ok()).unwrap_or_default(),
        }
    }

    /// Returns whether the record is at a position or later.
    pub fn is_since(&self, since: Position) -> bool {
        self.day.is_some_and(|day| Position { day, id: self.id } >= since)
    }
}

/// Returns the day by which a record is ordered: the date of an entry, the last day of a ledger item's year.
pub fn day_of(kind: &Kind, fields: &Fields) -> Option<Date> {
    match kind {
        Kind::Entry => fields.get(field::DATE).and_then(Value::as_str).and_then(parse_date),
        Kind::LedgerItem => {
            let year = fields.get(field::YEAR).and_then(Value::as_i64).and_then(|year| i32::try_from(year).ok())?;
            (0..=9999).contains(&year).then(|| Month::last_of(year).last_day())
        }
        _ => None,
    }
}

/// A changed record, as the feed has it.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// Properties of its current state.
    pub facts: Facts<'a>,
    /// Whether it is a tombstone.
    pub deleted: bool,
    /// Whether this is its first revision.
    pub is_new: bool,
    /// Previous scopes (place and programme).
    pub former: &'a [(String, String)],
}

/// Statement of a pull about a changed record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// The record in its current state.
    Record,
    /// The record is outside the window: the phone removes it.
    Left,
    /// The record was deleted, or is no longer visible to the user.
    Deleted,
    /// No statement: the phone cannot have the record.
    Nothing,
}

impl Window {
    /// Returns what the feed says about a change to the phone of `user`. `is_in_conflict` tells whether a change by the
    /// user waits for a resolution; the phone then shows the record.
    ///
    /// The phone may hold any changed record that the user could see. One that it does not hold is removed in vain,
    /// which is cheaper than to store what each phone holds.
    pub fn news(&self, user: Uuid, change: &Change<'_>, is_in_conflict: bool) -> News {
        let Change { facts, deleted, is_new, former } = change;
        let is_visible = self.shows(user, facts);
        if !is_visible || *deleted {
            let was_visible = former.iter().any(|(place, programme)| self.visibility.has(place, programme));
            return if is_visible || was_visible { News::Deleted } else { News::Nothing };
        }
        if self.holds(user, facts) || is_in_conflict {
            News::Record
        } else if *is_new && facts.author != Some(user) {
            News::Nothing
        } else {
            News::Left
        }
    }
}
