//! What the outbox takes, sends and lets go.

use super::*;
use rstest::rstest;

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
    let (kind, id, fields) = (ENTRY.to_owned(), Uuid::from_u128(id), fields(value));
    Mutation { seq, kind, id, base_rev, epoch: None, op: Op::Put, fields }
}

/// Saves a change as the screens do: into an outbox, beside what the replica holds.
fn save(outbox: &mut Vec<OutboxItem>, known: &BTreeMap<Uuid, Record>, mutation: Mutation) {
    let own = enqueue(SENDER, mutation.clone(), outbox, known.get(&mutation.id), || NEW);
    outbox.push(own);
}

fn answer(seq: u64, outcome: Outcome, rev: u64, errors: Vec<FieldError>) -> PushResult {
    PushResult { seq, outcome, rev, record: None, errors, others: Vec::new() }
}

/// Settles answers and does with outbox and replica what that asks for.
fn settle_all(
    outbox: &mut Vec<OutboxItem>,
    known: &mut BTreeMap<Uuid, Record>,
    results: &[PushResult],
) -> ReplicaUpdates {
    let done = acknowledge(SENDER, RENAMED, results, outbox, known);
    let mut own: BTreeMap<u64, OutboxItem> = outbox.drain(..).map(|own| (own.mutation.seq, own)).collect();
    for (seq, change) in done.outbox.clone() {
        match change {
            Some(change) => drop(own.insert(seq, change)),
            None => drop(own.remove(&seq)),
        }
    }
    outbox.extend(own.into_values());
    for (id, record) in done.replica.clone() {
        match record {
            Some(record) => drop(known.insert(id, record)),
            None => drop(known.remove(&id)),
        }
    }
    done
}

fn seqs(batch: &(Option<Uuid>, Vec<Mutation>)) -> Vec<u64> {
    batch.1.iter().map(|mutation| mutation.seq).collect()
}

#[test]
fn an_edit_of_an_unsent_entry_waits_and_learns_its_revision() {
    let (mut outbox, mut known) = (Vec::new(), BTreeMap::new());
    save(&mut outbox, &known, put(1, 5, 0, whole("一")));
    save(&mut outbox, &known, put(2, 5, 0, json!({"note": "二"})));
    save(&mut outbox, &known, put(3, 5, 0, json!({"note": "三"})));
    save(&mut outbox, &known, put(4, 6, 0, whole("四")));
    assert_eq!(seqs(&next_batch(&outbox, 10)), [1, 4]);
    settle_all(&mut outbox, &mut known, &[answer(1, Outcome::Applied, 1, Vec::new())]);
    let batch = next_batch(&outbox, 10);
    assert_eq!((seqs(&batch), batch.0), (vec![2, 3, 4], Some(CLIENT)));
    let bases: Vec<_> = batch.1.iter().map(|own| (own.base_rev, own.epoch)).collect();
    assert_eq!(bases, [(1, Some(7)), (1, Some(7)), (0, None)]);
    // An edit that was begun before the answer came and is saved after it.
    save(&mut outbox, &known, put(5, 5, 0, json!({"note": "五"})));
    assert_eq!((outbox[3].mutation.base_rev, outbox[3].follows), (1, false));
}

#[test]
fn a_whole_entry_under_a_used_identifier_gets_its_own() {
    let (mut outbox, mut known) = (Vec::new(), BTreeMap::new());
    save(&mut outbox, &known, put(1, 5, 0, whole("一")));
    save(&mut outbox, &known, put(2, 5, 0, whole("一")));
    save(&mut outbox, &known, put(3, 5, 0, whole("另一条")));
    let ids: Vec<Uuid> = outbox.iter().map(|own| own.mutation.id).collect();
    assert_eq!(ids, [Uuid::from_u128(5), Uuid::from_u128(5), NEW], "saved twice is one entry");
    settle_all(&mut outbox, &mut known, &[answer(1, Outcome::Applied, 1, Vec::new())]);
    let late = enqueue(SENDER, put(4, 5, 0, whole("又一条")), &[], known.get(&Uuid::from_u128(5)), || NEW);
    assert_eq!((late.mutation.id, late.mutation.base_rev), (NEW, 0));
}

