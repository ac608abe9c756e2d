//! Random histories of one phone's storage. After each step every list equals what a pass over the whole database gives.

use super::lists::{Shared, comparable_entries, count_entries, ledger, named_photos};
use super::my_lists::{count_mine, my_entries, recent_entries, summary};
use super::views::{entries::entry_views, items::item_views, mine::merged_entries};
use super::*;
use crate::access::user::Scope;
use crate::access::visibility::Visibility;
use crate::entry::{Fields, State};
use crate::rng::SeededRng;
use crate::sync::window::{Bounds, Calendar, Position, RULE};
use crate::sync::{Kind, Op, OutboxItem, Outcome, Path, PullResponse, PushResult, Record, Window};
use crate::values::date::parse_date;
use crate::values::field_error::{ErrorCode, FieldError};
use serde_json::json;
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const USER: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);
const PLACES: [&str; 3] = ["522728", "522728109", "522728109001"];

/// A phone on a database in memory.
struct Phone {
    memory: Memory,
    rng: SeededRng,
    last_id: u128,
    /// Entries that the server has accepted since the overview was last fetched.
    accepted: BTreeSet<Uuid>,
    epoch: u64,
}

impl Phone {
    fn new(seed: u64) -> Self {
        let rng = SeededRng::new(seed);
        Self { memory: Memory::default(), rng, last_id: 1_000, accepted: BTreeSet::new(), epoch: 0 }
    }

    fn id(&mut self) -> Uuid {
        self.last_id += 1;
        Uuid::from_u128(self.last_id)
    }

