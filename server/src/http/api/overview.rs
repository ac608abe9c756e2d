//! Overview: the data of the shared view, which the app stores on the phone.

use crate::db::figures::query::has_at_most;
use crate::figures::overview_cache::delta_since;
use crate::http::extract::query::QueryParams;
use crate::http::extract::viewer::Viewer;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiedui_core::figures::figure::Filter;
use jiedui_core::figures::overview::Overview;
use jiedui_core::values::field_error::ErrorCode;
use jiedui_core::values::month::Year;
use uuid::Uuid;

/// Maximum number of contributions and entry counts that the app stores as they are. Above that it stores year packs.
const FEW: i64 = 20_000;

/// Value of `summary` for all years.
const ALL_YEARS: &str = "all";

/// Returns the overview. With `since` and the current `edition` it is a delta. A delta has the changed contributions
/// and entry counts in their current state, with zero entries if none are left. `If-None-Match` avoids a download of an
/// unchanged overview. For a village it has the contributions of that village, which the overview does not have. A
/// summary has the figures and the map of a year and place.
#[utoipa::path(get, path = "/api/v1/overview", params(
    ("since" = Option<i64>, Query, description = "the `change` of the overview that the client has"),
    ("edition" = Option<String>, Query, description = "its `edition`; an overview of another edition is replaced as a whole"),
    ("parts" = Option<String>, Query, description = "`few` omits contributions and entry counts where there are more than 20,000: \
        `years` then names the years with figures, which are in year packs, `/api/v1/overview/{year}`"),
    ("village" = Option<String>, Query, description = "the code of a village; `since`, `edition` and `parts` are then ignored"),
    ("organisation" = Option<String>, Query, description = "the identifier of an organisation, for the contributions and entry \
        counts of its pairings, and its other entry counts"),
    ("summary" = Option<String>, Query, description = "a year, or `all`: a summary for the figures of a year, or of all years, in \
        the whole region or at a place; its size does not depend on the number of entries"),
    ("place" = Option<String>, Query, description = "with `summary`: the code of a place down to the township")),
    responses((status = 200, description = "the overview, or a delta", body = Overview), (status = 304, description = "not modified")))]
pub async fn overview(
    State(app): State<AppState>,
    _: Viewer,
    mut query: QueryParams,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (since, edition, village) = (query.parsed("since"), query.code("edition"), query.code("village"));
    let (organisation, has_parts) = (query.parsed::<Uuid>("organisation"), query.one_of("parts", &["few"]).is_none());
    let (summary, place) = (summary_year(&mut query), query.place("place"));
    query.finish()?;
    if let Some(village) = village {
        return Ok(axum::Json(app.of_village(&village).await?).into_response());
    }
    if let Some(organisation) = organisation {
        return Ok(axum::Json(app.of_organisation(organisation).await?).into_response());
    }
    if let Some(year) = summary {
        let filter = Filter { year, place, ..Filter::default() };
        if filter.village().is_some() {
            return Err(Problem::field("place", ErrorCode::Unknown));
        }
        return Ok(axum::Json(app.summary_for(&filter).await?).into_response());
    }
    if !has_parts && !has_at_most(&app.db, FEW).await? {
        let whole = app.reference_overview().await?;
        let is_held = edition.is_some_and(|edition| edition == whole.edition);
        return Ok(match since.filter(|_| is_held) {
            Some(since) => axum::Json(without_reference(whole, since)).into_response(),
            None => axum::Json(whole).into_response(),
        });
    }
    if let (Some(since), Some(edition)) = (since, edition)
        && edition == app.cache.up_to_date(&app.db).await?.0.edition
    {
        return Ok(axum::Json(delta_since(&app.db, edition, since).await?).into_response());
    }
    let snapshot = app.overview().await?;
    let tag = format!("\"{}-{}-{}\"", snapshot.overview.edition, snapshot.overview.change, env!("CARGO_PKG_VERSION"));
    let is_unchanged = headers.get(header::IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let headers = [(header::ETAG, tag), (header::CACHE_CONTROL, "no-cache".to_owned())];
    Ok(if is_unchanged {
        (StatusCode::NOT_MODIFIED, headers).into_response()
    } else {
        (headers, [(header::CONTENT_TYPE, "application/json")], snapshot.json()?).into_response()
    })
}

/// Returns the parameter `summary`: a year, or `None` for all years.
fn summary_year(query: &mut QueryParams) -> Option<Option<i32>> {
    match query.raw("summary").as_deref() {
        Some(ALL_YEARS) => Some(None),
        _ => query.parsed::<Year>("summary").map(|year| Some(year.get())),
    }
}

/// Returns the delta of an overview without figures to the same reference data.
fn without_reference(whole: Overview, since: i64) -> Overview {
    Overview {
        change: whole.change,
        as_of: whole.as_of,
        edition: whole.edition,
        pack_years: whole.pack_years,
        base_change: Some(since),
        ..Overview::default()
    }
}
