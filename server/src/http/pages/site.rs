//! The app's files and the service worker.

use super::page;
use crate::http::problem::Problem;
use crate::site::{BUILDS, START, Site};
use crate::state::AppState;
use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::response::{IntoResponse, Response};

/// Returns the service worker with its list of files. Not cached, so that a new version applies at once.
pub async fn service_worker(State(app): State<AppState>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (headers, app.site.service_worker.clone()).into_response()
}

/// Returns a file of the app, or the not-found page.
pub async fn file_or_no_page(State(app): State<AppState>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::not_found().into_response();
    }
    let path = request.uri().path().trim_start_matches('/').to_owned();
    if let Some(response) = app.site.file(&path, request.headers()) {
        return response;
    }
    if !path.starts_with(BUILDS) {
        return page::no_page(app, request).await;
    }
    match other_build(&path) {
        Some(build) => start_of_other_build(&app.site, build),
        None => Problem::not_found().into_response(),
    }
}

/// Returns the build in the path of a start script.
fn other_build(path: &str) -> Option<&str> {
    let build = path.strip_prefix(BUILDS)?.strip_suffix(START)?;
    let is_name = !build.is_empty() && build.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_name.then_some(build)
}

/// Start script for a page of another build, after an upgrade or from the browser's cache. It reloads the page once.
fn start_of_other_build(site: &Site, build: &str) -> Response {
    let script = format!("import {{ leave }} from \"{}/version.js\";\nleave(\"{build}\");\n", site.folder());
    let headers = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (headers, script).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_build_accepts_only_paths_of_start_scripts() {
        assert_eq!(other_build("pkg/ff00/start.js"), Some("ff00"));
        assert_eq!(other_build("pkg/ff00/jiedui.js"), None);
        assert_eq!(other_build("pkg/start.js"), None);
        assert_eq!(other_build("pkg/\");alert(\"/start.js"), None);
        assert_eq!(other_build("pkg/a/b/start.js"), None);
    }
}
