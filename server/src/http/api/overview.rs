//! Overview: the data of the shared view, which the app stores on the phone.

use crate::figures::overview_cache::delta_since;
use crate::http::extract::query::QueryParams;
use crate::http::extract::viewer::Viewer;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiedui_core::figures::overview::Overview;

/// Returns the overview. With `since` and the current `edition` it is a delta. A delta has the changed contributions
/// and entry counts in their current state, with zero entries if none are left. `If-None-Match` avoids a download of an
/// unchanged overview. For a village it has the contributions of that village, which the overview does not have.
#[utoipa::path(get, path = "/api/v1/overview", params(
    ("since" = Option<i64>, Query, description = "the `change` of the overview that the client has"),
    ("edition" = Option<String>, Query, description = "its `edition`; an overview of another edition is replaced as a whole"),
    ("village" = Option<String>, Query, description = "the code of a village; `since` and `edition` are then ignored")),
    responses((status = 200, description = "the overview, or a delta", body = Overview), (status = 304, description = "not modified")))]
pub async fn overview(
    State(app): State<AppState>,
    _: Viewer,
    mut query: QueryParams,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (since, edition, village) = (query.parsed("since"), query.code("edition"), query.code("village"));
    query.finish()?;
    if let Some(village) = village {
        return Ok(axum::Json(app.of_village(&village).await?).into_response());
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
