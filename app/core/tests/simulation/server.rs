//! Simulated server with an in-memory disk: uncommitted changes are lost when it is killed.

mod pull;
mod sabotage;

pub use self::pull::LIMITS;
pub use self::sabotage::Sabotage;
use jiedui_core::access::user::User;
use jiedui_core::catalogue::Catalogue;
use jiedui_core::directory::place::{Level, Place, Places, Side};
use jiedui_core::entry::{Fields, Rules};
use jiedui_core::sync::{
    Decision, Existing, Kind, Mutation, MutationAuthor, Outcome, Path, PushResult, Record, Resolution, all_paths,
    merge_entry, rebased_to_current_epoch, resolution_mutation,
};
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use uuid::Uuid;

/// Idempotency key: account, client and sequence number of a mutation.
pub type Key = (Uuid, Uuid, u64);

#[derive(Clone, Debug, PartialEq)]
pub struct Revision {
    pub rev: u64,
    pub base_rev: u64,
    pub changed: BTreeSet<Path<'static>>,
    pub by: Key,
    /// Time of the revision, and the epoch in which its base was read.
    pub at: u64,
    pub epoch: Option<u64>,
    /// Copy of the phone that really made it, which the server cannot know.
    pub phone: usize,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stored {
    pub rev: u64,
    pub fields: Fields,
    pub deleted: bool,
    pub change: u64,
    /// Previous scopes (place and programme).
    pub former: Vec<(String, String)>,
    pub revisions: Vec<Revision>,
}

/// Committed state, which survives a kill.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Disk {
    pub records: BTreeMap<Uuid, Stored>,
    pub results: BTreeMap<Key, (Mutation, PushResult)>,
    /// Values in conflict by the key of their mutation.
    pub conflicting: BTreeMap<Key, Fields>,
    /// Keys of the conflicts that were resolved.
    pub settled: BTreeSet<Key>,
    pub change: u64,
    /// Epochs of the database, without the first.
    pub epochs: Vec<u64>,
}

impl Disk {
    pub fn epoch(&self) -> u64 {
        self.epochs.last().copied().unwrap_or_default()
    }
}

/// Author, client and arrival time of a push.
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
    /// Last change number assigned, where that happens before the commit.
    pub sequence: u64,
}

pub static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let field = |code: &str| {
        json!({"code": code, "name": "", "name_en": "", "kind": "integer", "unit": "", "unit_en": "",
               "required": false, "feeds": null})
    };
    let activity = |code: &str, programme: &str| {
        json!({"code": code, "programme": programme, "name": "", "name_en": "", "version": 1,
               "fields": [field("count"), field("people")]})
    };
    serde_json::from_value(json!({"version": 1, "programmes": [], "indicators": [],
        "activities": [activity("survey", "health"), activity("lesson", "education")]}))
    .unwrap()
});
/// Townships of the simulated county.
pub const TOWNSHIPS: [&str; 2] = ["522728108", "522728109"];
static PLACES: LazyLock<Places> = LazyLock::new(|| {
    let place = |code: &str, parent: &str, level| {
        let (code, parent, name) = (code.to_owned(), parent.to_owned(), String::new());
        Place { code, parent, level, name, side: Side::B, initials: String::new() }
    };
    let townships = TOWNSHIPS.map(|code| place(code, "522728", Level::Township));
    Places::new([place("522728", "5227", Level::County)].into_iter().chain(townships).collect())
});

/// Returns place and programme of a record.
fn scope(fields: &Fields) -> (String, String) {
    let text = |name: &str| fields.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let programme = CATALOGUE.activity(&text("activity")).map(|activity| activity.programme.clone());
    (text("place"), programme.unwrap_or_default())
}

impl Server {
    /// Returns the disk after a push, and the results. Change numbers continue from `last`.
    pub fn push(&self, by: Pusher<'_>, mutations: &[Mutation], last: u64) -> (Disk, Vec<PushResult>) {
        self.push_up_to(by, mutations, last, usize::MAX)
    }

