//! Applies mutations, each exactly once in effect: the answer to one is kept beside what it did, in one transaction.

use super::{Db, Result, Tx, feed, on, rollup};
use crate::db::reference::Reference;
use jiedui_core::domain::entry::Fields;
use jiedui_core::domain::{ErrorCode, FieldError, User};
use jiedui_core::sync::wire::ENTRY;
use jiedui_core::sync::{Decision, Existing, Mutation, Outcome, PushResult, Record, decide};
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
    figures: rollup::Pending,
}

/// Applies them and answers once that is durable. Also gives the number of the last change, if there was one.
pub async fn push(db: &Db, reference: &Reference, push: Push<'_>) -> Result<(Vec<PushResult>, Option<i64>)> {
    let mut tx = db.begin().await?;
    let before = feed::lock(&mut tx).await?;
    let mut known = known(&mut tx, push).await?;
    let mut batch = Batch { push, reference, change: before, at: super::now(), figures: rollup::Pending::default() };
    let mut results = Vec::with_capacity(push.mutations.len());
    for mutation in push.mutations {
        let digest = digest(mutation)?;
        let result = match known.get(&mutation.seq) {
            Some((same, result)) if *same == digest => result.clone(),
            Some(_) => rejected(mutation.seq, vec![FieldError::new("seq", ErrorCode::Reused)]),
            None => {
                let result = batch.apply(&mut tx, mutation).await?;
                remember(&mut tx, &batch, mutation.seq, &digest, &result).await?;
                known.insert(mutation.seq, (digest, result.clone()));
                result
            }
        };
        results.push(result);
    }
    let Batch { change, figures, .. } = batch;
    rollup::write(&mut tx, figures, &reference.catalogue).await?;
    if change > before {
        feed::advance(&mut tx, change).await?;
    }
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

async fn remember(tx: &mut Tx, batch: &Batch<'_>, seq: u64, digest: &[u8], result: &PushResult) -> Result<()> {
    let query = "INSERT INTO mutation (account, client, seq, digest, result, at) VALUES ($1, $2, $3, $4, $5, $6)";
    let result = serde_json::to_string(result)?;
    on!(write tx, |connection| sqlx::query(query)
        .bind(batch.push.actor.id)
        .bind(batch.push.client)
        .bind(signed(seq))
        .bind(digest)
        .bind(result)
        .bind(batch.at)
        .execute(connection)
        .await
        .map(drop)?);
    Ok(())
}

impl Batch<'_> {
    async fn apply(&mut self, tx: &mut Tx, mutation: &Mutation) -> Result<PushResult> {
        if mutation.kind != ENTRY {
            return Ok(rejected(mutation.seq, vec![FieldError::new("kind", ErrorCode::Unknown)]));
        }
        let existing = match self.existing(tx, mutation).await? {
            Some((kind, _)) if kind != ENTRY => {
                return Ok(rejected(mutation.seq, vec![FieldError::new("id", ErrorCode::Unknown)]));
            }
            found => found.map(|(_, existing)| existing),
        };
        let rules = self.reference.rules(self.push.last_day);
        let rev = existing.as_ref().map_or(0, |existing| existing.rev);
        match decide(mutation, existing.as_ref(), self.push.actor, rules) {
            Decision::Reject(errors) => Ok(PushResult { rev, ..rejected(mutation.seq, errors) }),
            Decision::Leave { outcome, kept } => {
                self.keep(tx, mutation, &kept).await?;
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
                self.write(tx, mutation, existing.as_ref(), &fields, deleted, &changed).await?;
                self.keep(tx, mutation, &kept).await?;
                Ok(answer(mutation, outcome, rev + 1, Some((fields, deleted))))
            }
        }
    }

    /// The record as it stands, with its kind. What this very client changed with earlier mutations is not "since":
    /// it was there when the person made this one.
    async fn existing(&self, tx: &mut Tx, mutation: &Mutation) -> Result<Option<(String, Existing)>> {
        let record = "SELECT kind, rev, fields, deleted FROM record WHERE id = $1";
        let since = "SELECT changed FROM revision WHERE record = $1 AND rev > $2
            AND NOT (client IS NOT NULL AND client = $3 AND seq < $4)";
        type Row = (String, i64, String, bool);
        let found = on!(write tx, |connection| sqlx::query_as::<_, Row>(record)
            .bind(mutation.id)
            .fetch_optional(connection)
            .await?);
        let Some((kind, rev, fields, deleted)) = found else { return Ok(None) };
        let rows = on!(write tx, |connection| sqlx::query_scalar::<_, String>(since)
            .bind(mutation.id)
            .bind(signed(mutation.base_rev))
            .bind(self.push.client)
            .bind(signed(mutation.seq))
            .fetch_all(connection)
            .await?);
        let mut changed_since = BTreeSet::new();
        for changed in rows {
            changed_since.extend(serde_json::from_str::<Vec<String>>(&changed)?);
        }
        let rev = u64::try_from(rev).unwrap_or_default();
        Ok(Some((kind, Existing { rev, fields: serde_json::from_str(&fields)?, deleted, changed_since })))
    }

    async fn write(
        &mut self,
        tx: &mut Tx,
        mutation: &Mutation,
        existing: Option<&Existing>,
        fields: &Fields,
        deleted: bool,
        changed: &BTreeSet<String>,
    ) -> Result<()> {
        self.change += 1;
        let rev = signed(existing.map_or(0, |existing| existing.rev) + 1);
        let body = serde_json::to_string(fields)?;
        let changed = serde_json::to_string(changed)?;
        let record = "INSERT INTO record
            (id, kind, rev, fields, deleted, change, created, author, activity, programme, place, month, state)
            VALUES ($1, $2, $3, $4, $5, $6, $6, $7, '', '', '', '', '')
            ON CONFLICT (id) DO UPDATE SET rev = excluded.rev, fields = excluded.fields, deleted = excluded.deleted,
                change = excluded.change";
        let revision = "INSERT INTO revision (record, rev, fields, deleted, changed, account, client, seq, at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        on!(write &mut *tx, |connection| {
            sqlx::query(record)
                .bind(mutation.id)
                .bind(ENTRY)
                .bind(rev)
                .bind(&body)
                .bind(deleted)
                .bind(self.change)
                .bind(self.push.actor.id)
                .execute(&mut *connection)
                .await?;
            sqlx::query(revision)
                .bind(mutation.id)
                .bind(rev)
                .bind(&body)
                .bind(deleted)
                .bind(changed)
                .bind(self.push.actor.id)
                .bind(self.push.client)
                .bind(signed(mutation.seq))
                .bind(self.at)
                .execute(&mut *connection)
                .await?;
        });
        super::entry::index(tx, mutation.id, fields, &self.reference.catalogue).await?;
        match existing {
            None => self.figures.added(mutation.id, fields),
            Some(existing) => {
                self.figures.touched(&existing.fields);
                self.figures.touched(fields);
            }
        }
        Ok(())
    }

    async fn keep(&self, tx: &mut Tx, mutation: &Mutation, kept: &Fields) -> Result<()> {
        if kept.is_empty() {
            return Ok(());
        }
        let query = "INSERT INTO conflict (record, account, client, seq, kept, at) VALUES ($1, $2, $3, $4, $5, $6)";
        let kept = serde_json::to_string(kept)?;
        on!(write tx, |connection| sqlx::query(query)
            .bind(mutation.id)
            .bind(self.push.actor.id)
            .bind(self.push.client)
            .bind(signed(mutation.seq))
            .bind(kept)
            .bind(self.at)
            .execute(connection)
            .await
            .map(drop)?);
        Ok(())
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
