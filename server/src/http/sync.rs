//! The sync: push and pull.

use super::App;
use super::body::{Received, Wants};
use super::problem::Problem;
use super::query::Query;
use crate::auth::SignedIn;
use crate::db::push::{Push, rejected};
use crate::db::{DbError, answer, pull};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiedui_core::domain::{ErrorCode, User};
use jiedui_core::sync::wire::LARGEST_BATCH;
use jiedui_core::sync::{Mutation, PullResponse, PushResponse, Record};
use serde_json::Value;
use std::fmt::Write;
use time::{Date, Duration, OffsetDateTime, UtcOffset};
use uuid::Uuid;

/// Takes a batch of mutations. The answer means that they are durable.
#[utoipa::path(post, path = "/api/v1/sync/push",
    request_body(content = Value, description = "client_id, user?, mutations", content_type = "application/json"),
    responses((status = 200, description = "a result for each mutation"), (status = 400, description = "not a batch"),
        (status = 401, description = "no session, or not that of `user`"), (status = 403, description = "a role that does not record"),
        (status = 413, description = "more than is taken at once")))]
pub async fn push(
    State(app): State<App>,
    SignedIn(user): SignedIn,
    wants: Wants,
    Received(mut body): Received,
) -> Result<Response, Problem> {
    if !user.role.records() {
        return Err(Problem::forbidden());
    }
    let client = match body.get("client_id") {
        None | Some(Value::Null) => return Err(Problem::field("client_id", ErrorCode::Required)),
        Some(id) => id.as_str().and_then(|id| Uuid::parse_str(id).ok()),
    };
    let client = client.ok_or(Problem::field("client_id", ErrorCode::WrongType))?;
    let owner = body.get("user").and_then(Value::as_str).map(str::to_owned);
    is_own(owner, &user)?;
    let mutations = match body.get_mut("mutations").map(Value::take) {
        None | Some(Value::Null) => return Err(Problem::field("mutations", ErrorCode::Required)),
        Some(Value::Array(mutations)) => mutations,
        Some(_) => return Err(Problem::field("mutations", ErrorCode::WrongType)),
    };
    if mutations.len() > LARGEST_BATCH {
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "一次最多上传 1000 条",
            "At most 1000 mutations at once",
        ));
    }
    let (mut parsed, mut refused) = (Vec::with_capacity(mutations.len()), Vec::new());
    for (index, mutation) in mutations.into_iter().enumerate() {
        let seq = mutation.get("seq").and_then(Value::as_u64).unwrap_or_default();
        match Mutation::parse(mutation) {
            Ok(mutation) => {
                let digest = answer::digest(&mutation)?;
                parsed.push((mutation, digest));
            }
            Err(errors) => refused.push((index, rejected(seq, errors))),
        }
    }
    let push = Push { actor: user, client, mutations: parsed, last_day: last_day() };
    let mut results = if push.mutations.is_empty() { Vec::new() } else { app.writer.push(push).await? };
    // In the order of the request.
    for (index, result) in refused {
        results.insert(index.min(results.len()), result);
    }
    for result in results.iter_mut().filter(|result| !result.errors.is_empty()) {
        let errors = std::mem::take(&mut result.errors);
        result.errors = errors.into_iter().map(|error| error.in_language(wants.language)).collect();
    }
    Ok(wants.answer(&PushResponse { results }))
}

/// Who names an owner gets an answer only if the session is theirs: on a shared phone it may be another's by now.
fn is_own(owner: Option<String>, user: &User) -> Result<(), Problem> {
    if owner.is_none_or(|owner| owner == user.id.to_string()) { Ok(()) } else { Err(Problem::no_session()) }
}

/// Today in China (UTC+8), and a day more for clocks that run ahead.
fn last_day() -> Date {
    let china = UtcOffset::from_hms(8, 0, 0).unwrap_or(UtcOffset::UTC);
    let today = OffsetDateTime::now_utc().to_offset(china).date();
    today.checked_add(Duration::DAY).unwrap_or(today)
}

/// Records that have changed since a cursor.
#[utoipa::path(get, path = "/api/v1/sync/pull", params(("cursor" = Option<String>, Query),
        ("user" = Option<String>, Query, description = "answer only if the session is this user's"), ("limit" = Option<usize>, Query)),
    responses((status = 200, description = "records, cursor, more"), (status = 400, description = "not a cursor of this user's"),
        (status = 401, description = "no session")))]
pub async fn pull(
    State(app): State<App>,
    SignedIn(user): SignedIn,
    wants: Wants,
    mut query: Query,
) -> Result<Response, Problem> {
    let limit = query.limit(500, 2_000);
    let text = query.parsed::<String>("cursor");
    let owner = query.parsed::<String>("user");
    query.done()?;
    is_own(owner, &user)?;
    let cursor = match text {
        None => pull::Cursor::start(&user),
        Some(text) => pull::Cursor::parse(&text, &user).ok_or(Problem::field("cursor", ErrorCode::Unknown))?,
    };
    let page = pull::pull(&app.db, &user, cursor, limit).await?;
    if wants.cbor { Ok(wants.answer(&in_full(page)?)) } else { Ok(json(&page)?) }
}

/// A page as JSON. The fields are stored as JSON and go out as they are.
fn json(page: &pull::Page) -> Result<Response, DbError> {
    let mut body =
        String::with_capacity(page.records.iter().map(|own| 150 + own.fields.as_ref().map_or(0, String::len)).sum());
    body.push_str("{\"records\":[");
    for (index, record) in page.records.iter().enumerate() {
        let (fields, deleted) = (record.fields.as_deref().unwrap_or("{}"), record.fields.is_none());
        let comma = if index > 0 { "," } else { "" };
        let pull::Outgoing { kind, id, rev, .. } = record;
        // Writing to a text does not fail.
        let _ =
            write!(body, r#"{comma}{{"kind":"{kind}","id":"{id}","rev":{rev},"fields":{fields},"deleted":{deleted}}}"#);
    }
    let _ = write!(body, r#"],"cursor":"{}","more":{}}}"#, page.cursor.encode()?, page.more);
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// A page, its fields parsed.
fn in_full(page: pull::Page) -> Result<PullResponse, DbError> {
    let mut records = Vec::with_capacity(page.records.len());
    for pull::Outgoing { kind, id, rev, fields } in page.records {
        let (rev, deleted) = (u64::try_from(rev).unwrap_or_default(), fields.is_none());
        let fields = fields.map(|fields| serde_json::from_str(&fields)).transpose()?.unwrap_or_default();
        records.push(Record { kind, id, rev, fields, deleted });
    }
    Ok(PullResponse { records, cursor: page.cursor.encode()?, more: page.more })
}
