//! Fields of records and their names, as they are stored and sent. Add a field here first.

use serde_json::{Map, Value};

/// Fields of a record as JSON. Unknown fields are preserved.
pub type Fields = Map<String, Value>;

/// Activity of an entry: its form's code.
pub const ACTIVITY: &str = "activity";
/// Version of the form that the entry was recorded with.
pub const VERSION: &str = "version";
/// Date of the event.
pub const DATE: &str = "date";
/// Code of the place; also of a ledger item.
pub const PLACE: &str = "place";
/// Pairing; also of a ledger item.
pub const PAIRING: &str = "pairing";
/// Organisation.
pub const ORGANISATION: &str = "organisation";
/// Numeric answers of the form by field code.
pub const VALUES: &str = "values";
/// All other answers of the form by field code.
pub const DETAILS: &str = "details";
/// Precision of numeric answers by field code.
pub const QUALIFIERS: &str = "qualifiers";
/// Note; also of a ledger item.
pub const NOTE: &str = "note";
/// Review state.
pub const STATE: &str = "state";
/// Reviewer's comment.
pub const REVIEW_NOTE: &str = "review_note";
/// Fields that a reviewer returns an entry for: `values`, `place`, `attachments`, or a path.
pub const REVIEW_FIELDS: &str = "review_fields";
/// Position by satellite.
pub const POSITION: &str = "position";
/// Hashes of the photos.
pub const ATTACHMENTS: &str = "attachments";
/// Reason for a deletion or for a change in a closed month.
pub const REASON: &str = "reason";
/// Identifier of the entry that a deleted one duplicates.
pub const DUPLICATE_OF: &str = "duplicate_of";

/// Account that created the record.
pub const AUTHOR: &str = "author";
/// Name of that account when it created the record.
pub const RECORDED_BY: &str = "recorded_by";
/// Time of creation.
pub const CREATED_AT: &str = "created_at";
/// Time of the last change.
pub const UPDATED_AT: &str = "updated_at";
/// Report that the entry was taken from.
pub const SOURCE: &str = "source";
/// Account that reviewed the entry.
pub const REVIEWED_BY: &str = "reviewed_by";
/// Time of the review.
pub const REVIEWED_AT: &str = "reviewed_at";
/// Account that entered or last changed the numbers of an entry. Entries of earlier versions lack it.
pub const NUMBERS_BY: &str = "numbers_by";

/// Ledger of an item.
pub const LEDGER: &str = "ledger";
/// Year of an item.
pub const YEAR: &str = "year";
/// Programme of an item.
pub const PROGRAMME: &str = "programme";
/// Title of an item.
pub const TITLE: &str = "title";
/// Amount of an item.
pub const AMOUNT: &str = "amount";
/// Unit of the amount.
pub const UNIT: &str = "unit";
/// Due date of an item.
pub const DUE: &str = "due";
/// Responsible person of an item.
pub const RESPONSIBLE: &str = "responsible";
/// Progress of an item.
pub const STATUS: &str = "status";
/// Dates of the status changes of an item.
pub const DATES: &str = "dates";
/// Entries that contribute to an item.
pub const ENTRIES: &str = "entries";

/// Fields of an entry that a client may set.
pub const OF_ENTRY: [&str; 17] = [
    ACTIVITY,
    VERSION,
    DATE,
    PLACE,
    PAIRING,
    ORGANISATION,
    VALUES,
    DETAILS,
    QUALIFIERS,
    NOTE,
    STATE,
    REVIEW_NOTE,
    POSITION,
    ATTACHMENTS,
    REASON,
    DUPLICATE_OF,
    REVIEW_FIELDS,
];
/// Fields of a ledger item that a client may set.
pub const OF_LEDGER_ITEM: [&str; 14] =
    [LEDGER, YEAR, PLACE, PROGRAMME, TITLE, AMOUNT, UNIT, DUE, RESPONSIBLE, STATUS, DATES, PAIRING, ENTRIES, NOTE];
/// Fields that only the server sets; values sent by a client are ignored.
pub const SET_BY_SERVER: [&str; 8] =
    [AUTHOR, RECORDED_BY, CREATED_AT, UPDATED_AT, SOURCE, REVIEWED_BY, REVIEWED_AT, NUMBERS_BY];
