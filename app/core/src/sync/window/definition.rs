//! Definition of a window, which server and phone exchange.

use super::bounds::Bounds;
use crate::access::user::User;
use crate::access::visibility::Visibility;
use serde::{Deserialize, Serialize};

/// Version of the rule in [`Window::holds`]. Raise it with every change of the rule: phones then receive a new window.
pub const RULE: u32 = 1;

/// Records that the phone of one account holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Window {
    /// Version of the rule.
    pub rule: u32,
    /// Visibility of records for the account.
    pub visibility: Visibility,
    /// Whether the account reviews entries.
    pub reviews: bool,
    /// Dates from which records are held.
    pub bounds: Bounds,
}

impl Window {
    /// Creates the window of a user under the current rule.
    pub fn new(user: &User, bounds: Bounds) -> Self {
        Self { rule: RULE, visibility: Visibility::of(user), reviews: user.role.reviews(), bounds }
    }

    /// Returns whether this window can hold a record that `before` did not hold.
    pub fn exceeds(&self, before: &Self) -> bool {
        let bounds = [&self.bounds, &before.bounds];
        let [review, review_before] = bounds.map(|bounds| bounds.review_since);
        let [place, place_before] = bounds.map(|bounds| bounds.place_since);
        self.rule != before.rule
            || self.visibility != before.visibility
            || self.bounds.author_since < before.bounds.author_since
            || place < place_before
            || self.reviews && (!before.reviews || review < review_before)
    }
}
