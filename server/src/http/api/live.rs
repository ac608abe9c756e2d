//! Server-sent events that notify open screens of changes.

use crate::auth::token::token_hash;
use crate::db::Db;
use crate::db::accounts::session;
use crate::db::records::cursor::Cursor;
use crate::http::extract::credentials::token;
use crate::http::extract::current_user::CurrentUser;
use crate::http::extract::viewer::Viewer;
use crate::state::AppState;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive};
use axum::response::{IntoResponse, Response, Sse};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

/// Streams `change` events. The first follows at once unless `Last-Event-ID` is the last change. A later number than that counts as none.
#[utoipa::path(get, path = "/api/v1/live", responses(
    (status = 200, description = "change events with the new cursor", body = String, content_type = "text/event-stream"),
    (status = 401, description = "no session")))]
pub async fn live(State(app): State<AppState>, CurrentUser(user): CurrentUser, headers: HeaderMap) -> Response {
    let (epoch, key) = (app.epoch, app.cursor_key.clone());
    let session = token(&headers).map(|token| token_hash(&token));
    let data = move |change| Some(json!({"cursor": Cursor::at(&user, epoch, change).encode(&key).ok()?}));
    events(&app, &headers, session, data)
}

/// Streams change events without a cursor, for clients that may read the overview only.
#[utoipa::path(get, path = "/api/v1/overview/live", responses(
    (status = 200, description = "change events", body = String, content_type = "text/event-stream"),
    (status = 401, description = "no session")))]
pub async fn of_overview(State(app): State<AppState>, _: Viewer, headers: HeaderMap) -> Response {
    events(&app, &headers, None, |_| Some(json!({})))
}

/// Interval at which a stream checks that its session has not ended.
const SESSION_CHECK: Duration = Duration::from_secs(20);

/// Waits until a session has ended; forever without one. A database that does not answer ends no stream.
async fn session_end(db: Db, session: Option<Vec<u8>>) {
    let Some(hash) = session else { return std::future::pending().await };
    loop {
        tokio::time::sleep(SESSION_CHECK).await;
        if matches!(session::user(&db, &hash).await, Ok(None)) {
            return;
        }
    }
}

fn events(
    app: &AppState,
    headers: &HeaderMap,
    session: Option<Vec<u8>>,
    data: impl Fn(i64) -> Option<Value> + Send + 'static,
) -> Response {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse::<i64>().ok());
    let mut changes = app.changes.subscribe();
    let mut stopping = app.stopping.subscribe();
    let db = app.db.clone();
    let events = async_stream::stream! {
        let mut ended = pin!(session_end(db, session));
        // After a restore the last change is an earlier one: a later number is none of this database.
        let latest = *changes.borrow();
        let mut sent = last.filter(|last| *last <= latest).unwrap_or(-1);
        loop {
            let change = *changes.borrow_and_update();
            if change > sent {
                sent = change;
                if let Some(data) = data(change) {
                    let event = Event::default().event("change").id(change.to_string()).data(data.to_string());
                    yield Ok::<_, Infallible>(event);
                }
            }
            tokio::select! {
                result = changes.changed() => if result.is_err() { return },
                _ = stopping.wait_for(|stopping| *stopping) => return,
                () = &mut ended => return,
            }
        }
    };
    let events = Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)));
    // A proxy must not collect events before it sends them on.
    ([("x-accel-buffering", "no")], [(header::CACHE_CONTROL, "no-cache")], events).into_response()
}