    /// Runs a transaction of this phone.
    fn run<R>(
        &mut self,
        work: impl AsyncFnOnce(&memory::MemoryTransaction, Owner<'_>) -> Result<R, memory::MemoryError>,
    ) -> R {
        let last = Cell::new(self.last_id);
        let new_id = || {
            last.set(last.get() + 1);
            Uuid::from_u128(last.get())
        };
        let owner = Owner { user: USER, new_id: &new_id };
        let result = self.memory.run(true, async |transaction| work(transaction, owner).await).unwrap();
        self.last_id = last.get();
        result
    }

    fn outbox(&self) -> Vec<OutboxItem> {
        self.memory.rows(Store::Outbox).map(|(_, row)| from_json(&row.body).unwrap()).collect()
    }

    fn replica(&self) -> Vec<Record> {
        let rows = self.memory.rows(Store::Replica).filter(|(_, row)| !row.body.is_empty());
        rows.map(|(_, row)| from_json(&row.body).unwrap()).collect()
    }

    fn fields(&mut self, kind: &Kind) -> Fields {
        let place = *self.rng.one_of(&PLACES).unwrap();
        let day = 1 + self.rng.below(28);
        let fields = if *kind == Kind::Entry {
            let mut fields = json!({"activity": format!("a{}", self.rng.below(3)), "date": format!("2026-11-{day:02}"), "place": place,
                "values": {"count": self.rng.below(9)}});
            if self.rng.percent(30) {
                fields["attachments"] = json!([format!("photo{}", self.rng.below(4))]);
            }
            fields
        } else {
            json!({"year": 2026, "place": place, "programme": "industry", "title": "棚", "due": format!("2026-12-{day:02}")})
        };
        fields.as_object().unwrap().clone()
    }

    fn kind(&mut self) -> Kind {
        if self.rng.percent(75) { Kind::Entry } else { Kind::LedgerItem }
    }

    /// One random step of the person, the server's answers, or a pull.
    fn step(&mut self) {
        let records = self.replica();
        let outbox = self.outbox();
        match self.rng.below(10) {
            0 | 1 => {
                let (kind, id) = (self.kind(), self.id());
                let fields = self.fields(&kind);
                let made = SaveRequest { kind, id, base_rev: 0, fields, begun: SaveBase::New };
                let saved = self.run(async |transaction, owner| saving::save_request(transaction, owner, &made).await);
                assert!(matches!(saved, SaveOutcome::Done(_)));
            }
            2 => {
                let Some(record) = self.rng.one_of(&records).cloned() else { return };
                let day = 1 + self.rng.below(28);
                let fields = if self.rng.percent(50) {
                    json!({"date": format!("2026-11-{day:02}")})
                } else {
                    json!({"state": "verified"})
                };
                let (fields, change) =
                    (fields.as_object().unwrap().clone(), (record.kind, record.id, record.rev, Op::Put));
                self.run(async |transaction, owner| outbox::save(transaction, owner, change, fields).await);
            }
            3 => {
                let Some(record) = self.rng.one_of(&records).cloned() else { return };
                let what = (record.kind, record.id, record.rev);
                let seq = self
                    .run(async |transaction, owner| deletion::delete(transaction, owner, what, Fields::new(), 5).await);
                if self.rng.percent(50) {
                    assert!(self.run(async |transaction, owner| deletion::undo(transaction, owner.user, seq, 6).await));
                }
            }
            4 | 5 => self.push(&records),
            6 | 7 => self.pull(&records),
            8 => {
                let Some(item) = self.rng.one_of(&outbox).cloned() else { return };
                let id = item.mutation.id;
                if item.is_conflict() && self.rng.percent(60) {
                    let (seq, take) = (item.mutation.seq, vec![Path::from("date")]);
                    self.run(async |transaction, owner| outbox::choose(transaction, owner, (id, 9), seq, take).await);
                } else {
                    self.run(async |transaction, owner| outbox::discard_refused(transaction, owner.user, id).await);
                }
            }
            _ => {
                self.accepted.clear();
                self.run(async |transaction, owner| push::all_counted(transaction, owner.user).await);
            }
        }
    }

    /// The server answers the next batch.
    fn push(&mut self, records: &[Record]) {
        let limit = 1 + self.rng.below(4);
        let unsent = self.run(async |transaction, _| outbox::unsent(transaction, limit, 1_000_000).await);
        let waiting: Vec<OutboxItem> = self.outbox().into_iter().filter(|item| item.refused.is_none()).collect();
        assert!(!unsent.mutations.is_empty() || waiting.is_empty(), "the oldest mutation can always be sent");
        let mut held: BTreeMap<Uuid, u64> = records.iter().map(|record| (record.id, record.rev)).collect();
        let mut results = Vec::new();
        for mutation in &unsent.mutations {
            let outcome = match self.rng.below(6) {
                0 => Outcome::Rejected,
                1 if mutation.base_rev > 0 => Outcome::Conflict,
                _ => Outcome::Applied,
            };
            let errors = match outcome {
                Outcome::Rejected => vec![FieldError::new("place", ErrorCode::Forbidden)],
                _ => Vec::new(),
            };
            let rev = held.get(&mutation.id).copied().unwrap_or_default() + 1;
            // The result of a mutation that is sent again changes no record, and neither does a resolution.
            let changes = waiting.iter().any(|item| item.mutation.seq == mutation.seq && !item.again);
            if changes && outcome != Outcome::Rejected && mutation.kind != Kind::Resolution {
                let is_new = mutation.op == Op::Put && !held.contains_key(&mutation.id);
                if is_new && mutation.kind == Kind::Entry {
                    self.accepted.insert(mutation.id);
                }
                match mutation.op {
                    Op::Put => drop(held.insert(mutation.id, rev)),
                    Op::Delete => drop(held.remove(&mutation.id)),
                }
            }
            results.push(PushResult { seq: mutation.seq, outcome, rev, record: None, errors, others: Vec::new() });
        }
        let client = unsent.client;
        let sent = (client, Some(1));
        self.run(async |transaction, owner| {
            push::store_push(transaction, owner, Retention::default(), sent, &results).await
        });
    }

    /// A page of the feed arrives.
    fn pull(&mut self, records: &[Record]) {
        let mut page = Vec::new();
        for _ in 0..1 + self.rng.below(4) {
            let old = self.rng.one_of(records).cloned().filter(|_| self.rng.percent(60));
            if old.as_ref().is_some_and(|old| page.iter().any(|record: &Record| record.id == old.id)) {
                continue;
            }
            let kind = old.as_ref().map_or_else(|| self.kind(), |old| old.kind.clone());
            let id = old.as_ref().map_or_else(|| self.id(), |old| old.id);
            let mut fields = self.fields(&kind);
            let author = old.as_ref().and_then(|old| old.fields.get("author").cloned());
            let stranger = if self.rng.percent(50) { USER } else { OTHER };
            fields.insert("author".to_owned(), author.unwrap_or_else(|| json!(stranger)));
            if kind == Kind::Entry {
                let state = self.rng.one_of(&["submitted", "verified", "returned"]).unwrap();
                fields.insert("state".to_owned(), json!(state));
            }
            let deleted = old.is_some() && self.rng.percent(30);
            let fields = if deleted { Fields::new() } else { fields };
            page.push(Record { kind, id, rev: 1 + old.map_or(0, |old| old.rev), fields, deleted });
        }
        let reset = self.rng.percent(5);
        if self.rng.percent(5) {
            self.epoch += 1;
        }
        let pulled = PullResponse { epoch: self.epoch, reset, ..page_of(page) };
        let before = self.run(async |transaction, _| meta::get::<_, u64>(transaction, meta::Name::Epoch).await);
        let stored = self.store(&pulled, &BTreeSet::new()).unwrap();
        assert_eq!(stored.is_restored, before.is_some_and(|before| before != self.epoch));
        if reset || before.is_none_or(|before| before != self.epoch) {
            self.accepted.clear();
        }
    }

    /// Stores a page that continues from the cursor of this phone. Records `in_use` have an open draft.
    fn store(&mut self, page: &PullResponse, in_use: &BTreeSet<Uuid>) -> Option<pull::StoredPage> {
        let retention = Retention { in_use, ..Retention::default() };
        self.run(async |transaction, owner| {
            let after = meta::cursor(transaction).await?;
            pull::store_pull(transaction, owner.user, retention, after.as_deref(), page).await
        })
    }

    /// Returns the records of the replica that are marked as outside the window.
    fn outside(&self) -> Vec<Uuid> {
        let rows = self.memory.rows(Store::Replica).filter(|(_, row)| row.has("outside"));
        rows.map(|(_, row)| from_json::<Record>(&row.body).unwrap().id).collect()
    }

    /// Compares every list with a pass over the whole database.
    fn check(&mut self) {
        let (replica, outbox) = (self.replica(), self.outbox());
        let entries: Vec<Record> = replica.iter().filter(|record| record.kind == Kind::Entry).cloned().collect();
        let accepted: Vec<Uuid> = self.accepted.iter().copied().collect();
        let mine = merged_entries(USER, entries.clone(), outbox.clone(), &accepted);
        let (to_settle, settled): (Vec<_>, Vec<_>) = mine.entries.iter().cloned().partition(MyEntry::is_to_settle);
        let views = entry_views(USER, replica.clone(), &outbox);
        let date = |text: &str| parse_date(text).unwrap();
        let (from, until) = (date("2026-11-07"), date("2026-11-19"));

        let seen = self.run(async |transaction, _| summary(transaction, USER).await);
        assert_eq!((seen.count, seen.to_settle), (mine.entries.len(), to_settle.len()));
        assert_eq!(seen.unsent, outbox.iter().filter(|item| item.refused.is_none()).count());
        assert_eq!(seen.deletions, mine.deletions);
        let by_id = |list: &[(Uuid, crate::entry::Entry)]| list.iter().cloned().collect::<BTreeMap<_, _>>();
        assert_eq!(by_id(&seen.not_in_overview), by_id(&mine.not_in_overview));

        let pages = |only: bool| {
            async move |transaction: &memory::MemoryTransaction, _: Owner<'_>| {
                let (mut all, mut after) = (Vec::new(), None);
                loop {
                    let page = my_entries(transaction, USER, only, after.as_ref(), 3).await?;
                    all.extend(page.entries);
                    after = page.next;
                    if after.is_none() {
                        return Ok(all);
                    }
                }
            }
        };
        assert_eq!(self.run(pages(true)), to_settle);
        assert_eq!(self.run(pages(false)), [to_settle, settled].concat());

        let in_range = |range: &EntryRange, view: &EntryView| {
            let is_shared = match &range.shared {
                None => true,
                Some(Shared::State(state)) => view.entry.state == *state,
                Some(Shared::Place(place)) => view.entry.place == *place,
            };
            is_shared
                && range.from.is_none_or(|from| view.entry.date >= from)
                && range.until.is_none_or(|until| view.entry.date <= until)
        };
        let ranges = [
            EntryRange::all(),
            EntryRange::all().between(from, until),
            EntryRange::of_state(State::Submitted),
            EntryRange::at(PLACES[1]).between(from, from),
            EntryRange::all().between(until, from),
        ];
        for range in ranges {
            let expected: Vec<EntryView> = views.iter().filter(|view| in_range(&range, view)).cloned().collect();
            let listed = self.run(async |transaction, _| {
                let (mut all, mut after) = (Vec::new(), None);
                loop {
                    let page = lists::entries(transaction, USER, &range, after.as_deref(), 2).await?;
                    all.extend(page.rows);
                    after = page.next;
                    if after.is_none() {
                        return Ok(all);
                    }
                }
            });
            let heads: Vec<Uuid> = listed.iter().filter_map(|row| row.head().map(|head| head.id)).collect();
            assert_eq!(heads, expected.iter().map(|view| view.id).collect::<Vec<_>>(), "{range:?}");
            assert_eq!(listed.iter().filter_map(EntryRow::view).collect::<Vec<_>>(), expected);
            let count = self.run(async |transaction, _| count_entries(transaction, std::slice::from_ref(&range)).await);
            assert_eq!(count, [expected.len()]);
        }
        let dated = mine.entries.iter().filter(|entry| (from..=until).contains(&entry.entry.date)).count();
        assert_eq!(self.run(async |transaction, _| count_mine(transaction, from, until).await), dated);
        let recent = self.run(async |transaction, _| recent_entries(transaction, USER).await);
        assert_eq!(recent, mine.entries.iter().take(100).cloned().collect::<Vec<_>>());
        assert_eq!(self.run(async |transaction, _| ledger(transaction).await), item_views(replica.clone(), &outbox));
        let photos: BTreeSet<String> = (0..5).map(|number| format!("photo{number}")).collect();
        let unsent = outbox.iter().flat_map(|item| std::iter::once(&item.mutation.fields).chain(&item.before));
        let named = replica.iter().map(|record| &record.fields).chain(unsent);
        let named = named.filter_map(|fields| fields.get("attachments")?.as_array()).flatten();
        let named: BTreeSet<String> = named.filter_map(|hash| hash.as_str().map(str::to_owned)).collect();
        assert_eq!(self.run(async |transaction, _| named_photos(transaction, &photos).await), named);
    }
}

