//! Applies mutations, each exactly once in effect: the answer to one is kept beside what it did, in one transaction.
//! What a group of pushes touches is read before and written after in a few statements; in between it lies in memory.

use super::answer::{self, Answers, MutationDigest};
use super::bulk::insert;
use super::record::{self, Past, Revision, Row};
use super::{Db, Result, Tx, feed, on, rollup, signed};
use crate::db::reference::Reference;
use jiedui_core::domain::entry::Fields;
use jiedui_core::domain::{Entry, ErrorCode, FieldError, User};
use jiedui_core::sync::wire::ENTRY;
use jiedui_core::sync::{Decision, Existing, Mutation, Outcome, PushResult, Record, all_paths, decide, is_since};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use time::Date;
use uuid::Uuid;

/// Who pushes what.
#[derive(Clone, Debug)]
pub struct Push {
    /// Whose session it is.
    pub actor: User,
    /// The phone's copy of the program.
    pub client: Uuid,
    /// What has been done there, each with its digest.
    pub mutations: Vec<(Mutation, MutationDigest)>,
    /// The last day that an entry may have.
    pub last_day: Date,
}

/// What stands in one transaction.
struct Batch<'a> {
    reference: &'a Reference,
    change: i64,
    at: i64,
    /// The same as it stands in fields.
    now: Value,
    /// The records that the mutations name, as they stand by now; those that have been written are in `written`.
    records: BTreeMap<Uuid, Row>,
    written: BTreeSet<Uuid>,
    past: Vec<Past>,
    conflicts: Vec<Kept>,
    figures: rollup::Pending,
}

/// Values that were not taken.
struct Kept {
    record: Uuid,
    by: (Uuid, Uuid, i64),
    fields: Fields,
}

/// Applies several pushes in one transaction and answers once that is durable: the results of each, and the number of
/// the last change, if there was one.
pub async fn push(db: &Db, reference: &Reference, pushes: &[Push]) -> Result<(Vec<Vec<PushResult>>, Option<i64>)> {
    let mut tx = db.begin().await?;
    let before = feed::lock(&mut tx).await?;
    let mut ids = BTreeSet::new();
    let mut known = BTreeMap::new();
    for push in pushes {
        let numbers = || push.mutations.iter().map(|(mutation, _)| signed(mutation.seq));
        let (Some(first), Some(last)) = (numbers().min(), numbers().max()) else { continue };
        let answers: &mut Answers = known.entry((push.actor.id, push.client)).or_default();
        answers.extend(answer::find(&mut tx, push.actor.id, push.client, first, last).await?);
        let new = push.mutations.iter().filter(|(mutation, _)| !answers.contains_key(&mutation.seq));
        ids.extend(new.map(|(mutation, _)| mutation.id));
    }
    let found = record::find(&mut tx, &ids.into_iter().collect::<Vec<_>>()).await?;
    let at = super::now();
    let mut batch = Batch {
        reference,
        change: before,
        at,
        now: json!(super::instant(at)),
        records: found.into_iter().map(|row| (row.id, row)).collect(),
        written: BTreeSet::new(),
        past: Vec::new(),
        conflicts: Vec::new(),
        figures: rollup::Pending::default(),
    };
    let (mut results, mut answers) = (Vec::with_capacity(pushes.len()), Vec::with_capacity(pushes.len()));
    for push in pushes {
        let known = known.entry((push.actor.id, push.client)).or_default();
        let mut own = Vec::with_capacity(push.mutations.len());
        let mut new = Vec::with_capacity(push.mutations.len());
        for (mutation, digest) in &push.mutations {
            own.push(match known.get(&mutation.seq) {
                Some((same, result)) if same == digest => result.clone(),
                Some(_) => rejected(mutation.seq, vec![FieldError::new("seq", ErrorCode::Reused)]),
                None => {
                    let result = batch.apply(&mut tx, push, mutation).await?;
                    new.push((*digest, result.clone()));
                    known.insert(mutation.seq, (*digest, result.clone()));
                    result
                }
            });
        }
        answers.extend(answer::Stored::new(push.actor.id, push.client, &new)?);
        results.push(own);
    }
    let change = batch.write(&mut tx, &answers).await?;
    if change > before {
        feed::advance(&mut tx, change).await?;
    }
    tx.commit().await?;
    Ok((results, (change > before).then_some(change)))
}

