//! Figures kept, not counted: what core's aggregation makes of the entries of a cell (a place and a month), renewed in
//! the transaction that changes one of them.

use super::record::{insert, select_in};
use super::{Db, Result, Tx, on};
use jiedui_core::domain::entry::Fields;
use jiedui_core::domain::overview::Tally;
use jiedui_core::domain::{Catalogue, Entry, Overview, Part};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const PART: &str = "part";
const TALLY: &str = "tally";

/// A place and a month.
pub type Cell = (String, String);

/// What a transaction has done to entries.
#[derive(Debug, Default)]
pub struct Pending {
    /// Cells whose entries have changed.
    changed: BTreeSet<Cell>,
    /// New entries, by their cell: they are added to what is there.
    added: BTreeMap<Cell, Vec<(Uuid, Entry)>>,
}

/// The cell that fields put an entry in.
pub fn cell(fields: &Fields) -> Cell {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    (text("place").to_owned(), text("date").chars().take(7).collect())
}

impl Pending {
    /// An entry is or was in this cell, and is no longer the same.
    pub fn touched(&mut self, fields: &Fields) {
        self.changed.insert(cell(fields));
    }

    /// An entry is new.
    pub fn added(&mut self, id: Uuid, fields: &Fields) {
        match Entry::from_checked(fields) {
            Some(entry) => self.added.entry(cell(fields)).or_default().push((id, entry)),
            None => self.touched(fields),
        }
    }
}

/// Brings the cells up to date.
pub async fn write(tx: &mut Tx, pending: Pending, catalogue: &Catalogue) -> Result<()> {
    let Pending { changed, mut added } = pending;
    // A cell where something has changed is counted anew, its new entries with it.
    added.retain(|cell, _| !changed.contains(cell));
    let mut overview = Overview { catalogue: catalogue.clone(), ..Overview::default() };
    count_anew(tx, &changed.into_iter().collect::<Vec<_>>(), &mut overview).await?;
    add(tx, added, &mut overview).await
}

async fn count_anew(tx: &mut Tx, cells: &[Cell], overview: &mut Overview) -> Result<()> {
    if cells.is_empty() {
        return Ok(());
    }
    let entries = select_in!(
        tx,
        "SELECT id, fields FROM record WHERE kind = 'entry' AND NOT deleted AND (place, month)",
        cells,
        (Uuid, String),
        |values, cell| {
            values.push_bind(&cell.0).push_bind(&cell.1);
        }
    );
    let mut parsed: Vec<(Uuid, Entry)> = Vec::with_capacity(entries.len());
    for (id, fields) in entries {
        parsed.push((id, serde_json::from_str(&fields)?));
    }
    let delete = "DELETE FROM rollup WHERE place = $1 AND month = $2";
    for (place, month) in cells {
        on!(write &mut *tx, |connection| {
            sqlx::query(delete).bind(place).bind(month).execute(connection).await.map(drop)?
        });
    }
    (overview.parts, overview.tallies) = (Vec::new(), Vec::new());
    overview.add(parsed.iter().map(|(id, entry)| (*id, entry)));
    put(tx, overview).await
}

async fn add(tx: &mut Tx, added: BTreeMap<Cell, Vec<(Uuid, Entry)>>, overview: &mut Overview) -> Result<()> {
    if added.is_empty() {
        return Ok(());
    }
    let cells: Vec<&Cell> = added.keys().collect();
    let rows = select_in!(
        tx,
        "SELECT kind, body FROM rollup WHERE (place, month)",
        cells,
        (String, String),
        |values, cell| {
            values.push_bind(&cell.0).push_bind(&cell.1);
        }
    );
    (overview.parts, overview.tallies) = read(rows)?;
    overview.add(added.values().flatten().map(|(id, entry)| (*id, entry)));
    put(tx, overview).await
}

async fn put(tx: &mut Tx, overview: &Overview) -> Result<()> {
    let tail = " ON CONFLICT (key) DO UPDATE SET body = excluded.body";
    let rows = rows_of(overview)?;
    insert!(tx, "INSERT INTO rollup (key, place, month, kind, body) ", rows, tail, |values, row| {
        values
            .push_bind(&row.key)
            .push_bind(&row.cell.0)
            .push_bind(&row.cell.1)
            .push_bind(row.kind)
            .push_bind(&row.body);
    });
    Ok(())
}

