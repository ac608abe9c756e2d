//! Liveness, readiness and request metrics.

use crate::db::feed;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use jiedui_core::api::health::{HealthResponse, ReadyResponse};
use std::time::{Duration, Instant};
use tokio::time::timeout;

/// The longest that the database may take to answer a readiness check.
const TIMEOUT: Duration = Duration::from_secs(3);

/// Seconds after which a probe of a server that is not ready is worth repeating.
const RETRY_AFTER: u64 = 5;

/// Liveness probe.
#[utoipa::path(get, path = "/healthz", responses((status = 200, description = "alive", body = HealthResponse)))]
pub async fn healthz() -> Json<HealthResponse> {
    Json(HealthResponse { status: "ok".to_owned() })
}

/// Readiness probe: background tasks are running, and the database can be read and written.
#[utoipa::path(get, path = "/readyz", responses(
    (status = 200, description = "ready", body = ReadyResponse), (status = 503, description = "not ready")))]
pub async fn readyz(State(app): State<AppState>) -> Result<Json<ReadyResponse>, Problem> {
    let gone = app.tasks.gone();
    if !gone.is_empty() {
        tracing::warn!(?gone, "not ready: tasks have stopped");
        return Err(not_ready(
            "服务器的部分任务已停止，正在重新启动",
            "Some of the server's tasks have stopped and are being restarted",
        ));
    }
    if app.db.is_replaced() {
        return Err(not_ready(
            "数据库文件已被替换，请重新启动服务器",
            "The database file was replaced: restart the server",
        ));
    }
    let reading = timeout(TIMEOUT, feed::last_change(&app.db)).await;
    reading.map_err(|_| not_ready("数据库没有回应", "The database does not answer"))??;
    if !app.db.has_room() {
        return Err(not_ready("服务器的磁盘已满", "The server's disk is full"));
    }
    if !app.writer.can_write().await {
        return Err(not_ready("服务器暂时无法保存数据", "The server cannot store data just now"));
    }
    let version = env!("CARGO_PKG_VERSION").to_owned();
    Ok(Json(ReadyResponse { status: "ok".to_owned(), database: app.db.name().to_owned(), version }))
}

fn not_ready(chinese: &'static str, english: &'static str) -> Problem {
    Problem::retry_after(StatusCode::SERVICE_UNAVAILABLE, chinese, english, RETRY_AFTER)
}

/// Middleware that counts requests and measures their duration for `/metrics`.
pub async fn count(request: Request, next: Next) -> Response {
    let (method, start) = (request.method().to_string(), Instant::now());
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::counter!("jiedui_http_requests_total", "method" => method, "status" => status).increment(1);
    metrics::histogram!("jiedui_http_request_seconds").record(start.elapsed().as_secs_f64());
    response
}
