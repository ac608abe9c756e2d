//! Indexes of the stores.

use super::backend::{Index, Store};
use super::columns;

const fn index(store: Store, name: &'static str, columns: &'static [&'static str]) -> Index {
    Index { store, name, columns, is_multi: false }
}

/// Outbox items by the record that they change.
pub static OUTBOX_RECORD: Index = index(Store::Outbox, "record", &[columns::RECORD]);
/// Outbox items that were rejected or are in conflict.
pub static OUTBOX_REFUSED: Index = index(Store::Outbox, "refused", &[columns::REFUSED]);
/// Deletions that wait to be sent.
pub static OUTBOX_DELETION: Index = index(Store::Outbox, "deletion", &[columns::DELETION]);
/// Outbox items by the photos that they name.
pub static OUTBOX_PHOTO: Index = Index { is_multi: true, ..index(Store::Outbox, "photo", &[columns::PHOTOS]) };
/// Records of a kind: entries newest first, ledger items by due date.
pub static BY_DATE: Index = index(Store::Replica, "date", &[columns::KIND, columns::ORDER]);
/// Records of a kind and state in the same order.
pub static BY_STATE: Index = index(Store::Replica, "state", &[columns::KIND, columns::STATE, columns::ORDER]);
/// Records of a kind and place in the same order.
pub static BY_PLACE: Index = index(Store::Replica, "place", &[columns::KIND, columns::PLACE, columns::ORDER]);
/// Entries whose author is the person: those that wait for the person first, then the others, each newest first.
pub static BY_AUTHOR: Index = index(Store::Replica, "author", &[columns::MINE, columns::MINE_ORDER]);
/// Entries that the overview does not count yet.
pub static UNCOUNTED: Index = index(Store::Replica, "uncounted", &[columns::UNCOUNTED]);
/// Entries that the server has accepted since the overview was last fetched.
pub static ACCEPTED: Index = index(Store::Replica, "accepted", &[columns::ACCEPTED]);
/// Records outside the window.
pub static OUTSIDE: Index = index(Store::Replica, "outside", &[columns::OUTSIDE]);
/// Records by the photos that they name.
pub static BY_PHOTO: Index = Index { is_multi: true, ..index(Store::Replica, "photo", &[columns::PHOTOS]) };

/// All indexes.
pub static INDEXES: [&Index; 12] = [
    &OUTBOX_RECORD,
    &OUTBOX_REFUSED,
    &OUTBOX_DELETION,
    &OUTBOX_PHOTO,
    &BY_DATE,
    &BY_STATE,
    &BY_PLACE,
    &BY_AUTHOR,
    &UNCOUNTED,
    &ACCEPTED,
    &OUTSIDE,
    &BY_PHOTO,
];
