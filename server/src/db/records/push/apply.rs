//! Application of one mutation to its record.

use super::answer::{answer, rejected, unreadable};
use super::batch::{Batch, Turn};
use super::concurrent::name_others;
use super::decision::Decided;
use super::request::Push;
use crate::db::files::attachment;
use crate::db::records::conflict::{self, AccountChange};
use crate::db::records::{record, stored};
use crate::db::{DbError, Result, Tx, Unreadable, signed};
use jiedui_core::access::user::User;
use jiedui_core::entry::{Fields, State, field};
use jiedui_core::sync::{
    Decision, Existing, Kind, Mutation, MutationAuthor, Op, Outcome, PushResult, merge_entry, merge_item,
    rebased_to_current_epoch,
};
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeSet;
use uuid::Uuid;

impl Batch<'_> {
    /// Applies a mutation of any kind. Rejects it if stored data that it depends on cannot be read.
    pub(super) async fn apply(
        &mut self,
        tx: &mut Tx,
        push: &Push,
        mutation: &Mutation,
        turn: &Turn,
    ) -> Result<PushResult> {
        if let Some(error) = self.rejection {
            return Ok(rejected(mutation.seq, vec![error.clone()]));
        }
        let applied = match mutation.kind {
            Kind::Entry | Kind::LedgerItem => self.merge(tx, push, mutation, turn).await,
            Kind::Resolution => self.resolve(tx, push, mutation, turn).await,
            _ => Ok(rejected(mutation.seq, vec![FieldError::new("kind", ErrorCode::Unknown)])),
        };
        match applied {
            Err(DbError::Unreadable(Unreadable { kind, id, .. })) => {
                stored::log(&kind, id);
                Ok(unreadable(mutation.seq))
            }
            applied => applied,
        }
    }

    /// Merges a mutation into its record.
    async fn merge(&mut self, tx: &mut Tx, push: &Push, mutation: &Mutation, turn: &Turn) -> Result<PushResult> {
        let since = self.since(tx, push, mutation, turn).await?;
        self.count_unresolved(tx, mutation, &since).await?;
        let mut result = self.apply_to_record(push, mutation, &since, true)?;
        name_others(tx, &since, &mut result).await?;
        Ok(result)
    }

    /// Applies a mutation to a record with these concurrent changes. `keep_conflict` stores conflicting
    /// values as a conflict.
    pub(super) fn apply_to_record(
        &mut self,
        push: &Push,
        mutation: &Mutation,
        since: &[AccountChange],
        keep_conflict: bool,
    ) -> Result<PushResult> {
        let existing = match self.records.get(&mutation.id) {
            Some(row) if row.kind != mutation.kind => {
                return Ok(rejected(mutation.seq, vec![FieldError::new("id", ErrorCode::Unknown)]));
            }
            Some(row) => {
                let rev = stored::unsigned(row.kind.as_str(), row.id, "rev", row.last.rev)?;
                let (fields, deleted) = (row.fields.clone(), row.deleted);
                let changed_since = since.iter().flat_map(|change| change.changed.iter().cloned()).collect();
                Some(Existing { rev, fields, deleted, changed_since })
            }
            None => None,
        };
        if self.names_foreign_photo(push, mutation, existing.as_ref()) {
            return Ok(rejected(mutation.seq, vec![FieldError::new(field::ATTACHMENTS, ErrorCode::ForeignPhoto)]));
        }
        let rules = self.reference.rules(push.last_day);
        let rev = existing.as_ref().map_or(0, |existing| existing.rev);
        let by = (push.actor.id, push.client, signed(mutation.seq));
        let merge = if mutation.kind == Kind::LedgerItem { merge_item } else { merge_entry };
        let rebased = self.rebased(push, mutation, rev);
        let decision = merge(&rebased, existing.as_ref(), &push.actor, rules);
        Ok(match self.within_conflict_limit(mutation.id, decision, keep_conflict) {
            // An edit of a record that a restore from a backup removed.
            Decision::Reject(_)
                if existing.is_none() && rebased.base_rev < mutation.base_rev && mutation.op == Op::Put =>
            {
                rejected(mutation.seq, vec![FieldError::new("id", ErrorCode::Unknown)])
            }
            Decision::Reject(errors) => {
                let rev = if self.is_visible_to(&push.actor, mutation.id) { rev } else { 0 };
                PushResult { rev, ..rejected(mutation.seq, errors) }
            }
            Decision::Leave { outcome, conflicting_values } => {
                self.add_conflict(mutation.id, by, conflicting_values, keep_conflict);
                let record = existing.map(|existing| (existing.fields, existing.deleted));
                answer(mutation, outcome, rev, record.as_ref())
            }
            // A resolution is applied completely or stays open.
            Decision::Write { outcome: Outcome::Conflict, .. } if !keep_conflict => {
                let record = existing.map(|existing| (existing.fields, existing.deleted));
                answer(mutation, Outcome::Conflict, rev, record.as_ref())
            }
            Decision::Write { outcome, mut fields, deleted, changed, conflicting_values, entry } => {
                self.set_server_fields(&mut fields, existing.as_ref(), &push.actor);
                self.add_conflict(mutation.id, by, conflicting_values, keep_conflict);
                self.decided.extend(Decided::of(mutation, existing.as_ref(), (&fields, deleted), &push.actor));
                let state = (fields, deleted);
                let answer = answer(mutation, outcome, rev + 1, Some(&state));
                self.change(mutation, state, changed, by, entry.as_deref());
                answer
            }
        })
    }

    /// Returns whether a mutation adds a photo of another account to an entry.
    fn names_foreign_photo(&self, push: &Push, mutation: &Mutation, existing: Option<&Existing>) -> bool {
        let before: BTreeSet<&str> =
            existing.into_iter().flat_map(|existing| attachment::named_in(&existing.fields)).collect();
        let new_photos = attachment::named_in(&mutation.fields).filter(|hash| !before.contains(hash));
        mutation.kind == Kind::Entry && self.naming.refuses(push.actor.id, mutation.id, new_photos)
    }

    /// Returns the mutation with a base revision of the current epoch.
    fn rebased<'a>(&self, push: &Push, mutation: &'a Mutation, rev: u64) -> Cow<'a, Mutation> {
        let numbers = BTreeSet::new();
        let author = MutationAuthor {
            account: push.actor.id,
            client: push.client,
            epochs: &self.epochs,
            numbers: &numbers,
            is_duplicated: false,
        };
        rebased_to_current_epoch(mutation, rev, author)
    }

    /// Returns whether a user sees a record. Others must not learn how often it has changed.
    fn is_visible_to(&self, user: &User, record: Uuid) -> bool {
        self.records.get(&record).is_some_and(|row| {
            let (place, programme) = record::scope(&row.fields, &self.reference.catalogue);
            user.sees(row.author, &programme, &place)
        })
    }

    /// Sets the fields that only the server sets.
    fn set_server_fields(&self, fields: &mut Fields, existing: Option<&Existing>, actor: &User) {
        if existing.is_none() {
            fields.insert(field::AUTHOR.into(), json!(actor.id));
            fields.insert(field::RECORDED_BY.into(), json!(actor.name));
            fields.insert(field::CREATED_AT.into(), self.now.clone());
        }
        fields.insert(field::UPDATED_AT.into(), self.now.clone());
        note_reviewer(fields, existing, actor, &self.now);
    }

    /// Counts the unresolved conflicts of a record where this mutation may add one.
    async fn count_unresolved(&mut self, tx: &mut Tx, mutation: &Mutation, since: &[AccountChange]) -> Result<()> {
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
    fn within_conflict_limit(&self, record: Uuid, decision: Decision, keep_conflict: bool) -> Decision {
        let adds = match &decision {
            Decision::Write { conflicting_values, .. } | Decision::Leave { conflicting_values, .. } => {
                keep_conflict && !conflicting_values.is_empty()
            }
            Decision::Reject(_) => false,
        };
        if adds && self.unresolved.get(&record).is_some_and(|count| *count >= conflict::MAX_UNRESOLVED) {
            let limit = conflict::MAX_UNRESOLVED as f64;
            return Decision::Reject(vec![FieldError::with_limit("id", ErrorCode::TooManyConflicts, limit)]);
        }
        decision
    }
}

/// Records who decided on an entry and when, so that a phone can show it offline.
fn note_reviewer(fields: &mut Fields, before: Option<&Existing>, actor: &User, now: &Value) {
    let decision =
        |fields: &Fields| [field::STATE, field::REVIEW_NOTE].map(|name| fields.get(name).cloned().unwrap_or_default());
    let is_decided =
        fields.get(field::STATE).and_then(Value::as_str).is_some_and(|state| state != State::Submitted.code());
    if !is_decided {
        fields.remove(field::REVIEWED_BY);
        fields.remove(field::REVIEWED_AT);
    } else if before.map(|before| decision(&before.fields)) != Some(decision(fields)) {
        fields.insert(field::REVIEWED_BY.into(), json!(actor.name));
        fields.insert(field::REVIEWED_AT.into(), now.clone());
    }
}
