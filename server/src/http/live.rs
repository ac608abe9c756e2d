//! Server-sent events: whoever looks at a screen learns that there is something to pull.

use super::App;
use super::problem::Problem;
use crate::auth::SignedIn;
use crate::db::pull::Cursor;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::sse::{Event, KeepAlive};
use axum::response::{IntoResponse, Response, Sse};
use serde_json::json;
use std::convert::Infallible;
use std::time::Duration;

/// `change` events. The first comes at once unless `Last-Event-ID` names the last change.
#[utoipa::path(get, path = "/api/v1/live", responses(
    (status = 200, description = "change events with the new cursor", content_type = "text/event-stream"),
    (status = 401, description = "no session")))]
pub async fn live(State(app): State<App>, SignedIn(user): SignedIn, headers: HeaderMap) -> Result<Response, Problem> {
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()).and_then(|id| id.parse::<i64>().ok());
    let mut changes = app.changes.subscribe();
    let mut stopping = app.stopping.subscribe();
    let events = async_stream::stream! {
        let mut told = last.unwrap_or(-1);
        loop {
            let change = *changes.borrow_and_update();
            if change > told {
                told = change;
                if let Ok(cursor) = Cursor::at(&user, app.epoch, change).encode() {
                    let data = json!({"cursor": cursor}).to_string();
                    yield Ok::<_, Infallible>(Event::default().event("change").id(change.to_string()).data(data));
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
    Ok(([("x-accel-buffering", "no")], [(header::CACHE_CONTROL, "no-cache")], events).into_response())
}
