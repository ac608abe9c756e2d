//! Saves a form into the outbox. The same transaction prevents lost updates: by a second tab with the same draft, or by a form
//! that was opened before another tab's change.

use super::backend::Transaction;
use super::meta::{self, Name, Owner, identity};
use super::my_entries::MyEntry;
use super::outbox::{add, remove_item};
use super::rows;
use super::views::entries::{EntryView, entry_views};
use super::views::items::{ItemView, item_views};
use super::views::mine::merged_entries;
use crate::entry::Fields;
use crate::sync::path;
use crate::sync::{Kind, Mutation, Op, OutboxItem, Path, Record, apply_item_locally, apply_locally, enqueue};
use crate::values::sort::collect_sorted;
use serde_json::Value;
use uuid::Uuid;

/// The state from which a form started.
#[derive(Clone, Debug, PartialEq)]
pub enum SaveBase {
    /// Without a record: the form has chosen the identifier.
    New,
    /// With a record as stored on this phone.
    With {
        /// The number of this phone's last saved change of the record; 0 for none.
        since: u64,
        /// Fields of the record.
        before: Fields,
    },
}

/// A record to be saved from a form.
#[derive(Clone, Debug, PartialEq)]
pub struct SaveRequest {
    /// The record's kind.
    pub kind: Kind,
    /// The record's identifier.
    pub id: Uuid,
    /// The revision that the change is based on.
    pub base_rev: u64,
    /// The new and changed fields.
    pub fields: Fields,
    /// The state from which the form started.
    pub begun: SaveBase,
}

/// The result of saving.
#[derive(Clone, Debug, PartialEq)]
pub enum SaveOutcome {
    /// The change of the record with this identifier is in the outbox.
    Done(Uuid),
    /// Another tab has changed the same since: nothing was saved.
    Elsewhere(ChangedElsewhere),
}

/// A record that another tab has changed.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangedElsewhere {
    /// The paths that both have changed.
    pub paths: Vec<Path<'static>>,
    /// The number of this phone's last change.
    pub since: u64,
    /// The revision that the server is known to have.
    pub rev: u64,
    /// The fields with unsent changes.
    pub fields: Fields,
}

/// A record on this phone.
struct OfRecord {
    stored: rows::Stored,
    /// Its outbox items by number.
    items: Vec<OutboxItem>,
    /// Number of its last change by a form on this phone; 0 for none.
    since: u64,
}

async fn of_record<T: Transaction>(transaction: &T, id: Uuid) -> Result<OfRecord, T::Error> {
    let since = meta::get(transaction, Name::Saved(id)).await?.unwrap_or_default();
    let stored = rows::stored(transaction, [id]).await?.remove(&id).unwrap_or_default();
    let items = rows::items_of(transaction, &collect_sorted([id])).await?.into_values().collect();
    Ok(OfRecord { stored, items, since })
}

/// Returns one of `user`'s entries with unsent changes, and the number of the last change by a form on this phone.
pub async fn my_entry<T: Transaction>(
    transaction: &T,
    user: Uuid,
    id: Uuid,
) -> Result<Option<(MyEntry, u64)>, T::Error> {
    let OfRecord { stored, items, since } = of_record(transaction, id).await?;
    let mine = merged_entries(user, stored.record.into_iter().collect(), items, &[]);
    Ok(mine.entries.into_iter().next().map(|entry| (entry, since)))
}

/// Returns an entry of any author with unsent changes, and the number of the last change by a form on this phone.
pub async fn entry_view<T: Transaction>(
    transaction: &T,
    user: Uuid,
    id: Uuid,
) -> Result<Option<(EntryView, u64)>, T::Error> {
    let OfRecord { stored, items, since } = of_record(transaction, id).await?;
    Ok(entry_views(user, stored.record.into_iter().collect(), &items).into_iter().next().map(|entry| (entry, since)))
}

/// Returns a ledger item with unsent changes, and the number of the last change by a form on this phone.
pub async fn item_view<T: Transaction>(transaction: &T, id: Uuid) -> Result<Option<(ItemView, u64)>, T::Error> {
    let OfRecord { stored, items, since } = of_record(transaction, id).await?;
    Ok(item_views(stored.record.into_iter().collect(), &items).into_iter().next().map(|item| (item, since)))
}

/// Adds the change of a form to the outbox. A rejected change of the same record is replaced: the person has seen it
/// and made this one instead.
pub async fn save_request<T: Transaction>(
    transaction: &T,
    owner: Owner<'_>,
    made: &SaveRequest,
) -> Result<SaveOutcome, T::Error> {
    let OfRecord { stored, items, since: last } = of_record(transaction, made.id).await?;
    let record = stored.record.as_ref();
    let mut id = made.id;
    match &made.begun {
        SaveBase::New if last > 0 || record.is_some() || !items.is_empty() => {
            if is_saved(made, record, &items) {
                return Ok(SaveOutcome::Done(id));
            }
            // The record that was saved under this identifier stays unchanged.
            id = (owner.new_id)();
        }
        SaveBase::With { since, before } if last > *since => {
            let rev = record.map_or(made.base_rev, |record| record.rev);
            let fields = with_waiting(&made.kind, record, &items);
            let paths = changed_by_both(before, &fields, &made.fields);
            if !paths.is_empty() {
                return Ok(SaveOutcome::Elsewhere(ChangedElsewhere { paths, since: last, rev, fields }));
            }
        }
        _ => {}
    }
    let is_same = id == made.id;
    for item in items.iter().filter(|item| is_same && item.refused.is_some()) {
        remove_item(transaction, item.mutation.seq)?;
    }
    let phone = identity(transaction, owner).await?;
    let (kind, fields, seq) = (made.kind.clone(), made.fields.clone(), phone.next_seq);
    let mutation = Mutation { seq, kind, id, base_rev: made.base_rev, epoch: None, op: Op::Put, fields };
    let waiting: Vec<OutboxItem> = items.into_iter().filter(|item| is_same && item.refused.is_none()).collect();
    let item = enqueue(phone.sender, mutation, &waiting, record.filter(|_| is_same), owner.new_id);
    add(transaction, owner, &item).await?;
    if is_same && item.mutation.id != id {
        rows::put(transaction, owner.user, id, &stored, &waiting)?;
    }
    meta::put(transaction, Name::Saved(id), &seq)?;
    Ok(SaveOutcome::Done(id))
}

