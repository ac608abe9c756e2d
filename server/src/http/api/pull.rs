//! Pull: the download half of the sync, in pages or as one stream.

use crate::clock::today;
use crate::db::DbError;
use crate::db::records::cursor::{Cursor, CursorKey};
use crate::db::records::pull::{self as feed, FeedItem, FeedPage};
use crate::http::extract::body::{Accept, cbor};
use crate::http::extract::query::QueryParams;
use crate::http::extract::sync_headers::{SyncUser, check_owner};
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use ciborium::Value as Cbor;
use futures::stream::BoxStream;
use jiedui_core::access::user::User;
use jiedui_core::sync::{PullResponse, Record};
use jiedui_core::values::field_error::ErrorCode;
use serde::ser::Error;
use std::fmt::Write;

/// Records in one chunk of a snapshot.
const PIECE: usize = 500;

/// Returns the records that have changed since a cursor.
#[utoipa::path(get, path = "/api/v1/sync/pull", params(("cursor" = Option<String>, Query),
        ("user" = Option<String>, Query, description = "identifier of the user; rejected if the session belongs to another one"), ("limit" = Option<usize>, Query),
        ("window" = Option<String>, Query, description = "`phone`: only the records that a phone holds. Without it, every record that the user may see. Send the same value with every cursor")),
    responses((status = 200, description = "a page of changed records", content((PullResponse = "application/json"), (PullResponse = "application/cbor"))),
        (status = 400, description = "not a cursor of this user's"), (status = 401, description = "no session"),
        (status = 426, description = "the app is too old")))]
pub async fn pull(
    State(app): State<AppState>,
    SyncUser(user): SyncUser,
    wants: Accept,
    mut query: QueryParams,
) -> Result<Response, Problem> {
    let limit = query.limit(500, 2_000);
    let (cursor, holding) = start(&app, &user, &mut query)?;
    let page = next_page(&app, &user, cursor, holding, limit).await?;
    let last = last(&app, &page);
    Ok(if wants.cbor {
        wants.answer(&in_full(page, last, &app.cursor_key)?)
    } else {
        ([(header::CONTENT_TYPE, "application/json")], json(&page, last, &app.cursor_key)?).into_response()
    })
}

/// Streams all records after a cursor as the pages of [`pull`]. Each page has a cursor, so a broken connection loses at
/// most the last page.
#[utoipa::path(get, path = "/api/v1/sync/snapshot", params(("cursor" = Option<String>, Query),
        ("user" = Option<String>, Query, description = "identifier of the user; rejected if the session belongs to another one"),
        ("window" = Option<String>, Query, description = "`phone`: only the records that a phone holds")),
    responses((status = 200, description = "pages: a line of JSON each, or as CBOR a byte string each (RFC 8742)",
            content((PullResponse = "application/x-ndjson"), (PullResponse = "application/cbor-seq"))),
        (status = 400, description = "not a cursor of this user's"), (status = 401, description = "no session"),
        (status = 426, description = "the app is too old")))]
pub async fn snapshot(
    State(app): State<AppState>,
    SyncUser(user): SyncUser,
    wants: Accept,
    mut query: QueryParams,
) -> Result<Response, Problem> {
    let (mut cursor, holding) = start(&app, &user, &mut query)?;
    let pages = async_stream::try_stream! {
        loop {
            let page = next_page(&app, &user, cursor.clone(), holding, PIECE).await?;
            let (more, last) = (page.more, last(&app, &page));
            cursor.clone_from(&page.cursor);
            yield piece(page, last, wants, &app.cursor_key)?;
            if !more {
                break;
            }
        }
    };
    let kind = if wants.cbor { "application/cbor-seq" } else { "application/x-ndjson" };
    let pages: BoxStream<'static, Result<Bytes, DbError>> = Box::pin(pages);
    Ok(([(header::CONTENT_TYPE, kind)], Body::from_stream(pages)).into_response())
}

/// Encodes a page as a chunk of a snapshot.
fn piece(page: FeedPage, last: i64, wants: Accept, key: &CursorKey) -> Result<Bytes, DbError> {
    if wants.cbor {
        let bytes = cbor(&in_full(page, last, key)?)?;
        let mut framed = Vec::with_capacity(bytes.len() + 9);
        ciborium::into_writer(&Cbor::Bytes(bytes), &mut framed)
            .map_err(|error| DbError::Stored(serde_json::Error::custom(error)))?;
        return Ok(framed.into());
    }
    Ok((json(&page, last, key)? + "\n").into())
}

