//! Server-sent events that notify open screens of changes.

use crate::db::records::cursor::Cursor;
use crate::http::extract::current_user::CurrentUser;
use crate::http::extract::viewer::Viewer;
use crate::state::AppState;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive};
use axum::response::{IntoResponse, Response, Sse};
use serde_json::{Value, json};
use std::convert::Infallible;
use std::time::Duration;

/// Streams `change` events. The first follows at once unless `Last-Event-ID` is the last change. A later number than that counts as none.
#[utoipa::path(get, path = "/api/v1/live", responses(
    (status = 200, description = "change events with the new cursor", body = String, content_type = "text/event-stream"),
    (status = 401, description = "no session")))]
pub async fn live(State(app): State<AppState>, CurrentUser(user): CurrentUser, headers: HeaderMap) -> Response {
    let (epoch, key) = (app.epoch, app.cursor_key.clone());
    events(&app, &headers, move |change| Some(json!({"cursor": Cursor::at(&user, epoch, change).encode(&key).ok()?})))
}

/// Streams change events without a cursor, for clients that may read the overview only.
#[utoipa::path(get, path = "/api/v1/overview/live", responses(
    (status = 200, description = "change events", body = String, content_type = "text/event-stream"),
    (status = 401, description = "no session")))]
pub async fn of_overview(State(app): State<AppState>, _: Viewer, headers: HeaderMap) -> Response {
    events(&app, &headers, |_| Some(json!({})))
}

fn events(app: &AppState, headers: &HeaderMap, data: impl Fn(i64) -> Option<Value> + Send + 'static) -> Response {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse::<i64>().ok());
    let mut changes = app.changes.subscribe();
    let mut stopping = app.stopping.subscribe();
    let events = async_stream::stream! {
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
            }
        }
    };
    let events = Sse::new(events).keep_alive(KeepAlive::new().interval(Duration::from_secs(15)));
    // A proxy must not collect events before it sends them on.
    ([("x-accel-buffering", "no")], [(header::CACHE_CONTROL, "no-cache")], events).into_response()
}
