//! All that the shared view is drawn from, in one piece: what the app keeps on the phone.

use super::App;
use super::problem::Problem;
use crate::auth::MayView;
use crate::db::reference::Reference;
use crate::db::{Db, DbError, feed, figures};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiedui_core::domain::place::Level;
use jiedui_core::domain::{Catalogue, Overview};
use std::cmp::Ordering;
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
    /// The overview of all that is committed by now.
    pub async fn current(&self, db: &Db, reference: &Reference) -> Result<Arc<Snapshot>, DbError> {
        let change = feed::last_change(db).await?;
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
            None => Overview { change: -1, ..of_reference(reference) },
        };
        let (change, parts, tallies) = figures::by_town_since(db, overview.change).await?;
        renew(&mut overview.parts, parts, |one, other| one.key().cmp(&other.key()), |part| part.entries != 0);
        renew(&mut overview.tallies, tallies, |one, other| one.key().cmp(&other.key()), |tally| tally.entries != 0);
        overview.change = change;
        overview.as_of = crate::db::instant(crate::db::now());
        Ok(held.insert(Arc::new(Snapshot { overview, json: OnceLock::new() })).clone())
    }
}

/// What changes seldom.
fn of_reference(reference: &Reference) -> Overview {
    Overview {
        catalogue: Catalogue::clone(&reference.catalogue),
        places: reference.places.all().iter().filter(|place| place.level < Level::Village).cloned().collect(),
        organisations: reference.organisations.clone(),
        pairings: reference.pairings.clone(),
        ..Overview::default()
    }
}

/// Puts changed items in the place of like ones; those that came to nothing go.
fn renew<T>(items: &mut Vec<T>, mut changed: Vec<T>, order: impl Fn(&T, &T) -> Ordering, counts: impl Fn(&T) -> bool) {
    changed.sort_by(&order);
    items.retain(|item| changed.binary_search_by(|own| order(own, item)).is_err());
    items.extend(changed.into_iter().filter(counts));
    items.sort_by(order);
}

impl App {
    /// The overview of all that is committed by now.
    pub async fn overview(&self) -> Result<Arc<Snapshot>, DbError> {
        self.overviews.current(&self.db, &self.reference).await
    }
}

/// The whole overview; `If-None-Match` spares a phone what it has.
#[utoipa::path(get, path = "/api/v1/overview", responses((status = 200, description = "catalogue, places above villages, \
    organisations, pairings, and the parts of which the figures are made"), (status = 304, description = "nothing new")))]
pub async fn overview(State(app): State<App>, _: MayView, headers: HeaderMap) -> Result<Response, Problem> {
    let snapshot = app.overview().await?;
    let tag = format!("\"{}-{}\"", snapshot.overview.change, env!("CARGO_PKG_VERSION"));
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let headers = [(header::ETAG, tag), (header::CACHE_CONTROL, "no-cache".to_owned())];
    Ok(if known {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        (headers, [(header::CONTENT_TYPE, "application/json")], snapshot.json()?).into_response()
    })
}
