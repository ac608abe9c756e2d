//! Changes of organisations and pairings, by coordinators.

use crate::db::audit::{Act, Object};
use crate::db::feed;
use crate::db::reference::directory::{self, Written};
use crate::http::extract::body::{Accept, Payload, missing_field};
use crate::http::extract::current_user::CurrentUser;
use crate::http::extract::origin::Origin;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiedui_core::access::user::User;
use jiedui_core::api::directory::{SetOrganisationRequest, SetPairingRequest};
use jiedui_core::audit::{Action, ObjectKind};
use jiedui_core::directory::Directory;
use jiedui_core::directory::organisation::{Organisation, Pairing};
use jiedui_core::entry::bounds;
use jiedui_core::sync::Kind;
use jiedui_core::values::field_error::add_new;
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

/// Adds or changes an organisation.
#[utoipa::path(put, path = "/api/v1/organisations/{id}", params(("id" = String, Path)),
    request_body = SetOrganisationRequest,
    responses((status = 200, description = "the organisation", body = Organisation), (status = 400, description = "invalid fields"),
        (status = 403, description = "a role that does not coordinate, or a record outside the user's scope"),
        (status = 409, description = "changed since base_rev; for 0: it exists with other content")))]
pub async fn set_organisation(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    origin: Origin,
    Path(id): Path<String>,
    wants: Accept,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let (id, request) = read::<SetOrganisationRequest>(&user, &id, body)?;
    let (mut organisation, base_rev) = request.organisation(id);
    let reference = app.cache.up_to_date(&app.db).await?.0.reference.clone();
    let directory = Directory { organisations: &reference.organisations, pairings: &reference.pairings };
    if directory.organisation(organisation.id).is_some_and(|earlier| !earlier.forbidden_fields(&user).is_empty()) {
        return Err(Problem::forbidden());
    }
    let forbidden = organisation.forbidden_fields(&user);
    reject(organisation.validate(&reference.places, &reference.catalogue), forbidden, wants)?;
    let object = Object::new(ObjectKind::Organisation, organisation.id, &organisation.name);
    let act = Act::new(origin.by(&user), Action::DirectoryChanged, object);
    // Its initials are read from its name when the directory is.
    organisation.rev = set(&app, (Kind::Organisation, organisation.id), &organisation, &user, base_rev, act).await?;
    Ok(wants.answer(&organisation))
}

/// Adds or changes a pairing; an ended pairing stays, with its last day.
#[utoipa::path(put, path = "/api/v1/pairings/{id}", params(("id" = String, Path)),
    request_body = SetPairingRequest,
    responses((status = 200, description = "the pairing", body = Pairing), (status = 400, description = "invalid fields"),
        (status = 403, description = "a role that does not coordinate, or a record outside the user's scope"),
        (status = 409, description = "changed since base_rev; for 0: it exists with other content")))]
pub async fn set_pairing(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    origin: Origin,
    Path(id): Path<String>,
    wants: Accept,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let (id, request) = read::<SetPairingRequest>(&user, &id, body)?;
    let (mut pairing, base_rev) = request.pairing(id);
    let reference = app.cache.up_to_date(&app.db).await?.0.reference.clone();
    let directory = Directory { organisations: &reference.organisations, pairings: &reference.pairings };
    if directory.pairing(pairing.id).is_some_and(|earlier| !earlier.forbidden_fields(&user, directory).is_empty()) {
        return Err(Problem::forbidden());
    }
    let forbidden = pairing.forbidden_fields(&user, directory);
    reject(pairing.validate(directory, &reference.catalogue), forbidden, wants)?;
    let name = |id| directory.organisation(id).map(|organisation| organisation.name.as_str()).unwrap_or_default();
    let name = format!("{} — {}", name(pairing.organisation_a), name(pairing.organisation_b));
    let act = Act::new(origin.by(&user), Action::DirectoryChanged, Object::new(ObjectKind::Pairing, pairing.id, name));
    pairing.rev = set(&app, (Kind::Pairing, pairing.id), &pairing, &user, base_rev, act).await?;
    Ok(wants.answer(&pairing))
}

/// Reads the identifier and the body of a change.
fn read<T: DeserializeOwned>(user: &User, id: &str, body: Value) -> Result<(Uuid, T), Problem> {
    if !user.role.coordinates() {
        return Err(Problem::forbidden());
    }
    let id = Uuid::parse_str(id).map_err(|_| Problem::not_found())?;
    if let Some((name, _)) = body.as_object().into_iter().flatten().find(|(_, value)| bounds::has_nul(value)) {
        return Err(Problem::field(name, ErrorCode::Character));
    }
    let request = serde_path_to_error::deserialize(body).map_err(|error| match missing_field(error.inner()) {
        Some(field) => Problem::field(&field, ErrorCode::Required),
        None => Problem::field(&error.path().to_string(), ErrorCode::WrongType),
    })?;
    Ok((id, request))
}

/// Fails with the errors in the language of the client, if there are any.
fn reject(mut errors: Vec<FieldError>, forbidden: Vec<FieldError>, wants: Accept) -> Result<(), Problem> {
    add_new(&mut errors, forbidden);
    let errors: Vec<FieldError> = errors.into_iter().map(|error| error.in_language(wants.language)).collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::fields(errors)) }
}

/// Writes a record and returns its revision.
async fn set(
    app: &AppState,
    (kind, id): (Kind, Uuid),
    record: &impl Serialize,
    user: &User,
    base_rev: Option<u64>,
    act: Act,
) -> Result<u64, Problem> {
    let rev = match directory::set(&app.db, (kind, id), record, user, base_rev, act).await? {
        Written::Done(rev) => rev,
        Written::OtherKind => return Err(Problem::field("id", ErrorCode::Reused)),
        Written::ForeignFile => return Err(Problem::field("agreement", ErrorCode::ForeignPhoto)),
        Written::Ahead(last) => {
            return Err(Problem::fields(vec![FieldError::with_limit("base_rev", ErrorCode::TooLarge, last as f64)]));
        }
        Written::Conflict => {
            let sentence =
                ("别人已经改过，请重新打开再改", "Someone else has changed it: reopen it and repeat your change");
            let problem = Problem::new(StatusCode::CONFLICT, sentence.0, sentence.1);
            return Err(problem.with(vec![FieldError::new("base_rev", ErrorCode::Conflict)]));
        }
    };
    app.cache.reload(&app.db).await?;
    app.publish(feed::last_change(&app.db).await?);
    Ok(rev)
}
