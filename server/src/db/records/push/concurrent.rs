//! Concurrent changes of a record: those that the client of a mutation had not seen.

use super::batch::{Batch, Turn};
use super::request::Push;
use crate::db::records::conflict::{self, AccountChange, MutationKey};
use crate::db::records::stored;
use crate::db::{Result, Tx, signed, with_db};
use jiedui_core::sync::{Mutation, Outcome, Path, PushResult, all_paths};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// Maximum number of accounts in the answer to a conflict: those that changed the record last.
const MAX_OTHERS: usize = 20;

/// Stored revision of a record, without the columns that the merge ignores.
#[derive(sqlx::FromRow)]
struct RevisionRow {
    rev: i64,
    changed: String,
    account: Option<Uuid>,
    client: Option<Uuid>,
    seq: Option<i64>,
    at: i64,
    /// Fields of the first revision; empty for the others.
    fields: String,
}

impl Batch<'_> {
    /// Returns the concurrent changes of a record since the mutation's base revision: account, time and paths.
    pub(super) async fn since(
        &self,
        tx: &mut Tx,
        push: &Push,
        mutation: &Mutation,
        turn: &Turn,
    ) -> Result<Vec<AccountChange>> {
        let Some(row) = self.records.get(&mutation.id) else { return Ok(Vec::new()) };
        let author = turn.author(push, &self.epochs);
        let kind = row.kind.as_str();
        let number = |column, number| stored::unsigned(kind, row.id, column, number);
        let is_concurrent = |rev: i64, at: i64, by: Option<MutationKey>| -> Result<bool> {
            let maker = match by {
                Some((account, client, seq)) => Some((account, client, number("seq", seq)?)),
                None => None,
            };
            Ok(author.is_concurrent(number("rev", rev)?, number("at", at)?, maker, mutation))
        };
        let mut since = Vec::new();
        // Any revision of another epoch may be concurrent.
        let seen = if author.is_from_earlier_epoch(mutation) { 0 } else { mutation.base_rev };
        if seen.saturating_add(1) < number("rev", row.last.rev)? {
            // Of the first revision all fields are new; of the others only the paths are needed.
            let query =
                "SELECT rev, changed, account, client, seq, at, CASE WHEN rev = 1 THEN fields ELSE '' END AS fields
                FROM revision WHERE record = $1 AND rev > $2 ORDER BY rev";
            let rows: Vec<RevisionRow> = with_db!(tx tx, |connection| sqlx::query_as(query)
                .bind(mutation.id)
                .bind(signed(seen))
                .fetch_all(connection)
                .await?);
            for RevisionRow { rev, changed, account, client, seq, at, fields } in rows {
                let by = account.zip(client).zip(seq).map(|((account, client), seq)| (account, client, seq));
                if is_concurrent(rev, at, by)? {
                    let name = format!("{}, revision {rev}", row.id);
                    let changed = match rev {
                        1 => all_paths(&stored::parse(kind, name, &fields)?).into_iter().collect(),
                        _ => stored::parse(kind, name, &changed)?,
                    };
                    since.push(AccountChange { account: account.unwrap_or_default(), at, changed });
                }
            }
        }
        let in_memory =
            self.past.iter().filter(|past| past.record == row.id).map(|past| (&past.revision, &past.fields));
        for (revision, fields) in in_memory.chain([(&row.last, &row.fields)]) {
            if is_concurrent(revision.rev, revision.at, revision.by)? {
                let changed = if revision.rev == 1 { all_paths(fields) } else { revision.changed.clone() };
                let account = revision.by.map(|by| by.0).unwrap_or_default();
                since.push(AccountChange { account, at: revision.at, changed: changed.into_iter().collect() });
            }
        }
        Ok(since)
    }
}

/// Adds to the answer to a conflict the accounts that changed the record.
pub(super) async fn name_others(tx: &mut Tx, since: &[AccountChange], result: &mut PushResult) -> Result<()> {
    if result.outcome != Outcome::Conflict {
        return Ok(());
    }
    // One line for each account, however often it changed the record.
    let mut accounts: BTreeMap<Uuid, (i64, BTreeSet<Path<'static>>)> = BTreeMap::new();
    for AccountChange { account, at, changed } in since {
        let (last, paths) = accounts.entry(*account).or_insert((*at, BTreeSet::new()));
        *last = (*last).max(*at);
        paths.extend(changed.iter().cloned());
    }
    let merged = |(account, (at, paths)): (Uuid, (i64, BTreeSet<_>))| AccountChange {
        account,
        at,
        changed: paths.into_iter().collect(),
    };
    let mut changes: Vec<AccountChange> = accounts.into_iter().map(merged).collect();
    changes.sort_by_key(|change| change.at);
    changes.drain(..changes.len().saturating_sub(MAX_OTHERS));
    result.others = conflict::others(tx, changes).await?;
    Ok(())
}
