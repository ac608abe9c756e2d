//! Server-side rendering of the app's pages, and the shell that starts the app offline.

use crate::clock::today;
use crate::db::DbError;
use crate::db::figures::query::has_at_most;
use crate::http::extract::credentials::cookie;
use crate::http::extract::current_user::CurrentUser;
use crate::http::extract::query::QueryParams;
use crate::http::extract::viewer::Viewer;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::body::Body;
use axum::extract::{FromRequestParts, OptionalFromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use jiedui_app::state::bootstrap::BootstrapData;
use jiedui_app::storage::preferences::Preference;
use jiedui_core::figures::{figure::Filter, overview::Overview};
use jiedui_core::values::language::Language;
use leptos::prelude::*;
use std::error::Error;
use std::num::NonZero;
use std::sync::LazyLock;
use tokio_util::task::LocalPoolHandle;

/// Header with the app build of a page. The service worker shows the page once it has cached all files of that build.
const BUILD: &str = "x-jiedui-build";

fn chosen_language(headers: &HeaderMap) -> Language {
    cookie(headers, Preference::Language.cookie()).and_then(Language::from_tag).unwrap_or_default()
}

async fn bootstrap_data(app: &AppState, parts: &mut Parts) -> Result<BootstrapData, Problem> {
    let user = <CurrentUser as OptionalFromRequestParts<AppState>>::from_request_parts(parts, app).await?;
    let user = user.map(|CurrentUser(user)| user);
    let may_view = match user {
        Some(_) => true,
        None => match Viewer::from_request_parts(parts, app).await {
            Err(problem) if problem.is_no_session() => false,
            viewer => viewer.map(|_| true)?,
        },
    };
    let overview = if may_view { Some(overview_of_page(app, &parts.uri).await?) } else { None };
    let language = chosen_language(&parts.headers);
    let (map_number, is_demo, ranks_places) = (app.config.map_number.clone(), app.config.demo, app.config.ranking);
    Ok(BootstrapData { overview, user, language, today: today(), map_number, is_demo, ranks_places })
}

/// Maximum number of contributions and entry counts that are embedded in a page.
const SMALL: i64 = 3_000;

/// Returns the data of a page: the whole overview, or if that is large its summary under the address's filter.
async fn overview_of_page(app: &AppState, uri: &Uri) -> Result<Overview, DbError> {
    let mut query = QueryParams::of(uri);
    let filter = Filter { place: query.code("place"), ..Filter::default() };
    if let Some(village) = filter.village() {
        return app.of_village(village).await;
    }
    if has_at_most(&app.db, SMALL).await? {
        return Ok(app.overview().await?.overview.clone());
    }
    let (year, years) = (query.raw("year"), app.years().await?);
    app.summary_for(&Filter { year: jiedui_app::ui::filter::year_of(year.as_deref(), &years), ..filter }).await
}

/// Maximum number of contributions and entry counts from which the shared view is painted.
const PAINTABLE: i64 = 20_000;

/// Returns the whole overview for painting the shared view, where the page itself carries a summary. A summary has neither the
/// entries of places nor the year before.
async fn whole_for_painting(app: &AppState, uri: &Uri, data: &BootstrapData) -> Result<Option<Overview>, DbError> {
    let is_summary = data.overview.as_ref().is_some_and(|overview| match &overview.partial_for {
        Some(filter) => filter.village().is_none(),
        None => false,
    });
    if !is_summary || uri.path() != "/" || !has_at_most(&app.db, PAINTABLE).await? {
        return Ok(None);
    }
    Ok(Some(app.overview().await?.overview.clone()))
}

/// Thread pool that renders each page on one thread. A screen may hold values that only the creating thread may drop, such as
/// the handlers of a form. A body that any thread polls would drop them on another thread, which panics.
static PAINTERS: LazyLock<LocalPoolHandle> =
    LazyLock::new(|| LocalPoolHandle::new(std::thread::available_parallelism().map_or(2, NonZero::get)));

/// Renders a page of the app. If painting fails, the answer is the shell, from which the app starts by itself.
pub async fn page(State(app): State<AppState>, request: Request<Body>) -> Response {
    let (mut parts, body) = request.into_parts();
    let data = match bootstrap_data(&app, &mut parts).await {
        Ok(data) => data,
        Err(problem) => return problem.into_response(),
    };
    let painted_from = match whole_for_painting(&app, &parts.uri, &data).await {
        Ok(overview) => overview,
        Err(error) => return Problem::from(error).into_response(),
    };
    let folder = app.site.folder();
    let look = cookie(&parts.headers, Preference::Look.cookie()).unwrap_or_default().to_owned();
    let request = Request::from_parts(parts, body);
    let painted = PAINTERS.spawn_pinned(|| async move {
        let (parts, body) = paint(folder, data, painted_from, look, request).await.into_parts();
        let html = axum::body::to_bytes(body, usize::MAX).await?;
        Ok::<_, axum::Error>(Response::from_parts(parts, Body::from(without_inline_scripts(&html))))
    });
    let error: Box<dyn Error + Send + Sync> = match painted.await {
        Ok(Ok(mut response)) => {
            if let Ok(build) = app.site.build().parse() {
                response.headers_mut().insert(BUILD, build);
            }
            return response;
        }
        Ok(Err(error)) => error.into(),
        Err(error) => error.into(),
    };
    tracing::error!(%error, "the page could not be painted");
    shell(State(app)).await
}

/// Renders the page on this thread, from another overview than the page carries where one is given.
async fn paint(
    folder: String,
    data: BootstrapData,
    overview: Option<Overview>,
    look: String,
    request: Request<Body>,
) -> Response {
    let render = leptos_axum::render_app_to_stream_with_context(
        {
            let mut data = data.clone();
            data.overview = overview.or(data.overview);
            move || provide_context(data.clone())
        },
        move || jiedui_app::shell::document::document(&folder, Some(data.clone()), &look),
    );
    render(request).await
}

/// Removes the inline scripts of leptos, which prepare a hydration that this app does not have; browsers would refuse them.
fn without_inline_scripts(html: &[u8]) -> Vec<u8> {
    let (start, end) = (b"<script nonce=".as_slice(), b"</script>".as_slice());
    let find = |html: &[u8], what: &[u8]| html.windows(what.len()).position(|window| window == what);
    let (mut page, mut rest) = (Vec::with_capacity(html.len()), html);
    while let Some(at) = find(rest, start) {
        let Some(length) = find(&rest[at..], end) else { break };
        page.extend_from_slice(&rest[..at]);
        rest = &rest[at + length + end.len()..];
    }
    page.extend_from_slice(rest);
    page
}

/// Renders the not-found page.
pub async fn no_page(app: AppState, request: Request<Body>) -> Response {
    let mut response = page(State(app), request).await;
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}

/// Renders the shell, which has no figures and no user.
pub async fn shell(State(app): State<AppState>) -> Response {
    let owner = Owner::new();
    let html = owner.with(|| jiedui_app::shell::document::document(&app.site.folder(), None, "").to_html());
    ([(header::CACHE_CONTROL, "no-cache")], [(BUILD, app.site.build())], Html(html)).into_response()
}
