//! Derives a person's own entries from the replica with the outbox applied.

use crate::entry::{Entry, Fields, field};
use crate::storage::my_entries::{Conflict, EntryProgress, MyEntry, PendingDeletion};
use crate::sync::{Kind, Op, OutboxItem, Record, apply_locally};
use crate::values::sort::{collect_sorted, sort_by_key};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A person's own entries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MergedEntries {
    /// The entries, newest first.
    pub entries: Vec<MyEntry>,
    /// New entries that the overview does not count yet.
    pub not_in_overview: Vec<(Uuid, Entry)>,
    /// Deletions that wait to be sent, of others' entries too.
    pub deletions: Vec<PendingDeletion>,
}

/// Merges replica and outbox into a person's own entries. The outbox is sorted by number.
pub fn merged_entries(user: Uuid, replica: Vec<Record>, outbox: Vec<OutboxItem>, accepted: &[Uuid]) -> MergedEntries {
    let mut merged: BTreeMap<Uuid, (u64, Fields)> = BTreeMap::new();
    // Results for changes of others' entries concern the author of the change.
    let unsettled: BTreeSet<Uuid> =
        collect_sorted(outbox.iter().filter(|item| item.refused.is_some()).map(|item| item.mutation.id));
    let deleted: BTreeMap<Uuid, (u64, u64)> = collect_sorted(
        outbox
            .iter()
            .filter(|item| {
                item.refused.is_none() && item.mutation.kind == Kind::Entry && item.mutation.op == Op::Delete
            })
            .map(|item| (item.mutation.id, (item.mutation.seq, item.mutation.base_rev))),
    );
    let mut deletions: BTreeMap<Uuid, PendingDeletion> = BTreeMap::new();
    let is_by_user = |fields: &Fields| fields.get(field::AUTHOR).and_then(Value::as_str) == Some(&user.to_string());
    for record in replica {
        if let Some((seq, rev)) = deleted.get(&record.id) {
            let (id, fields) = (record.id, record.fields.clone());
            deletions.insert(id, PendingDeletion { id, rev: (*rev).max(record.rev), fields, seq: *seq });
        }
        if is_by_user(&record.fields) || unsettled.contains(&record.id) {
            merged.insert(record.id, (record.rev, record.fields));
        }
    }
    let mut confirmed: BTreeMap<Uuid, Fields> =
        collect_sorted(merged.iter().map(|(id, (_, fields))| (*id, fields.clone())));
    let on_server: BTreeSet<Uuid> = collect_sorted(merged.keys().copied());
    let mut progress: BTreeMap<Uuid, EntryProgress> = BTreeMap::new();
    for outgoing in outbox.into_iter().filter(|item| item.mutation.kind != Kind::LedgerItem) {
        if outgoing.is_conflict() {
            let id = outgoing.mutation.id;
            let theirs = merged.get(&id).cloned();
            if theirs.is_none() {
                // Shown in this person's version, which may be restored.
                merged.insert(id, (0, outgoing.before.clone().unwrap_or_default()));
            }
            progress.insert(id, EntryProgress::Conflict(Box::new(Conflict { outgoing, theirs })));
            continue;
        }
        let OutboxItem { mutation, refused, before, .. } = outgoing;
        if mutation.kind != Kind::Entry {
            // A resolution: its result arrives with the next pull.
            progress.insert(mutation.id, EntryProgress::OnPhone(mutation.seq));
            continue;
        }
        if refused.is_none() && mutation.op == Op::Put {
            apply_locally(confirmed.entry(mutation.id).or_default(), &mutation);
        }
        // An entry that a restored server lacks is shown in this person's version.
        let before = || before.filter(|_| refused.is_some()).unwrap_or_default();
        let (_, fields) = merged.entry(mutation.id).or_insert_with(|| (0, before()));
        match mutation.op {
            Op::Put => {
                apply_locally(fields, &mutation);
                // A restored entry is no longer pending deletion.
                deletions.retain(|id, deletion| *id != mutation.id || deletion.seq > mutation.seq);
            }
            Op::Delete if refused.is_none() => {
                let (id, seq) = (mutation.id, mutation.seq);
                let removed = merged.remove(&id);
                // Of another's entry the replica has all fields, the outbox perhaps a few.
                let is_whole = on_server.contains(&id) || !deletions.contains_key(&id);
                if let Some((rev, fields)) = removed.filter(|_| is_whole) {
                    deletions.insert(id, PendingDeletion { id, rev: mutation.base_rev.max(rev), fields, seq });
                }
            }
            Op::Delete => {}
        }
        match (refused, progress.get(&mutation.id)) {
            (Some(errors), _) => drop(progress.insert(mutation.id, EntryProgress::Refused(errors))),
            (None, Some(EntryProgress::OnPhone(_))) => {}
            (None, _) => drop(progress.insert(mutation.id, EntryProgress::OnPhone(mutation.seq))),
        }
    }
    let deletions = deletions.into_values().filter(|deletion| !deletion.fields.is_empty()).collect();
    let mut list = MergedEntries { deletions, ..MergedEntries::default() };
    for (id, (rev, mut fields)) in merged {
        fields.entry(field::AUTHOR).or_insert(json!(user));
        if !is_by_user(&fields) && !unsettled.contains(&id) {
            continue;
        }
        let Some(entry) = Entry::from_checked(&fields) else { continue };
        let progress = progress.remove(&id).unwrap_or(EntryProgress::Received(entry.state));
        let is_new = match progress {
            EntryProgress::OnPhone(_) => !on_server.contains(&id),
            EntryProgress::Refused(_) | EntryProgress::Conflict(_) => false,
            EntryProgress::Received(_) => accepted.contains(&id),
        };
        if is_new {
            list.not_in_overview.push((id, entry.clone()));
        }
        let confirmed = confirmed.remove(&id).unwrap_or_default();
        list.entries.push(MyEntry { id, rev, fields, confirmed, entry, progress });
    }
    sort_by_key(&mut list.entries, |entry| std::cmp::Reverse((entry.entry.date, entry.id)));
    list
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::my_entries::Gone;
    use crate::sync::{Mutation, Outcome, PushResult};
    use crate::values::field_error::{ErrorCode, FieldError};

    const USER: Uuid = Uuid::from_u128(1);

    fn fields(count: u32) -> Fields {
        let fields = json!({"activity": "survey", "date": "2026-11-24", "place": "522728", "values": {"count": count}});
        fields.as_object().unwrap().clone()
    }

    fn outgoing(seq: u64, id: u128, fields: Fields, refused: Option<Vec<FieldError>>) -> OutboxItem {
        let mutation =
            Mutation { seq, kind: Kind::Entry, id: Uuid::from_u128(id), base_rev: 0, epoch: None, op: Op::Put, fields };
        OutboxItem { refused, ..OutboxItem::new(mutation) }
    }

    fn record_of(id: u128, author: Uuid) -> Record {
        let mut fields = fields(1);
        fields.insert("author".into(), json!(author));
        fields.insert("state".into(), json!("verified"));
        Record { kind: Kind::Entry, id: Uuid::from_u128(id), rev: 3, fields, deleted: false }
    }

    #[test]
    fn merge_applies_the_outbox_on_top_of_the_replica() {
        let change = json!({"values": {"count": 9}}).as_object().unwrap().clone();
        let list = merged_entries(
            USER,
            vec![record_of(7, USER), record_of(8, Uuid::nil())],
            vec![outgoing(1, 7, change, None)],
            &[],
        );
        assert_eq!(list.entries.len(), 1, "another's entry is not in the list");
        assert_eq!(list.entries[0].fields["values"], json!({"count": 9}));
        assert_eq!((list.entries[0].rev, &list.entries[0].progress), (3, &EntryProgress::OnPhone(1)));
        assert!(list.not_in_overview.is_empty(), "the overview counts it already");
    }

    #[test]
    fn pending_deletion_is_listed_until_the_entry_is_restored() {
        let delete = |seq, id| OutboxItem {
            mutation: Mutation { op: Op::Delete, base_rev: 3, ..outgoing(seq, id, Fields::new(), None).mutation },
            ..outgoing(seq, id, Fields::new(), None)
        };
        let replica = || vec![record_of(7, USER), record_of(8, Uuid::nil())];
        let verified = json!({"state": "verified"}).as_object().unwrap().clone();
        let deleted =
            merged_entries(USER, replica(), vec![delete(1, 7), outgoing(2, 8, verified, None), delete(3, 8)], &[]);
        assert!(deleted.entries.is_empty());
        let listed: Vec<_> =
            deleted.deletions.iter().map(|deletion| (deletion.id.as_u128(), deletion.rev, deletion.seq)).collect();
        assert_eq!(listed, [(7, 3, 1), (8, 3, 3)], "another's entry that this person deletes, too");
        assert!(deleted.deletions.iter().all(|deletion| deletion.fields["place"] == json!("522728")));
        let restored = merged_entries(USER, replica(), vec![delete(1, 7), outgoing(2, 7, fields(1), None)], &[]);
        assert!(restored.deletions.is_empty());
        let unsent = merged_entries(USER, Vec::new(), vec![outgoing(1, 5, fields(4), None), delete(2, 5)], &[]);
        assert_eq!(unsent.deletions[0].fields["values"], json!({"count": 4}), "an entry that was never sent");
    }

    #[test]
    fn merge_keeps_unsettled_changes_of_others_entries() {
        let change = || json!({"note": "改"}).as_object().unwrap().clone();
        let replica = || vec![record_of(8, Uuid::nil())];
        let waiting = merged_entries(USER, replica(), vec![outgoing(1, 8, change(), None)], &[]);
        assert!(waiting.entries.is_empty() && waiting.not_in_overview.is_empty());
        let why = vec![FieldError::new("reason", ErrorCode::Required)];
        let refused = merged_entries(USER, replica(), vec![outgoing(1, 8, change(), Some(why.clone()))], &[]);
        assert_eq!(refused.entries[0].progress, EntryProgress::Refused(why.clone()));
        assert_eq!((&refused.entries[0].fields["place"], refused.entries[0].is_to_settle()), (&json!("522728"), true));
        let mut conflict = outgoing(1, 8, change(), Some(why));
        conflict.answer = Some(PushResult {
            seq: 1,
            outcome: Outcome::Conflict,
            rev: 3,
            record: None,
            errors: Vec::new(),
            others: Vec::new(),
        });
        let conflicting = merged_entries(USER, replica(), vec![conflict], &[]);
        let EntryProgress::Conflict(conflict) = &conflicting.entries[0].progress else { panic!("no conflict") };
        assert_eq!(conflict.theirs.as_ref().map(|(rev, _)| *rev), Some(3), "it is there, not deleted");
    }

    #[test]
    fn gone_entry_is_created_from_own_entries_only() {
        assert_eq!(Gone::of(USER, record_of(7, USER)).map(|gone| gone.id), Some(Uuid::from_u128(7)));
        assert_eq!(Gone::of(USER, record_of(8, Uuid::nil())), None);
    }

    #[test]
    fn not_in_overview_lists_new_entries_but_not_refused_ones() {
        let why = vec![FieldError::new("place", ErrorCode::Forbidden)];
        let outbox = vec![outgoing(1, 5, fields(1), None), outgoing(2, 6, fields(2), Some(why.clone()))];
        let list = merged_entries(USER, vec![record_of(7, USER)], outbox, &[Uuid::from_u128(7)]);
        let uncounted: Vec<Uuid> = list.not_in_overview.iter().map(|(id, _)| *id).collect();
        assert_eq!(uncounted, [Uuid::from_u128(5), Uuid::from_u128(7)]);
        let refused = list.entries.iter().find(|entry| entry.id == Uuid::from_u128(6)).unwrap();
        assert_eq!(refused.progress, EntryProgress::Refused(why));
    }
}
