//! Read-only links to the shared view. They need no account, expire, and can be revoked.

use crate::auth::token;
use crate::db::accounts::share::{self, Share};
use crate::db::audit::Act;
use crate::db::instant;
use crate::http::extract::body::{Accept, Payload};
use crate::http::extract::credentials::SHARE_COOKIE;
use crate::http::extract::current_user::CurrentUser;
use crate::http::extract::origin::Origin;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiedui_core::api::shares::{NewShareResponse, ShareLink, ShareRequest, SharesResponse};
use jiedui_core::audit::Action;
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use uuid::Uuid;

/// Maximum length of a link's query, in bytes.
const MAX_QUERY_BYTES: usize = 2_000;
/// Maximum lifetime of a link, in days.
const MAX_DAYS: u64 = 366;
/// Default lifetime of a link, in days.
const DEFAULT_DAYS: u64 = 30;
const DAY: u64 = 24 * 3600 * 1000;

fn shaped(share: Share) -> ShareLink {
    ShareLink {
        id: share.id,
        query: share.query,
        created_at: instant(share.created_at),
        expires_at: instant(share.expires_at),
        withdrawn_at: share.withdrawn_at.map(instant),
    }
}

fn out_of_range(field: &str, code: ErrorCode, limit: f64) -> Problem {
    Problem::fields(vec![FieldError::with_limit(field, code, limit)])
}

/// Creates a link to the view of a query. Only this response contains the token.
#[utoipa::path(post, path = "/api/v1/shares",
    request_body = ShareRequest,
    responses((status = 201, description = "the link", body = NewShareResponse),
        (status = 400, description = "an invalid field"), (status = 403, description = "a role that may not share"),
        (status = 409, description = "the account has 100 valid links: one must be revoked first")))]
pub async fn add(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    origin: Origin,
    wants: Accept,
    body: Payload,
) -> Result<Response, Problem> {
    if !user.role.shares() {
        return Err(Problem::forbidden());
    }
    let ShareRequest { query, days } = body.parse()?;
    let (query, days) = (query.unwrap_or_default(), days.unwrap_or(DEFAULT_DAYS));
    if query.len() > MAX_QUERY_BYTES {
        return Err(out_of_range("query", ErrorCode::TooLong, MAX_QUERY_BYTES as f64));
    }
    // It becomes part of an address, so only characters of a query are allowed.
    if !query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
        return Err(Problem::field("query", ErrorCode::WrongType));
    }
    if days == 0 {
        return Err(out_of_range("days", ErrorCode::TooSmall, 1.0));
    }
    if days > MAX_DAYS {
        return Err(out_of_range("days", ErrorCode::TooLarge, MAX_DAYS as f64));
    }
    let token = token::new_token().map_err(|error| {
        tracing::error!(%error, "no token could be made");
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "暂时无法分享", "Sharing is not possible just now")
    })?;
    let created_at = crate::db::now();
    let expires_at = created_at + i64::try_from(days * DAY).unwrap_or_default();
    let made = Share { id: Uuid::now_v7(), query, created_at, expires_at, withdrawn_at: None };
    if !share::add(&app.db, &token::token_hash(&token), user.id, &made, origin.by(&user)).await? {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "有效的分享链接已有 100 个，请先撤回不再使用的",
            "There are 100 valid links: please revoke unused ones first",
        ));
    }
    let (path, ShareLink { id, query, created_at, expires_at, withdrawn_at }) = (format!("/s/{token}"), shaped(made));
    Ok(wants.created(&NewShareResponse { id, path, query, created_at, expires_at, withdrawn_at }))
}

/// Lists the user's links: all valid ones, then the latest others, the newest first.
#[utoipa::path(get, path = "/api/v1/shares", responses((status = 200, description = "the links", body = SharesResponse)))]
pub async fn list(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    wants: Accept,
) -> Result<Response, Problem> {
    let shares = share::of_account(&app.db, user.id).await?.into_iter().map(shaped).collect();
    Ok(wants.answer(&SharesResponse { shares }))
}

/// Revokes a link with immediate effect.
#[utoipa::path(delete, path = "/api/v1/shares/{id}", params(("id" = String, Path)), responses(
    (status = 204, description = "revoked"), (status = 404, description = "no such valid link")))]
pub async fn revoke(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    origin: Origin,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let id = Uuid::parse_str(&id).map_err(|_| Problem::not_found())?;
    match share::revoke(&app.db, user.id, id, origin.by(&user)).await? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(Problem::not_found()),
    }
}

/// Opens a link: sets a cookie that gives the browser access to the shared view until the link expires.
pub async fn open(
    State(app): State<AppState>,
    origin: Origin,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Response {
    match share::valid(&app.db, &token::token_hash(&token)).await {
        Ok(Some(link)) => {
            let act = Act::new(origin.anonymous(), Action::LinkOpened, link.object());
            app.acts.note(&app.db, act).await;
            let Share { query, expires_at, .. } = link;
            let seconds = (expires_at - crate::db::now()) / 1000;
            let mut response = Redirect::to(&format!("/?{query}")).into_response();
            crate::http::api::session::set_cookie(
                &mut response,
                &format!("{SHARE_COOKIE}={token}; Max-Age={seconds}"),
                &headers,
            );
            response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
            response
        }
        Ok(None) => {
            Problem::new(StatusCode::GONE, "这个分享链接已过期或已被撤回", "This link has expired or was revoked")
                .into_response()
        }
        Err(error) => Problem::from(error).into_response(),
    }
}
