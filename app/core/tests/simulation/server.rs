//! A server as the real one works, its disk in memory: what is not committed is lost when it is killed.

use jiedui_core::access::user::User;
use jiedui_core::catalogue::Catalogue;
use jiedui_core::directory::place::{Level, Place, Places, Side};
use jiedui_core::entry::{Fields, Rules};
use jiedui_core::sync::{
    Decision, Existing, Mutation, MutationAuthor, Outcome, PullResponse, PushResult, Record, Resolution, all_paths,
    merge_entry, protocol, rebased_to_this_life, resolution_mutation,
};
use jiedui_core::values::field_error::{ErrorCode, FieldError};
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
    /// It tells own work by the client alone.
    ClientAlone,
    /// It lets a client overwrite its own records with base revision 0.
    OwnAtZero,
    /// After a number that is another's, it still takes all that was done under the client's name for its work.
    DoublesAreOne,
    /// It does not tell the lives of its database apart.
    OneLife,
    /// Phones forget what has been acknowledged.
    NothingRemembered,
    /// Phones keep their name when it is another's as well, and wait.
    NameKept,
    /// A second tab saves under the identifier of an entry that is on its way as if it edited that.
    TabsShareIdentifiers,
}

/// Account, client and number of a mutation.
pub type Key = (Uuid, Uuid, u64);

#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    pub rev: u64,
    pub base_rev: u64,
    pub changed: BTreeSet<String>,
    pub by: Key,
    /// When, and in which life what its author had seen was read.
    pub at: u64,
    pub epoch: Option<u64>,
    /// Which phone has really made it: what the server cannot know.
    pub phone: usize,
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
    pub answers: BTreeMap<Key, (Mutation, PushResult)>,
    /// Values that were not taken, by the mutation that brought them.
    pub kept: BTreeMap<Key, Fields>,
    /// Those of them between which somebody has chosen.
    pub settled: BTreeSet<Key>,
    pub change: u64,
    /// The lives of the database but for the first.
    pub lives: Vec<u64>,
}

impl Disk {
    pub fn epoch(&self) -> u64 {
        self.lives.last().copied().unwrap_or_default()
    }
}

/// Who pushes, with which phone, and when it arrives.
#[derive(Clone, Copy)]
pub struct Pusher<'a> {
    pub actor: &'a User,
    pub client: Uuid,
    pub phone: usize,
    pub at: u64,
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
    pub fn push(&self, by: Pusher<'_>, mutations: &[Mutation], last: u64) -> (Disk, Vec<PushResult>) {
        self.push_up_to(by, mutations, last, usize::MAX)
    }

    /// The same, if the server is killed after so many statements: one writes the answer, one the record.
    pub fn push_up_to(
        &self,
        by: Pusher<'_>,
        mutations: &[Mutation],
        last: u64,
        mut statements: usize,
    ) -> (Disk, Vec<PushResult>) {
        let mut disk = self.disk.clone();
        let mut change = last;
        let mut results = Vec::new();
        let (mut numbers, mut is_doubled) = (BTreeSet::new(), false);
        for mutation in mutations {
            if statements == 0 {
                break;
            }
            let key = (by.actor.id, by.client, mutation.seq);
            let known = disk.answers.get(&key).filter(|_| self.sabotage != Sabotage::NoAnswersKept);
            let result = match known {
                Some((same, result)) if same == mutation => {
                    numbers.insert(mutation.seq);
                    result.clone()
                }
                Some(_) => {
                    is_doubled = self.sabotage != Sabotage::DoublesAreOne;
                    rejected(mutation, vec![FieldError::new("seq", ErrorCode::Reused)])
                }
                None => {
                    let case = Case { by, sabotage: self.sabotage, numbers: numbers.clone(), is_doubled };
                    // Killed after the answer, it has not written the record.
                    let result = match statements {
                        1 => apply(&mut disk.clone(), &mut change, &case, mutation),
                        _ => apply(&mut disk, &mut change, &case, mutation),
                    };
                    disk.answers.insert(key, (mutation.clone(), result.clone()));
                    numbers.insert(mutation.seq);
                    statements = statements.saturating_sub(2);
                    result
                }
            };
            results.push(result);
        }
        disk.change = disk.change.max(change);
        (disk, results)
    }

    /// At most `limit` records after a change of a life of the database; of another life, from the start.
    pub fn pull(&self, (epoch, after): (u64, u64), limit: usize) -> PullResponse {
        let anew = epoch != self.disk.epoch();
        let after = if anew { 0 } else { after };
        let mut changed: Vec<_> = self.disk.records.iter().filter(|(_, stored)| stored.change > after).collect();
        changed.sort_by_key(|(_, stored)| stored.change);
        let more = changed.len() > limit;
        changed.truncate(limit);
        let position = changed.last().map_or(after, |(_, stored)| stored.change);
        let records = changed.into_iter().map(|(id, stored)| record(*id, stored)).collect();
        let (cursor, last) = (position.to_string(), self.disk.change);
        PullResponse { records, cursor, epoch: self.disk.epoch(), more, position, last, anew }
    }

    /// Puts a backup in the database's place.
    pub fn restore(&mut self, backup: Disk, at: u64) {
        self.disk = backup;
        self.disk.lives.push(at);
        self.sequence = self.disk.change;
    }
}

