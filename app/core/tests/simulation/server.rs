//! A server as the real one works, its disk in memory: what is not committed is lost when it is killed.

use jiedui_core::domain::entry::{Fields, Rules};
use jiedui_core::domain::place::{Level, Place, Places, Side};
use jiedui_core::domain::{Catalogue, ErrorCode, FieldError, User};
use jiedui_core::sync::{
    Choice, Decision, Existing, Mutation, Outcome, PullResponse, PushResult, Record, all_paths, chosen, decide,
    is_since, wire,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use uuid::Uuid;

/// How the server may be broken on purpose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sabotage {
    None,
    /// It does not remember what it answered.
    NoAnswersKept,
    /// It answers before the transaction is committed.
    AnswerBeforeCommit,
    /// It commits each statement by itself.
    NoTransaction,
    /// It takes every edit, whatever others have changed meanwhile.
    LastWriterWins,
    /// It hands out change numbers at the start of a transaction, as a sequence does.
    NumbersBeforeCommit,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    pub rev: u64,
    pub base_rev: u64,
    pub changed: BTreeSet<String>,
    pub by: (Uuid, u64),
    pub author: Uuid,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stored {
    pub rev: u64,
    pub fields: Fields,
    pub deleted: bool,
    pub change: u64,
    pub revisions: Vec<Revision>,
}

/// What survives.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Disk {
    pub records: BTreeMap<Uuid, Stored>,
    pub answers: BTreeMap<(Uuid, u64), (Mutation, PushResult)>,
    /// Values that were not taken, by the mutation that brought them.
    pub kept: BTreeMap<(Uuid, u64), Fields>,
    /// Those of them between which somebody has chosen.
    pub settled: BTreeSet<(Uuid, u64)>,
    pub change: u64,
}

pub struct Server {
    pub disk: Disk,
    pub sabotage: Sabotage,
    /// The last number handed out, where that is done before the commit.
    pub sequence: u64,
}

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let field = |code: &str| {
        json!({"code": code, "name": "", "name_en": "", "kind": "integer", "unit": "", "unit_en": "",
               "required": false, "feeds": null})
    };
    serde_json::from_value(json!({"version": 1, "programmes": [], "indicators": [], "activities": [
        {"code": "survey", "programme": "health", "name": "", "name_en": "", "version": 1,
         "fields": [field("count"), field("people")]}]}))
    .unwrap()
});
static PLACES: LazyLock<Places> = LazyLock::new(|| {
    let (code, parent, name) = ("522728".to_owned(), "5227".to_owned(), String::new());
    Places::new(vec![Place { code, parent, level: Level::County, name, side: Side::B }])
});

impl Server {
    /// What a push would leave on the disk, and its answer. Change numbers go on from `last`.
    pub fn push(&self, actor: &User, client: Uuid, mutations: &[Mutation], last: u64) -> (Disk, Vec<PushResult>) {
        self.push_up_to(actor, client, mutations, last, usize::MAX)
    }

    /// The same, if the server is killed after so many statements: one writes the answer, one the record.
    pub fn push_up_to(
        &self,
        actor: &User,
        client: Uuid,
        mutations: &[Mutation],
        last: u64,
        mut statements: usize,
    ) -> (Disk, Vec<PushResult>) {
        let mut disk = self.disk.clone();
        let mut change = last;
        let mut results = Vec::new();
        for mutation in mutations {
            if statements == 0 {
                break;
            }
            let key = (client, mutation.seq);
            let known = disk.answers.get(&key).filter(|_| self.sabotage != Sabotage::NoAnswersKept);
            let result = match known {
                Some((same, result)) if same == mutation => result.clone(),
                Some(_) => rejected(mutation, vec![FieldError::new("seq", ErrorCode::Reused)]),
                None => {
                    let case = Case { actor, client, sabotage: self.sabotage };
                    // Killed after the answer, it has not written the record.
                    let result = match statements {
                        1 => apply(&mut disk.clone(), &mut change, case, mutation),
                        _ => apply(&mut disk, &mut change, case, mutation),
                    };
                    disk.answers.insert(key, (mutation.clone(), result.clone()));
                    statements = statements.saturating_sub(2);
                    result
                }
            };
            results.push(result);
        }
        disk.change = disk.change.max(change);
        (disk, results)
    }