/// Returns the last page of a pull.
fn page_of(records: Vec<Record>) -> PullResponse {
    PullResponse { records, cursor: "c".into(), position: 1, last: 1, ..PullResponse::default() }
}

/// Returns a window that holds entries from a day of November 2026 on.
fn window_since(day: u8) -> Window {
    let since = parse_date(&format!("2026-11-{day:02}")).unwrap();
    let mut bounds = Bounds::of(Calendar::of(since));
    (bounds.author_since, bounds.place_since) = (since, Position::start_of(since));
    Window { rule: RULE, visibility: Visibility { all: true, scope: Scope::default() }, reviews: false, bounds }
}

/// Returns a verified entry of a day of November 2026.
fn verified(id: u128, day: u8, author: Uuid) -> Record {
    let fields = json!({"activity": "a1", "date": format!("2026-11-{day:02}"), "place": PLACES[1], "author": author,
        "state": "verified", "values": {}});
    let (kind, id) = (Kind::Entry, Uuid::from_u128(id));
    Record { kind, id, rev: 1, fields: fields.as_object().unwrap().clone(), deleted: false }
}

/// Edits an entry without sending the edit. Returns its number.
fn edit(phone: &mut Phone, id: u128) -> u64 {
    let change = (Kind::Entry, Uuid::from_u128(id), 1, Op::Put);
    let fields = Fields::from_iter([("note".to_owned(), json!("补充"))]);
    phone.run(async |transaction, owner| outbox::save(transaction, owner, change, fields).await).seq
}

