//! The map as GeoJSON (RFC 7946).

use crate::http::extract::query::QueryParams;
use crate::http::extract::viewer::Viewer;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiedui_core::figures::{figure::Filter, overview::Overview};
use jiedui_core::map::index::{Features, MapIndex, OrganisationMarker, PairingLine};
use serde_json::{Value, json};

/// Organisations as points, pairings as lines.
#[utoipa::path(get, path = "/api/v1/map", params(
    ("year" = Option<i32>, Query), ("programme" = Option<String>, Query), ("place" = Option<String>, Query),
    ("from" = Option<String>, Query, description = "the first month, YYYY-MM"),
    ("until" = Option<String>, Query, description = "the last month, YYYY-MM")),
    responses((status = 200, description = "a GeoJSON FeatureCollection", content_type = "application/geo+json")))]
pub async fn map(State(app): State<AppState>, _: Viewer, mut query: QueryParams) -> Result<Response, Problem> {
    let filter = query.filter();
    query.finish()?;
    let snapshot = app.overview().await?;
    let body = geojson(&snapshot.overview, &filter).to_string();
    Ok(([(header::CONTENT_TYPE, "application/geo+json")], body).into_response())
}

/// What a filter leaves of the map.
pub fn geojson(overview: &Overview, filter: &Filter) -> Value {
    let Features { points, lines } = MapIndex::new(overview, None).features(overview, filter);
    let point = |point: OrganisationMarker| {
        let own = overview.organisations.get(point.organisation)?;
        Some(json!({
            "type": "Feature",
            "id": own.id,
            "geometry": {"type": "Point", "coordinates": [point.position.0, point.position.1]},
            "properties": {
                "kind": "organisation", "id": own.id, "programme": own.programme, "side": own.side,
                "organisation_kind": own.kind, "name": own.name, "name_en": own.name_en, "place": own.place,
                "approximate": point.approximate, "entries": point.counts.entries, "verified": point.counts.verified,
                "source": own.source,
            },
        }))
    };
    let line = |line: PairingLine| {
        let own = overview.pairings.get(line.pairing)?;
        let [a, b] = line.positions;
        Some(json!({
            "type": "Feature",
            "id": own.id,
            "geometry": {"type": "LineString", "coordinates": [[a.0, a.1], [b.0, b.1]]},
            "properties": {
                "kind": "pairing", "id": own.id, "programme": own.programme, "side": null,
                "organisation_a": own.organisation_a, "organisation_b": own.organisation_b,
                "entries": line.counts.entries, "verified": line.counts.verified, "source": own.source,
            },
        }))
    };
    let features: Vec<Value> = points.into_iter().filter_map(point).chain(lines.into_iter().filter_map(line)).collect();
    json!({"type": "FeatureCollection", "features": features})
}
