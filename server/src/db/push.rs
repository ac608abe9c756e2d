//! Applies mutations, each exactly once in effect: the answer to one is kept beside what it did, in one transaction.
//! What a batch touches is read before and written after in a few statements; in between it lies in memory.

use super::record::{self, RevisionRow, Row, insert};
use super::{Db, Result, Tx, feed, on, rollup};
use crate::db::reference::Reference;
use jiedui_core::domain::entry::Fields;
use jiedui_core::domain::{ErrorCode, FieldError, User};
use jiedui_core::sync::wire::ENTRY;
use jiedui_core::sync::{Decision, Existing, Mutation, Outcome, PushResult, Record, decide, is_since};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use time::Date;
use uuid::Uuid;

/// Who pushes what.
#[derive(Clone, Copy, Debug)]
pub struct Push<'a> {
    /// Whose session it is.
    pub actor: &'a User,
    /// The phone's copy of the program.
    pub client: Uuid,
    /// What has been done there.
    pub mutations: &'a [Mutation],
    /// The last day that an entry may have.
    pub last_day: Date,
}

/// What stands in one transaction.
struct Batch<'a> {
    push: Push<'a>,
    reference: &'a Reference,
    change: i64,
    at: i64,
    /// The records that the mutations name, as they stand by now; those that have been written are in `written`.
    records: BTreeMap<Uuid, Row>,
    written: BTreeSet<Uuid>,
    revisions: Vec<RevisionRow>,
    conflicts: Vec<(Uuid, u64, Fields)>,
    figures: rollup::Pending,
}

/// Applies them and answers once that is durable. Also gives the number of the last change, if there was one.
pub async fn push(db: &Db, reference: &Reference, push: Push<'_>) -> Result<(Vec<PushResult>, Option<i64>)> {
    let mut tx = db.begin().await?;
    let before = feed::lock(&mut tx).await?;
    let mut known = known(&mut tx, push).await?;
    let is_new = |mutation: &&Mutation| !known.contains_key(&mutation.seq);
    let ids: BTreeSet<Uuid> = push.mutations.iter().filter(is_new).map(|mutation| mutation.id).collect();
    let found = record::find(&mut tx, &ids.into_iter().collect::<Vec<_>>()).await?;
    let mut batch = Batch {
        push,
        reference,
        change: before,
        at: super::now(),
        records: found.into_iter().map(|row| (row.id, row)).collect(),
        written: BTreeSet::new(),
        revisions: Vec::new(),
        conflicts: Vec::new(),
        figures: rollup::Pending::default(),
    };
    let mut answers = Vec::new();
    let mut results = Vec::with_capacity(push.mutations.len());
    for mutation in push.mutations {
        let digest = digest(mutation)?;
        let result = match known.get(&mutation.seq) {
            Some((same, result)) if *same == digest => result.clone(),
            Some(_) => rejected(mutation.seq, vec![FieldError::new("seq", ErrorCode::Reused)]),
            None => {
                let result = batch.apply(&mut tx, mutation).await?;
                answers.push((signed(mutation.seq), digest.clone(), serde_json::to_string(&result)?));
                known.insert(mutation.seq, (digest, result.clone()));
                result
            }
        };
        results.push(result);
    }
    let change = batch.write(&mut tx, &answers).await?;
    tx.commit().await?;
    Ok((results, (change > before).then_some(change)))
}

/// The answer to a mutation that is refused.
pub fn rejected(seq: u64, errors: Vec<FieldError>) -> PushResult {
    PushResult { seq, outcome: Outcome::Rejected, rev: 0, record: None, errors }
}

