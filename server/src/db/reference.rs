//! What entries are checked against: catalogue, places, organisations and pairings. It changes seldom, so a server
//! holds it in memory.

use super::{Db, Result, Tx, feed, on};
use jiedui_core::domain::entry::{Fields, Rules};
use jiedui_core::domain::place::{Level, Place, Places, Side};
use jiedui_core::domain::{Catalogue, Organisation, Pairing};
use jiedui_core::sync::wire::{ENTRY, ORGANISATION, PAIRING};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::{Postgres, QueryBuilder, Sqlite};
use time::Date;
use uuid::Uuid;

/// The whole of it.
#[derive(Clone, Debug, Default)]
pub struct Reference {
    /// Programmes, indicators, forms.
    pub catalogue: Catalogue,
    /// The tree.
    pub places: Places,
    /// The directory.
    pub organisations: Vec<Organisation>,
    /// Who is paired with whom.
    pub pairings: Vec<Pairing>,
}

impl Reference {
    /// The rules that an entry must keep, if today is `last_day`.
    pub fn rules(&self, last_day: Date) -> Rules<'_> {
        Rules {
            catalogue: &self.catalogue,
            places: &self.places,
            organisations: &self.organisations,
            pairings: &self.pairings,
            last_day: Some(last_day),
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

/// Reads it.
pub async fn load(db: &Db) -> Result<Reference> {
    type PlaceRow = (String, String, String, String);
    let catalogue = "SELECT body FROM catalogue ORDER BY version DESC LIMIT 1";
    let places = "SELECT code, parent, name, side FROM place";
    let (catalogue, places) = on!(read db, |pool| (
        sqlx::query_scalar::<_, String>(catalogue).fetch_optional(pool).await?,
        sqlx::query_as::<_, PlaceRow>(places).fetch_all(pool).await?
    ));
    let place = |(code, parent, name, side): PlaceRow| Place {
        level: level(&code),
        side: if side == "a" { Side::A } else { Side::B },
        code,
        parent,
        name,
    };
    Ok(Reference {
        catalogue: catalogue.map(|body| serde_json::from_str(&body)).transpose()?.unwrap_or_default(),
        places: Places::new(places.into_iter().map(place).collect()),
        organisations: bodies(db, ORGANISATION).await?,
        pairings: bodies(db, PAIRING).await?,
    })
}

async fn bodies<T: DeserializeOwned>(db: &Db, kind: &str) -> Result<Vec<T>> {
    let query = "SELECT fields FROM record WHERE kind = $1 AND NOT deleted ORDER BY id";
    let rows = on!(read db, |pool| sqlx::query_scalar::<_, String>(query).bind(kind).fetch_all(pool).await?);
    rows.iter().map(|body| Ok(serde_json::from_str(body)?)).collect()
}

/// Fills an empty database; false where somebody has done so before.
pub async fn fill(db: &Db, reference: &Reference, opening: &[(Uuid, Fields)]) -> Result<bool> {
    let mut tx = db.begin().await?;
    let mut change = feed::lock(&mut tx).await?;
    let count = "SELECT COUNT(*) FROM catalogue";
    if on!(write &mut tx, |connection| sqlx::query_scalar::<_, i64>(count).fetch_one(connection).await?) > 0 {
        return Ok(false);
    }
    let query = "INSERT INTO catalogue (version, body) VALUES ($1, $2)";
    let body = serde_json::to_string(&reference.catalogue)?;
    on!(write &mut tx, |connection| sqlx::query(query)
        .bind(i64::from(reference.catalogue.version))
        .bind(body)
        .execute(connection)
        .await
        .map(drop)?);
    add_places(&mut tx, reference.places.all()).await?;
    for organisation in &reference.organisations {
        change += 1;
        add(&mut tx, ORGANISATION, organisation.id, organisation, change, &organisation.place).await?;
    }
    for pairing in &reference.pairings {
        change += 1;
        add(&mut tx, PAIRING, pairing.id, pairing, change, "").await?;
    }
    let mut figures = super::rollup::Pending::default();
    for (id, fields) in opening {
        change += 1;
        add(&mut tx, ENTRY, *id, fields, change, "").await?;
        super::entry::index(&mut tx, *id, fields, &reference.catalogue).await?;
        figures.touched(fields);
    }
    super::rollup::write(&mut tx, figures, &reference.catalogue).await?;
    feed::advance(&mut tx, change).await?;
    tx.commit().await?;
    Ok(true)
}

async fn add_places(tx: &mut Tx, places: &[Place]) -> Result<()> {
    let side = |place: &Place| if place.side == Side::A { "a" } else { "b" };
    let level = |place: &Place| match place.level {
        Level::City => "city",
        Level::County => "county",
        Level::Township => "township",
        Level::Village => "village",
    };
    let query = "INSERT INTO place (code, parent, level, name, side) ";
    // SQLite takes at most 32,766 parameters in a statement.
    for chunk in places.chunks(1_000) {
        match tx {
            Tx::Sqlite(transaction) => {
                let mut builder = QueryBuilder::<Sqlite>::new(query);
                builder.push_values(chunk, |mut row, place| {
                    row.push_bind(&place.code).push_bind(&place.parent).push_bind(level(place));
                    row.push_bind(&place.name).push_bind(side(place));
                });
                builder.build().execute(&mut **transaction).await?;
            }
            Tx::Postgres(transaction) => {
                let mut builder = QueryBuilder::<Postgres>::new(query);
                builder.push_values(chunk, |mut row, place| {
                    row.push_bind(&place.code).push_bind(&place.parent).push_bind(level(place));
                    row.push_bind(&place.name).push_bind(side(place));
                });
                builder.build().execute(&mut **transaction).await?;
            }
        }
    }
    Ok(())
}

async fn add(tx: &mut Tx, kind: &str, id: Uuid, fields: &impl Serialize, change: i64, place: &str) -> Result<()> {
    let record =
        "INSERT INTO record (id, kind, rev, fields, deleted, change, created, activity, programme, place, month, state)
        VALUES ($1, $2, 1, $3, FALSE, $4, $4, '', '', $5, '', '')";
    let revision =
        "INSERT INTO revision (record, rev, fields, deleted, changed, at) VALUES ($1, 1, $2, FALSE, '[]', $3)";
    let fields = serde_json::to_string(fields)?;
    on!(write tx, |connection| {
        sqlx::query(record)
            .bind(id)
            .bind(kind)
            .bind(&fields)
            .bind(change)
            .bind(place)
            .execute(&mut *connection)
            .await?;
        sqlx::query(revision).bind(id).bind(&fields).bind(super::now()).execute(&mut *connection).await?;
    });
    Ok(())
}
