//! Records and their revisions, written and read in bulk: one statement for many rows.

use crate::db::bulk::{self, Prepared, insert, select_in};
use crate::db::records::history::StoredRevision;
use crate::db::records::revision::Revision;
use crate::db::records::stored;
use crate::db::{Dialect, Result, Tx, Unreadable, with_db};
use jiedui_core::catalogue::Catalogue;
use jiedui_core::entry::{Fields, field};
use jiedui_core::sync::Kind;
use jiedui_core::sync::window::day_of;
use jiedui_core::values::date::format_date;
use serde_json::Value;
use std::borrow::{Borrow, Cow};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Row of a record in its current state.
#[derive(Clone, Debug)]
pub struct RecordRow {
    /// Identifier.
    pub id: Uuid,
    /// Kind.
    pub kind: Kind,
    /// Fields.
    pub fields: Fields,
    /// Whether it is a tombstone.
    pub deleted: bool,
    /// Number of its last change.
    pub change: i64,
    /// Number of the change that created it.
    pub created: i64,
    /// Author; `None` for the program itself.
    pub author: Option<Uuid>,
    /// Previous scopes (place and programme).
    pub former: Vec<(String, String)>,
    /// Last revision.
    pub last: Revision,
}

impl RecordRow {
    /// Returns the current state as a past state, before the record gets these fields.
    pub fn past(&self, after: &Fields) -> StoredRevision {
        StoredRevision::new(self.id, self.last.clone(), &self.fields, after, self.deleted)
    }
}

/// Returns the scope of a record: place and programme.
pub fn scope(fields: &Fields, catalogue: &Catalogue) -> (String, String) {
    (text(fields, field::PLACE).to_owned(), programme(fields, catalogue).to_owned())
}

/// Returns the programme of the activity, or the programme that the fields name.
fn programme<'a>(fields: &'a Fields, catalogue: &'a Catalogue) -> &'a str {
    match text(fields, field::ACTIVITY) {
        "" => text(fields, field::PROGRAMME),
        activity => catalogue.activity(activity).map_or("", |activity| activity.programme.as_str()),
    }
}

fn text<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// Returns the day by which a record is ordered, as stored in the column `day`.
pub fn stored_day(kind: &Kind, fields: &Fields) -> String {
    day_of(kind, fields).map_or_else(|| UNDATED.to_owned(), format_date)
}

/// Day of a record that has none. It sorts before all days.
pub const UNDATED: &str = "-";

/// Number of records whose statements are built while the previous ones are written.
pub const CHUNK: usize = 64;

/// Writes the current state of records, with the columns of the indexes.
pub async fn write<R: Borrow<RecordRow>>(tx: &mut Tx, rows: &[R], catalogue: &Catalogue) -> Result<()> {
    let kind = tx.kind();
    let mut ready = prepare::<R>(kind, &[], catalogue)?;
    for piece in rows.chunks(CHUNK) {
        let (written, next) = tokio::join!(ready.run(tx), async { prepare(kind, piece, catalogue) });
        written?;
        ready = next?;
    }
    ready.run(tx).await
}

/// Prepares the statements that write records in their current state.
pub fn prepare<R: Borrow<RecordRow>>(kind: Dialect, rows: &[R], catalogue: &Catalogue) -> Result<Prepared> {
    let mut written = Vec::with_capacity(rows.len());
    for row in rows.iter().map(Borrow::borrow) {
        let list = |none: bool, list: &dyn Fn() -> serde_json::Result<String>| {
            if none { Ok(Cow::Borrowed("[]")) } else { list().map(Cow::Owned) }
        };
        let former = list(row.former.is_empty(), &|| serde_json::to_string(&row.former))?;
        let changed = list(row.last.changed.is_empty(), &|| serde_json::to_string(&row.last.changed))?;
        written.push((row, serde_json::to_string(&row.fields)?, former, changed));
    }
    let head =
        "INSERT INTO record (change, id, kind, rev, fields, deleted, created, author, activity, programme, place,
        month, state, former, changed, account, client, seq, at, day) ";
    let tail = " ON CONFLICT (id) DO UPDATE SET change = excluded.change, rev = excluded.rev, fields = excluded.fields,
        deleted = excluded.deleted, activity = excluded.activity, programme = excluded.programme,
        place = excluded.place, month = excluded.month, state = excluded.state, former = excluded.former,
        changed = excluded.changed, account = excluded.account, client = excluded.client, seq = excluded.seq,
        at = excluded.at, day = excluded.day";
    Ok(bulk::prepare!(kind, head, written, tail, |values, item| {
        let (row, fields, former, changed) = item;
        let activity = text(&row.fields, field::ACTIVITY);
        let month = text(&row.fields, field::DATE).get(..7).unwrap_or_default();
        values.push_bind(row.change).push_bind(row.id).push_bind(row.kind.as_str()).push_bind(row.last.rev);
        values.push_bind(fields).push_bind(row.deleted).push_bind(row.created).push_bind(row.author);
        values
            .push_bind(activity)
            .push_bind(programme(&row.fields, catalogue))
            .push_bind(text(&row.fields, field::PLACE))
            .push_bind(month);
        values.push_bind(text(&row.fields, field::STATE)).push_bind(former.as_ref()).push_bind(changed.as_ref());
        let by = row.last.by;
        values.push_bind(by.map(|by| by.0)).push_bind(by.map(|by| by.1)).push_bind(by.map(|by| by.2));
        values.push_bind(row.last.at).push_bind(stored_day(&row.kind, &row.fields));
    }))
}

