//! Saves a form into the outbox. The same transaction prevents lost updates: by a second tab with the same draft, or by a form
//! that was opened before another tab's change.

use crate::storage::entry_view::{EntryView, entry_views};
use crate::storage::journal::journal;
use crate::storage::ledger_view::{ItemView, item_views};
use crate::storage::my_entries::MyEntry;
use crate::storage::user_db::{META, OUTBOX, REPLICA, UserDb, new_id};
use crate::storage::{Result, all, commit, get, persistently, put, remove};
use idb::{ObjectStore, TransactionMode};
use jiedui_core::entry::Fields;
use jiedui_core::sync::path;
use jiedui_core::sync::{Kind, Path};
use jiedui_core::sync::{Mutation, Op, OutboxItem, Record, apply_item_locally, apply_locally, enqueue};
use serde_json::Value;
use uuid::Uuid;

/// The state from which a form started.
#[derive(Clone, Debug, PartialEq)]
pub enum SaveBase {
    /// With nothing: the identifier is the form's own.
    New,
    /// With a record as this phone had it.
    With {
        /// The number of this phone's last saved change of the record; 0 for none.
        since: u64,
        /// Its fields.
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
    /// The fields that are new or other.
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

/// A record as another tab has left it.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangedElsewhere {
    /// The paths that both have changed.
    pub paths: Vec<Path<'static>>,
    /// The number of this phone's last change.
    pub since: u64,
    /// The revision that the server is known to have.
    pub rev: u64,
    /// The fields, with what waits to be sent.
    pub fields: Fields,
}

impl UserDb {
    /// Puts what a form has made into the outbox. When this returns, it is on the phone. A refused change of the same
    /// record is replaced: the person has seen it and made this one instead.
    pub async fn save_request(&self, made: &SaveRequest) -> Result<SaveOutcome> {
        persistently(|| self.try_to_save(made)).await
    }

    /// Returns one of this person's entries with unsent changes, and the number of the last change by a form on this phone.
    pub async fn my_entry_of(&self, id: Uuid) -> Result<Option<(MyEntry, u64)>> {
        let (record, waiting, since) = self.of_record(id).await?;
        let journal = journal(self.user, record, waiting, &[]);
        Ok(journal.entries.into_iter().next().map(|entry| (entry, since)))
    }

    /// Anybody's entry as this phone knows it, and the same number.
    pub async fn entry_view_of(&self, id: Uuid) -> Result<Option<(EntryView, u64)>> {
        let (replica, outbox, since) = self.of_record(id).await?;
        Ok(entry_views(self.user, replica, &outbox).into_iter().next().map(|entry| (entry, since)))
    }

    /// The same for an item of a ledger.
    pub async fn item_view_of(&self, id: Uuid) -> Result<Option<(ItemView, u64)>> {
        let (record, waiting, since) = self.of_record(id).await?;
        Ok(item_views(record, &waiting).into_iter().next().map(|item| (item, since)))
    }

    async fn of_record(&self, id: Uuid) -> Result<(Vec<Record>, Vec<OutboxItem>, u64)> {
        let transaction = self.database.begin(&[META, OUTBOX, REPLICA], TransactionMode::ReadOnly).await?;
        let since = get(&transaction.object_store(META)?, mark(id)).await?.unwrap_or_default();
        let record: Option<Record> = get(&transaction.object_store(REPLICA)?, id.to_string()).await?;
        let mut waiting: Vec<OutboxItem> = all(&transaction.object_store(OUTBOX)?).await?;
        waiting.retain(|item| item.mutation.id == id);
        Ok((record.into_iter().collect(), waiting, since))
    }

