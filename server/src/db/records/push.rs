//! Applies mutations with effect exactly once: the answer is stored in the same transaction as the change. The rows
//! that a group of pushes touches are read before and written after in a few bulk statements.

use crate::db::bulk::Prepared;
use crate::db::files::attachment::{self, Naming};
use crate::db::records::conflict::{self, MutationKey, NewConflict};
use crate::db::records::history::StoredRevision;
use crate::db::records::idempotency::{self, Answers, MutationDigest};
use crate::db::records::record::{self, CHUNK, RecordRow};
use crate::db::records::revision::Revision;
use crate::db::reference::load::Reference;
use crate::db::{Db, DbError, Dialect, Result, Tx, feed, figures::rollup, on, records::stored, signed};
use jiedui_core::access::user::User;
use jiedui_core::entry::{Entry, Fields, bounds, field};
use jiedui_core::sync::{
    Decision, Existing, Kind, Mutation, MutationAuthor, Op, Outcome, Path, PushResult, Record, Resolution, all_paths,
    merge_entry, merge_item, rebased_to_current_epoch, resolution_mutation,
};
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use time::Date;
use uuid::Uuid;

/// A push of one client.
#[derive(Clone, Debug)]
pub struct Push {
    /// Account of the session.
    pub actor: User,
    /// The phone's copy of the program.
    pub client: Uuid,
    /// Mutations, each with its digest.
    pub mutations: Vec<(Mutation, MutationDigest)>,
    /// The last day that an entry may have.
    pub last_day: Date,
    /// All or nothing: any rejection or conflict rolls the whole push back.
    pub whole: bool,
}

/// The most mistakes that an answer names.
const MISTAKES: usize = 50;
/// The most bytes of records that the answers to a push send back. Where that is not enough, the next pull brings them.
const RECORDS_BACK: usize = 1 << 20;
/// The most people that the answer to a conflict names: those who changed the record last.
const OTHERS: usize = 20;

/// State of one transaction.
struct Batch<'a> {
    reference: &'a Reference,
    change: i64,
    at: i64,
    /// The same as it stands in fields.
    now: Value,
    /// Stored and new answers, by account and client.
    known: BTreeMap<(Uuid, Uuid), Answers>,
    /// The records that the mutations name, as they stand by now; those that are not yet written so are in `unwritten`.
    records: BTreeMap<Uuid, Arc<RecordRow>>,
    unwritten: BTreeSet<Uuid>,
    /// Identifiers of records that cannot be read and are never overwritten.
    unreadable: BTreeSet<Uuid>,
    past: Vec<StoredRevision>,
    conflicts: Vec<NewConflict>,
    /// How many conflicts of a record are unresolved, for the records where another may arise.
    unresolved: BTreeMap<Uuid, i64>,
    figures: rollup::Pending,
    /// Rights to name photos of other accounts.
    naming: Naming,
    /// Photos that records name from now on.
    references: Vec<(String, Uuid, Uuid)>,
    /// Epochs of the database.
    epochs: Vec<u64>,
    /// Error with which every mutation is rejected.
    refused: Option<&'a FieldError>,
}

/// Progress of one push.
#[derive(Default)]
struct Turn {
    results: Vec<PushResult>,
    /// New results that are not stored yet, with the digests of their mutations.
    new: Vec<(MutationDigest, PushResult)>,
    /// How many bytes of records they send back.
    sent_back: usize,
    /// The numbers of this push that are its client's own.
    numbers: BTreeSet<u64>,
    /// Whether another mutation with one of its numbers exists: two phones share a client identifier, so the client's
    /// mutations are not all from this phone.
    is_duplicated: bool,
}

impl Turn {
    /// Returns the author of its mutations for the merge.
    fn author<'a>(&'a self, push: &Push, epochs: &'a [u64]) -> MutationAuthor<'a> {
        let (numbers, is_duplicated) = (&self.numbers, self.is_duplicated);
        MutationAuthor { account: push.actor.id, client: push.client, epochs, numbers, is_duplicated }
    }
}

