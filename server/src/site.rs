//! The app's files, which are in the program or in a folder, and the service worker that keeps them on the phone.
//!
//! All files of one build of the app are in one folder, `pkg/<build>`, that is named by the hash of their content. They refer to
//! each other inside it, never change, and are cached for a year. A page requests files of its build only, so that no page loads
//! parts of two builds during an upgrade.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// Changed when the shell's HTML changes, so that phones fetch it again.
pub const SHELL_VERSION: &str = "2";

#[derive(RustEmbed)]
#[folder = "../target/site"]
// A debug build may have no site; it then needs a folder.
#[allow_missing = true]
struct Embedded;

const SERVICE_WORKER: &str = include_str!("../service-worker.js");
/// Extensions of files that the offline start does not need: compressed copies, sources, type declarations.
const NOT_CACHED: [&str; 5] = [".br", ".gz", ".topojson", ".d.ts", ".json"];
/// Folder of the user guide's images; offline the help page shows its text without them.
const GUIDE_IMAGES: &str = "/guide/images/";
/// The folder of builds.
pub const BUILDS: &str = "pkg/";
/// The script that every page starts with, in its build's folder.
pub const START: &str = "/start.js";

struct File {
    content: Cow<'static, [u8]>,
    tag: String,
}

/// The app's files.
pub struct Site {
    files: BTreeMap<String, File>,
    build: String,
    /// Script of the service worker, with the list of cached files.
    pub service_worker: String,
}

impl Site {
    /// Loads the built-in files, or the files of a folder.
    pub fn load(folder: Option<&Path>) -> io::Result<Self> {
        let mut files = BTreeMap::new();
        match folder {
            None => {
                for name in Embedded::iter() {
                    if let Some(file) = Embedded::get(&name) {
                        let tag = hex(&file.metadata.sha256_hash());
                        files.insert(name.into_owned(), File { content: file.data, tag });
                    }
                }
            }
            Some(folder) => read_folder(folder, "", &mut files)?,
        }
        let site = Self::of(files);
        if site.build.is_empty() {
            return Err(io::Error::new(io::ErrorKind::NotFound, format!("no {BUILDS}*{START}")));
        }
        Ok(site)
    }

    fn of(files: BTreeMap<String, File>) -> Self {
        let start = files.keys().find_map(|name| name.strip_prefix(BUILDS)?.strip_suffix(START));
        let build = start.unwrap_or_default().to_owned();
        let is_kept = |name: &str| !name.contains(GUIDE_IMAGES) && !NOT_CACHED.iter().any(|end| name.ends_with(end));
        let mut hash = Sha256::new_with_prefix(env!("CARGO_PKG_VERSION"));
        hash.update(SHELL_VERSION);
        hash.update(SERVICE_WORKER);
        let mut offline_files = Vec::new();
        for (name, file) in files.iter().filter(|(name, _)| is_kept(name)) {
            hash.update(name);
            hash.update(&file.tag);
            offline_files.push(format!("/{name}"));
        }
        let service_worker = SERVICE_WORKER
            .replace("\"__BUILD__\"", &format!("\"{build}\""))
            .replace("\"__VERSION__\"", &format!("\"{}\"", hex(&hash.finalize())))
            .replace("\"__FILES__\"", &serde_json::json!(offline_files).to_string());
        Self { files, build, service_worker }
    }

    /// Returns the name of the build for which pages are rendered.
    pub fn build(&self) -> &str {
        &self.build
    }

    /// Returns the address of the folder with the build's files.
    pub fn folder(&self) -> String {
        format!("/{BUILDS}{}", self.build)
    }

