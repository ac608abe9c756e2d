//! The person at a phone: saves, resolves conflicts.

use super::*;
use crate::server::TOWNSHIPS;

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
        let storage = self.storage.borrow();
        let records: Vec<&Record> = match found {
            Some(found) => vec![found],
            None => storage.replica.values().collect(),
        };
        let unsent = storage.outbox.values().rfind(|item| item.refused.is_none()).map(|item| item.mutation.id);
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
            (4, Some(id)) => (id, storage.replica.get(&id).map_or(0, |record| record.rev), Op::Put),
            // The same form is open in two tabs with different content.
            (10, Some(id)) => {
                new(&mut fields);
                (id, 0, Op::Put)
            }
            // An edit that began while the entry was being sent.
            (11, _) => {
                let item = storage
                    .sent
                    .values()
                    .rfind(|item| item.mutation.base_rev == 0 && item.mutation.kind == Kind::Entry);
                match item {
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
        drop(storage);
        let seq = self.storage.borrow().last_seq + 1;
        let mutation = Mutation { seq, kind: Kind::Entry, id, base_rev, epoch: None, op, fields };
        // Some phones detect that another tab used the identifier; the server must be correct without that.
        let reuses_id = rng.percent(50) || self.sabotage == Sabotage::OwnRecordsOverwritten;
        let new_id = if reuses_id { mutation.id } else { Uuid::from_u128(new_id.as_u128() + 1) };
        Some(self.save(mutation, new_id))
    }

    /// Adds a mutation to the outbox.
    pub(super) fn save(&self, mutation: Mutation, new_id: Uuid) -> Mutation {
        let mut storage = self.storage.borrow_mut();
        let pending: Vec<OutboxItem> = storage.outbox.values().cloned().collect();
        let replica_record = storage.replica.get(&mutation.id);
        let shared = self.sabotage == Sabotage::TabsShareIdentifiers
            && mutation.base_rev == 0
            && pending.iter().any(|item| item.mutation.id == mutation.id);
        let item = if shared {
            OutboxItem { follows: true, client: Some(storage.client), ..OutboxItem::new(mutation) }
        } else {
            enqueue(self.sender(&storage), mutation, &pending, replica_record, || new_id)
        };
        let mutation = item.mutation.clone();
        storage.last_seq = mutation.seq;
        storage.outbox.insert(mutation.seq, item);
        mutation
    }

    /// Sometimes resolves a conflict.
    pub(super) fn resolve(&mut self, rng: &mut SeededRng) -> Option<Mutation> {
        let storage = self.storage.borrow();
        let outbox = &storage.outbox;
        let resolved: Vec<u64> = outbox
            .values()
            .filter_map(|item| item.mutation.fields.get("seq").and_then(serde_json::Value::as_u64))
            .collect();
        let waiting: Vec<&OutboxItem> =
            outbox.values().filter(|item| item.is_conflict() && !resolved.contains(&item.mutation.seq)).collect();
        let item = rng.one_of(&waiting).filter(|_| rng.percent(50))?;
        let answer = item.answer.as_ref()?;
        let rev = storage.replica.get(&item.mutation.id).map_or(answer.rev, |record| record.rev);
        let all = match item.mutation.op {
            Op::Delete => BTreeSet::from([Path::from("deleted")]),
            Op::Put => all_paths(&item.mutation.fields),
        };
        let taken = all.into_iter().filter(|_| rng.percent(60)).collect();
        let client = item.client.unwrap_or(storage.client);
        let resolution = Resolution { client, seq: item.mutation.seq, take: taken };
        let mutation = resolution.mutation(storage.last_seq + 1, item.mutation.id, rev);
        drop(storage);
        Some(self.save(mutation, Uuid::nil()))
    }
}
