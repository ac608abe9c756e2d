//! Reference data that entries are validated against: catalogue, places, organisations and pairings. It changes seldom,
//! so a server caches it.

use crate::db::bulk::insert;
use crate::db::records::record::{self, RecordRow};
use crate::db::records::revision::Revision;
use crate::db::records::stored::{self, Unreadable};
use crate::db::{Db, Result, Tx, feed, on};
use jiedui_core::catalogue::Catalogue;
use jiedui_core::directory::Directory;
use jiedui_core::directory::index::DirectoryIndex;
use jiedui_core::directory::organisation::{Organisation, Pairing};
use jiedui_core::directory::place::{Level, Place, Places, Side};
use jiedui_core::entry::Entry;
use jiedui_core::entry::{Fields, Rules};
use jiedui_core::sync::Kind;
use jiedui_core::values::month::Month;
use pinyin::ToPinyin;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::sync::OnceLock;
use time::Date;
use uuid::Uuid;

/// Reference data.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    /// Programmes, indicators, forms.
    pub catalogue: Catalogue,
    /// Tree of places.
    pub places: Places,
    /// The directory.
    pub organisations: Vec<Organisation>,
    /// Pairings.
    pub pairings: Vec<Pairing>,
    /// Months that are closed.
    pub closed: Vec<Month>,
    /// Version of the reference data in the database.
    pub version: i64,
    /// Index of the directory, created when first needed.
    pub index: OnceLock<DirectoryIndex>,
}

impl Reference {
    /// Organisations and pairings.
    pub fn directory(&self) -> Directory<'_> {
        Directory { organisations: &self.organisations, pairings: &self.pairings }
    }

    /// Returns the index of the directory.
    pub fn index(&self) -> &DirectoryIndex {
        self.index.get_or_init(|| DirectoryIndex::new(self.directory()))
    }

    /// Returns the rules that entries are validated against. `last_day` is the latest allowed date.
    pub fn rules(&self, last_day: Date) -> Rules<'_> {
        Rules {
            catalogue: &self.catalogue,
            places: &self.places,
            organisations: &self.organisations,
            pairings: &self.pairings,
            last_day: Some(last_day),
            closed: &self.closed,
        }
    }
}

fn level(code: &str) -> Level {
    match code.len() {
        ..=4 => Level::City,
        5..=6 => Level::County,
        7..=9 => Level::Township,
        _ => Level::Village,
    }
}

#[derive(sqlx::FromRow)]
struct PlaceRow {
    code: String,
    parent: String,
    name: String,
    side: String,
}

/// Reads the reference data.
pub async fn load(db: &Db) -> Result<Reference> {
    // Read first: a change while the rest is read raises it, and everything is read again.
    let version = feed::reference(db).await?;
    let closed = "SELECT month FROM closed_month ORDER BY month";
    let closed: Vec<String> = on!(now db, |pool| sqlx::query_scalar(closed).fetch_all(pool).await?);
    let catalogue = "SELECT version, body FROM catalogue ORDER BY version DESC LIMIT 1";
    let places = "SELECT code, parent, name, side FROM place";
    let (catalogue, places) = on!(now db, |pool| (
        sqlx::query_as::<_, (i64, String)>(catalogue).fetch_optional(pool).await?,
        sqlx::query_as::<_, PlaceRow>(places).fetch_all(pool).await?
    ));
    let place = |PlaceRow { code, parent, name, side }: PlaceRow| Place {
        level: level(&code),
        side: if side == "a" { Side::A } else { Side::B },
        code,
        parent,
        name,
    };
    let catalogue = catalogue.map(|(version, body)| stored::parse("catalogue", version, &body)).transpose()?;
    let organisations = of_kind(db, &Kind::Organisation, |organisation: &mut Organisation, rev| {
        organisation.initials = initials(&organisation.name);
        organisation.rev = rev;
    });
    let organisations = organisations.await?;
    let pairings = of_kind(db, &Kind::Pairing, |pairing: &mut Pairing, rev| pairing.rev = rev).await?;
    Ok(Reference {
        catalogue: catalogue.unwrap_or_default(),
        places: Places::new(places.into_iter().map(place).collect()),
        organisations,
        pairings,
        closed: closed.iter().filter_map(|month| closed_month(month)).collect(),
        version,
        index: OnceLock::new(),
    })
}

