//! Invariants that hold at the end of each history: nothing is lost, duplicated or overwritten unseen.

use crate::phone::{Phone, Storage};
use crate::server::{CATALOGUE, LIMITS, Revision, record};
use crate::world::{PHONES, World};
use jiedui_core::access::user::User;
use jiedui_core::entry::field;
use jiedui_core::sync::window::{Bounds, Calendar, Facts, Part, Position};
use jiedui_core::sync::{Kind, Mutation, OutboxItem, Outcome, Path, Record, Window};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

impl World {
    /// Returns the first violated invariant.
    pub fn check(&self) -> Result<(), String> {
        self.check_saved()?;
        self.check_overwritten()?;
        for (number, phone) in self.phones.iter().enumerate() {
            let held = self.check_replica(phone, &phone.storage.borrow());
            held.map_err(|violation| format!("phone {number}: {violation}"))?;
            if !phone.storage.borrow().has_right_lists(phone.user.id) {
                return Err(format!("phone {number} lists records elsewhere than a computation from scratch"));
            }
        }
        Ok(())
    }

    /// Checks that a phone holds exactly the records of its window, besides those that its outbox needs.
    fn check_replica(&self, phone: &Phone, storage: &Storage) -> Result<(), String> {
        let (disk, user) = (&self.server.disk, phone.user.id);
        let (replica, outbox, outside) = (storage.replica(), storage.outbox(), storage.outside());
        let Some(window) = &storage.window() else { return Err("it has no window".into()) };
        self.check_window(&phone.user, window)?;
        let needed: BTreeSet<Uuid> = outbox.values().map(|item| item.mutation.id).collect();
        // A conflict that is answered again after a restore may repeat an old record.
        let conflicts = outbox.values().filter(|item| item.is_conflict() && !item.again);
        let conflicts: BTreeSet<Uuid> = conflicts.map(|item| item.mutation.id).collect();
        let alive = disk.records.iter().filter(|(_, stored)| !stored.deleted);
        let truth: BTreeMap<Uuid, Record> = alive.map(|(id, stored)| (*id, record(*id, stored))).collect();
        for (id, record) in &truth {
            let facts = Facts::of(record, Some(&CATALOGUE));
            let is_in_conflict = conflicts.contains(id) && disk.is_in_conflict(user, *id) && window.shows(user, &facts);
            if (window.holds(user, &facts) || is_in_conflict) && replica.get(id) != Some(record) {
                return Err(format!("it has {:#?} instead of {record:#?}, {window:#?}", replica.get(id)));
            }
        }
        for (id, record) in &replica {
            let is_needed = needed.contains(id);
            let is_current = truth.get(id) == Some(record);
            let is_held = window.holds(user, &Facts::of(record, Some(&CATALOGUE)));
            let is_outdated_copy = is_needed && (outside.contains(id) || !is_held);
            if !(is_current && (is_held || is_needed)) && !is_outdated_copy {
                return Err(format!("it still has {record:#?}, the server {:#?}, {window:#?}", truth.get(id)));
            }
        }
        match outside.iter().find(|id| !needed.contains(*id) || !replica.contains_key(*id)) {
            Some(id) => Err(format!("it remembers for nothing that {id} has left the window")),
            None => Ok(()),
        }
    }

    /// Checks that a window follows the rights, the calendar and the limits.
    fn check_window(&self, user: &User, window: &Window) -> Result<(), String> {
        let calendar = Calendar::of(self.today());
        if Window::new(user, window.bounds) != *window || window.bounds.calendar() != calendar {
            return Err(format!("{window:#?} is outdated: {:?}, {calendar:?}", user.scope));
        }
        let Bounds { place_since, review_since, .. } = window.bounds;
        let parts = [
            (Part::Places, place_since, Position::start_of(calendar.place_since), LIMITS.places),
            (Part::Reviews, review_since, Position::first(), LIMITS.reviews),
        ];
        for (part, since, first, limit) in parts {
            let positions = self.server.disk.part(window, part);
            let held = positions.iter().filter(|position| **position >= since).count();
            let available = positions.iter().filter(|position| **position >= first).count();
            if held > limit || held < available.min(limit / 2) {
                return Err(format!("{held} of {available} records are held from {since:?}"));
            }
        }
        Ok(())
    }

    /// Checks that each saved mutation is on the server exactly once, or is in the outbox with an error.
    fn check_saved(&self) -> Result<(), String> {
        for phone in &self.phones {
            let storage = phone.storage.borrow();
            let outbox = storage.outbox();
            for mutation in self.saved[storage.copy].values() {
                self.check_mutation(phone, (&*storage, &outbox), mutation)?;
            }
        }
        Ok(())
    }

