//! Mutations that write an import, and mutations that undo it.

use crate::db::audit::{Act, By, Object};
use crate::db::files::import::Import;
use crate::db::records::push::Push;
use crate::db::{DbError, records::idempotency};
use crate::import::findings::{Findings, Undo};
use crate::import::planned_write::PlannedWrite;
use jiedui_core::access::user::User;
use jiedui_core::audit::{Action, ObjectKind};
use jiedui_core::entry::Fields;
use jiedui_core::sync::Kind;
use jiedui_core::sync::{Mutation, Op, PushResult};
use time::Date;
use uuid::Uuid;

/// Maximum number of changed entries that can be undone.
const MAX_UNDONE: usize = 1_000;

/// Returns the identifier of an entry: that of the import with the number of the entry at the end. It is the same for each
/// write, so writing twice creates no second entry.
pub fn entry_id(import: Uuid, number: usize) -> Uuid {
    Uuid::from_u128(import.as_u128() & !0xffff_ffff | number as u128 & 0xffff_ffff)
}

/// Returns the push that writes the rows of an import.
pub fn writing(import: &Import, actor: &User, by: By, rows: &[PlannedWrite], last_day: Date) -> Result<Push, DbError> {
    let mut new = 0;
    let put = |(seq, row): (u64, &PlannedWrite)| match row {
        PlannedWrite::New(fields) => {
            new += 1;
            mutation(seq, entry_id(import.id, new - 1), 0, Op::Put, fields.clone())
        }
        PlannedWrite::Update { id, base_rev, fields, .. } => mutation(seq, *id, *base_rev, Op::Put, fields.clone()),
    };
    let mutations = (1..).zip(rows).map(put).collect::<Result<_, _>>()?;
    let act = act(import, by.clone(), Action::Imported).with("rows", rows.len()).with("new", new);
    Ok(Push { actor: actor.clone(), client: import.id, mutations, last_day, whole: true, by, act: Some(act) })
}

/// Returns the previous values of the written changes; empty if there are too many to undo.
pub fn undo(rows: Vec<PlannedWrite>, results: &[PushResult]) -> Vec<Undo> {
    let changes = rows.into_iter().zip(results).filter_map(|(row, result)| match row {
        PlannedWrite::New(_) => None,
        PlannedWrite::Update { id, before, .. } => Some(Undo { id, rev: result.rev, fields: before }),
    });
    let undo: Vec<Undo> = changes.take(MAX_UNDONE + 1).collect();
    if undo.len() > MAX_UNDONE { Vec::new() } else { undo }
}

/// Returns the push that deletes the new entries of an import and restores the previous values of changed ones.
pub fn undoing(import: &Import, actor: &User, by: By, last_day: Date) -> Result<Push, DbError> {
    let Findings { new, updates, same, .. } = import.findings;
    // In earlier versions, every row created an entry.
    let new = if new + updates + same == 0 { usize::try_from(import.rows).unwrap_or(usize::MAX) } else { new };
    let seq = |number: usize| import.rows + number as u64 + 1;
    let delete = |number| mutation(seq(number), entry_id(import.id, number), 1, Op::Delete, Fields::new());
    let deletes = (0..new).map(delete);
    let changes = import.findings.undo.iter().enumerate();
    let changes =
        changes.map(|(at, change)| mutation(seq(new + at), change.id, change.rev, Op::Put, change.fields.clone()));
    let mutations = deletes.chain(changes).collect::<Result<_, _>>()?;
    let act = act(import, by.clone(), Action::ImportReverted).with("rows", import.rows).with("new", new);
    Ok(Push { actor: actor.clone(), client: import.id, mutations, last_day, whole: true, by, act: Some(act) })
}

/// Returns an act on an import.
fn act(import: &Import, by: By, action: Action) -> Act {
    let act = Act::new(by, action, Object::new(ObjectKind::Import, import.id, &import.name));
    if import.activity.is_empty() { act } else { act.with("activity", import.activity.as_str()) }
}

fn mutation(
    seq: u64,
    id: Uuid,
    base_rev: u64,
    op: Op,
    fields: Fields,
) -> Result<(Mutation, idempotency::MutationDigest), DbError> {
    let mutation = Mutation { seq, kind: Kind::Entry, id, base_rev, epoch: None, op, fields };
    let digest = idempotency::digest(&mutation)?;
    Ok((mutation, digest))
}