    /// Returns a file, compressed as the request accepts it; `None` if it does not exist.
    pub fn file(&self, path: &str, request: &HeaderMap) -> Option<Response> {
        let plain = self.files.get(path)?;
        let caching = if path.starts_with(BUILDS) { "public, max-age=31536000, immutable" } else { "no-cache" };
        let tag = HeaderValue::from_str(&format!("\"{}\"", plain.tag)).ok()?;
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        headers.insert(header::ETAG, tag.clone());
        if request.get(header::IF_NONE_MATCH) == Some(&tag) {
            return Some((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        let accepts = request.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let compressed = |encoding: &'static str, end: &str| {
            accepts
                .contains(encoding)
                .then(|| self.files.get(&format!("{path}{end}")))
                .flatten()
                .map(|file| (file, encoding))
        };
        let file = match compressed("br", ".br").or_else(|| compressed("gzip", ".gz")) {
            Some((file, encoding)) => {
                headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
                file
            }
            None => plain,
        };
        let body = match &file.content {
            Cow::Borrowed(content) => (*content).into_response(),
            Cow::Owned(content) => content.clone().into_response(),
        };
        // These include the content type.
        Some((headers, body.into_body()).into_response())
    }
}

/// Reads the files of a folder recursively.
fn read_folder(folder: &Path, prefix: &str, files: &mut BTreeMap<String, File>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read_folder(&entry.path(), &format!("{name}/"), files)?;
        } else {
            let content = std::fs::read(entry.path())?;
            let tag = hex(&Sha256::digest(&content));
            files.insert(name, File { content: content.into(), tag });
        }
    }
    Ok(())
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "wasm" => "application/wasm",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[allow(dead_code)]
#[path = "../build.rs"]
mod build_script;

#[cfg(test)]
mod tests {
    use super::build_script::check_site;
    use super::*;

    fn site(names: &[&str]) -> Site {
        let file = |name: &str| File { content: name.as_bytes().to_vec().into(), tag: hex(&Sha256::digest(name)) };
        Site::of(names.iter().map(|name| ((*name).to_owned(), file(name))).collect())
    }

    #[test]
    fn site_is_named_by_the_folder_of_its_start_script() {
        let site = site(&["icon.svg", "pkg/0a1b/jiedui.wasm", "pkg/0a1b/jiedui.wasm.br", "pkg/0a1b/start.js"]);
        assert_eq!((site.build(), site.folder().as_str()), ("0a1b", "/pkg/0a1b"));
        assert!(site.service_worker.contains("\"0a1b\""));
        assert!(site.service_worker.contains(r#"["/icon.svg","/pkg/0a1b/jiedui.wasm","/pkg/0a1b/start.js"]"#));
    }

    #[test]
    fn release_build_without_a_site_fails() {
        let folder = tempfile::tempdir().unwrap();
        assert!(check_site(folder.path(), true).unwrap_err().contains("make build"));
        assert_eq!(check_site(folder.path(), false), Ok(()), "a debug build serves a folder");
        std::fs::create_dir(folder.path().join("pkg")).unwrap();
        assert_eq!(check_site(folder.path(), true), Ok(()));
    }

    #[test]
    fn guide_is_offline_without_its_images() {
        let site = site(&["pkg/0a1b/guide/en/index.html", "pkg/0a1b/guide/images/form.en.png", "pkg/0a1b/start.js"]);
        assert!(site.service_worker.contains(r#"["/pkg/0a1b/guide/en/index.html","/pkg/0a1b/start.js"]"#));
        let image = site.file("pkg/0a1b/guide/images/form.en.png", &HeaderMap::new());
        assert_eq!(image.map(|response| response.status()), Some(StatusCode::OK));
    }

    #[test]
    fn build_files_are_immutable_and_others_revalidated() {
        let site = site(&["icon.svg", "pkg/0a1b/start.js"]);
        let caching = |path: &str| {
            let response =
                site.file(path, &HeaderMap::new()).map(|response| response.headers()[header::CACHE_CONTROL].clone());
            response.and_then(|value| value.to_str().map(str::to_owned).ok())
        };
        assert_eq!(caching("pkg/0a1b/start.js"), Some("public, max-age=31536000, immutable".to_owned()));
        assert_eq!(caching("icon.svg"), Some("no-cache".to_owned()));
        assert_eq!(caching("pkg/other/jiedui.js"), None);
    }
}
