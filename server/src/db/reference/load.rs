//! Reference data that entries are validated against: catalogue, places, organisations and pairings. It changes seldom,
//! so a server caches it.

use crate::db::records::record::RecordRow;
use crate::db::records::stored;
use crate::db::{Db, Result, Tx, feed, with_db};
use jiedui_core::catalogue::Catalogue;
use jiedui_core::directory::Directory;
use jiedui_core::directory::index::DirectoryIndex;
use jiedui_core::directory::organisation::{Organisation, Pairing};
use jiedui_core::directory::place::{Level, Place, Places, Side};
use jiedui_core::entry::Rules;
use jiedui_core::sync::Kind;
use jiedui_core::values::month::Month;
use pinyin::ToPinyin;
use serde::de::DeserializeOwned;
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
    let closed: Vec<String> = with_db!(primary db, |pool| sqlx::query_scalar(closed).fetch_all(pool).await?);
    let catalogue = "SELECT version, body FROM catalogue ORDER BY version DESC LIMIT 1";
    let places = "SELECT code, parent, name, side FROM place";
    let (catalogue, places) = with_db!(primary db, |pool| (
        sqlx::query_as::<_, (i64, String)>(catalogue).fetch_optional(pool).await?,
        sqlx::query_as::<_, PlaceRow>(places).fetch_all(pool).await?
    ));
    let place = |PlaceRow { code, parent, name, side }: PlaceRow| {
        let (level, side) = (level(&code), if side == "a" { Side::A } else { Side::B });
        let mut place = Place { code, parent, level, name, side, initials: String::new() };
        place.initials = initials(place.short_name());
        place
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
    text.parse().inspect_err(|_| stored::log("closed month", text)).ok()
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
    let rows: Vec<BodyRow> =
        with_db!(primary db, |pool| sqlx::query_as(OF_KIND).bind(kind.as_str()).fetch_all(pool).await?);
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
    let (organisations, pairings) = with_db!(tx &mut *tx, |connection| (
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_the_first_letters_of_pinyin() {
        assert_eq!(initials("罗甸县沫阳镇A区"), "ldxmyzAq");
    }
}