/// Writes past states of records.
pub async fn write_past(tx: &mut Tx, rows: &[StoredRevision]) -> Result<()> {
    let mut written = Vec::with_capacity(rows.len());
    for row in rows {
        written.push((row, serde_json::to_string(&row.fields)?, serde_json::to_string(&row.revision.changed)?));
    }
    let head = "INSERT INTO revision (record, rev, fields, whole, deleted, changed, account, client, seq, at) ";
    insert!(tx, head, written, "", |values, item| {
        let (row, fields, changed) = item;
        let by = row.revision.by;
        values.push_bind(row.record).push_bind(row.revision.rev).push_bind(fields).push_bind(row.whole);
        values.push_bind(row.deleted);
        values.push_bind(changed).push_bind(by.map(|by| by.0)).push_bind(by.map(|by| by.1));
        values.push_bind(by.map(|by| by.2)).push_bind(row.revision.at);
    });
    Ok(())
}

#[derive(sqlx::FromRow)]
struct StoredRecord {
    id: Uuid,
    #[sqlx(try_from = "String")]
    kind: Kind,
    rev: i64,
    fields: String,
    deleted: bool,
    change: i64,
    created: i64,
    author: Option<Uuid>,
    former: String,
    changed: String,
    account: Option<Uuid>,
    client: Option<Uuid>,
    seq: Option<i64>,
    at: i64,
}

/// Returns which of these records exist, readable or not.
pub async fn existing(tx: &mut Tx, ids: &[Uuid]) -> Result<BTreeSet<Uuid>> {
    let rows = select_in!(tx, "SELECT id FROM record WHERE id", ids, (Uuid,), |values, id| {
        values.push_bind(*id);
    });
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Returns the existing ones of these records. An unreadable record is [`crate::db::DbError::Unreadable`].
pub async fn find(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<(Uuid, Result<RecordRow>)>> {
    let rows = select_in!(
        tx,
        "SELECT id, kind, rev, fields, deleted, change, created, author, former, changed, account, client, seq, at
            FROM record WHERE id",
        ids,
        StoredRecord,
        |values, id| {
            values.push_bind(*id);
        }
    );
    Ok(rows.into_iter().map(|stored| (stored.id, row(stored))).collect())
}

fn row(stored: StoredRecord) -> Result<RecordRow> {
    let StoredRecord { id, kind, rev, fields, deleted, change, created, author, former, changed, at, .. } = stored;
    let name = kind.as_str();
    let numbers = [("rev", Some(rev)), ("seq", stored.seq), ("at", Some(at)), ("created", Some(created))];
    for (column, number) in numbers.into_iter().filter_map(|(column, number)| Some((column, number?))) {
        stored::unsigned(name, id, column, number)?;
    }
    let by = match (stored.account, stored.client, stored.seq) {
        (Some(account), Some(client), Some(seq)) => Some((account, client, seq)),
        _ => None,
    };
    let last = Revision { rev, changed: stored::parse(name, id, &changed)?, by, at };
    let (fields, former) = (stored::parse(name, id, &fields)?, stored::parse(name, id, &former)?);
    Ok(RecordRow { id, kind, fields, deleted, change, created, author, former, last })
}

/// Rows that [`note_unreadable`] reads at a time.
const PAGE: i64 = 5_000;

/// Adds unreadable records to a list, and records outside the feed. Counting the figures checks the fields of entries.
/// Reads all records.
pub async fn note_unreadable(tx: &mut Tx, unreadable: &mut Vec<Unreadable>) -> Result<()> {
    let query = "SELECT id, kind, rev, CASE WHEN kind = 'entry' AND NOT deleted THEN '{}' ELSE fields END AS fields,
        deleted, change, created, author, former, changed, account, client, seq, at
        FROM record WHERE change > $1 ORDER BY change LIMIT $2";
    let mut after = i64::MIN;
    loop {
        let rows: Vec<StoredRecord> = with_db!(tx &mut *tx, |connection| sqlx::query_as(query)
            .bind(after)
            .bind(PAGE)
            .fetch_all(connection)
            .await?);
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.change;
        for stored in rows {
            let (id, kind) = (stored.id, stored.kind.clone());
            let in_feed = stored::unsigned(kind.as_str(), id, "change", stored.change);
            stored::note_unreadable(in_feed.and_then(|_| row(stored)), unreadable)?;
        }
    }
}