#[test]
fn a_number_that_is_anothers_has_the_phone_take_a_new_name() {
    let (mut outbox, mut known) = (Vec::new(), BTreeMap::new());
    for seq in 1..=4 {
        save(&mut outbox, &known, put(seq, seq.into(), 0, whole("条")));
    }
    settle_all(&mut outbox, &mut known, &[answer(1, Outcome::Conflict, 3, Vec::new())]);
    let reused = vec![FieldError::new("seq", ErrorCode::Reused)];
    let results = [answer(2, Outcome::Rejected, 0, reused), answer(3, Outcome::Applied, 1, Vec::new())];
    let done = settle_all(&mut outbox, &mut known, &results);
    assert!(done.is_doubled);
    let names: Vec<_> = outbox.iter().map(|own| (own.mutation.seq, own.client, own.refused.is_some())).collect();
    let (old, new) = (Some(CLIENT), Some(RENAMED));
    assert_eq!(names, [(1, old, true), (2, new, false), (4, new, false)]);
    assert_eq!(next_batch(&outbox, 10).0, new);
    // An answer under the old name that comes late settles nothing.
    let late = settle_all(&mut outbox, &mut known, &[answer(4, Outcome::Applied, 1, Vec::new())]);
    assert_eq!((late, outbox.len()), (ReplicaUpdates::default(), 3));
}

#[rstest]
#[case(true)]
#[case(false)]
fn a_choice_that_finds_no_conflict_settles_no_refusal(#[case] conflict: bool) {
    let (mut outbox, mut known) = (Vec::new(), BTreeMap::new());
    save(&mut outbox, &known, put(1, 5, 2, json!({"note": "我的"})));
    let why = vec![FieldError::new("id", ErrorCode::Unknown)];
    let outcome =
        if conflict { answer(1, Outcome::Conflict, 3, Vec::new()) } else { answer(1, Outcome::Rejected, 0, why) };
    settle_all(&mut outbox, &mut known, &[outcome]);
    let choice =
        super::super::Resolution { client: CLIENT, seq: 1, take: Vec::new() }.mutation(2, Uuid::from_u128(5), 3);
    save(&mut outbox, &known, choice);
    let unknown = vec![FieldError::new("seq", ErrorCode::Unknown)];
    settle_all(&mut outbox, &mut known, &[answer(2, Outcome::Rejected, 0, unknown)]);
    assert_eq!(outbox.len(), usize::from(!conflict));
}

#[test]
fn a_restored_server_is_sent_what_it_may_lack() {
    let (mut outbox, mut known) = (Vec::new(), BTreeMap::new());
    save(&mut outbox, &known, put(1, 5, 0, whole("一")));
    save(&mut outbox, &known, put(2, 6, 4, json!({"note": "二"})));
    save(&mut outbox, &known, put(3, 7, 0, whole("三")));
    let results = [answer(1, Outcome::Applied, 1, Vec::new()), answer(2, Outcome::Conflict, 5, Vec::new())];
    let sent = settle_all(&mut outbox, &mut known, &results).sent;
    let all = requeue(&outbox, sent, &known);
    assert_eq!(seqs(&next_batch(&all, 10)), [1, 2, 3]);
    assert!(all.iter().all(|own| own.again && own.refused.is_none() && own.answer.is_none()));
    assert_eq!(all[0].before.as_ref().unwrap()["note"], "一");
    // What is answered changes nothing in the replica: the next pull does.
    let (mut outbox, mut known) = (all, BTreeMap::new());
    let done = settle_all(&mut outbox, &mut known, &[answer(1, Outcome::Applied, 1, Vec::new())]);
    assert_eq!((known.len(), done.sent.len(), done.new.len()), (0, 1, 0));
}

#[rstest]
#[case(10_000, true)]
#[case(15_999, true)]
#[case(16_000, false)]
#[case(9_999, false)]
#[case(i64::MIN, false)]
fn deletion_is_held_for_six_seconds_and_never_longer(#[case] now: i64, #[case] held: bool) {
    let mutation = Mutation { op: Op::Delete, ..put(1, 5, 1, json!({})) };
    let outgoing = OutboxItem::held(mutation.clone(), 10_000);
    assert_eq!(outgoing.is_held(now), held);
    assert!(!OutboxItem::new(mutation).is_held(now));
    let kept: OutboxItem = serde_json::from_value(serde_json::to_value(&outgoing).unwrap()).unwrap();
    assert_eq!(kept, outgoing, "it is held after the app was closed, too");
}
