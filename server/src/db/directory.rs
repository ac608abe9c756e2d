//! Organisations and pairings, changed one by one; each keeps all states that it has had.

use super::record::{self, Revision, Row};
use super::reference::fields_of;
use super::{Db, Result, feed};
use jiedui_core::domain::Catalogue;
use jiedui_core::domain::entry::Fields;
use serde::Serialize;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Writes one as somebody wants it; false where the identifier is another record's.
pub async fn set(db: &Db, kind: &str, id: Uuid, own: &impl Serialize, account: Uuid) -> Result<bool> {
    let fields = fields_of(own)?;
    let mut tx = db.begin().await?;
    let change = feed::lock(&mut tx).await?.change + 1;
    let known = record::find(&mut tx, &[id]).await?.pop();
    if known.as_ref().is_some_and(|known| known.kind != kind) {
        tx.rollback().await?;
        return Ok(false);
    }
    if known.as_ref().is_some_and(|known| known.fields == fields && !known.deleted) {
        tx.rollback().await?;
        return Ok(true);
    }
    let rev = known.as_ref().map_or(0, |known| known.last.rev) + 1;
    let changed = known.as_ref().map(|known| changed(&known.fields, &fields)).unwrap_or_default();
    let last = Revision { rev, changed, by: Some((account, Uuid::nil(), rev)), at: super::now() };
    let (created, author) = known.as_ref().map_or((change, Some(account)), |known| (known.created, known.author));
    if let Some(known) = &known {
        record::write_past(&mut tx, &[known.past()]).await?;
    }
    let kind = kind.to_owned();
    let row = Row { id, kind, fields, deleted: false, change, created, author, former: Vec::new(), last };
    record::write(&mut tx, &[row], &Catalogue::default()).await?;
    feed::change_reference(&mut tx).await?;
    feed::advance(&mut tx, change).await?;
    tx.commit().await?;
    Ok(true)
}

fn changed(before: &Fields, now: &Fields) -> BTreeSet<String> {
    let names = before.keys().chain(now.keys());
    names.filter(|name| before.get(*name) != now.get(*name)).cloned().collect()
}
