//! From entries to figures: what a phone does when a filter changes, and a server when something has changed.

#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use jiedui_core::domain::{Catalogue, Entry, Filter, Overview};
use serde_json::json;
use std::hint::black_box;
use uuid::Uuid;

/// Entries over 40 villages, 24 months and all activities of the catalogue, about two numbers each.
fn entries(catalogue: &Catalogue, count: u128) -> Vec<(Uuid, Entry)> {
    (0..count)
        .map(|number| {
            let activity = &catalogue.activities[number as usize % catalogue.activities.len()];
            let values: serde_json::Map<_, _> =
                activity.fields.iter().map(|field| (field.code.clone(), json!(number % 97))).collect();
            let fields = json!({
                "activity": activity.code,
                "date": format!("20{}-{:02}-{:02}", 23 + number % 2, 1 + number / 2 % 12, 1 + number % 28),
                "place": format!("5227281092{:02}", number % 40), "values": values, "state": "verified",
            });
            (Uuid::from_u128(number), serde_json::from_value(fields).unwrap())
        })
        .collect()
}

fn aggregate(criterion: &mut Criterion) {
    let catalogue: Catalogue = serde_json::from_str(include_str!("../../../server/seed/catalogue.json")).unwrap();
    let entries = entries(&catalogue, 20_000);
    let add = |overview: &mut Overview| overview.add(entries.iter().map(|(id, entry)| (*id, entry)));
    let empty = Overview { catalogue, ..Overview::default() };
    criterion.bench_function("overview of 20,000 entries", |bencher| {
        bencher.iter_batched_ref(|| empty.clone(), add, BatchSize::LargeInput);
    });
    let mut whole = empty.clone();
    add(&mut whole);
    let filter = Filter { year: Some(2023), place: Some("522728109".into()), ..Filter::default() };
    criterion.bench_function("figures of 20,000 entries under a filter", |bencher| {
        bencher.iter(|| whole.figures(black_box(&filter)));
    });
}

criterion_group!(benches, aggregate);
criterion_main!(benches);