    /// At most `limit` records after a change.
    pub fn pull(&self, after: u64, limit: usize) -> PullResponse {
        let mut changed: Vec<_> = self.disk.records.iter().filter(|(_, stored)| stored.change > after).collect();
        changed.sort_by_key(|(_, stored)| stored.change);
        let more = changed.len() > limit;
        changed.truncate(limit);
        let last = changed.last().map_or(after, |(_, stored)| stored.change);
        let records = changed.into_iter().map(|(id, stored)| record(*id, stored)).collect();
        PullResponse { records, cursor: last.to_string(), more, position: last, last: self.disk.change, anew: false }
    }
}

pub fn record(id: Uuid, stored: &Stored) -> Record {
    let fields = if stored.deleted { Fields::new() } else { stored.fields.clone() };
    Record { kind: wire::ENTRY.into(), id, rev: stored.rev, fields, deleted: stored.deleted }
}

fn rejected(mutation: &Mutation, errors: Vec<FieldError>) -> PushResult {
    PushResult { seq: mutation.seq, outcome: Outcome::Rejected, rev: 0, record: None, errors, others: Vec::new() }
}

/// Whose mutation it is, and what is wrong with the server.
#[derive(Clone, Copy)]
struct Case<'a> {
    actor: &'a User,
    client: Uuid,
    sabotage: Sabotage,
}

fn apply(disk: &mut Disk, change: &mut u64, case: Case<'_>, mutation: &Mutation) -> PushResult {
    if mutation.kind != wire::CHOICE {
        return apply_to_entry(disk, change, case, mutation, true);
    }
    let choice: Choice = serde_json::from_value(mutation.fields.clone().into()).unwrap();
    let key = (choice.client, choice.seq);
    let Some(kept) = disk.kept.get(&key).filter(|_| !disk.settled.contains(&key)) else {
        return rejected(mutation, vec![FieldError::new("seq", ErrorCode::Unknown)]);
    };
    let Some(edit) = chosen(mutation, &choice.take, kept) else {
        return rejected(mutation, vec![FieldError::new("take", ErrorCode::Unknown)]);
    };
    let result = apply_to_entry(disk, change, case, &edit, false);
    if result.outcome.is_done() {
        disk.settled.insert(key);
    }
    result
}

fn apply_to_entry(disk: &mut Disk, change: &mut u64, case: Case<'_>, mutation: &Mutation, keep: bool) -> PushResult {
    let Case { actor, client, sabotage } = case;
    let stored = disk.records.get(&mutation.id);
    let existing = stored.map(|stored| {
        let sees = sabotage != Sabotage::LastWriterWins;
        let news = stored.revisions.iter().filter(|own| sees && is_since(own.rev, Some((own.author, own.by.0, own.by.1)), mutation, (actor.id, client)));
        let changed_since = news.flat_map(|own| own.changed.iter().cloned()).collect();
        Existing { rev: stored.rev, fields: stored.fields.clone(), deleted: stored.deleted, changed_since }
    });
    let rules = Rules {
        catalogue: &CATALOGUE,
        places: &PLACES,
        organisations: &[],
        pairings: &[],
        last_day: None,
        closed: &[],
    };
    let rev = existing.as_ref().map_or(0, |existing| existing.rev);
    let (outcome, kept, rev) = match decide(mutation, existing.as_ref(), actor, rules) {
        Decision::Reject(errors) => return rejected(mutation, errors),
        Decision::Leave { outcome, kept } => (outcome, kept, rev),
        // A choice is taken whole or waits on.
        Decision::Write { outcome: Outcome::Conflict, .. } if !keep => (Outcome::Conflict, Fields::new(), rev),
        Decision::Write { outcome, mut fields, deleted, changed, kept, .. } => {
            *change += 1;
            fields.entry("author").or_insert(json!(actor.id));
            let changed = if rev == 0 { all_paths(&fields) } else { changed };
            let stored = disk.records.entry(mutation.id).or_default();
            let rev = rev + 1;
            (stored.rev, stored.fields, stored.deleted, stored.change) = (rev, fields, deleted, *change);
            stored.revisions.push(Revision { rev, base_rev: mutation.base_rev, changed, by: (client, mutation.seq), author: actor.id });
            (outcome, kept, rev)
        }
    };
    if keep && !kept.is_empty() {
        disk.kept.insert((client, mutation.seq), kept);
    }
    let unexpected = matches!(outcome, Outcome::Merged | Outcome::Conflict);
    let now = disk.records.get(&mutation.id).filter(|_| unexpected).map(|stored| record(mutation.id, stored));
    PushResult { seq: mutation.seq, outcome, rev, record: now, errors: Vec::new(), others: Vec::new() }
}
