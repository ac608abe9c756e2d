//! Organisations and pairings, changed one by one, with their history.

use crate::db::audit::{self, Act};
use crate::db::figures::directory_change;
use crate::db::files::attachment::{self, Naming};
use crate::db::records::record::{self, RecordRow};
use crate::db::records::revision::Revision;
use crate::db::records::stored;
use crate::db::reference::fill::fields_of;
use crate::db::reference::load;
use crate::db::{Db, Result, feed, signed};
use jiedui_core::access::user::User;
use jiedui_core::catalogue::Catalogue;
use jiedui_core::entry::{Fields, Path};
use jiedui_core::sync::Kind;
use serde::Serialize;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Result of writing a record of the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// Revision of the written record, or of an equal one.
    Done(u64),
    /// Another record has the identifier.
    OtherKind,
    /// The agreement is a file of another account that the user may not read.
    ForeignFile,
    /// The record changed since the base revision; for 0: it exists with other content.
    Conflict,
    /// The base revision is above this last one.
    Ahead(u64),
}

/// Writes a record of the directory. `base_rev` is the revision that the user changed, 0 for a new record, or `None`.
/// `act` receives the changed fields.
/// Fails with [`crate::db::DbError::Unreadable`] if the stored record cannot be read.
pub async fn set(
    db: &Db,
    (kind, id): (Kind, Uuid),
    content: &impl Serialize,
    user: &User,
    base_rev: Option<u64>,
    act: Act,
) -> Result<Written> {
    let (fields, account) = (fields_of(content)?, user.id);
    let mut tx = db.begin().await?;
    let change = feed::lock(&mut tx).await?.change + 1;
    let existing = match record::find(&mut tx, &[id]).await?.pop() {
        // An unreadable record is not overwritten.
        Some((_, Err(unreadable))) => {
            tx.rollback().await?;
            return Err(unreadable);
        }
        Some((_, Ok(existing))) => Some(existing),
        None => None,
    };
    if existing.as_ref().is_some_and(|existing| existing.kind != kind) {
        tx.rollback().await?;
        return Ok(Written::OtherKind);
    }
    let last = match &existing {
        Some(existing) => stored::unsigned(kind.as_str(), id, "rev", existing.last.rev)?,
        None => 0,
    };
    if existing.as_ref().is_some_and(|existing| existing.fields == fields && !existing.deleted) {
        tx.rollback().await?;
        return Ok(Written::Done(last));
    }
    if let Some(base_rev) = base_rev.filter(|base_rev| *base_rev != last) {
        tx.rollback().await?;
        return Ok(if base_rev > last { Written::Ahead(last) } else { Written::Conflict });
    }
    let before: BTreeSet<&str> = existing.iter().flat_map(|existing| attachment::named_in(&existing.fields)).collect();
    let files: Vec<&str> = attachment::named_in(&fields).filter(|hash| !before.contains(hash)).collect();
    let naming = Naming::look_up(&mut tx, &files.iter().map(|hash| (user, id, *hash)).collect::<Vec<_>>()).await?;
    if naming.refuses(account, id, files.iter().copied()) {
        tx.rollback().await?;
        return Ok(Written::ForeignFile);
    }
    let references: Vec<_> = files.iter().map(|hash| naming.reference(account, id, hash)).collect();
    attachment::refer(&mut tx, &references).await?;
    let new = last + 1;
    let rev = signed(new);
    let changed = existing.as_ref().map(|existing| changed(&existing.fields, &fields)).unwrap_or_default();
    let last = Revision { rev, changed, by: Some((account, Uuid::nil(), rev)), at: crate::db::now() };
    let (created, author) =
        existing.as_ref().map_or((change, Some(account)), |existing| (existing.created, existing.author));
    if let Some(existing) = &existing {
        record::write_past(&mut tx, &[existing.past(&fields)]).await?;
    }
    let before_fields = existing.map(|existing| existing.fields).unwrap_or_default();
    let act = act.changing(&before_fields, &fields);
    let row = RecordRow { id, kind, fields, deleted: false, change, created, author, former: Vec::new(), last };
    let (before, after) = load::directories(&mut tx, &row).await?;
    record::write(&mut tx, &[row], &Catalogue::default()).await?;
    directory_change::apply(&mut tx, &before, &after, change).await?;
    feed::change_reference(&mut tx).await?;
    feed::advance(&mut tx, change).await?;
    audit::append(&mut tx, &act).await?;
    tx.commit().await?;
    Ok(Written::Done(new))
}

fn changed(before: &Fields, now: &Fields) -> BTreeSet<Path<'static>> {
    let names = before.keys().chain(now.keys());
    names.filter(|name| before.get(*name) != now.get(*name)).map(|name| Path::from(name).into_owned()).collect()
}
