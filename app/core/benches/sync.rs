//! Benchmarks of the sync of one batch: merge, encode and decode, as JSON and CBOR.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

use criterion::{Criterion, criterion_group, criterion_main};
use jiedui_core::access::user::{Role, Scope, User};
use jiedui_core::catalogue::Catalogue;
use jiedui_core::directory::place::{Level, Place, Places, Side};
use jiedui_core::entry::{Fields, Rules};
use jiedui_core::fixtures::sample::{FIRST_DAY, Sample};
use jiedui_core::sync::{Decision, Existing, Kind, Mutation, Op, Path, apply_locally, merge_entry};
use jiedui_core::values::date::parse_date;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::hint::black_box;
use uuid::Uuid;

/// Number of entries in the batch.
const BATCH: u64 = 200;

fn places() -> Places {
    let place = |number: u32| Place {
        code: format!("522728109{number:03}"),
        parent: "522728109".into(),
        level: Level::Village,
        name: String::new(),
        side: Side::B,
        initials: String::new(),
    };
    Places::new((200..240).map(place).collect())
}

fn batch(catalogue: &Catalogue, places: &Places) -> Vec<Mutation> {
    let days = (FIRST_DAY, parse_date("2026-11-20").unwrap());
    let sample = Sample::new(1, catalogue, places, (&[], &[]), days);
    let mutation = |seq: u64| {
        let (id, mut fields) = sample.entry(seq);
        fields.insert("state".into(), json!("submitted"));
        fields.remove("review_note");
        Mutation { seq, kind: Kind::Entry, id, base_rev: 0, epoch: None, op: Op::Put, fields }
    };
    (1..=BATCH).map(mutation).collect()
}

fn sync(criterion: &mut Criterion) {
    let catalogue: Catalogue = serde_json::from_str(include_str!("../../../server/seed/catalogue.json")).unwrap();
    let places = places();
    let mutations = batch(&catalogue, &places);
    let rules = Rules {
        catalogue: &catalogue,
        places: &places,
        organisations: &[],
        pairings: &[],
        last_day: None,
        closed: &[],
    };
    let actor = User {
        id: Uuid::from_u128(1),
        username: String::new(),
        name: String::new(),
        role: Role::Recorder,
        scope: Scope::default(),
        verifies_own: false,
    };
    criterion.bench_function("deciding on 200 new entries", |bencher| {
        bencher.iter(|| {
            for mutation in &mutations {
                let decision = merge_entry(black_box(mutation), None, &actor, rules);
                assert!(matches!(decision, Decision::Write { .. }));
            }
        });
    });
    let existing = |mutation: &Mutation| {
        let mut fields = Fields::new();
        apply_locally(&mut fields, mutation);
        fields.insert("author".into(), json!(actor.id));
        Existing { rev: 3, fields, deleted: false, changed_since: BTreeSet::from([Path::from("date")]) }
    };
    let merged: Vec<(Mutation, Existing)> = mutations
        .iter()
        .map(|mutation| {
            (
                Mutation { fields: Fields::from_iter([("note".into(), json!("改"))]), ..mutation.clone() },
                existing(mutation),
            )
        })
        .collect();
    criterion.bench_function("merging 200 edits with others' edits of other fields", |bencher| {
        bencher.iter(|| {
            for (mutation, existing) in &merged {
                let decision = merge_entry(black_box(mutation), Some(existing), &actor, rules);
                assert!(matches!(decision, Decision::Write { .. }));
            }
        });
    });
    let value = serde_json::to_value(&mutations).unwrap();
    let json = serde_json::to_vec(&mutations).unwrap();
    let mut cbor = Vec::new();
    ciborium::into_writer(&value, &mut cbor).unwrap();
    criterion.bench_function("encoding 200 mutations as JSON", |bencher| {
        bencher.iter(|| serde_json::to_vec(black_box(&mutations)).unwrap());
    });
    criterion.bench_function("encoding 200 mutations as CBOR", |bencher| {
        bencher.iter(|| {
            let mut bytes = Vec::new();
            ciborium::into_writer(&serde_json::to_value(black_box(&mutations)).unwrap(), &mut bytes).unwrap();
            bytes
        });
    });
    let parse = |value: Value| {
        let Value::Array(mutations) = value else { panic!("no list") };
        mutations.into_iter().map(|mutation| Mutation::parse(mutation).unwrap()).collect::<Vec<_>>()
    };
    criterion.bench_function("decoding 200 mutations from JSON", |bencher| {
        bencher.iter(|| parse(serde_json::from_slice(black_box(&json)).unwrap()));
    });
    criterion.bench_function("decoding 200 mutations from CBOR", |bencher| {
        bencher.iter(|| parse(ciborium::from_reader(black_box(cbor.as_slice())).unwrap()));
    });
}

criterion_group!(benches, sync);
criterion_main!(benches);
