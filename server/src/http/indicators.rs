//! Figures, and the parts that make them.

use super::App;
use super::body::Wants;
use super::problem::Problem;
use super::query::Query;
use crate::auth::MayView;
use crate::clock::this_year;
use crate::db::DbError;
use crate::db::figures as kept;
use crate::db::rollup::{TOWN, town};
use axum::extract::{Path, State};
use axum::response::Response;
use jiedui_core::catalogue::Catalogue;
use jiedui_core::figures::figure::{Filter, aggregate, figures};
use jiedui_core::figures::{contribution::Part, figure::Figure};
use jiedui_core::values::quantity::Qualifier;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// What each indicator stands at.
#[utoipa::path(get, path = "/api/v1/indicators", params(
    ("year" = Option<i32>, Query, description = "this year when not given"),
    ("programme" = Option<String>, Query), ("place" = Option<String>, Query),
    ("include" = Option<String>, Query, description = "verified: verified entries alone"),
    ("from" = Option<String>, Query, description = "the first month, YYYY-MM"),
    ("until" = Option<String>, Query, description = "the last month, YYYY-MM")),
    responses((status = 200, description = "year, indicators"), (status = 400, description = "a parameter is wrong")))]
pub async fn indicators(
    State(app): State<App>,
    _: MayView,
    wants: Wants,
    mut query: Query,
) -> Result<Response, Problem> {
    let filter = query.filter();
    query.done()?;
    let year = filter.year.unwrap_or_else(this_year);
    let figures = app.figures(Filter { year: Some(year), ..filter }).await?;
    Ok(wants.answer(&json!({"year": year, "indicators": shaped(&figures, &app.reference().catalogue)})))
}

/// What makes the figures of a year at a place, kept until the next change: screens ask for the same few.
#[derive(Debug, Default)]
pub struct Yearly(Mutex<KeptYears>);

/// A change, and the parts by year and place as they are since.
type KeptYears = (i64, HashMap<(i32, String), Arc<Vec<Part>>>);

impl Yearly {
    /// Those as they are since a change, or since a later one.
    async fn current(
        &self,
        app: &App,
        catalogue: &Catalogue,
        (change, year): (i64, i32),
        place: String,
    ) -> Result<Arc<Vec<Part>>, DbError> {
        let key = (year, place);
        {
            let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if held.0 != change {
                *held = (change, HashMap::new());
            } else if let Some(parts) = held.1.get(&key) {
                return Ok(parts.clone());
            }
        }
        let parts = Arc::new(kept::of_year(&app.db, catalogue, year, &key.1).await?);
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What was read may be newer than the change, never older: it is true until the next one.
        if held.0 == change && held.1.len() < KEPT {
            held.1.insert(key, parts.clone());
        }
        Ok(parts)
    }
}

/// The most places and years of which that is kept.
const KEPT: usize = 1_000;

impl App {
    /// The figures of a year under a filter.
    pub async fn figures(&self, filter: Filter) -> Result<Vec<Figure>, DbError> {
        let filter = Filter { year: Some(filter.year.unwrap_or_else(this_year)), ..filter };
        let (known, change) = self.known.fresh(&self.db).await?;
        let (catalogue, directory) = (&known.reference.catalogue, known.reference.directory());
        let place = filter.place.clone().unwrap_or_default();
        // Villages, and months of a year, are counted from what is smaller.
        if place != town(&place) || filter.from.is_some() || filter.until.is_some() {
            let parts = parts_at(self, &filter, |_| true).await?;
            return Ok(figures(&parts, &Filter { place: None, ..filter }, catalogue, directory));
        }
        let parts = known.yearly.current(self, catalogue, (change, filter.year.unwrap_or_default()), place).await?;
        Ok(figures(&parts, &Filter { place: None, ..filter }, catalogue, directory))
    }
}

/// The wanted parts that a filter takes: those in the filter's own township (or village) each at its village, others at
/// their townships.
async fn parts_at(app: &App, filter: &Filter, wanted: impl Fn(&Part) -> bool) -> Result<Vec<Part>, DbError> {
    let snapshot = app.overview().await?;
    let reference = app.reference();
    let (catalogue, directory) = (&reference.catalogue, reference.directory());
    let sieve = filter.sieve(catalogue, directory);
    let takes = |part: &Part| wanted(part) && sieve.takes(part);
    let of_towns = snapshot.overview.parts.iter().filter(|part| takes(part)).cloned();
    let place = filter.place.as_deref().filter(|place| place.len() >= TOWN);
    let (Some(place), Some(year)) = (place, filter.year) else { return Ok(of_towns.collect()) };
    let own = kept::by_village(&app.db, catalogue, year, place).await?.into_iter().filter(takes);
    if place == town(place) {
        return Ok(own.chain(of_towns.filter(|part| part.place != place)).collect());
    }
    // What happened under the village's own pairings counts for it wherever it was, so the township's parts have it whole.
    let touches = |part: &Part| part.pairing.is_some_and(|id| directory.pairing_touches(id, place));
    let under_others = own.filter(|part| !touches(part));
    Ok(under_others.chain(of_towns.filter(touches)).collect())
}

/// Figures in the contract's shape.
fn shaped(figures: &[Figure], catalogue: &Catalogue) -> Vec<Value> {
    let shape = |figure: &Figure| {
        let indicator = catalogue.indicator(&figure.indicator)?;
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
    };
    figures.iter().filter_map(shape).collect()
}

/// The parts of a figure by month or place; for a sum they add up to it.
#[utoipa::path(get, path = "/api/v1/indicators/{code}/series", params(
    ("code" = String, Path), ("year" = Option<i32>, Query), ("place" = Option<String>, Query),
    ("from" = Option<String>, Query, description = "the first month, YYYY-MM"),
    ("until" = Option<String>, Query, description = "the last month, YYYY-MM"),
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
    let reference = app.known.fresh(&app.db).await?.0.reference.clone();
    let indicator = reference.catalogue.indicator(&code).ok_or(Problem::not_found())?;
    let year = *filter.year.get_or_insert_with(this_year);
    let parts = parts_at(&app, &filter, |part| part.indicator == code).await?;
    let mut groups: BTreeMap<String, Vec<&Part>> = BTreeMap::new();
    for part in &parts {
        let key = if by_place { part.place.clone() } else { part.month.to_string() };
        groups.entry(key).or_default().push(part);
    }
    let point = |(key, parts): (String, Vec<&Part>)| {
        let (value, qualifier) = aggregate(indicator.aggregation, parts.iter().copied())?;
        let name = reference.places.get(&key).map(|place| place.name.as_str());
        let qualifier = (qualifier != Qualifier::Exact).then_some(qualifier);
        Some(json!({"key": key, "value": value, "name": name, "qualifier": qualifier}))
    };
    let series: Vec<Value> = groups.into_iter().filter_map(point).collect();
    Ok(wants.answer(&json!({"code": code, "year": year, "series": series})))
}