fn ids(phone: &Phone) -> Vec<u128> {
    phone.replica().iter().map(|record| record.id.as_u128()).collect()
}

#[test]
fn moved_window_removes_all_but_needed_records() {
    let mut phone = Phone::new(1);
    let records = vec![verified(1, 1, OTHER), verified(2, 2, USER), verified(3, 3, OTHER), verified(4, 20, OTHER)];
    let first = PullResponse { window: Some(window_since(1)), ..page_of(records) };
    phone.store(&first, &BTreeSet::new());
    assert_eq!(ids(&phone), [1, 2, 3, 4]);
    edit(&mut phone, 1);
    let drafts = BTreeSet::from([Uuid::from_u128(3)]);
    let moved = PullResponse { window: Some(window_since(10)), ..page_of(Vec::new()) };
    phone.store(&moved, &drafts);
    assert_eq!((ids(&phone), phone.outside()), (vec![1, 3, 4], [1, 3].map(Uuid::from_u128).to_vec()));
    phone.check();
    let seen = phone.run(async |transaction, _| summary(transaction, USER).await);
    assert!(seen.gone.is_empty(), "an own entry that has left the window was not deleted");
    // The draft is gone, the edit still waits. A page may contain the record once more.
    phone.store(&page_of(vec![verified(1, 1, OTHER)]), &BTreeSet::new());
    assert_eq!((ids(&phone), phone.outside()), (vec![1, 4], vec![Uuid::from_u128(1)]));
    let removed = PullResponse { window: Some(window_since(1)), ..page_of(vec![verified(1, 1, OTHER)]) };
    phone.store(&removed, &BTreeSet::new());
    assert_eq!((ids(&phone), phone.outside()), (vec![1, 4], Vec::new()), "a wider window holds it again");
}

