//! Log of requests. Each request has an identifier, which is logged with all its events and sent in the response.
//!
//! Events name the route, not the path: paths and queries contain tokens, identifiers and searched words.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;
use tracing::Instrument;
use uuid::Uuid;

/// Header with the identifier.
const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// Routes that are asked so often that their success is not worth a line.
const FREQUENT: [&str; 2] = ["/healthz", "/readyz"];

/// Middleware that gives each request an identifier and logs its result.
pub async fn log(request: Request, next: Next) -> Response {
    let id = of_proxy(request.headers()).unwrap_or_else(|| Uuid::now_v7().to_string());
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let method = request.method().clone();
    // The span's level is the highest, so that every event inside has the identifier.
    let span = tracing::error_span!("request", id, %method, route);
    let header = HeaderValue::from_str(&id);
    let log = async move {
        let start = Instant::now();
        let mut response = next.run(request).await;
        let (status, milliseconds) = (response.status().as_u16(), start.elapsed().as_millis() as u64);
        let is_rare = route.is_some_and(|route| !FREQUENT.contains(&route.as_str()));
        if is_rare || status >= 500 {
            tracing::info!(status, milliseconds, "response");
        } else {
            tracing::debug!(status, milliseconds, "response");
        }
        if let Ok(header) = header {
            response.headers_mut().insert(HEADER, header);
        }
        response
    };
    log.instrument(span).await
}

/// Returns the identifier that a proxy has given. Only a UUID is accepted, with or without hyphens: anything else could
/// be personal data.
fn of_proxy(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(HEADER)?.to_str().ok()?;
    let is_uuid = matches!(text.len(), 32 | 36) && Uuid::try_parse(text).is_ok();
    is_uuid.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("0190b2a4-7c1e-7000-8000-000000000001", true)]
    #[case("0190b2a47c1e70008000000000000001", true)]
    #[case("{0190b2a4-7c1e-7000-8000-000000000001}", false)]
    #[case("li-si", false)]
    #[case("", false)]
    fn only_a_uuid_of_a_proxy_is_accepted(#[case] text: &str, #[case] accepted: bool) {
        let headers = HeaderMap::from_iter([(HEADER, text.parse().unwrap())]);
        assert_eq!(of_proxy(&headers).as_deref(), accepted.then_some(text));
    }
}