fn digest(mutation: &Mutation) -> Result<Vec<u8>> {
    Ok(Sha256::digest(serde_json::to_vec(mutation)?).to_vec())
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The answers that this client's mutations have got before.
async fn known(tx: &mut Tx, push: Push<'_>) -> Result<BTreeMap<u64, (Vec<u8>, PushResult)>> {
    let numbers = || push.mutations.iter().map(|mutation| mutation.seq);
    let (Some(first), Some(last)) = (numbers().min(), numbers().max()) else { return Ok(BTreeMap::new()) };
    let query = "SELECT digest, result FROM mutation WHERE account = $1 AND client = $2 AND seq BETWEEN $3 AND $4";
    let rows = on!(write tx, |connection| sqlx::query_as::<_, (Vec<u8>, String)>(query)
        .bind(push.actor.id)
        .bind(push.client)
        .bind(signed(first))
        .bind(signed(last))
        .fetch_all(connection)
        .await?);
    let mut known = BTreeMap::new();
    for (digest, result) in rows {
        let result: PushResult = serde_json::from_str(&result)?;
        known.insert(result.seq, (digest, result));
    }
    Ok(known)
}

impl Batch<'_> {
    async fn apply(&mut self, tx: &mut Tx, mutation: &Mutation) -> Result<PushResult> {
        if mutation.kind != ENTRY {
            return Ok(rejected(mutation.seq, vec![FieldError::new("kind", ErrorCode::Unknown)]));
        }
        let existing = match self.records.get(&mutation.id) {
            Some(row) if row.kind != ENTRY => {
                return Ok(rejected(mutation.seq, vec![FieldError::new("id", ErrorCode::Unknown)]));
            }
            Some(row) => {
                let (rev, fields, deleted) =
                    (u64::try_from(row.rev).unwrap_or_default(), row.fields.clone(), row.deleted);
                let changed_since = self.changed_since(tx, mutation, row.rev).await?;
                Some(Existing { rev, fields, deleted, changed_since })
            }
            None => None,
        };
        let rules = self.reference.rules(self.push.last_day);
        let rev = existing.as_ref().map_or(0, |existing| existing.rev);
        match decide(mutation, existing.as_ref(), self.push.actor, rules) {
            Decision::Reject(errors) => Ok(PushResult { rev, ..rejected(mutation.seq, errors) }),
            Decision::Leave { outcome, kept } => {
                self.keep(mutation, kept);
                let record = existing.map(|existing| (existing.fields, existing.deleted));
                Ok(answer(mutation, outcome, rev, record))
            }
            Decision::Write { outcome, mut fields, deleted, changed, kept } => {
                let now = super::instant(self.at);
                if existing.is_none() {
                    fields.insert("author".into(), json!(self.push.actor.id));
                    fields.insert("created_at".into(), json!(now));
                }
                fields.insert("updated_at".into(), json!(now));
                self.change_record(mutation, &fields, deleted, changed)?;
                self.keep(mutation, kept);
                Ok(answer(mutation, outcome, rev + 1, Some((fields, deleted))))
            }
        }
    }

    /// Paths of the fields that have changed since the revision that a mutation started from.
    async fn changed_since(&self, tx: &mut Tx, mutation: &Mutation, rev: i64) -> Result<BTreeSet<String>> {
        let mut changed = BTreeSet::new();
        let unsigned = |number: i64| u64::try_from(number).unwrap_or_default();
        let is_news = |rev: i64, by: Option<(Uuid, i64)>| {
            is_since(unsigned(rev), by.map(|(client, seq)| (client, unsigned(seq))), mutation, self.push.client)
        };
        for revision in self.revisions.iter().filter(|revision| revision.record == mutation.id) {
            if is_news(revision.rev, revision.by.map(|(_, client, seq)| (client, seq))) {
                changed.extend(revision.changed.iter().cloned());
            }
        }
        if signed(mutation.base_rev) >= rev {
            return Ok(changed);
        }
        let query = "SELECT rev, changed, client, seq FROM revision WHERE record = $1 AND rev > $2";
        type Since = (i64, String, Option<Uuid>, Option<i64>);
        let rows = on!(write tx, |connection| sqlx::query_as::<_, Since>(query)
            .bind(mutation.id)
            .bind(signed(mutation.base_rev))
            .fetch_all(connection)
            .await?);
        for (rev, paths, client, seq) in rows {
            if is_news(rev, client.zip(seq)) {
                changed.extend(serde_json::from_str::<Vec<String>>(&paths)?);
            }
        }
        Ok(changed)
    }

    fn change_record(
        &mut self,
        mutation: &Mutation,
        fields: &Fields,
        deleted: bool,
        changed: BTreeSet<String>,
    ) -> Result<()> {
        self.change += 1;
        let catalogue = &self.reference.catalogue;
        let mut row = match self.records.remove(&mutation.id) {
            None => {
                self.figures.added(mutation.id, fields);
                Row {
                    id: mutation.id,
                    kind: ENTRY.to_owned(),
                    rev: 0,
                    fields: fields.clone(),
                    deleted,
                    change: self.change,
                    created: self.change,
                    author: Some(self.push.actor.id),
                    former: Vec::new(),
                }
            }
            Some(row) => {
                self.figures.touched(&row.fields);
                self.figures.touched(fields);
                row
            }
        };
        let scope = record::scope(&row.fields, catalogue);
        if scope != record::scope(fields, catalogue) && !row.former.contains(&scope) {
            row.former.push(scope);
        }
        row.rev += 1;
        (row.fields, row.deleted, row.change) = (fields.clone(), deleted, self.change);
        self.revisions.push(RevisionRow {
            record: mutation.id,
            rev: row.rev,
            fields: serde_json::to_string(fields)?,
            deleted,
            changed,
            by: Some((self.push.actor.id, self.push.client, signed(mutation.seq))),
            at: self.at,
        });
        self.written.insert(mutation.id);
        self.records.insert(mutation.id, row);
        Ok(())
    }

    fn keep(&mut self, mutation: &Mutation, kept: Fields) {
        if !kept.is_empty() {
            self.conflicts.push((mutation.id, mutation.seq, kept));
        }
    }

    /// Writes all of it; gives the number of the last change.
    async fn write(self, tx: &mut Tx, answers: &[(i64, Vec<u8>, String)]) -> Result<i64> {
        let Self { push, reference, change, at, records, written, revisions, conflicts, figures } = self;
        let rows: Vec<Row> = records.into_values().filter(|row| written.contains(&row.id)).collect();
        record::write(tx, &rows, &reference.catalogue).await?;
        record::write_revisions(tx, &revisions).await?;
        let (account, client) = (push.actor.id, push.client);
        let head = "INSERT INTO mutation (account, client, seq, digest, result, at) ";
        insert!(tx, head, answers, "", |values, item| {
            let (seq, digest, result) = item;
            values
                .push_bind(account)
                .push_bind(client)
                .push_bind(*seq)
                .push_bind(digest)
                .push_bind(result)
                .push_bind(at);
        });
        let mut kept = Vec::with_capacity(conflicts.len());
        for (id, seq, fields) in &conflicts {
            kept.push((*id, signed(*seq), serde_json::to_string(fields)?));
        }
        let head = "INSERT INTO conflict (record, account, client, seq, kept, at) ";
        insert!(tx, head, kept, "", |values, item| {
            let (id, seq, fields) = item;
            values.push_bind(*id).push_bind(account).push_bind(client).push_bind(*seq).push_bind(fields).push_bind(at);
        });
        rollup::write(tx, figures, &reference.catalogue).await?;
        if !written.is_empty() {
            feed::advance(tx, change).await?;
        }
        Ok(change)
    }
}

/// The record itself is sent back only where it is not what the client expects.
fn answer(mutation: &Mutation, outcome: Outcome, rev: u64, record: Option<(Fields, bool)>) -> PushResult {
    let unexpected = matches!(outcome, Outcome::Merged | Outcome::Conflict);
    let record = record.filter(|_| unexpected).map(|(fields, deleted)| Record {
        kind: ENTRY.into(),
        id: mutation.id,
        rev,
        fields: if deleted { Fields::new() } else { fields },
        deleted,
    });
    PushResult { seq: mutation.seq, outcome, rev, record, errors: Vec::new() }
}
