//! Catalogue and places.

use crate::db::reference::load;
use crate::http::extract::body::{Accept, Payload};
use crate::http::extract::current_user::CurrentUser;
use crate::http::extract::query::QueryParams;
use crate::http::extract::viewer::Viewer;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiedui_core::access::user::{Role, User};
use jiedui_core::api::catalogue::{SetActivityRequest, SetIndicatorRequest};
use jiedui_core::catalogue::Catalogue;
use jiedui_core::directory::place::Place;
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Returns the catalogue.
#[utoipa::path(get, path = "/api/v1/catalogue", responses((status = 200, description = "the catalogue", body = Catalogue)))]
pub async fn catalogue(State(app): State<AppState>, _: Viewer, wants: Accept) -> Result<Response, Problem> {
    Ok(wants.answer(&app.cache.up_to_date(&app.db).await?.0.reference.catalogue))
}

/// Adds an activity or replaces its form. Entries that were recorded with an earlier version keep that version.
#[utoipa::path(put, path = "/api/v1/catalogue/activities/{code}", params(("code" = String, Path)),
    request_body = SetActivityRequest,
    responses((status = 200, description = "the catalogue", body = Catalogue), (status = 400, description = "fields are wrong"),
        (status = 403, description = "no administrator"), (status = 409, description = "somebody else was first")))]
pub async fn set_activity(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Path(code): Path<String>,
    wants: Accept,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let with = |catalogue: &Catalogue, form: SetActivityRequest| catalogue.with_activity(form.activity(code));
    revise(&app, &user, wants, body, with).await
}

/// Adds an indicator or changes its names and targets.
#[utoipa::path(put, path = "/api/v1/catalogue/indicators/{code}", params(("code" = String, Path)),
    request_body = SetIndicatorRequest,
    responses((status = 200, description = "the catalogue", body = Catalogue), (status = 400, description = "fields are wrong"),
        (status = 403, description = "no administrator"), (status = 409, description = "somebody else was first")))]
pub async fn set_indicator(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Path(code): Path<String>,
    wants: Accept,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let with = |catalogue: &Catalogue, own: SetIndicatorRequest| catalogue.with_indicator(own.indicator(code));
    revise(&app, &user, wants, body, with).await
}

async fn revise<T: DeserializeOwned>(
    app: &AppState,
    user: &User,
    wants: Accept,
    body: Value,
    with: impl FnOnce(&Catalogue, T) -> Result<Catalogue, Vec<FieldError>>,
) -> Result<Response, Problem> {
    if user.role != Role::Admin {
        return Err(Problem::forbidden());
    }
    let what: T = serde_path_to_error::deserialize(body).map_err(|error| {
        let field = error.path().to_string();
        Problem::field(if field == "." { "body" } else { &field }, ErrorCode::WrongType)
    })?;
    let (known, _) = app.cache.up_to_date(&app.db).await?;
    let told = |errors: Vec<FieldError>| errors.into_iter().map(|error| error.in_language(wants.language)).collect();
    let next = with(&known.reference.catalogue, what).map_err(|errors| Problem::fields(told(errors)))?;
    if next != known.reference.catalogue && !load::revise(&app.db, &next).await? {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "别人刚刚改过，请重新打开后再改",
            "Somebody else has just changed it: open it again",
        ));
    }
    let known = app.cache.reload(&app.db).await?;
    app.publish(crate::db::feed::last_change(&app.db).await?);
    Ok(wants.answer(&known.reference.catalogue))
}

/// Lists the children of a place, or all places.
#[utoipa::path(get, path = "/api/v1/places", params(("parent" = Option<String>, Query, description = "code of the place above")),
    responses((status = 200, description = "the places", body = Vec<Place>)))]
pub async fn places(
    State(app): State<AppState>,
    _: Viewer,
    wants: Accept,
    mut query: QueryParams,
) -> Result<Response, Problem> {
    let parent = query.code("parent");
    query.finish()?;
    let reference = app.reference();
    let places = &reference.places;
    let places: Vec<&Place> = match &parent {
        Some(parent) => places.children(parent).collect(),
        None => places.all().iter().collect(),
    };
    Ok(wants.answer(&places))
}
