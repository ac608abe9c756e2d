//! Tests of the outbox and of acknowledgements.

use super::*;
use crate::sync::acknowledge::{ReplicaUpdates, acknowledge};
use crate::values::field_error::ErrorCode;
use rstest::rstest;
use serde_json::{Value, json};

const CLIENT: Uuid = Uuid::from_u128(10);
const RENAMED: Uuid = Uuid::from_u128(11);
const NEW: Uuid = Uuid::from_u128(99);
const SENDER: Sender = Sender { user: Uuid::from_u128(1), client: CLIENT, epoch: Some(7) };

fn fields(value: Value) -> Fields {
    value.as_object().unwrap().clone()
}

fn whole(note: &str) -> Value {
    json!({"activity": "survey", "date": "2026-11-24", "place": "522728", "note": note})
}

fn put(seq: u64, id: u128, base_rev: u64, value: Value) -> Mutation {
    let (kind, id, fields) = (Kind::Entry, Uuid::from_u128(id), fields(value));
    Mutation { seq, kind, id, base_rev, epoch: None, op: Op::Put, fields }
}

/// Adds a mutation to an outbox as the screens do, given the records in the replica.
fn save(outbox: &mut Vec<OutboxItem>, replica: &BTreeMap<Uuid, Record>, mutation: Mutation) {
    let item = enqueue(SENDER, mutation.clone(), outbox, replica.get(&mutation.id), || NEW);
    outbox.push(item);
}

fn answer(seq: u64, outcome: Outcome, rev: u64, errors: Vec<FieldError>) -> PushResult {
    PushResult { seq, outcome, rev, record: None, errors, others: Vec::new() }
}

/// Acknowledges results and applies the updates to outbox and replica.
fn acknowledge_all(
    outbox: &mut Vec<OutboxItem>,
    replica: &mut BTreeMap<Uuid, Record>,
    results: &[PushResult],
) -> ReplicaUpdates {
    let updates = acknowledge(SENDER, RENAMED, results, outbox, replica);
    let mut item: BTreeMap<u64, OutboxItem> = outbox.drain(..).map(|item| (item.mutation.seq, item)).collect();
    for (seq, change) in updates.outbox.clone() {
        match change {
            Some(change) => drop(item.insert(seq, change)),
            None => drop(item.remove(&seq)),
        }
    }
    outbox.extend(item.into_values());
    for (id, record) in updates.replica.clone() {
        match record {
            Some(record) => drop(replica.insert(id, record)),
            None => drop(replica.remove(&id)),
        }
    }
    updates
}

fn seqs(batch: &(Option<Uuid>, Vec<Mutation>)) -> Vec<u64> {
    batch.1.iter().map(|mutation| mutation.seq).collect()
}

#[test]
fn edit_of_unsent_entry_waits_for_its_revision() {
    let (mut outbox, mut replica) = (Vec::new(), BTreeMap::new());
    save(&mut outbox, &replica, put(1, 5, 0, whole("一")));
    save(&mut outbox, &replica, put(2, 5, 0, json!({"note": "二"})));
    save(&mut outbox, &replica, put(3, 5, 0, json!({"note": "三"})));
    save(&mut outbox, &replica, put(4, 6, 0, whole("四")));
    assert_eq!(seqs(&next_batch(&outbox, 10)), [1, 4]);
    acknowledge_all(&mut outbox, &mut replica, &[answer(1, Outcome::Applied, 1, Vec::new())]);
    let batch = next_batch(&outbox, 10);
    assert_eq!((seqs(&batch), batch.0), (vec![2, 3, 4], Some(CLIENT)));
    let bases: Vec<_> = batch.1.iter().map(|item| (item.base_rev, item.epoch)).collect();
    assert_eq!(bases, [(1, Some(7)), (1, Some(7)), (0, None)]);
    // An edit that began before the response and is saved after it.
    save(&mut outbox, &replica, put(5, 5, 0, json!({"note": "五"})));
    assert_eq!((outbox[3].mutation.base_rev, outbox[3].follows), (1, false));
}

#[test]
fn new_entry_with_used_identifier_gets_new_one() {
    let (mut outbox, mut replica) = (Vec::new(), BTreeMap::new());
    save(&mut outbox, &replica, put(1, 5, 0, whole("一")));
    save(&mut outbox, &replica, put(2, 5, 0, whole("一")));
    save(&mut outbox, &replica, put(3, 5, 0, whole("另一条")));
    let ids: Vec<Uuid> = outbox.iter().map(|item| item.mutation.id).collect();
    assert_eq!(ids, [Uuid::from_u128(5), Uuid::from_u128(5), NEW], "saved twice is one entry");
    acknowledge_all(&mut outbox, &mut replica, &[answer(1, Outcome::Applied, 1, Vec::new())]);
    let late = enqueue(SENDER, put(4, 5, 0, whole("又一条")), &[], replica.get(&Uuid::from_u128(5)), || NEW);
    assert_eq!((late.mutation.id, late.mutation.base_rev), (NEW, 0));
}