/// Returns whether a new record was saved before with the same content, by a save whose success was not reported.
fn is_saved(made: &SaveRequest, record: Option<&Record>, waiting: &[OutboxItem]) -> bool {
    let waits = |item: &OutboxItem| item.refused.is_none() && item.mutation.fields == made.fields;
    let is_stored = |record: &Record| {
        path::paths(&made.fields)
            .into_iter()
            .all(|(path, value)| non_empty(path::get(&record.fields, &path)) == non_empty(Some(value)))
    };
    if waiting.is_empty() { record.is_some_and(is_stored) } else { waiting.len() == 1 && waiting.iter().all(waits) }
}

/// Returns the fields of a record with the waiting changes applied.
fn with_waiting(kind: &Kind, record: Option<&Record>, waiting: &[OutboxItem]) -> Fields {
    let mut fields = record.map(|record| record.fields.clone()).unwrap_or_default();
    for item in waiting.iter().filter(|item| item.refused.is_none() && item.mutation.op == Op::Put) {
        match kind {
            Kind::Entry if item.mutation.kind == Kind::Entry => apply_locally(&mut fields, &item.mutation),
            Kind::LedgerItem if item.mutation.kind == Kind::LedgerItem => {
                apply_item_locally(&mut fields, &item.mutation)
            }
            _ => {}
        }
    }
    fields
}

/// Returns a value unless it is null or an empty text, which mean the same in a form.
fn non_empty(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| !value.is_null() && value.as_str() != Some(""))
}

/// Returns the paths that were changed since, and that the form changes to another value.
fn changed_by_both(before: &Fields, now: &Fields, made: &Fields) -> Vec<Path<'static>> {
    let changes = path::paths(made).into_iter();
    let clash = |(path, value): &(Path<'_>, &Value)| {
        let now = non_empty(path::get(now, path));
        now != non_empty(path::get(before, path)) && now != non_empty(Some(value))
    };
    changes.filter(clash).map(|(path, _)| path.into_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Fields {
        value.as_object().unwrap().clone()
    }

    fn made(value: Value) -> SaveRequest {
        SaveRequest {
            kind: Kind::Entry,
            id: Uuid::from_u128(7),
            base_rev: 0,
            fields: fields(value),
            begun: SaveBase::New,
        }
    }

    fn waiting(seq: u64, value: Value) -> OutboxItem {
        let (kind, id) = (Kind::Entry, Uuid::from_u128(7));
        OutboxItem::new(Mutation { seq, kind, id, base_rev: 0, epoch: None, op: Op::Put, fields: fields(value) })
    }

    #[test]
    fn saved_twice_is_one_entry_unless_the_content_differs() {
        let entry = json!({"activity": "survey", "values": {"times": 3}, "note": "a"});
        let other = json!({"activity": "survey", "values": {"times": 9}, "note": "a"});
        assert!(is_saved(&made(entry.clone()), None, &[waiting(1, entry.clone())]));
        assert!(!is_saved(&made(entry.clone()), None, &[waiting(1, other.clone())]));
        assert!(!is_saved(&made(entry.clone()), None, &[waiting(1, entry.clone()), waiting(2, other.clone())]));
        let record = |value: Value| {
            let mut fields = fields(value);
            fields.extend([("author".to_owned(), json!("x")), ("state".to_owned(), json!("verified"))]);
            Record { kind: Kind::Entry, id: Uuid::from_u128(7), rev: 4, fields, deleted: false }
        };
        assert!(
            is_saved(&made(entry.clone()), Some(&record(entry.clone())), &[]),
            "what the server adds is no difference"
        );
        assert!(!is_saved(&made(entry), Some(&record(other)), &[]));
        assert!(!is_saved(&made(json!({})), None, &[]), "it was saved and is gone from the phone");
    }

    #[test]
    fn change_of_another_tab_is_found_at_the_same_field() {
        let before = fields(json!({"values": {"times": 2, "people": 1}, "note": "a"}));
        let now =
            with_waiting(&Kind::Entry, None, &[waiting(1, json!({"values": {"times": 9, "people": 1}, "note": "b"}))]);
        let both = |value: Value| changed_by_both(&before, &now, &fields(value));
        assert_eq!(both(json!({"values": {"times": 5}})), ["values.times"]);
        assert!(both(json!({"values": {"times": 9}})).is_empty(), "both have changed it to the same");
        assert!(both(json!({"values": {"people": 4}})).is_empty());
        assert_eq!(both(json!({"note": "c", "values": {"people": 4}})), ["note"]);
    }
}
