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
use jiedui_core::entry::bounds;
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Returns the catalogue.
#[utoipa::path(get, path = "/api/v1/catalogue", responses((status = 200, description = "the catalogue", body = Catalogue)))]
pub async fn catalogue(State(app): State<AppState>, _: Viewer, wants: Accept) -> Result<Response, Problem> {
    Ok(wants.answer(&app.cache.up_to_date(&app.db).await?.0.reference.catalogue))
}

/// Adds an activity or replaces its form. Entries that were recorded with an earlier version keep that version. The body
/// may name in `base_version` the version of the catalogue that the change started from.
#[utoipa::path(put, path = "/api/v1/catalogue/activities/{code}", params(("code" = String, Path)),
    request_body = SetActivityRequest,
    responses((status = 200, description = "the catalogue", body = Catalogue), (status = 400, description = "fields are wrong"),
        (status = 403, description = "no administrator"), (status = 409, description = "changed since base_version, or somebody else was first")))]
pub async fn set_activity(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Path(code): Path<String>,
    wants: Accept,
    Payload(mut body): Payload,
) -> Result<Response, Problem> {
    let base = take_base_version(&mut body)?;
    let same_code = code.clone();
    let is_same = move |base: &Catalogue, now: &Catalogue| base.activity(&same_code) == now.activity(&same_code);
    let with = |catalogue: &Catalogue, form: SetActivityRequest| catalogue.with_activity(form.activity(code));
    revise(&app, &user, wants, body, (base, is_same), with).await
}

/// Adds an indicator or changes its names and targets. The body may name in `base_version` the version of the catalogue
/// that the change started from.
#[utoipa::path(put, path = "/api/v1/catalogue/indicators/{code}", params(("code" = String, Path)),
    request_body = SetIndicatorRequest,
    responses((status = 200, description = "the catalogue", body = Catalogue), (status = 400, description = "fields are wrong"),
        (status = 403, description = "no administrator"), (status = 409, description = "changed since base_version, or somebody else was first")))]
pub async fn set_indicator(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Path(code): Path<String>,
    wants: Accept,
    Payload(mut body): Payload,
) -> Result<Response, Problem> {
    let base = take_base_version(&mut body)?;
    let same_code = code.clone();
    let is_same = move |base: &Catalogue, now: &Catalogue| base.indicator(&same_code) == now.indicator(&same_code);
    let with = |catalogue: &Catalogue, own: SetIndicatorRequest| catalogue.with_indicator(own.indicator(code));
    revise(&app, &user, wants, body, (base, is_same), with).await
}

/// Takes the version of the catalogue that a change started from out of its body; `None` where the client names none.
fn take_base_version(body: &mut Value) -> Result<Option<u32>, Problem> {
    let base = body.as_object_mut().and_then(|body| body.remove("base_version")).filter(|base| !base.is_null());
    let parsed = base.map(|base| base.as_u64().and_then(|base| u32::try_from(base).ok()).ok_or(()));
    parsed.transpose().map_err(|()| Problem::field("base_version", ErrorCode::WrongType))
}

/// Applies one change to the catalogue. With a base version the item must be as it was in that version.
async fn revise<T: DeserializeOwned>(
    app: &AppState,
    user: &User,
    wants: Accept,
    body: Value,
    (base, is_same): (Option<u32>, impl FnOnce(&Catalogue, &Catalogue) -> bool),
    with: impl FnOnce(&Catalogue, T) -> Result<Catalogue, Vec<FieldError>>,
) -> Result<Response, Problem> {
    if user.role != Role::Admin {
        return Err(Problem::forbidden());
    }
    if bounds::has_nul(&body) {
        return Err(Problem::field("body", ErrorCode::Character));
    }
    let item: T = serde_path_to_error::deserialize(body).map_err(|error| {
        let field = error.path().to_string();
        Problem::field(if field == "." { "body" } else { &field }, ErrorCode::WrongType)
    })?;
    let (snapshot, _) = app.cache.up_to_date(&app.db).await?;
    let catalogue = &snapshot.reference.catalogue;
    let localised =
        |errors: Vec<FieldError>| errors.into_iter().map(|error| error.in_language(wants.language)).collect();
    let next = with(catalogue, item).map_err(|errors| Problem::fields(localised(errors)))?;
    // The same content again is no conflict: it may be the answer that was lost.
    if next == *catalogue {
        return Ok(wants.answer(catalogue));
    }
    if let Some(base) = base.filter(|base| *base != catalogue.version) {
        if base > catalogue.version {
            let limit = f64::from(catalogue.version);
            return Err(Problem::fields(vec![FieldError::with_limit("base_version", ErrorCode::TooLarge, limit)]));
        }
        let earlier = load::catalogue(&app.db, base).await?;
        if !earlier.is_some_and(|earlier| is_same(&earlier, catalogue)) {
            return Err(changed_since());
        }
    }
    if !load::revise(&app.db, &next).await? {
        return Err(changed_since());
    }
    let snapshot = app.cache.reload(&app.db).await?;
    app.publish(crate::db::feed::last_change(&app.db).await?);
    Ok(wants.answer(&snapshot.reference.catalogue))
}

fn changed_since() -> Problem {
    let (chinese, english) = ("别人刚刚改过，请重新打开后再改", "Somebody else has just changed it: open it again");
    let problem = Problem::new(StatusCode::CONFLICT, chinese, english);
    problem.with(vec![FieldError::new("base_version", ErrorCode::Conflict)])
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
