//! Tests of the engine: single transitions, then random connection failures.

use super::*;
use crate::sync::kind::Kind;
use crate::sync::protocol::{Op, Outcome};
use proptest::prelude::*;
use rstest::rstest;
use std::collections::BTreeMap;
use uuid::Uuid;

fn mutation(seq: u64) -> Mutation {
    Mutation {
        seq,
        kind: Kind::Entry,
        id: Uuid::from_u128(seq.into()),
        base_rev: 0,
        epoch: None,
        op: Op::Put,
        fields: Default::default(),
    }
}

fn result(seq: u64, outcome: Outcome) -> PushResult {
    PushResult { seq, outcome, rev: 1, record: None, errors: Vec::new(), others: Vec::new() }
}

fn empty_pull() -> PullResponse {
    PullResponse { cursor: "1".into(), position: 1, last: 1, ..PullResponse::default() }
}

fn wait_in(outputs: &[Output]) -> Option<Duration> {
    outputs.iter().find_map(|output| if let Output::Wait(wait) = output { Some(*wait) } else { None })
}

#[test]
fn round_pushes_then_pulls_then_idles() {
    let mut engine = Engine::new(1);
    assert_eq!(engine.handle(Input::Wake), [Output::ReadOutbox { limit: FIRST_BATCH }]);
    let outputs = engine.handle(Input::OutboxRead(vec![mutation(1), mutation(2)]));
    assert_eq!(outputs[0], Output::Show(Status::Sending { first: 1, last: 2 }));
    let results = vec![result(1, Outcome::Applied), result(2, Outcome::Rejected)];
    assert_eq!(engine.handle(Input::Pushed(Ok(results.clone()))), [Output::StorePush(results)]);
    assert_eq!(engine.handle(Input::PushStored), [Output::ReadOutbox { limit: FIRST_BATCH * 2 }]);
    assert_eq!(
        engine.handle(Input::OutboxRead(vec![])),
        [Output::Show(Status::Receiving { position: 0, last: 0 }), Output::Pull]
    );
    assert_eq!(engine.handle(Input::Pulled(Ok(empty_pull()))), [Output::StorePull(empty_pull())]);
    assert_eq!(engine.handle(Input::PullStored), [Output::Show(Status::Idle)]);
}

#[test]
fn wake_during_round_starts_another_round() {
    let mut engine = Engine::new(1);
    engine.handle(Input::Wake);
    engine.handle(Input::OutboxRead(vec![]));
    assert_eq!(engine.handle(Input::Wake), []);
    engine.handle(Input::Pulled(Ok(empty_pull())));
    assert_eq!(engine.handle(Input::PullStored), [Output::ReadOutbox { limit: FIRST_BATCH }]);
}

#[test]
fn back_off_doubles_to_maximum_and_ends_on_sync_now() {
    let mut engine = Engine::new(7);
    let mut input = Input::Wake;
    let mut waits = Vec::new();
    for _ in 0..12 {
        assert_eq!(engine.handle(input).len(), 1);
        engine.handle(Input::OutboxRead(vec![mutation(1)]));
        waits.extend(wait_in(&engine.handle(Input::Pushed(Err(Failure::NoAnswer)))));
        input = Input::WaitOver;
    }
    for (index, wait) in waits.iter().enumerate() {
        let doubled = FIRST_WAIT.saturating_mul(1 << index).min(LONGEST_WAIT);
        assert!((doubled / 2..=doubled).contains(wait), "{index}: {wait:?}");
    }
    assert_eq!(engine.handle(Input::Wake), [], "an entry saved while waiting does not shorten the wait");
    assert_eq!(engine.handle(Input::SyncNow), [Output::ReadOutbox { limit: 1 }]);
}