/// A part or a tally as it is kept.
#[derive(Debug)]
struct Row {
    key: String,
    cell: Cell,
    kind: &'static str,
    body: String,
}

/// The rows that an overview is kept as.
fn rows_of(overview: &Overview) -> Result<Vec<Row>> {
    let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let mut rows = Vec::new();
    for part in &overview.parts {
        let Part { indicator, place, pairing, month, verified, subject, .. } = part;
        let subject = subject.as_deref().unwrap_or_default();
        let key = format!("{PART}|{indicator}|{place}|{}|{month}|{verified}|{subject}", id(*pairing));
        let cell = (place.clone(), month.to_string());
        rows.push(Row { key, cell, kind: PART, body: serde_json::to_string(part)? });
    }
    for tally in &overview.tallies {
        let Tally { programme, place, pairing, organisation, month, verified, .. } = tally;
        let key = format!("{TALLY}|{programme}|{place}|{}|{}|{month}|{verified}", id(*pairing), id(*organisation));
        let cell = (place.clone(), month.to_string());
        rows.push(Row { key, cell, kind: TALLY, body: serde_json::to_string(tally)? });
    }
    Ok(rows)
}

fn read(rows: Vec<(String, String)>) -> Result<(Vec<Part>, Vec<Tally>)> {
    let (mut parts, mut tallies) = (Vec::new(), Vec::new());
    for (kind, body) in rows {
        if kind == PART {
            parts.push(serde_json::from_str(&body)?);
        } else {
            tallies.push(serde_json::from_str(&body)?);
        }
    }
    Ok((parts, tallies))
}

/// All that is kept, and the number of the last change in it.
pub async fn load(db: &Db) -> Result<(i64, Vec<Part>, Vec<Tally>)> {
    // One statement sees one state, so the number and the figures belong together.
    let query = "SELECT feed.change, rollup.kind, rollup.body FROM feed LEFT JOIN rollup ON TRUE";
    type Row = (i64, Option<String>, Option<String>);
    let rows = on!(read db, |pool| sqlx::query_as::<_, Row>(query).fetch_all(pool).await?);
    let change = rows.first().map_or(0, |row| row.0);
    let (parts, tallies) = read(rows.into_iter().filter_map(|(_, kind, body)| kind.zip(body)).collect())?;
    Ok((change, parts, tallies))
}

/// A figure that is kept and differs from what the entries make.
#[derive(Debug)]
pub struct Difference {
    /// Which.
    pub key: String,
    /// What is kept.
    pub kept: Option<String>,
    /// What the entries make.
    pub counted: Option<String>,
}

/// Computes all from the entries and compares.
pub async fn verify(db: &Db, catalogue: &Catalogue) -> Result<Vec<Difference>> {
    let mut tx = db.begin().await?;
    // No entry changes while they are read.
    super::feed::lock(&mut tx).await?;
    let entries = "SELECT id, fields FROM record WHERE kind = 'entry' AND NOT deleted";
    let rollups = "SELECT key, body FROM rollup";
    let (entries, rollups) = on!(write &mut tx, |connection| (
        sqlx::query_as::<_, (Uuid, String)>(entries).fetch_all(&mut *connection).await?,
        sqlx::query_as::<_, (String, String)>(rollups).fetch_all(&mut *connection).await?
    ));
    let mut overview = Overview { catalogue: catalogue.clone(), ..Overview::default() };
    let mut parsed: Vec<(Uuid, Entry)> = Vec::with_capacity(entries.len());
    for (id, fields) in entries {
        parsed.push((id, serde_json::from_str(&fields)?));
    }
    overview.add(parsed.iter().map(|(id, entry)| (*id, entry)));
    let mut kept: BTreeMap<String, String> = rollups.into_iter().collect();
    let mut differences = Vec::new();
    for Row { key, body: counted, .. } in rows_of(&overview)? {
        let kept = kept.remove(&key);
        if kept.as_ref() != Some(&counted) {
            differences.push(Difference { key, kept, counted: Some(counted) });
        }
    }
    let left = |(key, kept)| Difference { key, kept: Some(kept), counted: None };
    differences.extend(kept.into_iter().map(left));
    Ok(differences)
}
