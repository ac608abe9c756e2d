//! The catalogue, which administrators change, and the tree of places.

use crate::db::DbError;
use crate::db::audit::{Act, By, Object};
use crate::db::reference::catalogue;
use crate::http::extract::body::{Accept, Payload};
use crate::http::extract::current_user::CurrentUser;
use crate::http::extract::origin::Origin;
use crate::http::extract::query::QueryParams;
use crate::http::extract::viewer::Viewer;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiedui_core::access::user::{Role, User};
use jiedui_core::api::catalogue::{SetActivityRequest, SetIndicatorRequest, SetProgrammeRequest};
use jiedui_core::audit::{Action, ObjectKind, item_of};
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

/// Adds a programme or changes its names, colour and place among the programmes. The body may name in `base_version` the
/// version of the catalogue that the change started from.
#[utoipa::path(put, path = "/api/v1/catalogue/programmes/{code}", params(("code" = String, Path)),
    request_body = SetProgrammeRequest,
    responses((status = 200, description = "the catalogue", body = Catalogue), (status = 400, description = "invalid fields"),
        (status = 403, description = "no administrator"), (status = 409, description = "changed since base_version, or another change came first")))]
pub async fn set_programme(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    origin: Origin,
    Path(code): Path<String>,
    wants: Accept,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let request: SetProgrammeRequest = parse(&user, body)?;
    let (base, same_code, moves) = (request.base_version, code.clone(), request.order.is_some());
    // A place counts among the programmes that the person saw.
    let is_same = move |base: &Catalogue, now: &Catalogue| {
        base.programme(&same_code) == now.programme(&same_code) && (!moves || codes(base).eq(codes(now)))
    };
    let edited = Edited { list: "programmes", kind: ObjectKind::Programme, code: code.clone(), by: origin.by(&user) };
    edit(&app, wants, edited, (base, is_same), |catalogue| catalogue.with_programme(request.draft(code))).await
}

fn codes(catalogue: &Catalogue) -> impl Iterator<Item = &String> {
    catalogue.programmes.iter().map(|programme| &programme.code)
}

/// Adds an activity or replaces its form. Entries that were recorded with an earlier version keep that version. The body
/// may name in `base_version` the version of the catalogue that the change started from.
#[utoipa::path(put, path = "/api/v1/catalogue/activities/{code}", params(("code" = String, Path)),
    request_body = SetActivityRequest,
    responses((status = 200, description = "the catalogue", body = Catalogue), (status = 400, description = "invalid fields"),
        (status = 403, description = "no administrator"), (status = 409, description = "changed since base_version, or another change came first")))]
pub async fn set_activity(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    origin: Origin,
    Path(code): Path<String>,
    wants: Accept,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let request: SetActivityRequest = parse(&user, body)?;
    let (base, same_code) = (request.base_version, code.clone());
    let is_same = move |base: &Catalogue, now: &Catalogue| base.activity(&same_code) == now.activity(&same_code);
    let edited = Edited { list: "activities", kind: ObjectKind::Form, code: code.clone(), by: origin.by(&user) };
    edit(&app, wants, edited, (base, is_same), |catalogue| catalogue.with_activity(request.activity(code))).await
}

/// Adds an indicator or changes its names and targets. The body may name in `base_version` the version of the catalogue
/// that the change started from.
#[utoipa::path(put, path = "/api/v1/catalogue/indicators/{code}", params(("code" = String, Path)),
    request_body = SetIndicatorRequest,
    responses((status = 200, description = "the catalogue", body = Catalogue), (status = 400, description = "invalid fields"),
        (status = 403, description = "no administrator"), (status = 409, description = "changed since base_version, or another change came first")))]
pub async fn set_indicator(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    origin: Origin,
    Path(code): Path<String>,
    wants: Accept,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let request: SetIndicatorRequest = parse(&user, body)?;
    let (base, same_code) = (request.base_version, code.clone());
    let is_same = move |base: &Catalogue, now: &Catalogue| base.indicator(&same_code) == now.indicator(&same_code);
    let edited = Edited { list: "indicators", kind: ObjectKind::Indicator, code: code.clone(), by: origin.by(&user) };
    edit(&app, wants, edited, (base, is_same), |catalogue| catalogue.with_indicator(request.indicator(code))).await
}

/// Parses a change of the catalogue, which only an administrator may make.
fn parse<T: DeserializeOwned>(user: &User, body: Value) -> Result<T, Problem> {
    if user.role != Role::Admin {
        return Err(Problem::forbidden());
    }
    if bounds::has_nul(&body) {
        return Err(Problem::field("body", ErrorCode::Character));
    }
    serde_path_to_error::deserialize(body).map_err(|error| {
        let field = error.path().to_string();
        Problem::field(if field == "." { "body" } else { &field }, ErrorCode::WrongType)
    })
}

/// The item of the catalogue that a change is about.
struct Edited {
    /// Member of the catalogue that lists it.
    list: &'static str,
    kind: ObjectKind,
    code: String,
    by: By,
}

impl Edited {
    /// Returns the act of changing the item from one catalogue to the next.
    fn act(self, before: &Catalogue, after: &Catalogue) -> Result<Act, serde_json::Error> {
        let Self { list, kind, code, by } = self;
        let (before, after) = (serde_json::to_value(before)?, serde_json::to_value(after)?);
        let item = item_of(&after, list, &code);
        let name = item.get("name").and_then(Value::as_str).unwrap_or_default();
        let act = Act::new(by, Action::CatalogueChanged, Object::new(kind, &code, name));
        Ok(act.changing(&item_of(&before, list, &code), &item))
    }
}

/// Applies one change to the catalogue. With a base version, the item must equal that version.
async fn edit(
    app: &AppState,
    wants: Accept,
    edited: Edited,
    (base, is_same): (Option<u32>, impl FnOnce(&Catalogue, &Catalogue) -> bool),
    change: impl FnOnce(&Catalogue) -> Result<Catalogue, Vec<FieldError>>,
) -> Result<Response, Problem> {
    let (snapshot, _) = app.cache.up_to_date(&app.db).await?;
    let catalogue = &snapshot.reference.catalogue;
    let localised =
        |errors: Vec<FieldError>| errors.into_iter().map(|error| error.in_language(wants.language)).collect();
    let next = change(catalogue).map_err(|errors| Problem::fields(localised(errors)))?;
    // The same content again is no conflict: it may be the answer that was lost.
    if next == *catalogue {
        return Ok(wants.answer(catalogue));
    }
    if let Some(base) = base.filter(|base| *base != catalogue.version) {
        if base > catalogue.version {
            let limit = f64::from(catalogue.version);
            return Err(Problem::fields(vec![FieldError::with_limit("base_version", ErrorCode::TooLarge, limit)]));
        }
        let earlier = catalogue::version(&app.db, base).await?;
        if !earlier.is_some_and(|earlier| is_same(&earlier, catalogue)) {
            return Err(changed_since());
        }
    }
    let act = edited.act(catalogue, &next).map_err(DbError::from)?;
    if !catalogue::store(&app.db, &next, &act).await? {
        return Err(changed_since());
    }
    let snapshot = app.cache.reload(&app.db).await?;
    app.publish(crate::db::feed::last_change(&app.db).await?);
    Ok(wants.answer(&snapshot.reference.catalogue))
}

fn changed_since() -> Problem {
    let (chinese, english) = ("别人刚刚改过，请重新打开后再改", "Someone else has just changed it: reopen it");
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