#[test]
fn record_that_left_stays_until_its_change_is_acknowledged() {
    let mut phone = Phone::new(1);
    let records = vec![verified(1, 1, USER), verified(2, 2, USER)];
    phone.store(&PullResponse { window: Some(window_since(1)), ..page_of(records) }, &BTreeSet::new());
    let seq = edit(&mut phone, 1);
    let left = PullResponse { left: [1, 2, 3].map(Uuid::from_u128).to_vec(), ..page_of(Vec::new()) };
    let stored = phone.store(&left, &BTreeSet::new()).unwrap();
    assert!(stored.is_mine);
    assert_eq!((ids(&phone), phone.outside()), (vec![1], vec![Uuid::from_u128(1)]));
    let seen = phone.run(async |transaction, _| summary(transaction, USER).await);
    assert_eq!((seen.gone.len(), seen.unsent, seen.count), (0, 1, 1));
    let client = phone.run(async |transaction, _| outbox::unsent(transaction, 1, 1_000_000).await).client;
    let results =
        [PushResult { seq, outcome: Outcome::Applied, rev: 2, record: None, errors: Vec::new(), others: Vec::new() }];
    phone.run(async |transaction, owner| {
        push::store_push(transaction, owner, Retention::default(), (client, Some(0)), &results).await
    });
    assert!(phone.outbox().is_empty() && phone.replica().is_empty());
    phone.check();
}

#[test]
fn held_records_stay_while_they_are_in_use() {
    let mut phone = Phone::new(1);
    let first = PullResponse { window: Some(window_since(10)), ..page_of(vec![verified(1, 11, OTHER)]) };
    phone.store(&first, &BTreeSet::new());
    let older = Record { rev: 3, ..verified(2, 2, OTHER) };
    let read = [Record { rev: 9, ..verified(1, 11, OTHER) }, older.clone()];
    for expected in [1, 0] {
        let new = phone.run(async |transaction, owner| retention::hold(transaction, owner.user, &read).await);
        assert_eq!(new, expected);
    }
    assert_eq!((ids(&phone), phone.outside()), (vec![1, 2], vec![older.id]));
    assert_eq!(phone.replica()[0].rev, 1, "the feed brings its changes");
    phone.check();
    phone.store(&page_of(Vec::new()), &BTreeSet::from([older.id]));
    assert_eq!(ids(&phone), [1, 2]);
    phone.store(&page_of(Vec::new()), &BTreeSet::new());
    assert_eq!(ids(&phone), [1]);
}

