//! The app's pages, painted here first; and the empty shell that a phone starts from when it has no network.

use super::App;
use super::indicators::this_year;
use super::problem::Problem;
use crate::auth::SignedIn;
use axum::body::Body;
use axum::extract::{OptionalFromRequestParts, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use jiedui_app::boot::Boot;
use jiedui_core::domain::Language;
use leptos::prelude::*;

/// Goes up when the shell's HTML changes, so that phones fetch it anew.
pub const SHELL_VERSION: &str = "1";

/// The cookie in which the app keeps the language that was chosen.
const LANGUAGE_COOKIE: &str = "jiedui_language=";

fn chosen_language(headers: &HeaderMap) -> Language {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let tag = cookies.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(LANGUAGE_COOKIE));
    tag.and_then(Language::from_tag).unwrap_or_default()
}

async fn boot(app: &App, headers: &HeaderMap, user: Option<SignedIn>) -> Result<Boot, Problem> {
    let user = user.map(|SignedIn(user)| user);
    let may_view = user.is_some() || app.config.public_view;
    let overview = if may_view { Some(app.overview().await?.overview.clone()) } else { None };
    let language = chosen_language(headers);
    Ok(Boot { overview, user, language, year: this_year(), map_number: app.config.map_number.clone() })
}

/// A page of the app.
pub async fn page(State(app): State<App>, request: Request<Body>) -> Response {
    let (mut parts, body) = request.into_parts();
    let signed_in = <SignedIn as OptionalFromRequestParts<App>>::from_request_parts(&mut parts, &app).await;
    let boot = match boot(&app, &parts.headers, signed_in.unwrap_or_default()).await {
        Ok(boot) => boot,
        Err(problem) => return problem.into_response(),
    };
    let options = app.leptos.clone();
    let render = leptos_axum::render_app_to_stream_with_context(
        {
            let boot = boot.clone();
            move || provide_context(boot.clone())
        },
        move || jiedui_app::document(options.clone(), Some(boot.clone())),
    );
    render(Request::from_parts(parts, body)).await
}

/// The page that says that there is none at this address.
pub async fn no_page(app: App, request: Request<Body>) -> Response {
    let mut response = page(State(app), request).await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// The shell: no figures, no user, the same for everybody.
pub async fn shell(State(app): State<App>) -> Response {
    let options = app.leptos.clone();
    let owner = Owner::new();
    let html = owner.with(|| jiedui_app::document(options, None).to_html());
    ([(header::CACHE_CONTROL, "no-cache")], Html(html)).into_response()
}
