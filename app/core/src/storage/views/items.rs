//! Views of the ledger items on this phone: the replica with the outbox applied.

use crate::entry::Fields;
use crate::ledger::Item;
use crate::storage::my_entries::PendingDeletion;
use crate::sync::Kind;
use crate::sync::{Op, OutboxItem, Record, apply_item_locally};
use crate::values::field_error::FieldError;
use crate::values::sort::{collect_sorted, sort_by_key};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Sync state of an item.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum SyncState {
    /// The server has it.
    #[default]
    Sent,
    /// A change is unsent.
    Waits,
    /// The server rejected a change, for these reasons, or reported a conflict.
    Refused(Vec<FieldError>),
}

/// An item.
#[derive(Clone, Debug, PartialEq)]
pub struct ItemView {
    /// Identifier.
    pub id: Uuid,
    /// The revision that the server is known to have; 0 for none.
    pub rev: u64,
    /// All fields.
    pub fields: Fields,
    /// All fields without rejected changes.
    pub confirmed: Fields,
    /// The fields, parsed.
    pub item: Item,
    /// Sync state.
    pub sync_state: SyncState,
}

/// Merges replica and outbox; the item that is due first comes first.
pub fn item_views(replica: Vec<Record>, outbox: &[OutboxItem]) -> Vec<ItemView> {
    let records = replica.into_iter().filter(|record| record.kind == Kind::LedgerItem && !record.deleted);
    let mut all: BTreeMap<Uuid, (u64, Fields, Fields, SyncState)> = collect_sorted(
        records.map(|record| (record.id, (record.rev, record.fields.clone(), record.fields, SyncState::Sent))),
    );
    for outgoing in outbox.iter().filter(|item| item.mutation.kind == Kind::LedgerItem) {
        let mutation = &outgoing.mutation;
        match (&outgoing.refused, mutation.op) {
            (None, Op::Delete) => drop(all.remove(&mutation.id)),
            (refused, op) => {
                let (rev, confirmed, fields, sync_state) = all.entry(mutation.id).or_default();
                if op == Op::Put {
                    apply_item_locally(fields, mutation);
                }
                if op == Op::Put && refused.is_none() {
                    apply_item_locally(confirmed, mutation);
                }
                // A repeated change applies to the present values.
                *rev = outgoing.answer.as_ref().map_or(*rev, |answer| answer.rev.max(*rev));
                *sync_state = refused.clone().map_or(SyncState::Waits, SyncState::Refused);
            }
        }
    }
    let read = |(id, (rev, confirmed, fields, sync_state))| {
        Some(ItemView { id, rev, confirmed, item: Item::from_checked(&fields)?, fields, sync_state })
    };
    let mut items: Vec<ItemView> = all.into_iter().filter_map(read).collect();
    sort_by_key(&mut items, |view| (view.item.status.is_ended(), view.item.due.is_none(), view.item.due, view.id));
    items
}

/// Returns the deletions in the outbox, each with the fields of its item. An item that was restored later is left out.
pub fn item_deletions(replica: Vec<Record>, outbox: &[OutboxItem]) -> Vec<PendingDeletion> {
    let mut items: BTreeMap<Uuid, (u64, Fields)> =
        collect_sorted(replica.into_iter().map(|record| (record.id, (record.rev, record.fields))));
    let mut deletions = BTreeMap::new();
    for OutboxItem { mutation, .. } in outbox.iter().filter(|item| item.mutation.kind == Kind::LedgerItem) {
        let (rev, fields) = items.entry(mutation.id).or_default();
        if mutation.op == Op::Delete {
            let (id, rev, fields) = (mutation.id, mutation.base_rev.max(*rev), fields.clone());
            deletions.insert(id, PendingDeletion { id, rev, fields, seq: mutation.seq });
        } else {
            apply_item_locally(fields, mutation);
            deletions.remove(&mutation.id);
        }
    }
    deletions.into_values().filter(|deletion| !deletion.fields.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Status;
    use crate::sync::Mutation;
    use crate::values::field_error::ErrorCode;
    use serde_json::{Value, json};

    fn fields(value: Value) -> Fields {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn item_views_apply_the_outbox_and_sort_by_due_date() {
        let record = |id: u128, due: Value, status: &str| Record {
            kind: Kind::LedgerItem,
            id: Uuid::from_u128(id),
            rev: 1,
            fields: fields(json!({"year": 2026, "place": "522728", "programme": "industry", "title": "棚", "due": due,
                "status": status})),
            deleted: false,
        };
        let outgoing = |seq, id: u128, op, value| {
            let (kind, id) = (Kind::LedgerItem, Uuid::from_u128(id));
            OutboxItem::new(Mutation { seq, kind, id, base_rev: 1, epoch: None, op, fields: fields(value) })
        };
        let why = vec![FieldError::new("pairing", ErrorCode::Required)];
        let outbox = [
            outgoing(1, 2, Op::Put, json!({"status": "met"})),
            outgoing(2, 3, Op::Delete, json!({})),
            OutboxItem { refused: Some(why.clone()), ..outgoing(3, 4, Op::Put, json!({"status": "matched"})) },
        ];
        let replica = vec![
            record(1, json!(null), "open"),
            record(2, json!("2026-01-01"), "open"),
            record(3, json!(null), "open"),
            record(4, json!("2026-05-01"), "open"),
        ];
        let items = item_views(replica, &outbox);
        let confirmed =
            |id: u128| items.iter().find(|view| view.id.as_u128() == id).map(|view| view.confirmed["status"].clone());
        assert_eq!((confirmed(2), confirmed(4)), (Some(json!("met")), Some(json!("open"))));
        let seen: Vec<_> =
            items.into_iter().map(|view| (view.id.as_u128(), view.item.status, view.sync_state)).collect();
        assert_eq!(
            seen,
            [
                (4, Status::Matched, SyncState::Refused(why)),
                (1, Status::Open, SyncState::Sent),
                (2, Status::Met, SyncState::Waits)
            ]
        );
    }

    #[test]
    fn item_deletions_are_listed_until_the_item_is_restored() {
        let record = Record {
            kind: Kind::LedgerItem,
            id: Uuid::from_u128(1),
            rev: 4,
            fields: fields(json!({"year": 2026, "place": "522728", "title": "冷库"})),
            deleted: false,
        };
        let outgoing = |seq, op, value| {
            let (kind, id) = (Kind::LedgerItem, Uuid::from_u128(1));
            OutboxItem::new(Mutation { seq, kind, id, base_rev: 3, epoch: None, op, fields: fields(value) })
        };
        let renamed = outgoing(1, Op::Put, json!({"title": "新冷库"}));
        let deleted = item_deletions(vec![record.clone()], &[renamed, outgoing(2, Op::Delete, json!({}))]);
        assert_eq!((deleted.len(), deleted[0].rev, deleted[0].seq), (1, 4, 2));
        assert_eq!(deleted[0].fields["title"], json!("新冷库"));
        let restored = [outgoing(2, Op::Delete, json!({})), outgoing(3, Op::Put, json!({"title": "冷库"}))];
        assert!(item_deletions(vec![record], &restored).is_empty());
    }
}