#[test]
fn reused_number_switches_client_identifier() {
    let (mut outbox, mut replica) = (Vec::new(), BTreeMap::new());
    for seq in 1..=4 {
        save(&mut outbox, &replica, put(seq, seq.into(), 0, whole("条")));
    }
    acknowledge_all(&mut outbox, &mut replica, &[answer(1, Outcome::Conflict, 3, Vec::new())]);
    let reused = vec![FieldError::new("seq", ErrorCode::Reused)];
    let results = [answer(2, Outcome::Rejected, 0, reused), answer(3, Outcome::Applied, 1, Vec::new())];
    let updates = acknowledge_all(&mut outbox, &mut replica, &results);
    assert!(updates.is_duplicated);
    let names: Vec<_> = outbox.iter().map(|item| (item.mutation.seq, item.client, item.refused.is_some())).collect();
    let (old, new) = (Some(CLIENT), Some(RENAMED));
    assert_eq!(names, [(1, old, true), (2, new, false), (4, new, false)]);
    assert_eq!(next_batch(&outbox, 10).0, new);
    // A late result for the old client identifier settles nothing.
    let late = acknowledge_all(&mut outbox, &mut replica, &[answer(4, Outcome::Applied, 1, Vec::new())]);
    assert_eq!((late, outbox.len()), (ReplicaUpdates::default(), 3));
}

#[rstest]
#[case(true)]
#[case(false)]
fn failed_resolution_settles_conflict_but_no_rejection(#[case] conflict: bool) {
    let (mut outbox, mut replica) = (Vec::new(), BTreeMap::new());
    save(&mut outbox, &replica, put(1, 5, 2, json!({"note": "我的"})));
    let why = vec![FieldError::new("id", ErrorCode::Unknown)];
    let outcome =
        if conflict { answer(1, Outcome::Conflict, 3, Vec::new()) } else { answer(1, Outcome::Rejected, 0, why) };
    acknowledge_all(&mut outbox, &mut replica, &[outcome]);
    let choice =
        super::super::Resolution { client: CLIENT, seq: 1, take: Vec::new() }.mutation(2, Uuid::from_u128(5), 3);
    save(&mut outbox, &replica, choice);
    let unknown = vec![FieldError::new("seq", ErrorCode::Unknown)];
    acknowledge_all(&mut outbox, &mut replica, &[answer(2, Outcome::Rejected, 0, unknown)]);
    assert_eq!(outbox.len(), usize::from(!conflict));
}

#[test]
fn requeue_resends_sent_items_after_restore() {
    let (mut outbox, mut replica) = (Vec::new(), BTreeMap::new());
    save(&mut outbox, &replica, put(1, 5, 0, whole("一")));
    save(&mut outbox, &replica, put(2, 6, 4, json!({"note": "二"})));
    save(&mut outbox, &replica, put(3, 7, 0, whole("三")));
    let results = [answer(1, Outcome::Applied, 1, Vec::new()), answer(2, Outcome::Conflict, 5, Vec::new())];
    let sent = acknowledge_all(&mut outbox, &mut replica, &results).sent;
    let all = requeue(&outbox, sent, &replica);
    assert_eq!(seqs(&next_batch(&all, 10)), [1, 2, 3]);
    assert!(all.iter().all(|item| item.again && item.refused.is_none() && item.answer.is_none()));
    assert_eq!(all[0].before.as_ref().unwrap()["note"], "一");
    // A repeated result does not change the replica; the next pull does.
    let (mut outbox, mut replica) = (all, BTreeMap::new());
    let updates = acknowledge_all(&mut outbox, &mut replica, &[answer(1, Outcome::Applied, 1, Vec::new())]);
    assert_eq!((replica.len(), updates.sent.len(), updates.new.len()), (0, 1, 0));
}

#[rstest]
#[case(10_000, true)]
#[case(15_999, true)]
#[case(16_000, false)]
#[case(9_999, false)]
#[case(i64::MIN, false)]
fn deletion_is_held_for_undo_period_only(#[case] now: i64, #[case] held: bool) {
    let mutation = Mutation { op: Op::Delete, ..put(1, 5, 1, json!({})) };
    let item = OutboxItem::held(mutation.clone(), 10_000);
    assert_eq!(item.is_held(now), held);
    assert!(!OutboxItem::new(mutation).is_held(now));
    let reloaded: OutboxItem = serde_json::from_value(serde_json::to_value(&item).unwrap()).unwrap();
    assert_eq!(reloaded, item, "it is held after the app was closed, too");
}

/// An entry outside the window is edited from the server's page: the replica has no record to apply the edit to.
#[test]
fn acknowledged_edit_of_unheld_record_adds_no_partial_record() {
    let (mut outbox, mut replica) = (Vec::new(), BTreeMap::new());
    save(&mut outbox, &replica, put(1, 5, 3, json!({"note": "补充"})));
    let updates = acknowledge_all(&mut outbox, &mut replica, &[answer(1, Outcome::Applied, 4, Vec::new())]);
    assert!(outbox.is_empty() && replica.is_empty() && updates.new.is_empty(), "{updates:?}");
    assert_eq!(updates.sent.len(), 1);
    // A restored entry is complete.
    save(&mut outbox, &replica, put(2, 5, 5, whole("恢复")));
    acknowledge_all(&mut outbox, &mut replica, &[answer(2, Outcome::Applied, 6, Vec::new())]);
    assert_eq!(replica[&Uuid::from_u128(5)].rev, 6);
}
