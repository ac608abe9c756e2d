//! All that the shared view is drawn from, in one piece: what the app keeps on the phone.

use super::App;
use super::problem::Problem;
use super::query::Query;
use crate::auth::MayView;
use crate::db::reference::Reference;
use crate::db::{Db, DbError, figures};
use crate::known::Known;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiedui_core::catalogue::Catalogue;
use jiedui_core::directory::place::Level;
use jiedui_core::figures::summary::Overview;
use sha2::{Digest, Sha256};
use std::sync::{Arc, OnceLock};
use tokio::sync::RwLock;

/// An overview and its JSON.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The overview.
    pub overview: Overview,
    json: OnceLock<Bytes>,
}

impl Snapshot {
    /// The overview as it is sent.
    fn json(&self) -> Result<Bytes, DbError> {
        if let Some(json) = self.json.get() {
            return Ok(json.clone());
        }
        let json = serde_json::to_vec(&self.overview)?;
        Ok(self.json.get_or_init(|| json.into()).clone())
    }
}

/// The last overview; what has changed since is read when it is asked for.
#[derive(Debug, Default)]
pub struct Overviews(RwLock<Option<Arc<Snapshot>>>);

impl Overviews {
    /// The overview of all up to a change, or of more.
    async fn current(&self, db: &Db, known: &Known, change: i64) -> Result<Arc<Snapshot>, DbError> {
        let fresh = |held: &Option<Arc<Snapshot>>| held.clone().filter(|held| held.overview.change >= change);
        if let Some(snapshot) = fresh(&*self.0.read().await) {
            return Ok(snapshot);
        }
        // Of many who ask at once, one reads and the others wait for it.
        let mut held = self.0.write().await;
        if let Some(snapshot) = fresh(&held) {
            return Ok(snapshot);
        }
        let mut overview = match held.take().map(Arc::try_unwrap) {
            Some(Ok(own)) => own.overview,
            Some(Err(shared)) => shared.overview.clone(),
            None => Overview { edition: known.edition.clone(), ..of_reference(&known.reference) },
        };
        overview.renew(news(db, overview.edition.clone(), overview.change).await?);
        Ok(held.insert(Arc::new(Snapshot { overview, json: OnceLock::new() })).clone())
    }
}

/// What changes seldom, before any entry.
fn of_reference(reference: &Reference) -> Overview {
    Overview {
        change: -1,
        catalogue: Catalogue::clone(&reference.catalogue),
        places: reference.places.all().iter().filter(|place| place.level < Level::Village).cloned().collect(),
        organisations: reference.organisations.clone(),
        pairings: reference.pairings.clone(),
        closed: reference.closed.clone(),
        ..Overview::default()
    }
}

/// The [`Overview::edition`] of a database in this life of it, the `epoch`.
pub fn edition(reference: &Reference, epoch: i64) -> Result<String, DbError> {
    let hash = Sha256::digest(serde_json::to_vec(&(of_reference(reference), epoch))?);
    Ok(hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

/// What has changed since an overview of this edition.
async fn news(db: &Db, edition: String, since: i64) -> Result<Overview, DbError> {
    let (change, parts, tallies) = figures::by_town_since(db, since).await?;
    let as_of = crate::db::instant(crate::db::now());
    Ok(Overview { change, as_of, edition, since: Some(since), parts, tallies, ..Overview::default() })
}

impl App {
    /// The overview of all that is committed by now.
    pub async fn overview(&self) -> Result<Arc<Snapshot>, DbError> {
        let (known, change) = self.known.fresh(&self.db).await?;
        known.overviews.current(&self.db, &known, change).await
    }

    /// What counts at a village.
    pub async fn of_village(&self, village: &str) -> Result<Overview, DbError> {
        let snapshot = self.overview().await?;
        let entries = figures::entries_at(&self.db, village, (0, 9999)).await?;
        Ok(snapshot.overview.of_village(village, entries.iter().map(|(id, entry)| (*id, entry))))
    }
}

/// The whole overview, or of an edition that the phone has only what has changed `since` a change: each part and tally as
/// it stands now, with no entries where none are left. `If-None-Match` spares a phone the whole where it has it. At a
/// village: what counts there, which the whole does not tell.
#[utoipa::path(get, path = "/api/v1/overview", params(
    ("since" = Option<i64>, Query, description = "the `change` of the overview that the client has"),
    ("edition" = Option<String>, Query, description = "its `edition`; where that is no longer right, the whole comes"),
    ("village" = Option<String>, Query, description = "the code of a village; `since` and `edition` then say nothing")),
    responses((status = 200, description = "catalogue, places above villages, \
    organisations, pairings, and the parts of which the figures are made"), (status = 304, description = "nothing new")))]
pub async fn overview(
    State(app): State<App>,
    _: MayView,
    mut query: Query,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (since, edition, village) = (query.parsed("since"), query.code("edition"), query.code("village"));
    query.done()?;
    if let Some(village) = village {
        return Ok(axum::Json(app.of_village(&village).await?).into_response());
    }
    if let (Some(since), Some(edition)) = (since, edition)
        && edition == app.known.fresh(&app.db).await?.0.edition
    {
        return Ok(axum::Json(news(&app.db, edition, since).await?).into_response());
    }
    let snapshot = app.overview().await?;
    let tag = format!("\"{}-{}-{}\"", snapshot.overview.edition, snapshot.overview.change, env!("CARGO_PKG_VERSION"));
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let headers = [(header::ETAG, tag), (header::CACHE_CONTROL, "no-cache".to_owned())];
    Ok(if known {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        (headers, [(header::CONTENT_TYPE, "application/json")], snapshot.json()?).into_response()
    })
}
