//! The map as GeoJSON (RFC 7946).

use crate::db::DbError;
use crate::figures::queries::map_overview;
use crate::http::extract::query::QueryParams;
use crate::http::extract::viewer::Viewer;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiedui_core::api::map::{Geometry, MapFeature, MapProperties, MapResponse};
use jiedui_core::figures::{figure::Filter, overview::Overview};
use jiedui_core::map::index::{Features, MapIndex, OrganisationMarker, PairingLine};

/// Returns organisations as points and pairings as lines.
#[utoipa::path(get, path = "/api/v1/map", params(
    ("year" = Option<i32>, Query), ("programme" = Option<String>, Query), ("place" = Option<String>, Query),
    ("from" = Option<String>, Query, description = "the first month, YYYY-MM"),
    ("until" = Option<String>, Query, description = "the last month, YYYY-MM")),
    responses((status = 200, description = "the map", body = MapResponse, content_type = "application/geo+json")))]
pub async fn map(State(app): State<AppState>, _: Viewer, mut query: QueryParams) -> Result<Response, Problem> {
    let filter = query.filter();
    query.finish()?;
    let overview = map_overview(&app.db, &app.cache, &filter).await?;
    let body = serde_json::to_vec(&geojson(&overview, &filter)).map_err(DbError::from)?;
    Ok(([(header::CONTENT_TYPE, "application/geo+json")], body).into_response())
}

/// Converts the map under a filter to GeoJSON.
pub fn geojson(overview: &Overview, filter: &Filter) -> MapResponse {
    let Features { points, lines } = MapIndex::new(overview, None).features(overview, filter);
    let point = |point: OrganisationMarker| {
        let organisation = overview.organisations.get(point.organisation)?;
        let properties = MapProperties::Organisation {
            id: organisation.id,
            programme: organisation.programme.clone(),
            side: organisation.side,
            organisation_kind: organisation.kind,
            name: organisation.name.clone(),
            name_en: organisation.name_en.clone(),
            place: organisation.place.clone(),
            approximate: point.approximate,
            entries: point.counts.entries,
            verified: point.counts.verified,
            source: organisation.source.clone(),
        };
        Some(MapFeature::Feature {
            id: organisation.id,
            geometry: Geometry::Point { coordinates: point.position },
            properties,
        })
    };
    let line = |line: PairingLine| {
        let pairing = overview.pairings.get(line.pairing)?;
        let properties = MapProperties::Pairing {
            id: pairing.id,
            programme: pairing.programme.clone(),
            side: None,
            organisation_a: pairing.organisation_a,
            organisation_b: pairing.organisation_b,
            entries: line.counts.entries,
            verified: line.counts.verified,
            source: pairing.source.clone(),
        };
        let geometry = Geometry::LineString { coordinates: line.positions.to_vec() };
        Some(MapFeature::Feature { id: pairing.id, geometry, properties })
    };
    let features = points.into_iter().filter_map(point).chain(lines.into_iter().filter_map(line)).collect();
    MapResponse::FeatureCollection { features }
}
