//! The sync: push and pull.

use super::App;
use super::body::{Received, Wants};
use super::problem::Problem;
use super::query::Query;
use crate::auth::SignedIn;
use crate::db::push::{Push, rejected};
use crate::db::{pull, push};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiedui_core::domain::{ErrorCode, FieldError, Language, User};
use jiedui_core::sync::wire::LARGEST_BATCH;
use jiedui_core::sync::{Mutation, PushResponse, PushResult};
use serde_json::Value;
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
    Received(body): Received,
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
    let mutations = match body.get("mutations") {
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
    let parsed: Vec<Result<Mutation, Box<PushResult>>> = mutations.iter().map(parse).collect();
    let readable: Vec<Mutation> = parsed.iter().filter_map(|mutation| mutation.as_ref().ok().cloned()).collect();
    let batch = Push { actor: &user, client, mutations: &readable, last_day: last_day() };
    let (results, changed) = push::push(&app.db, &app.reference, batch).await?;
    if let Some(change) = changed {
        app.changes.send_if_modified(|last| std::mem::replace(last, change.max(*last)) < change);
    }
    let mut results = results.into_iter();
    let results: Vec<PushResult> = parsed
        .into_iter()
        .filter_map(|mutation| mutation.map_or_else(|refused| Some(*refused), |_| results.next()))
        .map(|result| in_language(result, wants.language))
        .collect();
    Ok(wants.answer(&PushResponse { results }))
}

/// Who names an owner gets an answer only if the session is theirs: on a shared phone it may be another's by now.
fn is_own(owner: Option<String>, user: &User) -> Result<(), Problem> {
    if owner.is_none_or(|owner| owner == user.id.to_string()) { Ok(()) } else { Err(Problem::no_session()) }
}

/// A mutation, or the answer to one that cannot be read.
fn parse(value: &Value) -> Result<Mutation, Box<PushResult>> {
    let seq = value.get("seq").and_then(Value::as_u64).unwrap_or_default();
    let mutation = Mutation::parse(value).map_err(|errors| Box::new(rejected(seq, errors)))?;
    // Both are numbers that the database has to hold.
    let too_large = |field: &str| Box::new(rejected(seq, vec![FieldError::new(field, ErrorCode::WrongType)]));
    i64::try_from(mutation.seq).map_err(|_| too_large("seq"))?;
    i64::try_from(mutation.base_rev).map_err(|_| too_large("base_rev"))?;
    Ok(mutation)
}

fn in_language(mut result: PushResult, language: Language) -> PushResult {
    result.errors = result.errors.into_iter().map(|error| error.in_language(language)).collect();
    result
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
    Ok(wants.answer(&pull::pull(&app.db, &user, cursor, limit).await?))
}
