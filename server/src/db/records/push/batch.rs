//! State of one transaction of pushes.

use super::answer::{rejected, unreadable};
use super::decision::Decided;
use super::request::Push;
use crate::db::bulk::Prepared;
use crate::db::feed::{self, Feed};
use crate::db::figures::rollup;
use crate::db::files::attachment::{self, Naming};
use crate::db::records::conflict::{self, NewConflict};
use crate::db::records::history::StoredRevision;
use crate::db::records::idempotency::{self, Answers, MutationDigest};
use crate::db::records::record::{self, CHUNK, RecordRow};
use crate::db::records::stored;
use crate::db::reference::load::Reference;
use crate::db::{Dialect, Result, Tx, signed};
use jiedui_core::access::user::User;
use jiedui_core::entry::bounds;
use jiedui_core::sync::{Kind, Mutation, MutationAuthor, PushResult};
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

/// Maximum bytes of records in the answers to a push. The next pull brings the others.
const MAX_RECORD_BYTES: usize = 1 << 20;

/// State of one transaction.
pub(super) struct Batch<'a> {
    pub(super) reference: &'a Reference,
    pub(super) change: i64,
    pub(super) at: i64,
    /// Time of the transaction as stored in fields.
    pub(super) now: Value,
    /// Stored and new answers, by account and client.
    pub(super) answers: BTreeMap<(Uuid, Uuid), Answers>,
    /// Current state of the records that the mutations name; `unwritten` lists those that are not written yet.
    pub(super) records: BTreeMap<Uuid, Arc<RecordRow>>,
    pub(super) unwritten: BTreeSet<Uuid>,
    /// Identifiers of records that cannot be read and are never overwritten.
    pub(super) unreadable: BTreeSet<Uuid>,
    pub(super) past: Vec<StoredRevision>,
    pub(super) conflicts: Vec<NewConflict>,
    /// Number of unresolved conflicts of each record where another may arise.
    pub(super) unresolved: BTreeMap<Uuid, i64>,
    pub(super) figures: rollup::Pending,
    /// Rights to name photos of other accounts.
    pub(super) naming: Naming,
    /// New references from records to photos.
    pub(super) references: Vec<(String, Uuid, Uuid)>,
    /// Epochs of the database.
    pub(super) epochs: Vec<u64>,
    /// Error with which every mutation is rejected.
    pub(super) rejection: Option<&'a FieldError>,
    /// Decisions on entries in the present push.
    pub(super) decided: Vec<Decided>,
}

/// Progress of one push.
#[derive(Default)]
pub(super) struct Turn {
    pub(super) results: Vec<PushResult>,
    /// New results that are not stored yet, with the digests of their mutations.
    pub(super) new: Vec<(MutationDigest, PushResult)>,
    /// Bytes of the records in the results.
    record_bytes: usize,
    /// Numbers of this push that belong to its client.
    numbers: BTreeSet<u64>,
    /// Whether another mutation with one of its numbers exists: two phones share a client identifier, so the client's
    /// mutations are not all from this phone.
    is_duplicated: bool,
}

impl Turn {
    /// Returns the author of its mutations for the merge.
    pub(super) fn author<'a>(&'a self, push: &Push, epochs: &'a [u64]) -> MutationAuthor<'a> {
        let (numbers, is_duplicated) = (&self.numbers, self.is_duplicated);
        MutationAuthor { account: push.actor.id, client: push.client, epochs, numbers, is_duplicated }
    }
}

impl<'a> Batch<'a> {
    /// Reads the stored answers, records and photos that the pushes name.
    pub(super) async fn load(
        tx: &mut Tx,
        reference: &'a Reference,
        feed: Feed,
        pushes: &[Push],
        rejection: Option<&'a FieldError>,
    ) -> Result<Self> {
        let mut ids = BTreeSet::new();
        let mut answers = BTreeMap::new();
        for push in pushes {
            let numbers = || push.mutations.iter().map(|(mutation, _)| signed(mutation.seq));
            let (Some(first), Some(last)) = (numbers().min(), numbers().max()) else { continue };
            let of_client: &mut Answers = answers.entry((push.actor.id, push.client)).or_default();
            of_client.extend(idempotency::find(tx, push.actor.id, push.client, first, last).await?);
            let new = push.mutations.iter().filter(|(mutation, _)| of_client.get(mutation.seq).is_none());
            ids.extend(new.map(|(mutation, _)| mutation.id));
        }
        let naming = Naming::look_up(tx, &named_photos(pushes)).await?;
        let (mut records, mut unreadable) = (BTreeMap::new(), BTreeSet::new());
        for (id, row) in record::find(tx, &ids.into_iter().collect::<Vec<_>>()).await? {
            match stored::omit_unreadable(row)? {
                Some(row) => drop(records.insert(id, Arc::new(row))),
                None => drop(unreadable.insert(id)),
            }
        }
        // No change is older than the start of its epoch, even if the clock is.
        let at = crate::db::now().max(feed.epoch);
        let epochs = feed::epochs(tx).await?;
        Ok(Self {
            reference,
            change: feed.change,
            at,
            now: json!(crate::db::instant(at)),
            answers,
            records,
            unwritten: BTreeSet::new(),
            unreadable,
            past: Vec::new(),
            conflicts: Vec::new(),
            unresolved: BTreeMap::new(),
            figures: rollup::Pending::default(),
            naming,
            references: Vec::new(),
            epochs,
            rejection,
            decided: Vec::new(),
        })
    }
}