fn closed_month(text: &str) -> Option<Month> {
    text.parse().inspect_err(|error| stored::log("closed month", text, error)).ok()
}

/// Returns the first letter of each character's commonest reading; other characters are unchanged.
fn initials(name: &str) -> String {
    name.chars()
        .map(|letter| letter.to_pinyin().map_or(letter.to_string(), |reading| reading.first_letter().to_owned()))
        .collect()
}

/// Selects the records of a kind other than `entry`. Both databases use the partial index `record_other` only where the query
/// repeats its condition.
pub(in crate::db) const OF_KIND: &str =
    "SELECT id, rev, fields FROM record WHERE kind = $1 AND kind <> 'entry' AND NOT deleted ORDER BY id";

/// A row of [`OF_KIND`].
#[derive(sqlx::FromRow)]
struct BodyRow {
    id: Uuid,
    rev: i64,
    fields: String,
}

/// Reads the records of a kind, and completes each from its revision. Unreadable records are logged and omitted.
async fn of_kind<T: DeserializeOwned>(db: &Db, kind: &Kind, complete: impl Fn(&mut T, u64)) -> Result<Vec<T>> {
    let rows: Vec<BodyRow> = on!(now db, |pool| sqlx::query_as(OF_KIND).bind(kind.as_str()).fetch_all(pool).await?);
    records(&rows, kind, complete)
}

/// Parses the records of a kind. Unreadable records are logged and omitted.
fn records<T: DeserializeOwned>(rows: &[BodyRow], kind: &Kind, complete: impl Fn(&mut T, u64)) -> Result<Vec<T>> {
    let record = |row: &BodyRow| {
        let mut record = stored::parse(kind.as_str(), row.id, &row.fields)?;
        complete(&mut record, stored::unsigned(kind.as_str(), row.id, "rev", row.rev)?);
        Ok(record)
    };
    rows.iter().filter_map(|row| stored::omit_unreadable(record(row)).transpose()).collect()
}

/// Reads the directory, and returns its index before and after one of its records is written. Reads in the transaction that
/// writes: to wait for another connection while it holds the lock could block all of them.
pub async fn directories(tx: &mut Tx, row: &RecordRow) -> Result<(DirectoryIndex, DirectoryIndex)> {
    let (organisations, pairings) = on!(in &mut *tx, |connection| (
        sqlx::query_as::<_, BodyRow>(OF_KIND).bind(Kind::Organisation.as_str()).fetch_all(&mut *connection).await?,
        sqlx::query_as::<_, BodyRow>(OF_KIND).bind(Kind::Pairing.as_str()).fetch_all(&mut *connection).await?
    ));
    let mut organisations: Vec<Organisation> = records(&organisations, &Kind::Organisation, |_, _| {})?;
    let mut pairings: Vec<Pairing> = records(&pairings, &Kind::Pairing, |_, _| {})?;
    let index = |organisations: &[Organisation], pairings: &[Pairing]| {
        DirectoryIndex::new(Directory { organisations, pairings })
    };
    let before = index(&organisations, &pairings);
    let fields = serde_json::Value::Object(row.fields.clone());
    match row.kind {
        Kind::Organisation => {
            organisations.retain(|organisation| organisation.id != row.id);
            organisations.push(serde_json::from_value(fields)?);
        }
        _ => {
            pairings.retain(|pairing| pairing.id != row.id);
            pairings.push(serde_json::from_value(fields)?);
        }
    }
    Ok((before, index(&organisations, &pairings)))
}

