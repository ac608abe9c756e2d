//! Applies mutations with effect exactly once: the answer is stored in the same transaction as the change. The rows
//! that a group of pushes touches are read before and written after in a few bulk statements.

mod answer;
mod apply;
mod batch;
mod concurrent;
mod decision;
mod request;
mod resolve;
mod store;
#[cfg(test)]
pub(in crate::db) mod tests;
mod trusted;

pub use answer::rejected;
pub use request::Push;
pub use trusted::insert_trusted;

use crate::db::audit;
use crate::db::records::idempotency;
use crate::db::records::record::CHUNK;
use crate::db::reference::load::Reference;
use crate::db::{Db, DbError, Result, feed};
use batch::{Batch, Turn};
use jiedui_core::entry::field;
use jiedui_core::sync::{Mutation, Path, PushResult};
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use serde_json::Value;

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

/// Applies each mutation of a push in its own transaction. Rejects those that take a figure out of its range.
async fn one_by_one(db: &Db, reference: &Reference, push: &Push) -> Result<Done> {
    if push.whole {
        return Err(DbError::NotWhole(1));
    }
    let (mut results, mut last) = (Vec::with_capacity(push.mutations.len()), None);
    for next in &push.mutations {
        let alone = [Push { mutations: vec![next.clone()], ..push.clone() }];
        let (done, change) = match apply_all(db, reference, &alone, None).await {
            Err(error) if error.is_out_of_range() => {
                let too_large = FieldError::new(largest_value(&next.0), ErrorCode::SumTooLarge);
                apply_all(db, reference, &alone, Some(&too_large)).await?
            }
            done => done?,
        };
        results.extend(done.into_iter().flatten());
        last = change.or(last);
    }
    Ok((vec![results], last))
}

/// Returns the path of the largest number in a mutation.
fn largest_value(mutation: &Mutation) -> String {
    let values = mutation.fields.get(field::VALUES).and_then(Value::as_object).into_iter().flatten();
    let size = |value: &Value| value.as_f64().unwrap_or_default().abs();
    let largest = values.max_by(|left, right| size(left.1).total_cmp(&size(right.1)));
    largest.map_or_else(|| field::VALUES.to_owned(), |(code, _)| Path::value(code).into())
}

/// Applies pushes in one transaction. With `rejection`, every new mutation is rejected with that error.
async fn apply_all(db: &Db, reference: &Reference, pushes: &[Push], rejection: Option<&FieldError>) -> Result<Done> {
    let mut tx = db.begin().await?;
    let feed = feed::lock(&mut tx).await?;
    if feed.reference != reference.version {
        tx.rollback().await?;
        return Err(DbError::Outdated);
    }
    let mut batch = Batch::load(&mut tx, reference, feed, pushes, rejection).await?;
    let (mut results, mut answers) = (Vec::with_capacity(pushes.len()), Vec::with_capacity(pushes.len()));
    let mut acts = Vec::new();
    let dialect = tx.kind();
    let mut ready = batch.prepare(dialect, 0)?;
    for push in pushes {
        let mut turn = Turn::default();
        let mut remaining = push.mutations.as_slice();
        while let [next, rest @ ..] = remaining {
            // Mutations that need no read are decided, and their statements prepared, while the records before them
            // are written.
            let deciding = async {
                let decided = batch.decide_some(push, remaining, &mut turn)?;
                Ok::<_, DbError>((decided, batch.prepare(dialect, CHUNK)?))
            };
            let (written, decided) = tokio::join!(ready.run(&mut tx), deciding);
            written?;
            let (decided, prepared) = decided?;
            ready = prepared;
            remaining = remaining.get(decided..).unwrap_or_default();
            if decided == 0 {
                let result = batch.apply(&mut tx, push, &next.0, &turn).await?;
                batch.remember(push, next, result, &mut turn);
                remaining = rest;
            }
        }
        if push.whole {
            let failed = turn.results.iter().filter(|result| !result.outcome.is_done()).count();
            if failed > 0 {
                tx.rollback().await?;
                return Err(DbError::NotWhole(failed));
            }
        }
        let decided = std::mem::take(&mut batch.decided);
        acts.extend(decision::acts(decided, push, !turn.new.is_empty(), &reference.catalogue));
        answers.extend(idempotency::StoredAnswers::new(push.actor.id, push.client, &turn.new)?);
        results.push(turn.results);
    }
    ready.run(&mut tx).await?;
    let change = batch.write(&mut tx, &answers).await?;
    if change > feed.change {
        feed::advance(&mut tx, change).await?;
    }
    for act in &acts {
        audit::append(&mut tx, act).await?;
    }
    tx.commit().await?;
    Ok((results, (change > feed.change).then_some(change)))
}