    /// Returns the same if the server is killed after a number of statements; one writes the result, one the record.
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
        let (mut numbers, mut is_duplicated) = (BTreeSet::new(), false);
        for mutation in mutations {
            if statements == 0 {
                break;
            }
            let key = (by.actor.id, by.client, mutation.seq);
            let answered = disk.results.get(&key).filter(|_| self.sabotage != Sabotage::NoIdempotency);
            let result = match answered {
                Some((same, result)) if same == mutation => {
                    numbers.insert(mutation.seq);
                    result.clone()
                }
                Some(_) => {
                    is_duplicated = self.sabotage != Sabotage::DuplicatesUndetected;
                    rejected(mutation, vec![FieldError::new("seq", ErrorCode::Reused)])
                }
                None => {
                    let context = PushContext { by, sabotage: self.sabotage, numbers: numbers.clone(), is_duplicated };
                    // If it is killed after storing the result, the record is not written.
                    let result = match statements {
                        1 => apply(&mut disk.clone(), &mut change, &context, mutation),
                        _ => apply(&mut disk, &mut change, &context, mutation),
                    };
                    disk.results.insert(key, (mutation.clone(), result.clone()));
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

    /// Replaces the database by a backup and starts a new epoch.
    pub fn restore(&mut self, backup: Disk, at: u64) {
        self.disk = backup;
        self.disk.epochs.push(at);
        self.sequence = self.disk.change;
    }
}

pub fn record(id: Uuid, stored: &Stored) -> Record {
    let fields = if stored.deleted { Fields::new() } else { stored.fields.clone() };
    Record { kind: Kind::Entry, id, rev: stored.rev, fields, deleted: stored.deleted }
}

fn rejected(mutation: &Mutation, errors: Vec<FieldError>) -> PushResult {
    PushResult { seq: mutation.seq, outcome: Outcome::Rejected, rev: 0, record: None, errors, others: Vec::new() }
}

/// Context of a mutation: its push, the sabotage, and the sequence numbers that this phone really used.
struct PushContext<'a> {
    by: Pusher<'a>,
    sabotage: Sabotage,
    numbers: BTreeSet<u64>,
    is_duplicated: bool,
}

impl PushContext<'_> {
    fn key(&self, mutation: &Mutation) -> Key {
        (self.by.actor.id, self.by.client, mutation.seq)
    }

    fn author<'a>(&'a self, epochs: &'a [u64]) -> MutationAuthor<'a> {
        let epochs = if self.sabotage == Sabotage::EpochIgnored { &[] } else { epochs };
        let Self { by, numbers, is_duplicated, .. } = self;
        MutationAuthor { account: by.actor.id, client: by.client, epochs, numbers, is_duplicated: *is_duplicated }
    }

    /// Returns whether a revision is concurrent with the mutation, under the sabotage.
    fn is_concurrent(&self, revision: &Revision, epochs: &[u64], mutation: &Mutation) -> bool {
        let mut author = revision.by;
        let mut mutation = mutation.clone();
        match self.sabotage {
            Sabotage::LastWriterWins => return false,
            Sabotage::AuthorByClientOnly => author.0 = self.by.actor.id,
            Sabotage::EpochIgnored => mutation.epoch = None,
            Sabotage::OwnRecordsOverwritten => mutation.base_rev = mutation.base_rev.max(1),
            _ => {}
        }
        self.author(epochs).is_concurrent(revision.rev, revision.at, Some(author), &mutation)
    }
}

fn apply(disk: &mut Disk, change: &mut u64, context: &PushContext<'_>, mutation: &Mutation) -> PushResult {
    if mutation.kind != Kind::Resolution {
        return apply_to_entry(disk, change, context, mutation, true);
    }
    let resolution: Resolution = serde_json::from_value(mutation.fields.clone().into()).unwrap();
    let key = (context.by.actor.id, resolution.client, resolution.seq);
    let Some(conflicting) = disk.conflicting.get(&key).filter(|_| !disk.settled.contains(&key)) else {
        return rejected(mutation, vec![FieldError::new("seq", ErrorCode::Unknown)]);
    };
    let Some(edit) = resolution_mutation(mutation, &resolution.take, conflicting) else {
        return rejected(mutation, vec![FieldError::new("take", ErrorCode::Unknown)]);
    };
    let result = apply_to_entry(disk, change, context, &edit, false);
    if result.outcome.is_done() {
        disk.settled.insert(key);
    }
    result
}

fn apply_to_entry(
    disk: &mut Disk,
    change: &mut u64,
    context: &PushContext<'_>,
    mutation: &Mutation,
    keep: bool,
) -> PushResult {
    let stored = disk.records.get(&mutation.id);
    let existing = stored.map(|stored| {
        let unseen = stored.revisions.iter().filter(|revision| context.is_concurrent(revision, &disk.epochs, mutation));
        let changed_since = unseen.flat_map(|revision| revision.changed.iter().cloned()).collect();
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
    let mut rebased = rebased_to_current_epoch(mutation, rev, context.author(&disk.epochs));
    let is_by_client = |revision: &Revision| (revision.by.0, revision.by.1) == (context.by.actor.id, context.by.client);
    if context.sabotage == Sabotage::OwnRecordsOverwritten
        && stored.is_some_and(|stored| stored.revisions.iter().all(is_by_client))
    {
        rebased.to_mut().base_rev = rev;
    }
    let (outcome, conflicting, rev) = match merge_entry(&rebased, existing.as_ref(), context.by.actor, rules) {
        Decision::Reject(errors) => return rejected(mutation, errors),
        Decision::Leave { outcome, conflicting_values: conflicting } => (outcome, conflicting, rev),
        // A resolution is applied as a whole or not at all.
        Decision::Write { outcome: Outcome::Conflict, .. } if !keep => (Outcome::Conflict, Fields::new(), rev),
        Decision::Write { outcome, mut fields, deleted, changed, conflicting_values: conflicting, .. } => {
            *change += 1;
            fields.entry("author").or_insert(json!(context.by.actor.id));
            let changed = if rev == 0 { all_paths(&fields) } else { changed };
            let stored = disk.records.entry(mutation.id).or_default();
            let rev = rev + 1;
            let before = scope(&stored.fields);
            if rev > 1 && before != scope(&fields) && !stored.former.contains(&before) {
                stored.former.push(before);
            }
            (stored.rev, stored.fields, stored.deleted, stored.change) = (rev, fields, deleted, *change);
            let (base_rev, epoch, at) = (mutation.base_rev, mutation.epoch, context.by.at);
            let (by, phone) = (context.key(mutation), context.by.phone);
            stored.revisions.push(Revision { rev, base_rev, changed, by, at, epoch, phone });
            (outcome, conflicting, rev)
        }
    };
    if keep && !conflicting.is_empty() {
        disk.conflicting.insert(context.key(mutation), conflicting);
    }
    let unexpected = matches!(outcome, Outcome::Merged | Outcome::Conflict);
    let now = disk.records.get(&mutation.id).filter(|_| unexpected).map(|stored| record(mutation.id, stored));
    PushResult { seq: mutation.seq, outcome, rev, record: now, errors: Vec::new(), others: Vec::new() }
}