/// Fills an empty database; returns false if it was filled before. In that case the program's catalogue replaces an
/// older one, and existing entries keep their form versions.
pub async fn fill(db: &Db, reference: &Reference, opening: &[(Uuid, Fields)]) -> Result<bool> {
    let mut tx = db.begin().await?;
    let mut change = feed::lock(&mut tx).await?.change;
    let latest = "SELECT COALESCE(MAX(version), 0) FROM catalogue";
    let latest = on!(in &mut tx, |connection| sqlx::query_scalar::<_, i64>(latest).fetch_one(connection).await?);
    let version = i64::from(reference.catalogue.version);
    if latest < version {
        let older = "SELECT body FROM catalogue ORDER BY version DESC LIMIT 1";
        let older =
            on!(in &mut tx, |connection| sqlx::query_scalar::<_, String>(older).fetch_optional(connection).await?);
        let older: Catalogue =
            older.map(|body| stored::parse("catalogue", latest, &body)).transpose()?.unwrap_or_default();
        let query = "INSERT INTO catalogue (version, body) VALUES ($1, $2)";
        let body = serde_json::to_string(&reference.catalogue.after(&older))?;
        on!(in &mut tx, |connection| sqlx::query(query).bind(version).bind(body).execute(connection).await.map(drop)?);
    }
    if latest > 0 {
        tx.commit().await?;
        return Ok(false);
    }
    add_places(&mut tx, reference.places.all()).await?;
    let mut rows = directory_rows(&reference.organisations, &reference.pairings)?;
    let mut figures = crate::db::figures::rollup::Pending::default();
    for (id, fields) in opening {
        rows.push(new_row(Kind::Entry, *id, fields.clone()));
        figures.add(*id, Entry::from_checked(fields).as_ref(), &reference.catalogue);
    }
    number(&mut rows, &mut change);
    record::write(&mut tx, &rows, &reference.catalogue).await?;
    figures.condense();
    let directory = reference.index();
    crate::db::figures::rollup::write(&mut tx, figures.counted(directory), directory, change).await?;
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

/// Reads a version of the catalogue; `None` if it does not exist or cannot be read.
pub async fn catalogue(db: &Db, version: u32) -> Result<Option<Catalogue>> {
    let query = "SELECT body FROM catalogue WHERE version = $1";
    let body = on!(now db, |pool| sqlx::query_scalar::<_, String>(query)
        .bind(i64::from(version))
        .fetch_optional(pool)
        .await?);
    Ok(body.and_then(|body| stored::read("catalogue", version, &body)))
}

/// Adds the unreadable versions of the catalogue and closed months to a list.
pub async fn note_unreadable(tx: &mut Tx, found: &mut Vec<Unreadable>) -> Result<()> {
    let (catalogues, months) = ("SELECT version, body FROM catalogue", "SELECT month FROM closed_month");
    let (catalogues, months) = on!(in tx, |connection| (
        sqlx::query_as::<_, (i64, String)>(catalogues).fetch_all(&mut *connection).await?,
        sqlx::query_scalar::<_, String>(months).fetch_all(&mut *connection).await?
    ));
    for (version, body) in catalogues {
        stored::note_unreadable(stored::parse::<Catalogue>("catalogue", version, &body), found)?;
    }
    for month in months {
        let read = month.parse::<Month>().map_err(|error| stored::unreadable("closed month", &month, &error));
        stored::note_unreadable(read, found)?;
    }
    Ok(())
}

/// Stores the next version of the catalogue. Returns false if that version exists already.
pub async fn store_catalogue(db: &Db, catalogue: &Catalogue) -> Result<bool> {
    let mut tx = db.begin().await?;
    let change = feed::lock(&mut tx).await?.change;
    let latest = "SELECT COALESCE(MAX(version), 0) FROM catalogue";
    let latest = on!(in &mut tx, |connection| sqlx::query_scalar::<_, i64>(latest).fetch_one(connection).await?);
    let version = i64::from(catalogue.version);
    if latest + 1 != version {
        tx.rollback().await?;
        return Ok(false);
    }
    let query = "INSERT INTO catalogue (version, body) VALUES ($1, $2)";
    let body = serde_json::to_string(catalogue)?;
    on!(in &mut tx, |connection| sqlx::query(query).bind(version).bind(body).execute(connection).await.map(drop)?);
    feed::change_reference(&mut tx).await?;
    feed::advance(&mut tx, change + 1).await?;
    tx.commit().await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_the_first_letters_of_pinyin() {
        assert_eq!(initials("罗甸县沫阳镇A区"), "ldxmyzAq");
    }
}
