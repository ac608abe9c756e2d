//! From entries to figures: what a phone does when a filter changes, and a server when something has changed.

#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use jiedui_core::catalogue::Catalogue;
use jiedui_core::entry::Entry;
use jiedui_core::figures::entry_count::EntryCount;
use jiedui_core::figures::{figure::Filter, overview::Overview};
use jiedui_core::fixtures::sample::paired;
use jiedui_core::map::index::MapIndex;
use jiedui_core::map::layout::MapLayout;
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
    let place = whole.entry_counts.first().map(|tally| tally.place.clone());
    let news = Overview {
        base_change: Some(0),
        contributions: whole
            .contributions
            .iter()
            .filter(|part| Some(&part.place) == place.as_ref())
            .take(20)
            .cloned()
            .collect(),
        entry_counts: whole.entry_counts.iter().take(1).cloned().collect(),
        ..Overview::default()
    };
    criterion.bench_function("overview of 20,000 entries renewed by one", |bencher| {
        let batch = || (whole.clone(), news.clone());
        let renew = |(mut overview, news): (Overview, Overview)| {
            overview.apply_delta(news);
            overview
        };
        bencher.iter_batched(batch, renew, BatchSize::LargeInput);
    });
    criterion.bench_function("figures of 20,000 entries under a filter", |bencher| {
        bencher.iter(|| whole.figures(black_box(&filter)));
    });
}

/// What a phone does of the map when a filter changes, and when somebody goes closer.
fn map(criterion: &mut Criterion) {
    let mut overview = paired(2_000);
    let tally = |number: usize| EntryCount {
        programme: "education".to_owned(),
        place: format!("5201{:02}1092{:02}", number % 10, number % 40),
        pairing: overview.pairings.get(number % 4_000).map(|own| own.id),
        organisation: None,
        month: if number.is_multiple_of(2) { "2026-03" } else { "2026-04" }.parse().unwrap(),
        verified: true,
        entries: 1,
    };
    overview.entry_counts = (0..20_000).map(tally).collect();
    let atlas = MapIndex::new(&overview, None);
    criterion.bench_function("what a filter leaves of 2,000 pairings", |bencher| {
        bencher.iter(|| atlas.features(&overview, black_box(&Filter::default())));
    });
    let near = Filter { place: Some("522728".to_owned()), ..Filter::default() };
    criterion.bench_function("what a county leaves of 2,000 pairings and 20,000 tallies", |bencher| {
        bencher.iter(|| atlas.features(&overview, black_box(&near)));
    });
    let features = atlas.features(&overview, &Filter::default());
    for zoom in [1.0, 4.0, 16.0] {
        criterion.bench_function(&format!("2,000 pairings gathered at zoom {zoom}"), |bencher| {
            bencher.iter(|| MapLayout::new(&overview, &features, black_box(zoom)));
        });
    }
}

criterion_group!(benches, aggregate, map);
criterion_main!(benches);
