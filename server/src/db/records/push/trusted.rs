//! Insertion of entries that the program itself has generated and checked.

use crate::db::figures::rollup;
use crate::db::records::record::{self, RecordRow};
use crate::db::records::revision::Revision;
use crate::db::reference::load::Reference;
use crate::db::{Db, Result, feed};
use jiedui_core::entry::{Entry, Fields, field};
use jiedui_core::sync::Kind;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Inserts entries that the program itself has generated and checked, in one transaction. Entries whose identifier
/// exists are skipped. Returns the number of inserted entries.
pub async fn insert_trusted(db: &Db, reference: &Reference, entries: Vec<(Uuid, Fields)>) -> Result<usize> {
    let mut tx = db.begin().await?;
    let mut change = feed::lock(&mut tx).await?.change;
    let ids: Vec<Uuid> = entries.iter().map(|(id, _)| *id).collect();
    let existing: BTreeSet<Uuid> = record::existing(&mut tx, &ids).await?;
    let (at, mut rows, mut figures) = (crate::db::now(), Vec::new(), rollup::Pending::default());
    let now = json!(crate::db::instant(at));
    for (id, mut fields) in entries.into_iter().filter(|(id, _)| !existing.contains(id)) {
        change += 1;
        // The figures below are those of the current form, also after it changes.
        let code = fields.get(field::ACTIVITY).and_then(Value::as_str);
        if let Some(activity) = code.and_then(|code| reference.catalogue.activity(code)) {
            fields.entry(field::VERSION).or_insert(json!(activity.version));
        }
        figures.add(id, Entry::from_checked(&fields).as_ref(), &reference.catalogue);
        fields.extend([(field::CREATED_AT.to_owned(), now.clone()), (field::UPDATED_AT.to_owned(), now.clone())]);
        let last = Revision { rev: 1, changed: BTreeSet::new(), by: None, at };
        let (kind, deleted, author, former) = (Kind::Entry, false, None, Vec::new());
        rows.push(RecordRow { id, kind, fields, deleted, change, created: change, author, former, last });
    }
    record::write(&mut tx, &rows, &reference.catalogue).await?;
    figures.condense();
    rollup::write(&mut tx, figures.counted(reference.index()), reference.index(), change).await?;
    feed::advance(&mut tx, change).await?;
    tx.commit().await?;
    Ok(rows.len())
}