#[test]
fn held_review_is_undone_before_it_is_sent() {
    let mut phone = Phone::new(1);
    phone.store(&page_of(vec![verified(1, 1, OTHER), verified(2, 2, OTHER)]), &BTreeSet::new());
    let returned =
        Fields::from_iter([("state".to_owned(), json!("returned")), ("review_note".to_owned(), json!("核对"))]);
    let hold = |phone: &mut Phone, id: u128| {
        let change = (Kind::Entry, Uuid::from_u128(id), 1, Op::Put);
        let fields = returned.clone();
        phone.run(async |transaction, owner| outbox::save_held(transaction, owner, change, fields, 1_000).await)
    };
    let (first, second) = (hold(&mut phone, 1), hold(&mut phone, 2));
    let sent = |phone: &mut Phone, now: i64| {
        let unsent = phone.run(async |transaction, _| outbox::unsent(transaction, 10, now).await);
        (unsent.mutations.iter().map(|mutation| mutation.seq).collect::<Vec<_>>(), unsent.held_for)
    };
    let count = |phone: &mut Phone| {
        let range = [EntryRange::of_state(State::Returned)];
        phone.run(async |transaction, _| count_entries(transaction, &range).await)
    };
    assert_eq!((sent(&mut phone, 1_500), count(&mut phone)), ((Vec::new(), Some(5_500)), vec![2]));
    assert!(phone.run(async |transaction, _| deletion::undo(transaction, USER, first, 2_000).await));
    assert_eq!(count(&mut phone), [1]);
    assert_eq!(sent(&mut phone, 8_000), (vec![second], None));
    assert!(!phone.run(async |transaction, _| deletion::undo(transaction, USER, second, 8_000).await));
    phone.check();
}

#[test]
fn comparable_entries_share_place_and_activity_until_the_day() {
    for seed in 0..10 {
        let mut phone = Phone::new(seed);
        for _ in 0..60 {
            phone.step();
        }
        let views = entry_views(USER, phone.replica(), &phone.outbox());
        let comparable = phone.run(async |transaction, _| comparable_entries(transaction, USER, &views).await);
        for (view, found) in views.iter().zip(comparable) {
            let is_comparable = |other: &&EntryView| {
                let kind = |view: &EntryView| (view.entry.place.clone(), view.entry.activity.clone());
                other.id != view.id && kind(other) == kind(view) && other.entry.date <= view.entry.date
            };
            assert_eq!(found, views.iter().filter(is_comparable).cloned().collect::<Vec<_>>());
        }
    }
}

#[test]
fn page_that_does_not_continue_from_the_cursor_is_dropped() {
    let mut phone = Phone::new(1);
    phone.store(&page_of(vec![verified(1, 1, OTHER)]), &BTreeSet::new());
    let late = PullResponse { cursor: "d".into(), ..page_of(vec![verified(2, 2, OTHER)]) };
    for (after, is_stored) in [(None, false), (Some("b"), false), (Some("c"), true)] {
        let stored = phone.run(async |transaction, owner| {
            pull::store_pull(transaction, owner.user, Retention::default(), after, &late).await
        });
        assert_eq!(stored.is_some(), is_stored, "{after:?}");
        assert_eq!(ids(&phone).contains(&2), is_stored);
    }
}

#[test]
fn lists_equal_a_pass_over_the_whole_database() {
    for seed in 0..30 {
        let mut phone = Phone::new(seed);
        for _ in 0..50 {
            phone.step();
            phone.check();
        }
    }
}

#[test]
fn upgrade_from_version_1_keeps_every_row_and_list() {
    for seed in 0..30 {
        let mut phone = Phone::new(seed);
        for _ in 0..50 {
            phone.step();
        }
        let current = phone.memory.clone();
        // The database as version 1 of the layout had it.
        let mut old = Memory::default();
        for store in Store::ALL {
            for (key, row) in current.rows(store).filter(|(_, row)| !row.body.is_empty()) {
                old.insert(store, key.clone(), Row::new(row.body.clone()));
            }
        }
        old.insert(Store::Meta, "accepted", Row::new(to_json(&phone.accepted).unwrap()));
        old.run(true, async |transaction| schema::upgrade(transaction, USER, 1).await).unwrap();
        for store in Store::ALL {
            assert!(old.rows(store).eq(current.rows(store)), "seed {seed}: {store:?}");
        }
        phone.memory = old;
        phone.check();
    }
}

