//! Content of an empty database, and generated organisations and pairings.

use crate::db::bulk::insert;
use crate::db::figures::rollup;
use crate::db::records::record::{self, RecordRow};
use crate::db::records::revision::Revision;
use crate::db::reference::catalogue;
use crate::db::reference::load::Reference;
use crate::db::{Db, Result, Tx, feed};
use jiedui_core::catalogue::Catalogue;
use jiedui_core::directory::organisation::{Organisation, Pairing};
use jiedui_core::directory::place::{Level, Place, Side};
use jiedui_core::entry::{Entry, Fields};
use jiedui_core::sync::Kind;
use serde::Serialize;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Fills an empty database; returns false if it was filled before. In that case the program's catalogue replaces an
/// older one, and existing entries keep their form versions.
pub async fn fill(db: &Db, reference: &Reference, opening: &[(Uuid, Fields)]) -> Result<bool> {
    let mut tx = db.begin().await?;
    let mut change = feed::lock(&mut tx).await?.change;
    let is_filled = catalogue::update(&mut tx, &reference.catalogue).await?;
    if is_filled {
        tx.commit().await?;
        return Ok(false);
    }
    add_places(&mut tx, reference.places.all()).await?;
    let mut rows = directory_rows(&reference.organisations, &reference.pairings)?;
    let mut figures = rollup::Pending::default();
    for (id, fields) in opening {
        rows.push(new_row(Kind::Entry, *id, fields.clone()));
        figures.add(*id, Entry::from_checked(fields).as_ref(), &reference.catalogue);
    }
    number(&mut rows, &mut change);
    record::write(&mut tx, &rows, &reference.catalogue).await?;
    figures.condense();
    let directory = reference.index();
    rollup::write(&mut tx, figures.counted(directory), directory, change).await?;
    feed::advance(&mut tx, change).await?;
    tx.commit().await?;
    Ok(true)
}

/// Adds generated organisations and pairings, except existing ones.
pub async fn add_directory(db: &Db, organisations: &[Organisation], pairings: &[Pairing]) -> Result<()> {
    let mut tx = db.begin().await?;
    let mut change = feed::lock(&mut tx).await?.change;
    let mut rows = directory_rows(organisations, pairings)?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let existing: BTreeSet<Uuid> = record::existing(&mut tx, &ids).await?;
    rows.retain(|row| !existing.contains(&row.id));
    number(&mut rows, &mut change);
    record::write(&mut tx, &rows, &Catalogue::default()).await?;
    feed::advance(&mut tx, change).await?;
    tx.commit().await
}

fn directory_rows(organisations: &[Organisation], pairings: &[Pairing]) -> Result<Vec<RecordRow>> {
    let organisations = organisations
        .iter()
        .map(|organisation| Ok(new_row(Kind::Organisation, organisation.id, fields_of(organisation)?)));
    let pairings = pairings.iter().map(|pairing| Ok(new_row(Kind::Pairing, pairing.id, fields_of(pairing)?)));
    organisations.chain(pairings).collect()
}

/// Creates the row of a record without an author. Its number is set later.
fn new_row(kind: Kind, id: Uuid, fields: Fields) -> RecordRow {
    let last = Revision { rev: 1, changed: BTreeSet::new(), by: None, at: crate::db::now() };
    RecordRow { id, kind, fields, deleted: false, change: 0, created: 0, author: None, former: Vec::new(), last }
}

/// Numbers the rows of new records, from the change after `change`.
fn number(rows: &mut [RecordRow], change: &mut i64) {
    for row in rows {
        *change += 1;
        (row.change, row.created) = (*change, *change);
    }
}

/// Returns the fields of a record.
pub fn fields_of(record: &impl Serialize) -> Result<Fields> {
    Ok(serde_json::from_value(serde_json::to_value(record)?)?)
}

async fn add_places(tx: &mut Tx, places: &[Place]) -> Result<()> {
    let level = |place: &Place| match place.level {
        Level::City => "city",
        Level::County => "county",
        Level::Township => "township",
        Level::Village => "village",
    };
    insert!(tx, "INSERT INTO place (code, parent, level, name, side) ", places, "", |values, place| {
        let side = if place.side == Side::A { "a" } else { "b" };
        values.push_bind(&place.code).push_bind(&place.parent).push_bind(level(place));
        values.push_bind(&place.name).push_bind(side);
    });
    Ok(())
}
