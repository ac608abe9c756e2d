//! The person at a phone: saves, resolves conflicts.

use super::*;
use crate::server::TOWNSHIPS;
use jiedui_core::entry::Fields;

impl Phone {
    /// Simulates a user action: record, edit, review or delete. `found` is a record that the user has found on the
    /// server. Returns the mutation that the screen reports as saved.
    pub fn act(&mut self, rng: &mut SeededRng, new_id: Uuid, time: i64, found: Option<&Record>) -> Option<Mutation> {
        if let Some(resolution) = self.resolve(rng) {
            return Some(resolution);
        }
        self.backdated = rng.percent(40);
        // Up to 30 months ago.
        let date = if self.backdated { time - 86_400_000 * rng.below(900) as i64 } else { time };
        let (replica, outbox) = (self.storage.borrow().replica(), self.storage.borrow().outbox());
        let records: Vec<&Record> = match found {
            Some(found) => vec![found],
            None => replica.values().collect(),
        };
        let unsent = outbox.values().rfind(|item| item.refused.is_none()).map(|item| item.mutation.id);
        let value = rng.below(1_000);
        let mut fields = json!({});
        match rng.below(6) {
            0 => fields["note"] = json!(format!("第 {value} 户")),
            1 => fields["values"] = json!({"count": value}),
            2 => fields["values"] = json!({"people": value}),
            3 => fields["place"] = json!(TOWNSHIPS[rng.below(2)]),
            4 => fields["date"] = json!(day(date)),
            _ => fields = json!({"note": format!("{value}"), "values": {"count": value}}),
        }
        let places: Vec<&str> = TOWNSHIPS.into_iter().filter(|place| self.user.scope.has_place(place)).collect();
        let place = rng.one_of(&places).copied().unwrap_or(TOWNSHIPS[0]);
        let activity = if self.user.scope.has_programme("education") && rng.percent(30) { "lesson" } else { "survey" };
        let new = |fields: &mut serde_json::Value| {
            fields["activity"] = json!(activity);
            fields["date"] = json!(day(self.clock.now(date + self.clock_error)));
            fields["place"] = json!(place);
        };
        let (id, base_rev, op) = match (rng.below(12), unsent) {
            (0..4, _) => {
                new(&mut fields);
                (new_id, 0, Op::Put)
            }
            (4, Some(id)) => (id, replica.get(&id).map_or(0, |record| record.rev), Op::Put),
            // The same form is open in two tabs with different content.
            (10, Some(id)) => {
                new(&mut fields);
                (id, 0, Op::Put)
            }
            // An edit that began while the entry was being sent.
            (11, _) => {
                let sent = self.storage.borrow().sent();
                let is_new = |item: &&OutboxItem| item.mutation.base_rev == 0 && item.mutation.kind == Kind::Entry;
                match sent.iter().rfind(is_new) {
                    Some(item) => (item.mutation.id, 0, Op::Put),
                    None => return None,
                }
            }
            _ if records.is_empty() => return None,
            (action, _) => {
                let record = records[rng.below(records.len())];
                if action == 5 && self.user.role.reviews() {
                    fields = json!({"state": "verified"});
                }
                (record.id, record.rev, if action == 9 { Op::Delete } else { Op::Put })
            }
        };
        // Details that a reviewer must give to delete another's entry.
        let deletion = json!({"reason": "重复", "duplicate_of": new_id});
        let fields = if op == Op::Delete { deletion } else { fields }.as_object().unwrap().clone();
        // Some phones detect that another tab used the identifier; the server must be correct without that.
        let reuses_id = rng.percent(50) || self.sabotage == Sabotage::OwnRecordsOverwritten;
        let new_id = if reuses_id { id } else { Uuid::from_u128(new_id.as_u128() + 1) };
        let shared = self.sabotage == Sabotage::TabsShareIdentifiers
            && base_rev == 0
            && outbox.values().any(|item| item.mutation.id == id);
        let new_id = if shared { id } else { new_id };
        let mutation = self.save((id, base_rev, op), fields, new_id, time);
        if shared && mutation.base_rev == 0 {
            self.follow(mutation.seq);
        }
        Some(mutation)
    }

    /// Adds a change of an entry to the outbox.
    fn save(&self, (id, base_rev, op): (Uuid, u64, Op), fields: Fields, new_id: Uuid, now: i64) -> Mutation {
        let mut storage = self.storage.borrow_mut();
        let before = storage.outbox();
        let (new_id, kind) = (|| new_id, Kind::Entry);
        let owner = Owner { user: self.user.id, new_id: &new_id };
        let saved = storage.database.run(true, async |transaction| match op {
            Op::Put => Ok(outbox::save(transaction, owner, (kind, id, base_rev, op), fields).await?.seq),
            Op::Delete => deletion::delete(transaction, owner, (kind, id, base_rev), fields, now).await,
        });
        let (seq, after) = (saved.unwrap(), storage.outbox());
        let refused = before.into_values().filter(|item| item.refused.is_some()).map(|item| item.mutation.seq);
        storage.replaced.extend(refused.filter(|seq| !after.contains_key(seq)));
        after[&seq].mutation.clone()
    }

    /// Sabotage: lets a new record follow another item, as if it were an edit of its record.
    fn follow(&self, seq: u64) {
        let mut storage = self.storage.borrow_mut();
        let item = OutboxItem { follows: true, ..storage.outbox()[&seq].clone() };
        let row = storage.database.rows(Store::Outbox).find(|(key, _)| **key == seq.into());
        let row = Row { body: to_json(&item).unwrap(), ..row.unwrap().1.clone() };
        storage.database.insert(Store::Outbox, seq, row);
    }

    /// Sometimes resolves a conflict.
    pub(super) fn resolve(&mut self, rng: &mut SeededRng) -> Option<Mutation> {
        let (replica, outbox) = (self.storage.borrow().replica(), self.storage.borrow().outbox());
        let resolved: Vec<u64> = outbox
            .values()
            .filter_map(|item| item.mutation.fields.get("seq").and_then(serde_json::Value::as_u64))
            .collect();
        let waiting: Vec<&OutboxItem> =
            outbox.values().filter(|item| item.is_conflict() && !resolved.contains(&item.mutation.seq)).collect();
        let item = rng.one_of(&waiting).filter(|_| rng.percent(50))?;
        let answer = item.answer.as_ref()?;
        let rev = replica.get(&item.mutation.id).map_or(answer.rev, |record| record.rev);
        let all = match item.mutation.op {
            Op::Delete => BTreeSet::from([Path::from("deleted")]),
            Op::Put => all_paths(&item.mutation.fields),
        };
        let taken = all.into_iter().filter(|_| rng.percent(60)).collect();
        let (id, seq, new_id) = (item.mutation.id, item.mutation.seq, Uuid::nil);
        let owner = Owner { user: self.user.id, new_id: &new_id };
        let mut storage = self.storage.borrow_mut();
        let chosen = storage
            .database
            .run(true, async |transaction| outbox::choose(transaction, owner, (id, rev), seq, taken).await);
        Some(chosen.unwrap())
    }
}
