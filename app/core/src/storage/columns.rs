//! Names of the columns of rows, and the values of some.

/// Record that an outbox item changes.
pub(super) const RECORD: &str = "record";
/// Set on a rejected or conflicting outbox item.
pub(super) const REFUSED: &str = "refused";
/// Set on a deletion that waits to be sent.
pub(super) const DELETION: &str = "deletion";
/// Hashes of the photos that a row names.
pub(super) const PHOTOS: &str = "photos";
/// Kind of a record.
pub(super) const KIND: &str = "kind";
/// Order within a list of a kind.
pub(super) const ORDER: &str = "order";
/// State of an entry or status of a ledger item.
pub(super) const STATE: &str = "state";
/// Place.
pub(super) const PLACE: &str = "place";
/// Set on an entry in the person's own list: [`TO_SETTLE`] or [`SETTLED`].
pub(super) const MINE: &str = "mine";
/// Order within that list.
pub(super) const MINE_ORDER: &str = "mine_order";
/// Set on an entry that the overview does not count yet.
pub(super) const UNCOUNTED: &str = "uncounted";
/// Identifier of a record with items in the outbox.
pub(super) const WAITS: &str = "waits";
/// Set on an entry that the server has accepted since the overview was last fetched.
pub(super) const ACCEPTED: &str = "accepted";
/// Set on a record outside the window, an outdated copy that a change or a draft needs.
pub(super) const OUTSIDE: &str = "outside";

/// Value of [`MINE`] for an entry that waits for the person.
pub(super) const TO_SETTLE: u64 = 0;
/// Value of [`MINE`] for any other.
pub(super) const SETTLED: u64 = 1;