#[rstest]
#[case(Failure::Busy(Some(Duration::from_secs(90))), Duration::from_secs(90), Status::Waiting)]
#[case(Failure::SignedOut, LONGEST_WAIT, Status::SignedOut)]
#[case(Failure::Refused, LONGEST_WAIT, Status::Refused)]
fn back_off_respects_minimum_of_failure(#[case] failure: Failure, #[case] least: Duration, #[case] status: Status) {
    let mut engine = Engine::new(3);
    engine.handle(Input::Wake);
    engine.handle(Input::OutboxRead(vec![]));
    let outputs = engine.handle(Input::Pulled(Err(failure)));
    assert!(wait_in(&outputs) >= Some(least));
    assert_eq!(outputs.last(), Some(&Output::Show(status)));
}

#[test]
fn response_without_requested_results_is_failure() {
    let mut engine = Engine::new(1);
    engine.handle(Input::Wake);
    engine.handle(Input::OutboxRead(vec![mutation(1)]));
    let outputs = engine.handle(Input::Pushed(Ok(vec![result(9, Outcome::Applied)])));
    assert!(wait_in(&outputs).is_some());
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    RequestLost,
    ResponseLost,
    AppClosedBeforeStoring,
}

/// Runs a phone with reliable storage against a server that stores each mutation once, with the given faults.
fn run(saved: u64, refused: &[u64], faults: &[Fault]) -> (BTreeMap<u64, u32>, Vec<u64>) {
    let mut outbox: Vec<u64> = (1..=saved).collect();
    let mut written: BTreeMap<u64, u32> = BTreeMap::new();
    let mut faults = faults.iter().copied();
    let mut engine = Engine::new(saved);
    let mut todo = engine.handle(Input::Wake);
    let mut steps = 0;
    while let Some(output) = todo.pop() {
        steps += 1;
        assert!(steps < 10_000, "the machine does not come to rest");
        let input = match output {
            Output::Show(_) => continue,
            Output::Wait(_) => Input::WaitOver,
            Output::ReadOutbox { limit } => {
                Input::OutboxRead(outbox.iter().take(limit).copied().map(mutation).collect())
            }
            Output::Push(batch) => match faults.next().unwrap_or(Fault::None) {
                Fault::RequestLost => Input::Pushed(Err(Failure::NoAnswer)),
                fault => {
                    let results: Vec<PushResult> = batch
                        .iter()
                        .map(|mutation| {
                            let refused = refused.contains(&mutation.seq);
                            if !refused {
                                written.entry(mutation.seq).or_insert(1);
                            }
                            result(mutation.seq, if refused { Outcome::Rejected } else { Outcome::Applied })
                        })
                        .collect();
                    match fault {
                        Fault::ResponseLost => Input::Pushed(Err(Failure::NoAnswer)),
                        Fault::AppClosedBeforeStoring => {
                            engine = Engine::new(steps);
                            Input::Wake
                        }
                        _ => Input::Pushed(Ok(results)),
                    }
                }
            },
            Output::StorePush(results) => {
                outbox.retain(|seq| !results.iter().any(|result| result.seq == *seq));
                Input::PushStored
            }
            Output::Pull => Input::Pulled(Ok(empty_pull())),
            Output::StorePull(_) => Input::PullStored,
        };
        todo.extend(engine.handle(input));
    }
    (written, outbox)
}

#[test]
fn lost_responses_neither_lose_nor_duplicate_mutations() {
    let (written, outbox) = run(3, &[], &[Fault::ResponseLost; 10]);
    assert_eq!(written, BTreeMap::from([(1, 1), (2, 1), (3, 1)]));
    assert!(outbox.is_empty());
}

proptest! {
    #[test]
    fn all_arrives_despite_faults_and_rejections(
        saved in 0..80_u64,
        refused in prop::collection::vec(1..80_u64, 0..5),
        faults in prop::collection::vec(prop_oneof![
            Just(Fault::None), Just(Fault::RequestLost), Just(Fault::ResponseLost), Just(Fault::AppClosedBeforeStoring),
        ], 0..30),
    ) {
        let (written, outbox) = run(saved, &refused, &faults);
        let expected: Vec<u64> = (1..=saved).filter(|seq| !refused.contains(seq)).collect();
        prop_assert_eq!(written.into_keys().collect::<Vec<_>>(), expected);
        prop_assert!(outbox.is_empty());
    }
}
