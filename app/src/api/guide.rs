//! Pages of the user guide, which the build converts to HTML (`app/site`) and the service worker caches with the app's files.

use crate::api::error::ApiError;
use futures::future::{Either, select};
use gloo_net::http::Request;
use gloo_timers::future::TimeoutFuture;
use jiedui_core::values::language::Language;
use leptos::prelude::document;
use std::pin::pin;

/// Time limit for a page, in milliseconds.
const TIMEOUT: u32 = 60_000;
/// Script of every page of the app; the files of its build are in the same folder.
const START: &str = "/start.js";

/// Fetches a page of the user guide as HTML: offline from the service worker's cache, otherwise also from the server.
/// Addresses of images are relative to [`build_folder`].
pub async fn guide_page(name: &str, language: Language) -> Result<String, ApiError> {
    let folder = build_folder().ok_or_else(ApiError::no_answer)?;
    let request = Request::get(&format!("{folder}/guide/{}/{name}.html", language.tag()));
    let response = match select(pin!(request.send()), TimeoutFuture::new(TIMEOUT)).await {
        Either::Left((response, _)) => response.map_err(|_| ApiError::no_answer())?,
        Either::Right(_) => return Err(ApiError::no_answer()),
    };
    if !response.ok() {
        return Err(ApiError { status: response.status(), ..ApiError::no_answer() });
    }
    response.text().await.map_err(|_| ApiError::no_answer())
}

/// Returns the address of the folder with the files of this page's build.
pub fn build_folder() -> Option<String> {
    let script = document().query_selector(&format!("script[src$='{START}']")).ok()??;
    Some(script.get_attribute("src")?.strip_suffix(START)?.to_owned())
}
