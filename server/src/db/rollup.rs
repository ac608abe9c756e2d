//! Figures kept, not counted: what core's aggregation makes of the entries of a cell (a place and a month), renewed in
//! the transaction that changes one of them.

use super::record::insert;
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
    let mut overview = Overview { catalogue: catalogue.clone(), ..Overview::default() };
    for cell in &pending.changed {
        (overview.parts, overview.tallies) = (Vec::new(), Vec::new());
        let entries = entries_of(tx, cell).await?;
        overview.add(entries.iter().map(|(id, entry)| (*id, entry)));
        replace(tx, cell, &overview).await?;
    }
    for (cell, entries) in pending.added.iter().filter(|(cell, _)| !pending.changed.contains(*cell)) {
        let query = "SELECT kind, body FROM rollup WHERE place = $1 AND month = $2";
        let rows = on!(write tx, |connection| sqlx::query_as::<_, (String, String)>(query)
            .bind(&cell.0)
            .bind(&cell.1)
            .fetch_all(connection)
            .await?);
        (overview.parts, overview.tallies) = read(rows)?;
        overview.add(entries.iter().map(|(id, entry)| (*id, entry)));
        replace(tx, cell, &overview).await?;
    }
    Ok(())
}

async fn entries_of(tx: &mut Tx, cell: &Cell) -> Result<Vec<(Uuid, Entry)>> {
    let query = "SELECT id, fields FROM record WHERE place = $1 AND month = $2 AND kind = 'entry' AND NOT deleted";
    let rows = on!(write tx, |connection| sqlx::query_as::<_, (Uuid, String)>(query)
        .bind(&cell.0)
        .bind(&cell.1)
        .fetch_all(connection)
        .await?);
    rows.into_iter().map(|(id, fields)| Ok((id, serde_json::from_str(&fields)?))).collect()
}

async fn replace(tx: &mut Tx, (place, month): &Cell, overview: &Overview) -> Result<()> {
    let delete = "DELETE FROM rollup WHERE place = $1 AND month = $2";
    on!(write &mut *tx, |connection| sqlx::query(delete).bind(place).bind(month).execute(connection).await.map(drop)?);
    let rows = rows_of(overview)?;
    insert!(tx, "INSERT INTO rollup (key, place, month, kind, body) ", rows, "", |values, row| {
        let (key, kind, body) = row;
        values.push_bind(key).push_bind(place).push_bind(month).push_bind(*kind).push_bind(body);
    });
    Ok(())
}

/// The rows that an overview is kept as: key, kind, body.
fn rows_of(overview: &Overview) -> Result<Vec<(String, &'static str, String)>> {
    let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let mut rows = Vec::new();
    for part in &overview.parts {
        let Part { indicator, place, pairing, month, verified, subject, .. } = part;
        let subject = subject.as_deref().unwrap_or_default();
        let key = format!("{PART}|{indicator}|{place}|{}|{month}|{verified}|{subject}", id(*pairing));
        rows.push((key, PART, serde_json::to_string(part)?));
    }
    for tally in &overview.tallies {
        let Tally { programme, place, pairing, organisation, month, verified, .. } = tally;
        let key = format!("{TALLY}|{programme}|{place}|{}|{}|{month}|{verified}", id(*pairing), id(*organisation));
        rows.push((key, TALLY, serde_json::to_string(tally)?));
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
    for (key, _, counted) in rows_of(&overview)? {
        let kept = kept.remove(&key);
        if kept.as_ref() != Some(&counted) {
            differences.push(Difference { key, kept, counted: Some(counted) });
        }
    }
    let left = |(key, kept)| Difference { key, kept: Some(kept), counted: None };
    differences.extend(kept.into_iter().map(left));
    Ok(differences)
}