    fn check_mutation(
        &self,
        phone: &Phone,
        (storage, outbox): (&Storage, &BTreeMap<u64, OutboxItem>),
        mutation: &Mutation,
    ) -> Result<(), String> {
        let seq = &mutation.seq;
        if storage.failed_resolutions.contains(seq) && !outbox.contains_key(seq) {
            return Ok(());
        }
        let arrived = storage.acknowledged_as.get(seq).map(|client| (phone.user.id, *client, *seq));
        let answered = arrived.and_then(|key| self.server.disk.results.get(&key).map(|answer| (key, answer)));
        let is_same = |as_sent: &Mutation| {
            (as_sent.id, as_sent.op, &as_sent.fields) == (mutation.id, mutation.op, &mutation.fields)
        };
        if storage.replaced.contains(seq) && !answered.is_some_and(|(_, (as_sent, _))| is_same(as_sent)) {
            // A restored server lacks it, and nothing asks the person about it any more.
            return Ok(());
        }
        let Some((key, (as_sent, answer))) = answered else {
            return Err(format!("{mutation:?} was saved and never arrived: {arrived:?}"));
        };
        if !is_same(as_sent) {
            return Err(format!("{mutation:?} was saved, {as_sent:?} arrived"));
        }
        let stored = self.server.disk.records.get(&mutation.id);
        let revisions: Vec<&Revision> = stored.iter().flat_map(|stored| &stored.revisions).collect();
        let times = revisions.iter().filter(|revision| revision.by == key).count();
        if times > 1 {
            return Err(format!("{mutation:?} was done {times} times"));
        }
        let is_new = mutation.fields.contains_key("activity") && times == 1;
        if is_new && revisions.first().is_none_or(|first| first.by != key) {
            return Err(format!("the new entry {mutation:?} took another's place"));
        }
        let is_waiting = outbox.get(seq).is_some_and(|item| item.refused.is_some());
        let settled = self.server.disk.settled.contains(&key);
        // A resolution leaves the outbox once answered; a conflict stays until resolved.
        let must_wait = mutation.kind == Kind::Entry
            && !storage.replaced.contains(seq)
            && (answer.outcome == Outcome::Rejected || (answer.outcome == Outcome::Conflict && !settled));
        if is_waiting != must_wait || (!must_wait && outbox.contains_key(seq)) {
            // A copy of the phone has resolved it.
            let by_copy = answer.outcome == Outcome::Conflict && settled && is_waiting && self.saved.len() > PHONES;
            if !by_copy {
                return Err(format!(
                    "{mutation:?} was answered {answer:?}, settled {settled}, and is in the outbox: {is_waiting}"
                ));
            }
        }
        if mutation.kind == Kind::Entry
            && answer.outcome == Outcome::Conflict
            && !self.server.disk.conflicting.contains_key(&key)
        {
            return Err(format!("the values of {mutation:?} are not stored"));
        }
        Ok(())
    }

    /// Checks that no value was overwritten by someone who had not seen it.
    fn check_overwritten(&self) -> Result<(), String> {
        for (id, stored) in &self.server.disk.records {
            let mut last: BTreeMap<&Path<'_>, &Revision> = BTreeMap::new();
            for revision in &stored.revisions {
                for path in &revision.changed {
                    // An edit by the author resets the review by rule, which overwrites nobody's value.
                    let by_rule = *path == field::STATE || *path == field::REVIEW_NOTE;
                    if let Some(before) = last.insert(path, revision)
                        && !by_rule
                        && !self.has_seen(*id, revision, before)
                    {
                        return Err(format!("{path} of {id}: {revision:?} overwrote {before:?} unseen"));
                    }
                }
            }
        }
        Ok(())
    }

    /// Returns whether the author of a revision had seen an earlier one. It came from the same phone, or was in the
    /// record as read, in any epoch.
    fn has_seen(&self, id: Uuid, revision: &Revision, before: &Revision) -> bool {
        let same = |mutation: &Mutation| {
            let arrived = self.server.disk.results.get(&before.by);
            arrived.is_some_and(|(as_sent, _)| {
                (as_sent.id, as_sent.op, &as_sent.fields) == (mutation.id, mutation.op, &mutation.fields)
            })
        };
        let is_own = before.by.2 < revision.by.2 && self.saved[revision.phone].get(&before.by.2).is_some_and(same);
        let life = match revision.epoch {
            Some(epoch) if epoch != self.server.disk.epoch() => self.former.get(&epoch),
            _ => Some(&self.server.disk),
        };
        let read = life.and_then(|disk| disk.records.get(&id)).into_iter().flat_map(|stored| &stored.revisions);
        is_own || read.into_iter().any(|earlier| earlier.rev <= revision.base_rev && earlier.by == before.by)
    }
}