/// Adds entries that the program itself has made and checked, in one transaction; says how many were not there yet.
pub async fn fill_in(db: &Db, reference: &Reference, entries: Vec<(Uuid, Fields)>) -> Result<usize> {
    let mut tx = db.begin().await?;
    let mut change = feed::lock(&mut tx).await?;
    let ids: Vec<Uuid> = entries.iter().map(|(id, _)| *id).collect();
    let known: BTreeSet<Uuid> = record::find(&mut tx, &ids).await?.into_iter().map(|row| row.id).collect();
    let (at, mut rows, mut figures) = (super::now(), Vec::new(), rollup::Pending::default());
    let now = json!(super::instant(at));
    for (id, mut fields) in entries.into_iter().filter(|(id, _)| !known.contains(id)) {
        change += 1;
        figures.add(id, Entry::from_checked(&fields).as_ref(), &reference.catalogue);
        fields.extend([("created_at".to_owned(), now.clone()), ("updated_at".to_owned(), now.clone())]);
        let last = Revision { rev: 1, changed: BTreeSet::new(), by: None, at };
        let (kind, deleted, author, former) = (ENTRY.to_owned(), false, None, Vec::new());
        rows.push(Row { id, kind, fields, deleted, change, created: change, author, former, last });
    }
    record::write(&mut tx, &rows.iter().collect::<Vec<_>>(), &reference.catalogue).await?;
    rollup::write(&mut tx, figures, reference, change).await?;
    feed::advance(&mut tx, change).await?;
    tx.commit().await?;
    Ok(rows.len())
}

