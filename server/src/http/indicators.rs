//! Figures, and the parts that make them.

use super::App;
use super::body::Wants;
use super::problem::Problem;
use super::query::Query;
use crate::auth::MayView;
use axum::extract::{Path, State};
use axum::response::Response;
use jiedui_core::domain::figure::{Filter, aggregate};
use jiedui_core::domain::{Overview, Part, Qualifier};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use time::UtcOffset;

/// What each indicator stands at.
#[utoipa::path(get, path = "/api/v1/indicators", params(
    ("year" = Option<i32>, Query, description = "this year when not given"),
    ("programme" = Option<String>, Query), ("place" = Option<String>, Query),
    ("include" = Option<String>, Query, description = "verified: verified entries alone")),
    responses((status = 200, description = "year, indicators"), (status = 400, description = "a parameter is wrong")))]
pub async fn indicators(
    State(app): State<App>,
    _: MayView,
    wants: Wants,
    mut query: Query,
) -> Result<Response, Problem> {
    let filter = query.filter();
    query.done()?;
    let snapshot = app.overview().await?;
    Ok(wants.answer(&of(&snapshot.overview, filter)))
}

/// This year where Jiedui is at home (UTC+8).
pub fn this_year() -> i32 {
    let china = UtcOffset::from_hms(8, 0, 0).unwrap_or(UtcOffset::UTC);
    time::OffsetDateTime::now_utc().to_offset(china).year()
}

/// The figures under a filter, in the contract's shape.
pub fn of(overview: &Overview, mut filter: Filter) -> Value {
    let year = *filter.year.get_or_insert_with(this_year);
    let figures = overview.figures(&filter).into_iter().filter_map(|figure| {
        let indicator = overview.catalogue.indicator(&figure.indicator)?;
        Some(json!({
            "code": indicator.code,
            "programme": indicator.programme,
            "name": indicator.name,
            "name_en": indicator.name_en,
            "unit": indicator.unit,
            "unit_en": indicator.unit_en,
            "aggregation": indicator.aggregation,
            "target": figure.target.as_ref().map(|target| target.value),
            "target_qualifier": figure.target.as_ref().map(|target| target.qualifier),
            "actual": figure.actual,
            "actual_qualifier": figure.actual.map(|_| figure.actual_qualifier),
            "verified": figure.verified,
            "progress": figure.progress,
            "entries": figure.entries,
        }))
    });
    json!({"year": year, "indicators": figures.collect::<Vec<_>>()})
}

/// The parts of a figure by month or place; for a sum they add up to it.
#[utoipa::path(get, path = "/api/v1/indicators/{code}/series", params(
    ("code" = String, Path), ("year" = Option<i32>, Query), ("place" = Option<String>, Query),
    ("by" = Option<String>, Query, description = "month (when not given) or place")),
    responses((status = 200, description = "series: key, value"), (status = 404, description = "no such indicator")))]
pub async fn series(
    State(app): State<App>,
    _: MayView,
    wants: Wants,
    Path(code): Path<String>,
    mut query: Query,
) -> Result<Response, Problem> {
    let mut filter = query.filter();
    let by_place = query.one_of("by", &["month", "place"]).as_deref() == Some("place");
    query.done()?;
    let snapshot = app.overview().await?;
    let overview = &snapshot.overview;
    let indicator = overview.catalogue.indicator(&code).ok_or(Problem::not_found())?;
    filter.year.get_or_insert_with(this_year);
    let mut groups: BTreeMap<String, Vec<&Part>> = BTreeMap::new();
    let directory = overview.directory();
    let own = |part: &&Part| part.indicator == code && filter.takes(part, &overview.catalogue, directory);
    for part in overview.parts.iter().filter(own) {
        let key = if by_place { part.place.clone() } else { part.month.to_string() };
        groups.entry(key).or_default().push(part);
    }
    let point = |(key, parts): (String, Vec<&Part>)| {
        let (value, qualifier) = aggregate(indicator.aggregation, parts.iter().copied())?;
        let name = app.reference.places.get(&key).map(|place| place.name.as_str());
        let qualifier = (qualifier != Qualifier::Exact).then_some(qualifier);
        Some(json!({"key": key, "value": value, "name": name, "qualifier": qualifier}))
    };
    let series: Vec<Value> = groups.into_iter().filter_map(point).collect();
    Ok(wants.answer(&json!({"code": code, "year": filter.year, "series": series})))
}
