//! Broken histories, replayed from a seed: several phones with core's real engine, rules and merge; a server that is
//! killed between any two of its steps; a line that drops, doubles, delays, reorders and cuts; phones that die at any
//! step and come back with what their storage really held; storage that is full; two tabs of one browser, profiles that are
//! duplicated or put back from an image, and a server that is restored from a backup.
//!
//! `SEEDS=100000 cargo test --release -p jiedui-core --test simulation` runs more of them, `SEED=7` that one alone.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

mod phone;
mod server;
mod world;

use server::Sabotage;
use std::collections::BTreeMap;
use world::World;

/// Histories in a usual run.
const SEEDS: u64 = 2_000;
/// Histories in which sabotage must have been found out.
const ENOUGH: u64 = 500;

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// What goes wrong in a history, if anything.
fn run(seed: u64, sabotage: Sabotage) -> Result<(), String> {
    World::new(seed, sabotage).live()
}

#[test]
fn no_history_loses_doubles_or_overwrites_anything() {
    let seeds = match number("SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SEEDS").unwrap_or(SEEDS),
    };
    for seed in seeds {
        if let Err(wrong) = run(seed, Sabotage::None) {
            panic!("{wrong}\nreplay: SEED={seed} cargo test --release -p jiedui-core --test simulation no_history");
        }
    }
}

#[test]
fn a_history_is_the_same_each_time() {
    for seed in 0..20 {
        let mut worlds = [World::new(seed, Sabotage::None), World::new(seed, Sabotage::None)];
        for world in &mut worlds {
            world.live().unwrap();
        }
        let [one, other] = worlds;
        assert_eq!(one.server.disk, other.server.disk, "seed {seed}");
    }
}

#[test]
fn histories_are_eventful() {
    let mut outcomes = BTreeMap::new();
    let (mut deleted, mut settled, mut restored, mut duplicated, mut renamed) = (0, 0, 0, 0, 0);
    for seed in 0..600 {
        let mut world = World::new(seed, Sabotage::None);
        world.live().unwrap();
        for (_, answer) in world.server.disk.answers.values() {
            *outcomes.entry(format!("{:?}", answer.outcome)).or_insert(0) += 1;
        }
        restored += world.server.disk.lives.len();
        duplicated += world.duplicated;
        renamed += world.renamed();
        settled += world.server.disk.settled.len();
        deleted += world.server.disk.records.values().filter(|stored| stored.deleted).count();
    }
    for outcome in ["Applied", "Merged", "Conflict", "Rejected"] {
        assert!(outcomes.get(outcome).is_some_and(|times| *times > 50), "{outcomes:?}");
    }
    assert!(deleted > 100 && settled > 20, "{deleted} {settled}");
    assert!(restored > 50 && duplicated > 100 && renamed > 20, "{restored} {duplicated} {renamed}");
}

#[test]
fn sabotage_is_found_out() {
    let ways = [
        Sabotage::NoAnswersKept,
        Sabotage::AnswerBeforeCommit,
        Sabotage::NoTransaction,
        Sabotage::LastWriterWins,
        Sabotage::NumbersBeforeCommit,
        Sabotage::ClientAlone,
        Sabotage::OwnAtZero,
        Sabotage::DoublesAreOne,
        Sabotage::OneLife,
        Sabotage::NothingRemembered,
        Sabotage::NameKept,
        Sabotage::TabsShareIdentifiers,
    ];
    for sabotage in ways {
        let found = (0..ENOUGH).find_map(|seed| run(seed, sabotage).err());
        assert!(found.is_some(), "{sabotage:?} goes unnoticed");
    }
}
