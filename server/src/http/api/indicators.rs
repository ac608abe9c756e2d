//! Figures and their breakdown.

use crate::clock::this_year;
use crate::db::figures::rollup::TOWN;
use crate::db::reference::load::Reference;
use crate::figures::queries::{contributions_near, year_pack};
use crate::http::extract::body::Accept;
use crate::http::extract::query::QueryParams;
use crate::http::extract::viewer::Viewer;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::response::Response;
use jiedui_core::api::indicators::{IndicatorFigure, IndicatorsResponse, SeriesPoint, SeriesResponse};
use jiedui_core::catalogue::{Catalogue, Indicator};
use jiedui_core::directory::place::Level;
use jiedui_core::figures::breakdown::{Dimension, Group, Slice, split};
use jiedui_core::figures::contribution::Contribution;
use jiedui_core::figures::figure::{Figure, Filter};
use jiedui_core::values::quantity::Qualifier;

/// Returns the figure of each indicator.
#[utoipa::path(get, path = "/api/v1/indicators", params(
    ("year" = Option<i32>, Query, description = "this year by default"),
    ("programme" = Option<String>, Query), ("place" = Option<String>, Query),
    ("include" = Option<String>, Query, description = "`verified`: verified entries only"),
    ("from" = Option<String>, Query, description = "the first month, YYYY-MM"),
    ("until" = Option<String>, Query, description = "the last month, YYYY-MM")),
    responses((status = 200, description = "the figures", body = IndicatorsResponse), (status = 400, description = "an invalid parameter")))]
pub async fn indicators(
    State(app): State<AppState>,
    _: Viewer,
    wants: Accept,
    mut query: QueryParams,
) -> Result<Response, Problem> {
    let filter = query.filter();
    query.finish()?;
    let year = filter.year.unwrap_or_else(this_year);
    let figures = app.figures(Filter { year: Some(year), ..filter }).await?;
    Ok(wants.answer(&IndicatorsResponse { year, indicators: shaped(&figures, &app.reference().catalogue) }))
}

/// Converts figures to the response type.
fn shaped(figures: &[Figure], catalogue: &Catalogue) -> Vec<IndicatorFigure> {
    let shape = |figure: &Figure| {
        let indicator = catalogue.indicator(&figure.indicator)?;
        Some(IndicatorFigure {
            code: indicator.code.clone(),
            programme: indicator.programme.clone(),
            name: indicator.name.clone(),
            name_en: indicator.name_en.clone(),
            unit: indicator.unit.clone(),
            unit_en: indicator.unit_en.clone(),
            aggregation: indicator.aggregation,
            target: figure.target.as_ref().map(|target| target.value),
            target_qualifier: figure.target.as_ref().map(|target| target.qualifier),
            actual: figure.actual,
            actual_qualifier: figure.actual.map(|_| figure.actual_qualifier),
            verified: figure.verified,
            progress: figure.progress,
            entries: figure.entries,
        })
    };
    figures.iter().filter_map(shape).collect()
}

/// Returns a figure by month or place; the parts of a sum add up to it.
#[utoipa::path(get, path = "/api/v1/indicators/{code}/series", params(
    ("code" = String, Path), ("year" = Option<i32>, Query), ("place" = Option<String>, Query),
    ("from" = Option<String>, Query, description = "the first month, YYYY-MM"),
    ("until" = Option<String>, Query, description = "the last month, YYYY-MM"),
    ("by" = Option<String>, Query, description = "month (default) or place")),
    responses((status = 200, description = "the parts", body = SeriesResponse), (status = 404, description = "no such indicator")))]
pub async fn series(
    State(app): State<AppState>,
    _: Viewer,
    wants: Accept,
    Path(code): Path<String>,
    mut query: QueryParams,
) -> Result<Response, Problem> {
    let mut filter = query.filter();
    let by_place = query.one_of("by", &["month", "place"]).as_deref() == Some("place");
    query.finish()?;
    let reference = app.cache.up_to_date(&app.db).await?.0.reference.clone();
    let indicator = reference.catalogue.indicator(&code).ok_or(Problem::not_found())?;
    let year = *filter.year.get_or_insert_with(this_year);
    let groups = match filter.place.as_deref().filter(|place| place.len() >= TOWN) {
        Some(place) => {
            let parts = contributions_near(&app.db, &reference, place, year).await?;
            slices_near(&parts, indicator, &filter, &reference, by_place)
        }
        None => {
            let pack = year_pack(&app.db, &app.cache, year).await?;
            if by_place {
                pack.by_place(indicator, &filter, Level::Township)
            } else {
                pack.by_month(indicator, &filter)
            }
        }
    };
    let is_of_programme = filter.programme.as_ref().is_none_or(|programme| *programme == indicator.programme);
    let mut series: Vec<SeriesPoint> = Vec::new();
    for Slice { of, value, qualifier, .. } in groups.into_iter().filter(|_| is_of_programme) {
        let key = match of {
            Group::Month(month) => month.to_string(),
            Group::Place(code) => code,
            // Entries elsewhere, under pairings of the place, are at no place below it.
            _ => filter.place.clone().unwrap_or_default(),
        };
        if let Some(at_place) = series.iter_mut().find(|point| point.key == key) {
            at_place.value = at_place.value + value;
            continue;
        }
        let name = reference.places.get(&key).map(|place| place.name.clone());
        let qualifier = (qualifier != Qualifier::Exact).then_some(qualifier);
        series.push(SeriesPoint { key, value, name, qualifier });
    }
    series.sort_by(|a, b| a.key.cmp(&b.key));
    Ok(wants.answer(&SeriesResponse { code, year, series }))
}

/// Returns a figure of a township or a village by month, or by village with other entries by township.
fn slices_near(
    parts: &[Contribution],
    indicator: &Indicator,
    filter: &Filter,
    reference: &Reference,
    by_place: bool,
) -> Vec<Slice> {
    let compiled = filter.compile(&reference.catalogue, reference.directory());
    let is_wanted = |part: &&Contribution| part.indicator == indicator.code && compiled.matches(part);
    let parts: Vec<&Contribution> = parts.iter().filter(is_wanted).collect();
    split(indicator, &parts, if by_place { Dimension::Place(Level::Village) } else { Dimension::Month })
}