pub fn record(id: Uuid, stored: &Stored) -> Record {
    let fields = if stored.deleted { Fields::new() } else { stored.fields.clone() };
    Record { kind: protocol::ENTRY.into(), id, rev: stored.rev, fields, deleted: stored.deleted }
}

fn rejected(mutation: &Mutation, errors: Vec<FieldError>) -> PushResult {
    PushResult { seq: mutation.seq, outcome: Outcome::Rejected, rev: 0, record: None, errors, others: Vec::new() }
}

/// Whose mutation it is, what is wrong with the server, and which numbers of the client are really this phone's.
struct Case<'a> {
    by: Pusher<'a>,
    sabotage: Sabotage,
    numbers: BTreeSet<u64>,
    is_doubled: bool,
}

impl Case<'_> {
    fn key(&self, mutation: &Mutation) -> Key {
        (self.by.actor.id, self.by.client, mutation.seq)
    }

    fn author<'a>(&'a self, lives: &'a [u64]) -> MutationAuthor<'a> {
        let lives = if self.sabotage == Sabotage::OneLife { &[] } else { lives };
        let Self { by, numbers, is_doubled, .. } = self;
        MutationAuthor { account: by.actor.id, client: by.client, lives, numbers, is_doubled: *is_doubled }
    }

    /// Whether a revision is news to the mutation's author.
    fn is_news(&self, own: &Revision, lives: &[u64], mutation: &Mutation) -> bool {
        let mut maker = own.by;
        let mut mutation = mutation.clone();
        match self.sabotage {
            Sabotage::LastWriterWins => return false,
            Sabotage::ClientAlone => maker.0 = self.by.actor.id,
            Sabotage::OneLife => mutation.epoch = None,
            Sabotage::OwnAtZero => mutation.base_rev = mutation.base_rev.max(1),
            _ => {}
        }
        self.author(lives).is_concurrent(own.rev, own.at, Some(maker), &mutation)
    }
}

fn apply(disk: &mut Disk, change: &mut u64, case: &Case<'_>, mutation: &Mutation) -> PushResult {
    if mutation.kind != protocol::RESOLUTION {
        return apply_to_entry(disk, change, case, mutation, true);
    }
    let choice: Resolution = serde_json::from_value(mutation.fields.clone().into()).unwrap();
    let key = (case.by.actor.id, choice.client, choice.seq);
    let Some(kept) = disk.kept.get(&key).filter(|_| !disk.settled.contains(&key)) else {
        return rejected(mutation, vec![FieldError::new("seq", ErrorCode::Unknown)]);
    };
    let Some(edit) = resolution_mutation(mutation, &choice.take, kept) else {
        return rejected(mutation, vec![FieldError::new("take", ErrorCode::Unknown)]);
    };
    let result = apply_to_entry(disk, change, case, &edit, false);
    if result.outcome.is_done() {
        disk.settled.insert(key);
    }
    result
}

fn apply_to_entry(disk: &mut Disk, change: &mut u64, case: &Case<'_>, mutation: &Mutation, keep: bool) -> PushResult {
    let stored = disk.records.get(&mutation.id);
    let existing = stored.map(|stored| {
        let news = stored.revisions.iter().filter(|own| case.is_news(own, &disk.lives, mutation));
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
    let mut own = rebased_to_this_life(mutation, rev, case.author(&disk.lives));
    let is_own = |own: &Revision| (own.by.0, own.by.1) == (case.by.actor.id, case.by.client);
    if case.sabotage == Sabotage::OwnAtZero && stored.is_some_and(|stored| stored.revisions.iter().all(is_own)) {
        own.to_mut().base_rev = rev;
    }
    let (outcome, kept, rev) = match merge_entry(&own, existing.as_ref(), case.by.actor, rules) {
        Decision::Reject(errors) => return rejected(mutation, errors),
        Decision::Leave { outcome, conflicting_values: kept } => (outcome, kept, rev),
        // A choice is taken whole or waits on.
        Decision::Write { outcome: Outcome::Conflict, .. } if !keep => (Outcome::Conflict, Fields::new(), rev),
        Decision::Write { outcome, mut fields, deleted, changed, conflicting_values: kept, .. } => {
            *change += 1;
            fields.entry("author").or_insert(json!(case.by.actor.id));
            let changed = if rev == 0 { all_paths(&fields) } else { changed };
            let stored = disk.records.entry(mutation.id).or_default();
            let rev = rev + 1;
            (stored.rev, stored.fields, stored.deleted, stored.change) = (rev, fields, deleted, *change);
            let (base_rev, epoch, at) = (mutation.base_rev, mutation.epoch, case.by.at);
            let (by, phone) = (case.key(mutation), case.by.phone);
            stored.revisions.push(Revision { rev, base_rev, changed, by, at, epoch, phone });
            (outcome, kept, rev)
        }
    };
    if keep && !kept.is_empty() {
        disk.kept.insert(case.key(mutation), kept);
    }
    let unexpected = matches!(outcome, Outcome::Merged | Outcome::Conflict);
    let now = disk.records.get(&mutation.id).filter(|_| unexpected).map(|stored| record(mutation.id, stored));
    PushResult { seq: mutation.seq, outcome, rev, record: now, errors: Vec::new(), others: Vec::new() }
}