/// Records that a client holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holding {
    /// Every record that the user may see.
    Everything,
    /// The window of a phone.
    Phone,
}

async fn next_page(
    app: &AppState,
    user: &User,
    cursor: Cursor,
    holding: Holding,
    limit: usize,
) -> Result<FeedPage, DbError> {
    match holding {
        Holding::Everything => feed::pull(&app.db, user, cursor, limit).await,
        Holding::Phone => feed::pull_window(&app.db, user, cursor, limit, today()).await,
    }
}

/// Parses the cursor of a request, and which records its client holds.
fn start(app: &AppState, user: &User, query: &mut QueryParams) -> Result<(Cursor, Holding), Problem> {
    let text = query.parsed::<String>("cursor");
    let holding = match query.one_of("window", &["phone"]) {
        Some(_) => Holding::Phone,
        None => Holding::Everything,
    };
    let owner = query.parsed::<String>("user");
    query.finish()?;
    check_owner(owner, user)?;
    let cursor = match text {
        None => Cursor::start(user, app.epoch),
        Some(text) => Cursor::parse(&text, user, app.epoch, &app.cursor_key)
            .ok_or(Problem::field("cursor", ErrorCode::Unknown))?,
    };
    Ok((cursor, holding))
}

/// Returns the last position of the feed; in a listing, the expected number of records.
fn last(app: &AppState, page: &FeedPage) -> i64 {
    match page.listed {
        Some((_, expected)) => i64::try_from(expected).unwrap_or(i64::MAX),
        None => page.cursor.position().max(*app.changes.borrow()),
    }
}

/// Returns the position in the feed; in a listing, the number of records received.
fn position(page: &FeedPage) -> i64 {
    page.listed.map_or(page.cursor.position(), |(received, _)| i64::try_from(received).unwrap_or(i64::MAX))
}

/// Encodes a page as JSON. Stored fields are JSON already and are copied.
fn json(page: &FeedPage, last: i64, key: &CursorKey) -> Result<String, DbError> {
    let mut body = String::with_capacity(
        page.records.iter().map(|record| 150 + record.fields.as_ref().map_or(0, String::len)).sum(),
    );
    body.push_str("{\"records\":[");
    for (index, record) in page.records.iter().enumerate() {
        let (fields, deleted) = (record.fields.as_deref().unwrap_or("{}"), record.fields.is_none());
        let comma = if index > 0 { "," } else { "" };
        let FeedItem { kind, id, rev, .. } = record;
        // Writing to a text does not fail.
        let _ =
            write!(body, r#"{comma}{{"kind":"{kind}","id":"{id}","rev":{rev},"fields":{fields},"deleted":{deleted}}}"#);
    }
    let (cursor, more, position) = (page.cursor.encode(key)?, page.more, position(page));
    let epoch = page.cursor.epoch();
    body.push(']');
    if !page.left.is_empty() {
        let _ = write!(body, r#","left":{}"#, serde_json::to_string(&page.left)?);
    }
    if let Some(window) = &page.window {
        let _ = write!(body, r#","window":{}"#, serde_json::to_string(window)?);
    }
    let _ = write!(body, r#","cursor":"{cursor}","epoch":{epoch},"more":{more},"position":{position},"last":{last}}}"#);
    Ok(body)
}

/// Converts a page to the response type, with parsed fields.
fn in_full(page: FeedPage, last: i64, key: &CursorKey) -> Result<PullResponse, DbError> {
    let position = position(&page);
    let mut records = Vec::with_capacity(page.records.len());
    for FeedItem { kind, id, rev, fields } in page.records {
        let deleted = fields.is_none();
        let fields = fields.map(|fields| serde_json::from_str(&fields)).transpose()?.unwrap_or_default();
        records.push(Record { kind, id, rev, fields, deleted });
    }
    let unsigned = |number: i64| u64::try_from(number).unwrap_or_default();
    let (cursor, more, position) = (page.cursor.encode(key)?, page.more, unsigned(position));
    Ok(PullResponse {
        records,
        left: page.left,
        window: page.window,
        cursor,
        more,
        position,
        last: unsigned(last),
        epoch: unsigned(page.cursor.epoch()),
        reset: false,
    })
}