/// The answer to a mutation that is refused.
pub fn rejected(seq: u64, errors: Vec<FieldError>) -> PushResult {
    PushResult { seq, outcome: Outcome::Rejected, rev: 0, record: None, errors }
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

impl Batch<'_> {
    async fn apply(&mut self, tx: &mut Tx, push: &Push, mutation: &Mutation) -> Result<PushResult> {
        if mutation.kind != ENTRY {
            return Ok(rejected(mutation.seq, vec![FieldError::new("kind", ErrorCode::Unknown)]));
        }
        let existing = match self.records.get(&mutation.id) {
            Some(row) if row.kind != ENTRY => {
                return Ok(rejected(mutation.seq, vec![FieldError::new("id", ErrorCode::Unknown)]));
            }
            Some(row) => {
                let (rev, fields, deleted) = (unsigned(row.last.rev), row.fields.clone(), row.deleted);
                let changed_since = self.changed_since(tx, push.client, mutation, row).await?;
                Some(Existing { rev, fields, deleted, changed_since })
            }
            None => None,
        };
        let rules = self.reference.rules(push.last_day);
        let rev = existing.as_ref().map_or(0, |existing| existing.rev);
        let by = (push.actor.id, push.client, signed(mutation.seq));
        match decide(mutation, existing.as_ref(), &push.actor, rules) {
            Decision::Reject(errors) => Ok(PushResult { rev, ..rejected(mutation.seq, errors) }),
            Decision::Leave { outcome, kept } => {
                self.keep(mutation.id, by, kept);
                let record = existing.map(|existing| (existing.fields, existing.deleted));
                Ok(answer(mutation, outcome, rev, record.as_ref()))
            }
            Decision::Write { outcome, mut fields, deleted, changed, kept, entry } => {
                if existing.is_none() {
                    fields.insert("author".into(), json!(push.actor.id));
                    fields.insert("created_at".into(), self.now.clone());
                }
                fields.insert("updated_at".into(), self.now.clone());
                self.keep(mutation.id, by, kept);
                let state = (fields, deleted);
                let answer = answer(mutation, outcome, rev + 1, Some(&state));
                self.change(mutation.id, state, changed, by, entry.as_deref());
                Ok(answer)
            }
        }
    }

    /// Paths of the fields that have changed since the revision that a mutation started from.
    async fn changed_since(
        &self,
        tx: &mut Tx,
        client: Uuid,
        mutation: &Mutation,
        row: &Row,
    ) -> Result<BTreeSet<String>> {
        let mut changed = BTreeSet::new();
        let is_news = |rev: i64, by: Option<(Uuid, i64)>| {
            is_since(unsigned(rev), by.map(|(client, seq)| (client, unsigned(seq))), mutation, client)
        };
        let in_memory =
            self.past.iter().filter(|past| past.record == row.id).map(|past| (&past.revision, &past.fields));
        for (revision, fields) in in_memory.chain([(&row.last, &row.fields)]) {
            if is_news(revision.rev, revision.by.map(|(_, client, seq)| (client, seq))) {
                changed.extend(if revision.rev == 1 { all_paths(fields) } else { revision.changed.clone() });
            }
        }
        if signed(mutation.base_rev) + 1 >= row.last.rev {
            return Ok(changed);
        }
        let query = "SELECT rev, changed, client, seq, fields FROM revision WHERE record = $1 AND rev > $2";
        type Since = (i64, String, Option<Uuid>, Option<i64>, String);
        let rows = on!(in tx, |connection| sqlx::query_as::<_, Since>(query)
            .bind(mutation.id)
            .bind(signed(mutation.base_rev))
            .fetch_all(connection)
            .await?);
        for (rev, paths, client, seq, fields) in rows {
            if is_news(rev, client.zip(seq)) {
                let of_first = if rev == 1 { all_paths(&serde_json::from_str(&fields)?) } else { BTreeSet::new() };
                changed.extend(of_first.into_iter().chain(serde_json::from_str::<Vec<String>>(&paths)?));
            }
        }
        Ok(changed)
    }

    /// Gives a record a new state, and its figures with it. `entry` is what the fields say.
    fn change(
        &mut self,
        id: Uuid,
        (fields, deleted): (Fields, bool),
        changed: BTreeSet<String>,
        by: (Uuid, Uuid, i64),
        entry: Option<&Entry>,
    ) {
        self.change += 1;
        let catalogue = &self.reference.catalogue;
        let mut last = Revision { rev: 1, changed, by: Some(by), at: self.at };
        let (created, author, former) = match self.records.remove(&id) {
            None => (self.change, Some(by.0), Vec::new()),
            Some(row) => {
                if !row.deleted {
                    self.figures.take_away(id, Entry::from_checked(&row.fields).as_ref(), catalogue);
                }
                last.rev = row.last.rev + 1;
                let past = row.past();
                let Row { created, author, mut former, .. } = row;
                let scope = record::scope(&past.fields, catalogue);
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
        let (change, kind) = (self.change, ENTRY.to_owned());
        self.records.insert(id, Row { id, kind, fields, deleted, change, created, author, former, last });
        self.written.insert(id);
    }

    fn keep(&mut self, record: Uuid, by: (Uuid, Uuid, i64), fields: Fields) {
        if !fields.is_empty() {
            self.conflicts.push(Kept { record, by, fields });
        }
    }

    /// Writes all of it; gives the number of the last change.
    async fn write(self, tx: &mut Tx, answers: &[answer::Stored]) -> Result<i64> {
        let Self { reference, change, at, records, written, past, conflicts, figures, .. } = self;
        // In the order of their changes: the table's own.
        let mut rows: Vec<&Row> = written.iter().filter_map(|id| records.get(id)).collect();
        rows.sort_by_key(|row| row.change);
        record::write_past(tx, &past).await?;
        record::write(tx, &rows, &reference.catalogue).await?;
        answer::write(tx, answers, at).await?;
        let mut kept = Vec::with_capacity(conflicts.len());
        for Kept { record, by, fields } in &conflicts {
            kept.push((*record, *by, serde_json::to_string(fields)?));
        }
        let head = "INSERT INTO conflict (record, account, client, seq, kept, at) ";
        insert!(tx, head, kept, "", |values, item| {
            let (record, (account, client, seq), fields) = item;
            values.push_bind(*record).push_bind(*account).push_bind(*client).push_bind(*seq);
            values.push_bind(fields).push_bind(at);
        });
        rollup::write(tx, figures, reference, change).await?;
        Ok(change)
    }
}

/// The record itself is sent back only where it is not what the client expects.
fn answer(mutation: &Mutation, outcome: Outcome, rev: u64, record: Option<&(Fields, bool)>) -> PushResult {
    let unexpected = matches!(outcome, Outcome::Merged | Outcome::Conflict);
    let record = record.filter(|_| unexpected).map(|(fields, deleted)| Record {
        kind: ENTRY.into(),
        id: mutation.id,
        rev,
        fields: if *deleted { Fields::new() } else { fields.clone() },
        deleted: *deleted,
    });
    PushResult { seq: mutation.seq, outcome, rev, record, errors: Vec::new() }
}