/// Lists the photos that mutations name, each with the account and the record.
fn named_photos(pushes: &[Push]) -> Vec<(&User, Uuid, &str)> {
    let of_push = |push| {
        let Push { actor, mutations, .. }: &Push = push;
        let entries = mutations.iter().map(|(mutation, _)| mutation).filter(|mutation| mutation.kind == Kind::Entry);
        entries.flat_map(move |entry| attachment::named_in(&entry.fields).map(move |hash| (actor, entry.id, hash)))
    };
    pushes.iter().flat_map(of_push).collect()
}

impl Batch<'_> {
    /// Answers the first mutations that need no read, at most a chunk. Returns their number.
    pub(super) fn decide_some(
        &mut self,
        push: &Push,
        mutations: &[(Mutation, MutationDigest)],
        turn: &mut Turn,
    ) -> Result<usize> {
        let mut decided = 0;
        for next in mutations.iter().take(CHUNK) {
            let (mutation, digest) = next;
            let of_client = self.answers.get(&(push.actor.id, push.client));
            match of_client.and_then(|answers| answers.get(mutation.seq)) {
                Some((same, result)) if same == digest => {
                    turn.results.push(result.clone());
                    turn.numbers.insert(mutation.seq);
                }
                Some(_) => {
                    turn.is_duplicated = true;
                    turn.results.push(rejected(mutation.seq, vec![FieldError::new("seq", ErrorCode::Reused)]));
                }
                // It may have been applied. Its answer is not stored again: that would replace the unreadable one.
                None if of_client.is_some_and(|answers| answers.is_unreadable(mutation.seq)) => {
                    turn.results.push(rejected(mutation.seq, vec![FieldError::new("seq", ErrorCode::Unreadable)]));
                }
                None if self.unreadable.contains(&mutation.id) => {
                    let result = unreadable(mutation.seq);
                    self.remember(push, next, result, turn);
                }
                None if self.rejection.is_none()
                    && mutation.kind == Kind::Entry
                    && !self.records.contains_key(&mutation.id) =>
                {
                    let result = self.apply_to_record(push, mutation, &[], true)?;
                    self.remember(push, next, result, turn);
                }
                None => break,
            }
            decided += 1;
        }
        Ok(decided)
    }

    /// Adds the result of a new mutation to the answers of its client.
    pub(super) fn remember(
        &mut self,
        push: &Push,
        (mutation, digest): &(Mutation, MutationDigest),
        mut result: PushResult,
        turn: &mut Turn,
    ) {
        turn.record_bytes += result.record.as_ref().map_or(0, |record| bounds::size(&record.fields));
        if turn.record_bytes > MAX_RECORD_BYTES {
            result.record = None;
        }
        let of_client = self.answers.entry((push.actor.id, push.client)).or_default();
        of_client.insert(*digest, result.clone());
        turn.new.push((*digest, result.clone()));
        turn.numbers.insert(mutation.seq);
        turn.results.push(result);
    }

    /// Prepares the statements for the unwritten records if there are at least `minimum`.
    pub(super) fn prepare(&mut self, dialect: Dialect, minimum: usize) -> Result<Prepared> {
        let rows = if self.unwritten.len() < minimum { Vec::new() } else { self.take_unwritten() };
        record::prepare(dialect, &rows, &self.reference.catalogue)
    }

    /// Takes the unwritten records, in the order of their changes, which is the order of the table.
    fn take_unwritten(&mut self) -> Vec<Arc<RecordRow>> {
        let unwritten = std::mem::take(&mut self.unwritten);
        let mut rows: Vec<Arc<RecordRow>> = unwritten.iter().filter_map(|id| self.records.get(id).cloned()).collect();
        rows.sort_by_key(|row| row.change);
        rows
    }

    /// Writes the batch. Returns the number of the last change.
    pub(super) async fn write(mut self, tx: &mut Tx, answers: &[idempotency::StoredAnswers]) -> Result<i64> {
        let rows = self.take_unwritten();
        let Self { reference, change, at, past, conflicts, mut figures, references, .. } = self;
        record::write_past(tx, &past).await?;
        attachment::refer(tx, &references).await?;
        // Figures are counted while the records are written.
        let counting = async {
            figures.condense();
            figures.counted(reference.index())
        };
        let (written, counted) = tokio::join!(record::write(tx, &rows, &reference.catalogue), counting);
        written?;
        idempotency::write(tx, answers, at).await?;
        conflict::write(tx, &conflicts, at).await?;
        rollup::write(tx, counted, reference.index(), change).await?;
        Ok(change)
    }
}
