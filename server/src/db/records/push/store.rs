//! New states of records, their conflicts and photo references, held in memory until the batch is written.

use super::batch::Batch;
use crate::db::files::attachment;
use crate::db::records::conflict::{MutationKey, NewConflict};
use crate::db::records::record::{self, RecordRow};
use crate::db::records::revision::Revision;
use crate::db::records::stored;
use jiedui_core::entry::{Entry, Fields};
use jiedui_core::sync::{Kind, Mutation, Path};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

impl Batch<'_> {
    /// Sets the new state of a record and updates the figures. `entry` is the entry parsed from the fields.
    pub(super) fn change(
        &mut self,
        mutation: &Mutation,
        (fields, deleted): (Fields, bool),
        changed: BTreeSet<Path<'static>>,
        by: MutationKey,
        entry: Option<&Entry>,
    ) {
        self.change += 1;
        let id = mutation.id;
        let catalogue = &self.reference.catalogue;
        let mut last = Revision { rev: 1, changed, by: Some(by), at: self.at };
        let earlier = self.records.remove(&id);
        let before = earlier.as_ref().map(|row| &row.fields);
        self.add_references(id, by.0, &fields, before);
        let (created, author, former) = match earlier {
            None => (self.change, Some(by.0), Vec::new()),
            Some(row) => {
                if !row.deleted {
                    let entry = Entry::from_checked(&row.fields);
                    if entry.is_none() && row.kind == Kind::Entry {
                        stored::log(Kind::Entry.as_str(), id);
                    }
                    self.figures.subtract(id, entry.as_ref(), catalogue);
                }
                last.rev = row.last.rev + 1;
                let past = row.past(&fields);
                let (created, author, mut former) = (row.created, row.author, row.former.clone());
                let scope = record::scope(&row.fields, catalogue);
                if scope != record::scope(&fields, catalogue) && !former.contains(&scope) {
                    former.push(scope);
                }
                self.past.push(past);
                (created, author, former)
            }
        };
        if !deleted {
            self.figures.add(id, entry, catalogue);
        }
        let (change, kind) = (self.change, mutation.kind.clone());
        let row = RecordRow { id, kind, fields, deleted, change, created, author, former, last };
        self.records.insert(id, Arc::new(row));
        self.unwritten.insert(id);
    }

    /// Adds references to the photos that a record did not name before.
    fn add_references(&mut self, record: Uuid, account: Uuid, fields: &Fields, before: Option<&Fields>) {
        let before: BTreeSet<&str> = before.into_iter().flat_map(attachment::named_in).collect();
        for hash in attachment::named_in(fields).filter(|hash| !before.contains(hash)) {
            self.references.push(self.naming.reference(account, record, hash));
        }
    }

    /// Adds a conflict for the conflicting values, if `keep_conflict` and there are any.
    pub(super) fn add_conflict(&mut self, record: Uuid, by: MutationKey, fields: Fields, keep_conflict: bool) {
        if keep_conflict && !fields.is_empty() {
            if let Some(count) = self.unresolved.get_mut(&record) {
                *count += 1;
            }
            self.add_references(record, by.0, &fields, None);
            self.conflicts.push(NewConflict { record, by, fields });
        }
    }
}
