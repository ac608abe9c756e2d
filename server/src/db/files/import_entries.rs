//! Stored entries with which the rows of an import are compared: entries that rows name, and likely duplicates.

use crate::db::records::history;
use crate::db::records::record::{self, RecordRow};
use crate::db::records::stored;
use crate::db::reference::load::Reference;
use crate::db::{Db, Result, Tx, signed, with_db};
use crate::import::existing_entry::ExistingEntry;
use jiedui_core::access::user::User;
use jiedui_core::entry::Entry;
use jiedui_core::sync::{Kind, Path, all_paths};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Maximum number of entries of a place and a month among which a duplicate is searched.
const MAX_COMPARED: i64 = 2_000;

#[derive(sqlx::FromRow)]
struct RecordedRow {
    id: Uuid,
    fields: String,
    author: Option<Uuid>,
    programme: String,
}

/// Returns the latest entries of an activity at a place in a month that the user may see. Omits unreadable ones.
pub async fn recorded(db: &Db, user: &User, activity: &str, place: &str, month: &str) -> Result<Vec<Entry>> {
    let query = "SELECT id, fields, author, programme FROM record WHERE place = $1 AND day >= $2 AND day <= $5
        AND activity = $3 AND kind = 'entry' AND NOT deleted ORDER BY created DESC LIMIT $4";
    let rows: Vec<RecordedRow> = with_db!(replica db, |pool| sqlx::query_as(query)
        .bind(place)
        .bind(format!("{month}-01"))
        .bind(activity)
        .bind(MAX_COMPARED)
        .bind(format!("{month}-31"))
        .fetch_all(pool)
        .await?);
    let visible = rows.into_iter().filter(|row| user.sees(row.author, &row.programme, place));
    let entry = |row: RecordedRow| Entry::from_checked(&stored::read("record", row.id, &row.fields)?);
    Ok(visible.filter_map(entry).collect())
}

/// Returns the entries that rows name and that the user may see; `None` for an unreadable one. Each identifier has the
/// revision that its row was exported from. Changes by the import itself do not count as concurrent.
pub async fn existing(
    db: &Db,
    user: &User,
    reference: &Reference,
    import: Uuid,
    named: &[(Uuid, u64)],
) -> Result<HashMap<Uuid, Option<ExistingEntry>>> {
    let based: HashMap<Uuid, u64> = named.iter().copied().collect();
    let mut tx = db.begin_reading().await?;
    let mut entries = HashMap::new();
    for (id, row) in record::find(&mut tx, &based.keys().copied().collect::<Vec<_>>()).await? {
        let Some(row) = stored::omit_unreadable(row)? else {
            entries.insert(id, None);
            continue;
        };
        let (place, programme) = record::scope(&row.fields, &reference.catalogue);
        if row.kind != Kind::Entry || !user.sees(row.author, &programme, &place) {
            continue;
        }
        let Some(base_rev) = based.get(&id).copied() else { continue };
        entries.insert(id, stored::omit_unreadable(since_base(db, &mut tx, row, base_rev, import).await)?);
    }
    tx.rollback().await?;
    Ok(entries)
}

#[derive(sqlx::FromRow)]
struct LaterRevision {
    rev: i64,
    changed: String,
    client: Option<Uuid>,
}

/// Returns an entry with its fields at a base revision and the paths that changed since.
async fn since_base(db: &Db, tx: &mut Tx, row: RecordRow, base_rev: u64, import: Uuid) -> Result<ExistingEntry> {
    let (id, base_rev) = (row.id, signed(base_rev));
    let (mut base, mut changed_since) = (None, BTreeSet::new());
    if base_rev == row.last.rev {
        base = Some(row.fields.clone());
    } else if base_rev < row.last.rev {
        let query = "SELECT rev, changed, client FROM revision WHERE record = $1 AND rev > $2 ORDER BY rev";
        let past: Vec<LaterRevision> = with_db!(tx tx, |connection| sqlx::query_as(query)
            .bind(id)
            .bind(base_rev)
            .fetch_all(connection)
            .await?);
        for revision in past.iter().filter(|revision| revision.client != Some(import)) {
            let name = format!("{id}, revision {}", revision.rev);
            let changed = stored::parse::<Vec<Path<'static>>>(Kind::Entry.as_str(), name, &revision.changed)?;
            changed_since.extend(changed);
        }
        base = history::fields_at(db, id, row.last.rev, row.fields.clone(), base_rev).await?;
        if row.last.by.is_none_or(|(_, client, _)| client != import) {
            changed_since.extend(row.last.changed.iter().cloned());
        }
        // The first revision of a record names no fields: every field is new.
        if base.is_none() {
            changed_since = all_paths(&row.fields);
        }
    }
    let rev = stored::unsigned(Kind::Entry.as_str(), id, "rev", row.last.rev)?;
    Ok(ExistingEntry { rev, fields: row.fields, deleted: row.deleted, base, changed_since })
}
