//! All that the shared view is drawn from, in one piece: what the app keeps on the phone.

use super::App;
use super::problem::Problem;
use crate::auth::MayView;
use crate::db::reference::Reference;
use crate::db::{Db, DbError, feed, rollup};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiedui_core::domain::place::Level;
use jiedui_core::domain::{Catalogue, Overview};
use std::sync::Arc;
use tokio::sync::RwLock;

/// An overview and its JSON.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The overview.
    pub overview: Overview,
    /// The same, as it is sent.
    pub json: Bytes,
}

/// The last overview, read anew when there has been a change.
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
        let (change, parts, tallies) = rollup::load(db).await?;
        let overview = Overview {
            change,
            as_of: crate::db::instant(crate::db::now()),
            catalogue: Catalogue::clone(&reference.catalogue),
            places: reference.places.all().iter().filter(|place| place.level < Level::Village).cloned().collect(),
            organisations: reference.organisations.clone(),
            pairings: reference.pairings.clone(),
            parts,
            tallies,
        };
        let json = serde_json::to_vec(&overview)?.into();
        Ok(held.insert(Arc::new(Snapshot { overview, json })).clone())
    }
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
        (headers, [(header::CONTENT_TYPE, "application/json")], snapshot.json.clone()).into_response()
    })
}
