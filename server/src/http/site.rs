//! The app's files, which are in the program itself, and the service worker that keeps them on the phone.

use super::problem::Problem;
use super::{App, page};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

#[derive(RustEmbed)]
#[folder = "../target/site"]
#[allow_missing = true]
struct Site;

const SERVICE_WORKER: &str = include_str!("../../service-worker.js");
/// What a phone needs to start with no network; sources, type declarations and compressed copies are not among it.
const NOT_KEPT: [&str; 4] = [".br", ".gz", ".topojson", ".d.ts"];

/// Kept files, and a hash of the content of all of them.
static KEPT: LazyLock<(Vec<String>, String)> = LazyLock::new(|| {
    let mut files: Vec<String> = Site::iter()
        .filter(|name| !NOT_KEPT.iter().any(|end| name.ends_with(end)))
        .map(|name| format!("/{name}"))
        .collect();
    files.sort();
    let mut hash = Sha256::new_with_prefix(env!("CARGO_PKG_VERSION"));
    hash.update(page::SHELL_VERSION);
    hash.update(SERVICE_WORKER);
    for file in files.iter().filter_map(|name| Site::get(&name[1..])) {
        hash.update(file.metadata.sha256_hash());
    }
    let version = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    (files, version)
});

/// The service worker, with the list of what it keeps. Never cached: a new version shows at once.
pub async fn service_worker() -> Response {
    let (files, version) = &*KEPT;
    let list = serde_json::to_string(files).unwrap_or_default();
    let script = SERVICE_WORKER.replace("\"__VERSION__\"", &format!("\"{version}\"")).replace("\"__FILES__\"", &list);
    let headers = [(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (headers, script).into_response()
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "wasm" => "application/wasm",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// A file of the app, or the page that says that there is none.
pub async fn file_or_no_page(State(app): State<App>, uri: Uri, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::not_found().into_response();
    }
    match file(uri.path().trim_start_matches('/'), request.headers()) {
        Some(response) => response,
        None => page::no_page(app, request).await,
    }
}

fn file(path: &str, request: &HeaderMap) -> Option<Response> {
    let accepts = request.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let plain = Site::get(path)?;
    let tag = format!("\"{}\"", hex(&plain.metadata.sha256_hash()));
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, content_type(path).parse().ok()?);
    headers.insert(header::CACHE_CONTROL, "no-cache".parse().ok()?);
    headers.insert(header::VARY, "accept-encoding".parse().ok()?);
    headers.insert(header::ETAG, tag.parse().ok()?);
    if request.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Some((StatusCode::NOT_MODIFIED, headers).into_response());
    }
    let compressed = |encoding: &'static str, end: &str| -> Option<(EmbeddedFile, &'static str)> {
        accepts.contains(encoding).then(|| Site::get(&format!("{path}{end}"))).flatten().map(|file| (file, encoding))
    };
    let body = match compressed("br", ".br").or_else(|| compressed("gzip", ".gz")) {
        Some((file, encoding)) => {
            headers.insert(header::CONTENT_ENCODING, encoding.parse().ok()?);
            file
        }
        None => plain,
    };
    Some((headers, body.data).into_response())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
