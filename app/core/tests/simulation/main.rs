//! Deterministic simulation of the sync: random histories with faults, replayed from a seed.
//!
//! Phones run the real engine, rules and merge. The server is killed between any two steps. The network drops,
//! duplicates, delays, reorders and truncates messages. Phones restart at any step and resume from their storage,
//! which can be full. Browser profiles have two tabs, and are duplicated or restored from an image. The server is
//! restored from a backup.
//!
//! `SEEDS=100000 cargo test --release -p jiedui-core --test simulation` runs more histories, `SEED=7` only that one.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

mod invariants;
mod phone;
mod server;
mod world;

use server::Sabotage;
use std::collections::BTreeMap;
use world::World;

/// Number of histories by default.
const DEFAULT_SEEDS: u64 = 2_000;
/// Number of histories in which each sabotage must be detected.
const SABOTAGE_SEEDS: u64 = 6_000;

fn env_number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is not a number")))
}

/// Runs a history and returns the first violated invariant.
fn run(seed: u64, sabotage: Sabotage) -> Result<(), String> {
    World::new(seed, sabotage).run()
}

#[test]
fn no_history_loses_duplicates_or_overwrites_data() {
    let seeds = match env_number("SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..env_number("SEEDS").unwrap_or(DEFAULT_SEEDS),
    };
    for seed in seeds {
        if let Err(violation) = run(seed, Sabotage::None) {
            panic!("{violation}\nreplay: SEED={seed} cargo test --release -p jiedui-core --test simulation no_history");
        }
    }
}

#[test]
fn no_history_depends_on_anything_but_its_seed() {
    for seed in 0..20 {
        let mut worlds = [World::new(seed, Sabotage::None), World::new(seed, Sabotage::None)];
        for world in &mut worlds {
            world.run().unwrap();
        }
        let [first, second] = worlds;
        assert_eq!(first.server.disk, second.server.disk, "seed {seed}");
    }
}

#[test]
fn histories_reach_every_outcome() {
    let mut outcomes = BTreeMap::new();
    let (mut deleted, mut settled, mut restored, mut duplicated, mut renamed, mut moved) = (0, 0, 0, 0, 0, 0);
    for seed in 0..600 {
        let mut world = World::new(seed, Sabotage::None);
        world.run().unwrap();
        for (_, result) in world.server.disk.results.values() {
            *outcomes.entry(format!("{:?}", result.outcome)).or_insert(0) += 1;
        }
        restored += world.server.disk.epochs.len();
        duplicated += world.duplicated;
        renamed += world.renamed();
        moved += world.scope_changes;
        settled += world.server.disk.settled.len();
        deleted += world.server.disk.records.values().filter(|stored| stored.deleted).count();
    }
    for outcome in ["Applied", "Merged", "Conflict", "Rejected"] {
        assert!(outcomes.get(outcome).is_some_and(|times| *times > 50), "{outcomes:?}");
    }
    assert!(deleted > 100 && settled > 20, "{deleted} {settled}");
    assert!(moved > 500, "{moved} changes of rights");
    assert!(restored > 50 && duplicated > 100 && renamed > 20, "{restored} {duplicated} {renamed}");
}

#[test]
fn every_sabotage_is_detected() {
    let sabotages = [
        Sabotage::NoIdempotency,
        Sabotage::AnswerBeforeCommit,
        Sabotage::NoTransaction,
        Sabotage::LastWriterWins,
        Sabotage::ChangeNumbersBeforeCommit,
        Sabotage::AuthorByClientOnly,
        Sabotage::OwnRecordsOverwritten,
        Sabotage::DuplicatesUndetected,
        Sabotage::EpochIgnored,
        Sabotage::SentItemsForgotten,
        Sabotage::ClientIdentifierKept,
        Sabotage::TabsShareIdentifiers,
        Sabotage::RightsOfCursorKept,
        Sabotage::CalendarIgnored,
        Sabotage::LimitsIgnored,
        Sabotage::WindowMovedInSilence,
        Sabotage::WidenedWindowNotListed,
        Sabotage::UnfinishedListingTrusted,
        Sabotage::FeedReadAfterListing,
        Sabotage::LeavingNotSent,
        Sabotage::ConflictsNotSent,
        Sabotage::NeededRecordsDropped,
        Sabotage::LeavingForgotten,
        Sabotage::LatePagesStored,
    ];
    for sabotage in sabotages {
        let detected = (0..SABOTAGE_SEEDS).find_map(|seed| run(seed, sabotage).err());
        assert!(detected.is_some(), "{sabotage:?} is not detected");
    }
}
