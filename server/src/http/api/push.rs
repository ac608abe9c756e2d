//! Push: the upload half of the sync.

use crate::clock::last_day;
use crate::db::records::idempotency;
use crate::db::records::push::{Push, rejected};
use crate::http::extract::batch::Batch;
use crate::http::extract::body::Accept;
use crate::http::extract::origin::Origin;
use crate::http::extract::sync_headers::{SyncUser, check_owner};
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiedui_core::entry::{State as EntryState, field};
use jiedui_core::sync::protocol::{EPOCH_HEADER, LARGEST_BATCH};
use jiedui_core::sync::{Mutation, PushRequest, PushResponse};
use jiedui_core::values::field_error::ErrorCode;
use serde_json::Value;
use uuid::Uuid;

/// Applies a batch of mutations. The response means that they are durable. A conflict names in `others` the authors,
/// times and fields of the concurrent changes. A mutation of kind `choice` resolves a conflict. Its id is the record's.
/// Its fields are `client` and `seq` of the mutation in conflict, and `take`, the paths of the values to apply.
/// Deleting another user's or an approved entry needs the field `reason`, deleting a duplicate `duplicate_of` as well.
/// The field `numbers_by` is the account that entered the numbers or changed them last. That account cannot approve the
/// entry, unless a setting of the server allows it: the field `state` has the error `own_numbers`. An edit of an approved
/// entry by anyone sets it to `submitted`.
/// `epoch` is the database epoch in which `base_rev` was read (see the pull). After a restore from a backup, revisions of
/// an earlier epoch count as older than every change since the restore. A mutation without
/// `epoch` counts as of the first one.
#[utoipa::path(post, path = "/api/v1/sync/push",
    params(("x-jiedui-schema" = Option<u32>, Header, description = "protocol version of the app")),
    request_body(content((PushRequest = "application/json"), (PushRequest = "application/cbor"))),
    responses((status = 200, description = "a result for each mutation", content((PushResponse = "application/json"), (PushResponse = "application/cbor"))), (status = 400, description = "not a batch of mutations"),
        (status = 401, description = "no session, or not that of `user`"), (status = 403, description = "a role that does not record"),
        (status = 413, description = "too many mutations for one push"), (status = 426, description = "the app is too old")))]
pub async fn push(
    State(app): State<AppState>,
    SyncUser(user): SyncUser,
    origin: Origin,
    wants: Accept,
    batch: Batch,
) -> Result<Response, Problem> {
    if !user.role.records() {
        return Err(Problem::forbidden());
    }
    let client = match &batch.client_id {
        Value::Null => return Err(Problem::field("client_id", ErrorCode::Required)),
        id => id.as_str().and_then(|id| Uuid::parse_str(id).ok()),
    };
    let client = client.ok_or(Problem::field("client_id", ErrorCode::WrongType))?;
    check_owner(batch.user.as_str().map(str::to_owned), &user)?;
    let mutations = batch.mutations.map_err(|code| Problem::field("mutations", code))?;
    if mutations.len() > LARGEST_BATCH {
        return Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "一次最多上传 1000 条",
            "At most 1000 mutations at once",
        ));
    }
    let (mut parsed, mut refused) = (Vec::with_capacity(mutations.len()), Vec::new());
    for (index, mutation) in mutations.into_iter().enumerate() {
        match mutation {
            Ok(mut mutation) => {
                let digest = idempotency::digest(&mutation)?;
                // A client that names no epoch has seen only the first epoch of the database.
                mutation.epoch.get_or_insert(0);
                parsed.push((mutation, digest));
            }
            Err((seq, errors)) => refused.push((index, rejected(seq, errors))),
        }
    }
    let is_returned = |mutation: &Mutation| {
        mutation.fields.get(field::STATE).and_then(Value::as_str) == Some(EntryState::Returned.code())
    };
    let returned: Vec<(u64, Uuid)> = parsed
        .iter()
        .filter(|(mutation, _)| is_returned(mutation))
        .map(|(mutation, _)| (mutation.seq, mutation.id))
        .collect();
    let by = origin.by(&user);
    let push = Push { actor: user, client, mutations: parsed, last_day: last_day(), whole: false, by, act: None };
    let mut results = if push.mutations.is_empty() { Vec::new() } else { app.writer.push(push).await? };
    let is_done = |seq: u64| results.iter().any(|result| result.seq == seq && result.outcome.is_done());
    app.web_push.notify(&app.db, returned.into_iter().filter(|(seq, _)| is_done(*seq)).map(|(_, id)| id).collect());
    // In the order of the request.
    for (index, result) in refused {
        results.insert(index.min(results.len()), result);
    }
    for result in results.iter_mut().filter(|result| !result.errors.is_empty()) {
        let errors = std::mem::take(&mut result.errors);
        result.errors = errors.into_iter().map(|error| error.in_language(wants.language)).collect();
    }
    let answer = wants.answer(&PushResponse { results });
    Ok(([(EPOCH_HEADER, app.epoch.to_string())], answer).into_response())
}