    async fn try_to_save(&self, made: &SaveRequest) -> Result<SaveOutcome> {
        let transaction = self.database.begin(&[META, OUTBOX, REPLICA], TransactionMode::ReadWrite).await?;
        let (meta, outbox) = (transaction.object_store(META)?, transaction.object_store(OUTBOX)?);
        let last: u64 = get(&meta, mark(made.id)).await?.unwrap_or_default();
        let record: Option<Record> = get(&transaction.object_store(REPLICA)?, made.id.to_string()).await?;
        let mut waiting: Vec<OutboxItem> = all(&outbox).await?;
        waiting.retain(|item| item.mutation.id == made.id);
        let mut id = made.id;
        match &made.begun {
            SaveBase::New if last > 0 || record.is_some() || !waiting.is_empty() => {
                if is_saved(made, record.as_ref(), &waiting) {
                    return Ok(SaveOutcome::Done(id));
                }
                // The record under this identifier stays unchanged.
                id = new_id();
            }
            SaveBase::With { since, before } if last > *since => {
                let rev = record.as_ref().map_or(made.base_rev, |record| record.rev);
                let fields = standing(&made.kind, record.as_ref(), &waiting);
                let paths = changed_by_both(before, &fields, &made.fields);
                if !paths.is_empty() {
                    return Ok(SaveOutcome::Elsewhere(ChangedElsewhere { paths, since: last, rev, fields }));
                }
            }
            _ => {}
        }
        let refused = waiting.iter().filter(|item| item.mutation.id == id && item.refused.is_some());
        remove_all(&outbox, refused).await?;
        let (kind, fields) = (made.kind.clone(), made.fields.clone());
        let seq: u64 = get(&meta, "next_seq").await?.unwrap_or(1);
        let mutation = Mutation { seq, kind, id, base_rev: made.base_rev, epoch: None, op: Op::Put, fields };
        waiting.retain(|item| item.mutation.id == id && item.refused.is_none());
        let record = record.filter(|record| record.id == id);
        let sender = self.sender(&meta).await?;
        put(&outbox, seq as f64, &enqueue(sender, mutation, &waiting, record.as_ref(), new_id)).await?;
        put(&meta, "next_seq", &(seq + 1)).await?;
        put(&meta, mark(id), &seq).await?;
        commit(transaction).await?;
        Ok(SaveOutcome::Done(id))
    }
}

/// Where it is written down that a form has saved a record.
fn mark(id: Uuid) -> String {
    format!("saved {id}")
}

async fn remove_all(outbox: &ObjectStore, all: impl Iterator<Item = &OutboxItem>) -> Result<()> {
    for item in all {
        remove(outbox, item.mutation.seq as f64).await?;
    }
    Ok(())
}

/// Whether a new record was saved before with the same content, by a save whose success was not reported.
fn is_saved(made: &SaveRequest, record: Option<&Record>, waiting: &[OutboxItem]) -> bool {
    let waits = |item: &OutboxItem| item.refused.is_none() && item.mutation.fields == made.fields;
    let is_stored = |record: &Record| {
        path::paths(&made.fields)
            .into_iter()
            .all(|(path, value)| non_empty(path::get(&record.fields, &path)) == non_empty(Some(value)))
    };
    if waiting.is_empty() { record.is_some_and(is_stored) } else { waiting.len() == 1 && waiting.iter().all(waits) }
}

/// A record with what waits to be sent.
fn standing(kind: &Kind, record: Option<&Record>, waiting: &[OutboxItem]) -> Fields {
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

/// Returns the paths that were changed since, and that the form changes to yet another value.
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
            standing(&Kind::Entry, None, &[waiting(1, json!({"values": {"times": 9, "people": 1}, "note": "b"}))]);
        let both = |value: Value| changed_by_both(&before, &now, &fields(value));
        assert_eq!(both(json!({"values": {"times": 5}})), ["values.times"]);
        assert!(both(json!({"values": {"times": 9}})).is_empty(), "both have changed it to the same");
        assert!(both(json!({"values": {"people": 4}})).is_empty());
        assert_eq!(both(json!({"note": "c", "values": {"people": 4}})), ["note"]);
    }
}
