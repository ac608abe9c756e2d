//! Views of all entries on this phone: the replica with the outbox applied.

use crate::access::rights::{may_review, may_verify, needs_second_person};
use crate::access::user::User;
use crate::catalogue::Catalogue;
use crate::entry::{Entry, Fields, State, field};
use crate::sync::Kind;
use crate::sync::{Op, OutboxItem, Record, apply_locally, set_user_locally};
use crate::values::sort::{collect_sorted, sort_by_key};
use std::collections::BTreeMap;
use uuid::Uuid;

/// An entry.
#[derive(Clone, Debug, PartialEq)]
pub struct EntryView {
    /// Identifier.
    pub id: Uuid,
    /// The revision that the server is known to have; 0 for none.
    pub rev: u64,
    /// All fields.
    pub fields: Fields,
    /// The fields, parsed.
    pub entry: Entry,
    /// Whether a change is unsent.
    pub waits: bool,
}

impl EntryView {
    /// Returns whether the entry waits for the decision of `user`. The queue lists these entries, and the work page counts them.
    pub fn awaits_review_by(&self, user: &User, catalogue: &Catalogue) -> bool {
        self.is_waiting() && may_verify(&self.fields, user, catalogue)
    }

    /// Returns whether the entry waits for another reviewer than `user`, who entered its numbers or changed them last.
    pub fn awaits_other_than(&self, user: &User, catalogue: &Catalogue) -> bool {
        self.is_waiting() && may_review(&self.fields, user, catalogue) && needs_second_person(&self.fields, user)
    }

    fn is_waiting(&self) -> bool {
        self.entry.state == State::Submitted && self.rev > 0
    }
}

/// Merges replica and outbox of `user`'s phone, the newest entry first. Rejected and conflicting changes are left out: their
/// author settles them in the list of their own entries.
pub fn entry_views(user: Uuid, replica: Vec<Record>, outbox: &[OutboxItem]) -> Vec<EntryView> {
    let entries = replica.into_iter().filter(|record| record.kind == Kind::Entry && !record.deleted);
    let mut all: BTreeMap<Uuid, (u64, Fields, bool)> =
        collect_sorted(entries.map(|record| (record.id, (record.rev, record.fields, false))));
    for outgoing in
        outbox.iter().filter(|item| item.refused.is_none() && !item.is_conflict() && item.mutation.kind == Kind::Entry)
    {
        let mutation = &outgoing.mutation;
        match mutation.op {
            Op::Delete => drop(all.remove(&mutation.id)),
            Op::Put => {
                let (rev, fields, waits) = all.entry(mutation.id).or_default();
                apply_locally(fields, mutation);
                if *rev == 0 || fields.contains_key(field::AUTHOR) {
                    set_user_locally(fields, mutation, user);
                }
                *waits = true;
            }
        }
    }
    let parse =
        |(id, (rev, fields, waits))| Some(EntryView { id, rev, entry: Entry::from_checked(&fields)?, fields, waits });
    let mut views: Vec<EntryView> = all.into_iter().filter_map(parse).collect();
    sort_by_key(&mut views, |view| std::cmp::Reverse((view.entry.date, view.id)));
    views
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::user::{Role, Scope};
    use crate::sync::Mutation;
    use serde_json::json;

    fn record(id: u128, state: &str) -> Record {
        let fields = json!({"activity": "survey", "date": "2026-11-24", "place": "522728", "state": state});
        Record {
            kind: Kind::Entry,
            id: Uuid::from_u128(id),
            rev: 2,
            fields: fields.as_object().unwrap().clone(),
            deleted: false,
        }
    }

    fn outgoing(seq: u64, id: u128, op: Op, fields: serde_json::Value) -> OutboxItem {
        let fields = fields.as_object().unwrap().clone();
        OutboxItem::new(Mutation {
            seq,
            kind: Kind::Entry,
            id: Uuid::from_u128(id),
            base_rev: 2,
            epoch: None,
            op,
            fields,
        })
    }

    #[test]
    fn entry_views_apply_the_outbox_at_once() {
        let outbox = [
            outgoing(1, 7, Op::Put, json!({"state": "verified"})),
            outgoing(2, 8, Op::Delete, json!({})),
            // An entry of another author that was never pulled cannot be shown.
            outgoing(3, 9, Op::Put, json!({"state": "verified"})),
        ];
        let views = entry_views(
            Uuid::nil(),
            vec![record(7, "submitted"), record(8, "submitted"), record(5, "verified")],
            &outbox,
        );
        let seen: Vec<_> = views.iter().map(|view| (view.id.as_u128(), view.entry.state, view.waits)).collect();
        assert_eq!(seen, [(7, State::Verified, true), (5, State::Verified, false)]);
    }

    #[test]
    fn changed_numbers_leave_the_queue_of_their_reviewer_at_once() {
        let user = |id| User {
            id: Uuid::from_u128(id),
            username: String::new(),
            name: String::new(),
            role: Role::Admin,
            scope: Scope::default(),
            verifies_own: false,
        };
        let mut stored = record(7, "submitted");
        stored.fields.insert("author".to_owned(), json!(Uuid::from_u128(1)));
        let outbox = [outgoing(1, 7, Op::Put, json!({"values": {"times": 3}}))];
        let queues = |outbox: &[OutboxItem], owner: u128| {
            let views = entry_views(Uuid::from_u128(owner), vec![stored.clone()], outbox);
            let catalogue = Catalogue::default();
            (views[0].awaits_review_by(&user(owner), &catalogue), views[0].awaits_other_than(&user(owner), &catalogue))
        };
        assert_eq!(queues(&[], 1), (false, true), "its author");
        assert_eq!(queues(&[], 2), (true, false), "another reviewer");
        assert_eq!(queues(&outbox, 2), (false, true), "another reviewer with an unsent change of the number");
    }
}
