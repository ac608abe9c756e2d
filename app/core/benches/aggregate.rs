//! Benchmarks of figures and of the map: aggregation of entries, deltas, filters and layout.

#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use jiedui_core::catalogue::Catalogue;
use jiedui_core::entry::Entry;
use jiedui_core::figures::entry_count::EntryCount;
use jiedui_core::figures::{figure::Filter, overview::Overview};
use jiedui_core::fixtures::pairings::paired;
use jiedui_core::map::index::MapIndex;
use jiedui_core::map::layout::MapLayout;
use serde_json::json;
use std::hint::black_box;
use uuid::Uuid;

/// Returns entries in 40 villages and 24 months, over all activities.
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
    let place = whole.entry_counts.first().map(|entry_count| entry_count.place.clone());
    let delta = Overview {
        base_change: Some(0),
        contributions: whole
            .contributions
            .iter()
            .filter(|contribution| Some(&contribution.place) == place.as_ref())
            .take(20)
            .cloned()
            .collect(),
        entry_counts: whole.entry_counts.iter().take(1).cloned().collect(),
        ..Overview::default()
    };
    criterion.bench_function("overview of 20,000 entries updated by one", |bencher| {
        let batch = || (whole.clone(), delta.clone());
        let apply = |(mut overview, delta): (Overview, Overview)| {
            overview.apply_delta(delta);
            overview
        };
        bencher.iter_batched(batch, apply, BatchSize::LargeInput);
    });
    criterion.bench_function("figures of 20,000 entries under a filter", |bencher| {
        bencher.iter(|| whole.figures(black_box(&filter)));
    });
}

/// Measures the map after a change of the filter and of the zoom.
fn map(criterion: &mut Criterion) {
    let mut overview = paired(2_000);
    let entry_count = |number: usize| EntryCount {
        programme: "education".to_owned(),
        place: format!("5201{:02}1092{:02}", number % 10, number % 40),
        pairing: overview.pairings.get(number % 4_000).map(|pairing| pairing.id),
        organisation: None,
        month: if number.is_multiple_of(2) { "2026-03" } else { "2026-04" }.parse().unwrap(),
        verified: true,
        entries: 1,
    };
    overview.entry_counts = (0..20_000).map(entry_count).collect();
    let index = MapIndex::new(&overview, None);
    criterion.bench_function("features of 2,000 pairings under a filter", |bencher| {
        bencher.iter(|| index.features(&overview, black_box(&Filter::default())));
    });
    let near = Filter { place: Some("522728".to_owned()), ..Filter::default() };
    criterion.bench_function("features of 2,000 pairings and 20,000 entry counts in a county", |bencher| {
        bencher.iter(|| index.features(&overview, black_box(&near)));
    });
    let features = index.features(&overview, &Filter::default());
    for zoom in [1.0, 4.0, 16.0] {
        criterion.bench_function(&format!("2,000 pairings clustered at zoom {zoom}"), |bencher| {
            bencher.iter(|| MapLayout::new(&overview, &features, black_box(zoom)));
        });
    }
}

criterion_group!(benches, aggregate, map);
criterion_main!(benches);