#[test]
fn upgrade_leaves_unreadable_rows_as_they_are() {
    let mut memory = Memory::default();
    memory.insert(Store::Outbox, 4, Row::new("{\"from\": \"elsewhere\"}".to_owned()));
    memory.insert(Store::Replica, "x", Row::new("?".to_owned()));
    let before = memory.clone();
    memory.run(true, async |transaction| schema::upgrade(transaction, USER, 1).await).unwrap();
    assert_eq!(memory, before);
}

#[test]
fn transaction_without_commit_changes_nothing() {
    let mut phone = Phone::new(7);
    for _ in 0..30 {
        phone.step();
    }
    let before = phone.memory.clone();
    let id = Uuid::from_u128(5);
    let new_id = || id;
    let owner = Owner { user: USER, new_id: &new_id };
    let fields = json!({"note": "a"}).as_object().unwrap().clone();
    let save = async |transaction: &memory::MemoryTransaction| {
        outbox::save(transaction, owner, (Kind::Entry, id, 1, Op::Put), fields.clone()).await
    };
    let mut memory = before.clone();
    memory.run(false, save).unwrap();
    assert_eq!(memory, before);
    memory.run(true, save).unwrap();
    assert_ne!(memory, before);
}

#[test]
fn saving_reads_no_more_than_the_record() {
    let mut phone = Phone::new(3);
    let kind = Kind::Entry;
    let records = (0..100).map(|_| Record {
        kind: kind.clone(),
        id: phone.id(),
        rev: 1,
        fields: phone.fields(&kind),
        deleted: false,
    });
    let records: Vec<Record> = records.collect();
    phone.store(&page_of(records), &BTreeSet::new());
    for _ in 0..200 {
        let made = SaveRequest {
            kind: kind.clone(),
            id: phone.id(),
            base_rev: 0,
            fields: phone.fields(&kind),
            begun: SaveBase::New,
        };
        phone.run(async |transaction, owner| saving::save_request(transaction, owner, &made).await);
    }
    let read = Cell::new(0);
    let new_id = || Uuid::from_u128(99_999);
    let owner = Owner { user: USER, new_id: &new_id };
    let fields = phone.fields(&Kind::Entry);
    let made = SaveRequest { kind: Kind::Entry, id: Uuid::from_u128(9), base_rev: 0, fields, begun: SaveBase::New };
    phone
        .memory
        .run(true, async |transaction| saving::save_request(&Counting(transaction, &read), owner, &made).await)
        .unwrap();
    // The phone's identity, and the row and items of the record before and after.
    assert!(read.get() <= 8, "{} rows", read.get());
}

/// Counts the rows that a transaction reads.
struct Counting<'a>(&'a memory::MemoryTransaction, &'a Cell<usize>);

impl Transaction for Counting<'_> {
    type Error = memory::MemoryError;

    async fn get(&self, store: Store, keys: &[Key]) -> Result<Vec<Option<Row>>, Self::Error> {
        let rows = self.0.get(store, keys).await?;
        self.1.set(self.1.get() + rows.iter().flatten().count());
        Ok(rows)
    }

    async fn scan(&self, source: Source, range: &KeyRange, limit: Option<u32>) -> Result<Vec<Row>, Self::Error> {
        let rows = self.0.scan(source, range, limit).await?;
        self.1.set(self.1.get() + rows.len());
        Ok(rows)
    }

    async fn count(&self, source: Source, ranges: &[KeyRange]) -> Result<Vec<usize>, Self::Error> {
        self.0.count(source, ranges).await
    }

    fn put(&self, store: Store, key: Key, row: Row) -> Result<(), Self::Error> {
        self.0.put(store, key, row)
    }

    fn delete(&self, store: Store, range: &KeyRange) -> Result<(), Self::Error> {
        self.0.delete(store, range)
    }
}