/// A change of a record: by whom, when, to which fields.
type Since = (Uuid, i64, Vec<Path<'static>>);

/// The results of each push, and the number of the last change, if there was one.
type Done = (Vec<Vec<PushResult>>, Option<i64>);

/// Applies several pushes in one transaction and returns once it is durable. A number that takes a figure out of the
/// column's range is rejected; the failed check is attributed only for a push that comes alone.
pub async fn push(db: &Db, reference: &Reference, pushes: &[Push]) -> Result<Done> {
    match (apply_all(db, reference, pushes, None).await, pushes) {
        (Err(error), [alone]) if error.is_out_of_range() => one_by_one(db, reference, alone).await,
        (done, _) => done,
    }
}

/// Applies the mutations of a push each by itself, and refuses those that take a figure out of its range.
async fn one_by_one(db: &Db, reference: &Reference, push: &Push) -> Result<Done> {
    if push.whole {
        return Err(DbError::NotWhole(1));
    }
    let (mut results, mut last) = (Vec::with_capacity(push.mutations.len()), None);
    for own in &push.mutations {
        let alone = [Push { mutations: vec![own.clone()], ..push.clone() }];
        let (done, change) = match apply_all(db, reference, &alone, None).await {
            Err(error) if error.is_out_of_range() => {
                let too_large = FieldError::new(largest_value(&own.0), ErrorCode::SumTooLarge);
                apply_all(db, reference, &alone, Some(&too_large)).await?
            }
            done => done?,
        };
        results.extend(done.into_iter().flatten());
        last = change.or(last);
    }
    Ok((vec![results], last))
}

/// The path of the largest number that a mutation names.
fn largest_value(mutation: &Mutation) -> String {
    let values = mutation.fields.get(field::VALUES).and_then(Value::as_object).into_iter().flatten();
    let size = |value: &Value| value.as_f64().unwrap_or_default().abs();
    let largest = values.max_by(|one, other| size(one.1).total_cmp(&size(other.1)));
    largest.map_or_else(|| field::VALUES.to_owned(), |(code, _)| Path::value(code).into())
}

async fn apply_all(db: &Db, reference: &Reference, pushes: &[Push], refused: Option<&FieldError>) -> Result<Done> {
    let mut tx = db.begin().await?;
    let feed::Feed { change: before, reference: version, epoch } = feed::lock(&mut tx).await?;
    if version != reference.version {
        tx.rollback().await?;
        return Err(DbError::Outdated);
    }
    let mut ids = BTreeSet::new();
    let mut known = BTreeMap::new();
    for push in pushes {
        let numbers = || push.mutations.iter().map(|(mutation, _)| signed(mutation.seq));
        let (Some(first), Some(last)) = (numbers().min(), numbers().max()) else { continue };
        let answers: &mut Answers = known.entry((push.actor.id, push.client)).or_default();
        answers.extend(idempotency::find(&mut tx, push.actor.id, push.client, first, last).await?);
        let new = push.mutations.iter().filter(|(mutation, _)| !answers.contains_key(&mutation.seq));
        ids.extend(new.map(|(mutation, _)| mutation.id));
    }
    let naming = Naming::look_up(&mut tx, &named_photos(pushes)).await?;
    let (mut records, mut unreadable) = (BTreeMap::new(), BTreeSet::new());
    for found in record::look_up(&mut tx, &ids.into_iter().collect::<Vec<_>>()).await? {
        match found {
            Ok(row) => drop(records.insert(row.id, Arc::new(row))),
            Err(DbError::Unreadable(kind, id, error)) => {
                stored::log(&kind, id, &error);
                unreadable.insert(id);
            }
            Err(error) => return Err(error),
        }
    }
    // Nothing of this life is older than its beginning, even where the clock is.
    let at = crate::db::now().max(epoch);
    let epochs = feed::epochs(&mut tx).await?.into_iter().map(unsigned).collect();
    let mut batch = Batch {
        reference,
        change: before,
        at,
        now: json!(crate::db::instant(at)),
        known,
        records,
        unreadable,
        unwritten: BTreeSet::new(),
        past: Vec::new(),
        conflicts: Vec::new(),
        unresolved: BTreeMap::new(),
        figures: rollup::Pending::default(),
        naming,
        references: Vec::new(),
        epochs,
        refused,
    };
    let (mut results, mut answers) = (Vec::with_capacity(pushes.len()), Vec::with_capacity(pushes.len()));
    let kind = tx.kind();
    let mut ready = batch.prepare(kind, 0)?;
    for push in pushes {
        let mut turn = Turn::default();
        let mut left = push.mutations.as_slice();
        while let [next, rest @ ..] = left {
            // Mutations for which nothing has to be read are decided, and the statements put together that write them,
            // while the records before them are written.
            let deciding = async {
                let decided = batch.decide_some(push, left, &mut turn);
                batch.prepare(kind, CHUNK).map(|prepared| (decided, prepared))
            };
            let (written, decided) = tokio::join!(ready.run(&mut tx), deciding);
            written?;
            let (decided, prepared) = decided?;
            ready = prepared;
            left = left.get(decided..).unwrap_or_default();
            if decided == 0 {
                let result = batch.apply(&mut tx, push, &next.0, &turn).await?;
                batch.remember(push, next, result, &mut turn);
                left = rest;
            }
        }
        if push.whole {
            let is_not_done = |result: &&PushResult| !result.outcome.is_done();
            let failed = turn.results.iter().filter(is_not_done).count();
            if failed > 0 {
                tx.rollback().await?;
                return Err(DbError::NotWhole(failed));
            }
        }
        answers.extend(idempotency::Stored::new(push.actor.id, push.client, &turn.new)?);
        results.push(turn.results);
    }
    ready.run(&mut tx).await?;
    let change = batch.write(&mut tx, &answers).await?;
    if change > before {
        feed::advance(&mut tx, change).await?;
    }
    tx.commit().await?;
    Ok((results, (change > before).then_some(change)))
}

/// The photos that mutations name, by whom and in which record.
fn named_photos(pushes: &[Push]) -> Vec<(&User, Uuid, &str)> {
    let of_push = |push| {
        let Push { actor, mutations, .. }: &Push = push;
        let entries = mutations.iter().map(|(mutation, _)| mutation).filter(|mutation| mutation.kind == Kind::Entry);
        entries.flat_map(move |own| attachment::named_in(&own.fields).map(move |hash| (actor, own.id, hash)))
    };
    pushes.iter().flat_map(of_push).collect()
}

/// Adds entries that the program itself has made and checked, in one transaction; says how many were not there yet.
pub async fn insert_trusted(db: &Db, reference: &Reference, entries: Vec<(Uuid, Fields)>) -> Result<usize> {
    let mut tx = db.begin().await?;
    let mut change = feed::lock(&mut tx).await?.change;
    let ids: Vec<Uuid> = entries.iter().map(|(id, _)| *id).collect();
    let known: BTreeSet<Uuid> = record::find(&mut tx, &ids).await?.into_iter().map(|row| row.id).collect();
    let (at, mut rows, mut figures) = (crate::db::now(), Vec::new(), rollup::Pending::default());
    let now = json!(crate::db::instant(at));
    for (id, mut fields) in entries.into_iter().filter(|(id, _)| !known.contains(id)) {
        change += 1;
        figures.add(id, Entry::from_checked(&fields).as_ref(), &reference.catalogue);
        fields.extend([("created_at".to_owned(), now.clone()), ("updated_at".to_owned(), now.clone())]);
        let last = Revision { rev: 1, changed: BTreeSet::new(), by: None, at };
        let (kind, deleted, author, former) = (Kind::Entry, false, None, Vec::new());
        rows.push(RecordRow { id, kind, fields, deleted, change, created: change, author, former, last });
    }
    record::write(&mut tx, &rows, &reference.catalogue).await?;
    figures.condense();
    rollup::write(&mut tx, &figures.counted(reference.directory()), change).await?;
    feed::advance(&mut tx, change).await?;
    tx.commit().await?;
    Ok(rows.len())
}

/// The answer to a mutation that is refused. Of a thousand mistakes the first tell enough.
pub fn rejected(seq: u64, mut errors: Vec<FieldError>) -> PushResult {
    errors.truncate(MISTAKES);
    for error in &mut errors {
        error.field = bounds::shortened(&error.field);
    }
    PushResult { seq, outcome: Outcome::Rejected, rev: 0, record: None, errors, others: Vec::new() }
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

impl Batch<'_> {
    /// Answers the first mutations that need nothing from the database, a piece at most; says how many.
    fn decide_some(&mut self, push: &Push, mutations: &[(Mutation, MutationDigest)], turn: &mut Turn) -> usize {
        let mut decided = 0;
        for next in mutations.iter().take(CHUNK) {
            let (mutation, digest) = next;
            let known = self.known.get(&(push.actor.id, push.client)).and_then(|known| known.get(&mutation.seq));
            match known {
                Some((same, result)) if same == digest => {
                    turn.results.push(result.clone());
                    turn.numbers.insert(mutation.seq);
                }
                Some(_) => {
                    turn.is_duplicated = true;
                    turn.results.push(rejected(mutation.seq, vec![FieldError::new("seq", ErrorCode::Reused)]));
                }
                None if self.unreadable.contains(&mutation.id) => {
                    let result = rejected(mutation.seq, vec![FieldError::new("id", ErrorCode::Unreadable)]);
                    self.remember(push, next, result, turn);
                }
                None if self.refused.is_none()
                    && mutation.kind == Kind::Entry
                    && !self.records.contains_key(&mutation.id) =>
                {
                    let result = self.apply_to_record(push, mutation, &[], true);
                    self.remember(push, next, result, turn);
                }
                None => break,
            }
            decided += 1;
        }
        decided
    }

    fn remember(&mut self, push: &Push, of: &(Mutation, MutationDigest), mut result: PushResult, turn: &mut Turn) {
        turn.sent_back += result.record.as_ref().map_or(0, |record| bounds::size(&record.fields));
        if turn.sent_back > RECORDS_BACK {
            result.record = None;
        }
        let known = self.known.entry((push.actor.id, push.client)).or_default();
        known.insert(of.0.seq, (of.1, result.clone()));
        turn.new.push((of.1, result.clone()));
        turn.numbers.insert(of.0.seq);
        turn.results.push(result);
    }

    /// Prepares the statements for the unwritten records if there are at least `many`.
    fn prepare(&mut self, kind: Dialect, many: usize) -> Result<Prepared> {
        let rows = if self.unwritten.len() < many { Vec::new() } else { self.rows() };
        record::prepare(kind, &rows, &self.reference.catalogue)
    }

    /// The records to be written, in the order of their changes: the table's own.
    fn rows(&mut self) -> Vec<Arc<RecordRow>> {
        let unwritten = std::mem::take(&mut self.unwritten);
        let mut rows: Vec<Arc<RecordRow>> = unwritten.iter().filter_map(|id| self.records.get(id).cloned()).collect();
        rows.sort_by_key(|row| row.change);
        rows
    }

    async fn apply(&mut self, tx: &mut Tx, push: &Push, mutation: &Mutation, turn: &Turn) -> Result<PushResult> {
        if let Some(why) = self.refused {
            return Ok(rejected(mutation.seq, vec![why.clone()]));
        }
        match mutation.kind {
            Kind::Entry | Kind::LedgerItem => {
                let since = self.since(tx, push, mutation, turn).await?;
                self.count_unresolved(tx, mutation, &since).await?;
                let mut result = self.apply_to_record(push, mutation, &since, true);
                name_others(tx, &since, &mut result).await?;
                Ok(result)
            }
            Kind::Resolution => self.choose(tx, push, mutation, turn).await,
            _ => Ok(rejected(mutation.seq, vec![FieldError::new("kind", ErrorCode::Unknown)])),
        }
    }

    /// Settles a conflict as a person has chosen. Where what they saw has changed since, it goes on waiting.
    async fn choose(&mut self, tx: &mut Tx, push: &Push, mutation: &Mutation, turn: &Turn) -> Result<PushResult> {
        let refuse = |field: &str, code| Ok(rejected(mutation.seq, vec![FieldError::new(field, code)]));
        let choice: Resolution = match serde_path_to_error::deserialize(Value::Object(mutation.fields.clone())) {
            Ok(choice) => choice,
            Err(error) => {
                let path = error.path().to_string();
                return refuse(if path == "." { "fields" } else { &path }, ErrorCode::WrongType);
            }
        };
        let (client, seq) = (choice.client, signed(choice.seq));
        let Some(kept) = conflict::waiting(tx, mutation.id, client, seq).await? else {
            return refuse("seq", ErrorCode::Unknown);
        };
        let Some(edit) = resolution_mutation(mutation, &choice.take, &kept) else {
            return refuse("take", ErrorCode::Unknown);
        };
        let since = self.since(tx, push, &edit, turn).await?;
        let mut result = self.apply_to_record(push, &edit, &since, false);
        name_others(tx, &since, &mut result).await?;
        if result.outcome.is_done() {
            conflict::resolve(tx, mutation.id, (client, seq), push.actor.id, self.at).await?;
            self.unresolved.remove(&mutation.id);
        }
        Ok(result)
    }

    /// Applies a mutation of a record that has been changed so since; `keep` says whether values that are not taken are
    /// kept as a conflict.
    fn apply_to_record(&mut self, push: &Push, mutation: &Mutation, since: &[Since], keep: bool) -> PushResult {
        let existing = match self.records.get(&mutation.id) {
            Some(row) if row.kind != mutation.kind => {
                return rejected(mutation.seq, vec![FieldError::new("id", ErrorCode::Unknown)]);
            }
            Some(row) => {
                let (rev, fields, deleted) = (unsigned(row.last.rev), row.fields.clone(), row.deleted);
                let changed_since = since.iter().flat_map(|own| own.2.iter().cloned()).collect();
                Some(Existing { rev, fields, deleted, changed_since })
            }
            None => None,
        };
        let before: BTreeSet<&str> =
            existing.iter().flat_map(|existing| attachment::named_in(&existing.fields)).collect();
        let new_photos = attachment::named_in(&mutation.fields).filter(|hash| !before.contains(hash));
        if mutation.kind == Kind::Entry && self.naming.refuses(push.actor.id, mutation.id, new_photos) {
            return rejected(mutation.seq, vec![FieldError::new("attachments", ErrorCode::ForeignPhoto)]);
        }
        let rules = self.reference.rules(push.last_day);
        let rev = existing.as_ref().map_or(0, |existing| existing.rev);
        let by = (push.actor.id, push.client, signed(mutation.seq));
        let decide = if mutation.kind == Kind::LedgerItem { merge_item } else { merge_entry };
        let numbers = BTreeSet::new();
        let author = MutationAuthor {
            account: push.actor.id,
            client: push.client,
            epochs: &self.epochs,
            numbers: &numbers,
            is_duplicated: false,
        };
        let own = rebased_to_current_epoch(mutation, rev, author);
        let decision = decide(&own, existing.as_ref(), &push.actor, rules);
        match self.within_conflict_limit(mutation.id, decision, keep) {
            // An edit of what a restore from a backup has taken away.
            Decision::Reject(_) if existing.is_none() && own.base_rev < mutation.base_rev && mutation.op == Op::Put => {
                rejected(mutation.seq, vec![FieldError::new("id", ErrorCode::Unknown)])
            }
            Decision::Reject(errors) => {
                // Who may not see the record does not learn how often it has changed.
                let seen = self.records.get(&mutation.id).is_some_and(|row| {
                    let (place, programme) = record::scope(&row.fields, &self.reference.catalogue);
                    push.actor.sees(row.author, &programme, &place)
                });
                PushResult { rev: if seen { rev } else { 0 }, ..rejected(mutation.seq, errors) }
            }
            Decision::Leave { outcome, conflicting_values: kept } => {
                self.keep(mutation.id, by, kept, keep);
                let record = existing.map(|existing| (existing.fields, existing.deleted));
                answer(mutation, outcome, rev, record.as_ref())
            }
            // A choice is taken whole or waits on.
            Decision::Write { outcome: Outcome::Conflict, .. } if !keep => {
                let record = existing.map(|existing| (existing.fields, existing.deleted));
                answer(mutation, Outcome::Conflict, rev, record.as_ref())
            }
            Decision::Write { outcome, mut fields, deleted, changed, conflicting_values: kept, entry } => {
                if existing.is_none() {
                    fields.insert("author".into(), json!(push.actor.id));
                    fields.insert("created_at".into(), self.now.clone());
                }
                fields.insert("updated_at".into(), self.now.clone());
                note_reviewer(&mut fields, existing.as_ref(), &push.actor, &self.now);
                self.keep(mutation.id, by, kept, keep);
                let state = (fields, deleted);
                let answer = answer(mutation, outcome, rev + 1, Some(&state));
                self.change(mutation, state, changed, by, entry.as_deref());
                answer
            }
        }
    }

    /// Returns the concurrent changes of a record since the mutation's base revision: account, time and paths.
    async fn since(&self, tx: &mut Tx, push: &Push, mutation: &Mutation, turn: &Turn) -> Result<Vec<Since>> {
        let Some(row) = self.records.get(&mutation.id) else { return Ok(Vec::new()) };
        let author = turn.author(push, &self.epochs);
        let is_news = |rev: i64, at: i64, by: Option<MutationKey>| {
            let maker = by.map(|(account, client, seq)| (account, client, unsigned(seq)));
            author.is_concurrent(unsigned(rev), unsigned(at), maker, mutation)
        };
        let mut since = Vec::new();
        // Of another life any revision may be news.
        let seen = if author.is_from_earlier_epoch(mutation) { 0 } else { mutation.base_rev };
        if seen.saturating_add(1) < unsigned(row.last.rev) {
            // Of the first revision all fields are new; of the others only the paths are needed.
            let query = "SELECT rev, changed, account, client, seq, at, CASE WHEN rev = 1 THEN fields ELSE '' END
                FROM revision WHERE record = $1 AND rev > $2 ORDER BY rev";
            type Past = (i64, String, Option<Uuid>, Option<Uuid>, Option<i64>, i64, String);
            let rows = on!(in tx, |connection| sqlx::query_as::<_, Past>(query)
                .bind(mutation.id)
                .bind(signed(seen))
                .fetch_all(connection)
                .await?);
            for (rev, changed, account, client, seq, at, fields) in rows {
                let by = account.zip(client).zip(seq).map(|((account, client), seq)| (account, client, seq));
                if is_news(rev, at, by) {
                    let changed = match rev {
                        1 => all_paths(&serde_json::from_str(&fields)?).into_iter().collect(),
                        _ => serde_json::from_str(&changed)?,
                    };
                    since.push((account.unwrap_or_default(), at, changed));
                }
            }
        }
        let in_memory =
            self.past.iter().filter(|past| past.record == row.id).map(|past| (&past.revision, &past.fields));
        for (revision, fields) in in_memory.chain([(&row.last, &row.fields)]) {
            if is_news(revision.rev, revision.at, revision.by) {
                let changed = if revision.rev == 1 { all_paths(fields) } else { revision.changed.clone() };
                let account = revision.by.map(|by| by.0).unwrap_or_default();
                since.push((account, revision.at, changed.into_iter().collect()));
            }
        }
        Ok(since)
    }

    /// Gives a record a new state, and its figures with it. `entry` is what the fields say.
    fn change(
        &mut self,
        mutation: &Mutation,
        (fields, deleted): (Fields, bool),
        changed: BTreeSet<Path<'static>>,
        by: MutationKey,
        entry: Option<&Entry>,
    ) {
        self.change += 1;
        let id = mutation.id;
        let catalogue = &self.reference.catalogue;
        let mut last = Revision { rev: 1, changed, by: Some(by), at: self.at };
        let earlier = self.records.remove(&id);
        let before = earlier.as_ref().map(|row| &row.fields);
        self.refer(id, by.0, &fields, before);
        let (created, author, former) = match earlier {
            None => (self.change, Some(by.0), Vec::new()),
            Some(row) => {
                if !row.deleted {
                    let entry = Entry::from_checked(&row.fields);
                    if entry.is_none() && row.kind == Kind::Entry {
                        stored::log(Kind::Entry.as_str(), id, &"its fields are no entry");
                    }
                    self.figures.take_away(id, entry.as_ref(), catalogue);
                }
                last.rev = row.last.rev + 1;
                let past = row.past(&fields);
                let (created, author, mut former) = (row.created, row.author, row.former.clone());
                let scope = record::scope(&row.fields, catalogue);
                if scope != record::scope(&fields, catalogue) && !former.contains(&scope) {
                    former.push(scope);
                }
                self.past.push(past);
                (created, author, former)
            }
        };
        if !deleted {
            self.figures.add(id, entry, catalogue);
        }
        let (change, kind) = (self.change, mutation.kind.clone());
        let row = RecordRow { id, kind, fields, deleted, change, created, author, former, last };
        self.records.insert(id, Arc::new(row));
        self.unwritten.insert(id);
    }

    /// Notes which photos a record names that it did not name before.
    fn refer(&mut self, record: Uuid, account: Uuid, fields: &Fields, before: Option<&Fields>) {
        let before: BTreeSet<&str> = before.into_iter().flat_map(attachment::named_in).collect();
        for hash in attachment::named_in(fields).filter(|hash| !before.contains(hash)) {
            self.references.push(self.naming.reference(account, record, hash));
        }
    }

    /// Counts the unresolved conflicts of a record where this mutation may add one.
    async fn count_unresolved(&mut self, tx: &mut Tx, mutation: &Mutation, since: &[Since]) -> Result<()> {
        let id = mutation.id;
        let may_conflict = !since.is_empty() || mutation.base_rev == 0;
        if may_conflict && self.records.contains_key(&id) && !self.unresolved.contains_key(&id) {
            let unwritten = self.conflicts.iter().filter(|conflict| conflict.record == id).count();
            let stored = conflict::count_unresolved(tx, id).await?;
            self.unresolved.insert(id, stored.saturating_add(i64::try_from(unwritten).unwrap_or(i64::MAX)));
        }
        Ok(())
    }

    /// Rejects a mutation that would add a conflict to a record with the maximum number. Its values stay with their
    /// author, and no waiting conflict is dropped.
    fn within_conflict_limit(&self, record: Uuid, decision: Decision, keep: bool) -> Decision {
        let adds = match &decision {
            Decision::Write { conflicting_values, .. } | Decision::Leave { conflicting_values, .. } => {
                keep && !conflicting_values.is_empty()
            }
            Decision::Reject(_) => false,
        };
        if adds && self.unresolved.get(&record).is_some_and(|count| *count >= conflict::MAX_UNRESOLVED) {
            let limit = conflict::MAX_UNRESOLVED as f64;
            return Decision::Reject(vec![FieldError::with_limit("id", ErrorCode::TooManyConflicts, limit)]);
        }
        decision
    }

    fn keep(&mut self, record: Uuid, by: MutationKey, fields: Fields, keep: bool) {
        if keep && !fields.is_empty() {
            if let Some(count) = self.unresolved.get_mut(&record) {
                *count += 1;
            }
            self.refer(record, by.0, &fields, None);
            self.conflicts.push(NewConflict { record, by, fields });
        }
    }

    /// Writes the batch; returns the number of the last change.
    async fn write(mut self, tx: &mut Tx, answers: &[idempotency::Stored]) -> Result<i64> {
        let rows = self.rows();
        let Self { reference, change, at, past, conflicts, mut figures, references, .. } = self;
        record::write_past(tx, &past).await?;
        attachment::refer(tx, &references).await?;
        // Figures are counted while the records are written.
        let counting = async {
            figures.condense();
            figures.counted(reference.directory())
        };
        let (written, counted) = tokio::join!(record::write(tx, &rows, &reference.catalogue), counting);
        written?;
        idempotency::write(tx, answers, at).await?;
        conflict::write(tx, &conflicts, at).await?;
        rollup::write(tx, &counted, change).await?;
        Ok(change)
    }
}

/// Writes down who has decided on an entry and when, so that a phone can say it with no network.
fn note_reviewer(fields: &mut Fields, before: Option<&Existing>, actor: &User, now: &Value) {
    let decision = |fields: &Fields| ["state", "review_note"].map(|name| fields.get(name).cloned().unwrap_or_default());
    let is_decided = fields.get("state").and_then(Value::as_str).is_some_and(|state| state != "submitted");
    if !is_decided {
        fields.remove("reviewed_by");
        fields.remove("reviewed_at");
    } else if before.map(|before| decision(&before.fields)) != Some(decision(fields)) {
        fields.insert("reviewed_by".into(), json!(actor.name));
        fields.insert("reviewed_at".into(), now.clone());
    }
}

/// Says of a conflict who had changed the record.
async fn name_others(tx: &mut Tx, since: &[Since], result: &mut PushResult) -> Result<()> {
    if result.outcome != Outcome::Conflict {
        return Ok(());
    }
    // One line for each person, however often they changed it.
    let mut people: BTreeMap<Uuid, (i64, BTreeSet<Path<'static>>)> = BTreeMap::new();
    for (account, at, changed) in since {
        let (last, paths) = people.entry(*account).or_insert((*at, BTreeSet::new()));
        *last = (*last).max(*at);
        paths.extend(changed.iter().cloned());
    }
    let mut people: Vec<Since> =
        people.into_iter().map(|(account, (at, paths))| (account, at, paths.into_iter().collect())).collect();
    people.sort_by_key(|(_, at, _)| *at);
    people.drain(..people.len().saturating_sub(OTHERS));
    result.others = conflict::others(tx, &people).await?;
    Ok(())
}

/// The record itself is sent back only where it is not what the client expects.
fn answer(mutation: &Mutation, outcome: Outcome, rev: u64, record: Option<&(Fields, bool)>) -> PushResult {
    let unexpected = matches!(outcome, Outcome::Merged | Outcome::Conflict);
    let record = record.filter(|_| unexpected).map(|(fields, deleted)| Record {
        kind: mutation.kind.clone(),
        id: mutation.id,
        rev,
        fields: if *deleted { Fields::new() } else { fields.clone() },
        deleted: *deleted,
    });
    PushResult { seq: mutation.seq, outcome, rev, record, errors: Vec::new(), others: Vec::new() }
}
