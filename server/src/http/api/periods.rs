//! Closed months. Only a coordinator changes their entries, with a reason.

use crate::db::reference::closed_month;
use crate::db::{feed, instant};
use crate::http::extract::body::{Accept, Payload};
use crate::http::extract::current_user::CurrentUser;
use crate::http::extract::origin::Origin;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::response::Response;
use jiedui_core::api::periods::{ClosedMonth, PeriodsResponse, SetPeriodRequest};
use jiedui_core::values::{field_error::ErrorCode, month::Month};

/// Lists the closed months, with the person who closed each and the time.
#[utoipa::path(get, path = "/api/v1/periods", responses((status = 200, description = "the closed months", body = PeriodsResponse), (status = 401, description = "no session")))]
pub async fn list(
    State(app): State<AppState>,
    CurrentUser(_): CurrentUser,
    wants: Accept,
) -> Result<Response, Problem> {
    let closed = closed_month::all(&app.db).await?;
    let shape = |closed: closed_month::ClosedMonth| ClosedMonth {
        month: closed.month,
        at: instant(closed.at),
        by: closed.name,
    };
    Ok(wants.answer(&PeriodsResponse { closed: closed.into_iter().map(shape).collect() }))
}

/// Closes or reopens a month.
#[utoipa::path(put, path = "/api/v1/periods/{month}", params(("month" = String, Path, description = "YYYY-MM")),
    request_body = SetPeriodRequest,
    responses((status = 200, description = "the closed months", body = PeriodsResponse), (status = 400, description = "not a month, or `closed` is missing"),
        (status = 403, description = "a role that does not coordinate")))]
pub async fn set(
    state: State<AppState>,
    CurrentUser(user): CurrentUser,
    origin: Origin,
    Path(month): Path<String>,
    wants: Accept,
    body: Payload,
) -> Result<Response, Problem> {
    if !user.role.coordinates() {
        return Err(Problem::forbidden());
    }
    let app = &state.0;
    let month: Month = month.parse().map_err(|_| Problem::field("month", ErrorCode::WrongType))?;
    let SetPeriodRequest { closed } = body.parse()?;
    closed_month::set(&app.db, month, closed, &user, origin.by(&user)).await?;
    app.cache.reload(&app.db).await?;
    app.publish(feed::last_change(&app.db).await?);
    list(state, CurrentUser(user), wants).await
}
