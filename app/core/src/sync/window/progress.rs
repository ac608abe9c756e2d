//! Progress of a client that holds a window: the part of its cursor that a plain cursor does not have.

use super::limits::Counts;
use super::{Facts, RULE, Window};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Progress of a client that holds a window.
///
/// A new or wider window starts a listing of the records that it holds, up to the change number of the cursor. The
/// feed continues from that number once the listing has ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// The window.
    #[serde(rename = "w")]
    pub window: Window,
    /// Sizes of its limited parts.
    #[serde(rename = "n")]
    pub counts: Counts,
    /// Listing under way; `None` while the client follows the feed.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub listing: Option<Listing>,
    /// The window before, whose records a listing leaves out: the client has them.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Window>,
}

/// Position in a listing: after the record with this day and change number, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// Number of the step: what the server lists first, second and so on.
    #[serde(rename = "p", default)]
    pub step: u8,
    /// Day of the last record as the server stores it.
    #[serde(rename = "d", default, skip_serializing_if = "String::is_empty")]
    pub day: String,
    /// Change number of the last record; 0 at the start of a step.
    #[serde(rename = "c", default)]
    pub change: i64,
    /// Records sent.
    #[serde(rename = "s", default)]
    pub sent: usize,
}

impl Progress {
    /// Starts a window on a phone that has nothing.
    pub fn start(window: Window, counts: Counts) -> Self {
        Self { window, counts, listing: Some(Listing::default()), before: None }
    }

    /// Starts a window on a phone that has every record that the user sees.
    pub fn narrow(window: Window, counts: Counts) -> Self {
        Self { window, counts, listing: None, before: None }
    }

    /// Continues with another window. A listing starts where that one can hold more. It leaves out the records of the
    /// window before, unless the phone has not received them all.
    #[must_use]
    pub fn moved(self, window: Window, counts: Counts) -> Self {
        if !window.exceeds(&self.window) {
            return Self { window, counts, ..self };
        }
        let is_complete = self.listing.is_none() && self.window.rule == RULE;
        let before = is_complete.then_some(self.window);
        Self { window, counts, listing: Some(Listing::default()), before }
    }

    /// Returns whether a listing sends a record.
    pub fn lists(&self, user: Uuid, facts: &Facts<'_>) -> bool {
        self.window.holds(user, facts) && !self.before.as_ref().is_some_and(|before| before.holds(user, facts))
    }
}
