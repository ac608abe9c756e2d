//! HTTP layer: router, extractors, API, pages and problems.

pub mod api;
pub mod browser_safety;
pub mod extract;
mod openapi;
pub mod pages;
pub mod problem;
mod qr;
mod request_log;

use crate::state::AppState;
use api::{
    account, attachments, audit, catalogue, directory, entries, export, health, imports, indicators, ledger, live, map,
    notices, overview, periods, pull, push, session, shares, users, year_pack,
};
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn;
use axum::routing::get;
use axum::{Json, Router};
use extract::body;
use leptos_axum::LeptosRoutes;
use openapi::{Common, Description};
use pages::{page, site};
use problem::Problem;
use std::sync::Arc;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::{CompressionLayer, CompressionLevel};
use tower_http::decompression::RequestDecompressionLayer;
use tower_http::timeout::TimeoutLayer;
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Maximum size of a request body, in bytes: a push of a thousand entries with long notes.
const LARGEST_BODY: usize = 8 << 20;
/// Compression level of pages: first paint on 2G is worth the server's time.
const SMALL: i32 = 5;
/// Compression level of sync responses, which are frequent and repetitive.
const QUICK: i32 = 2;
/// Timeout of a request.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Builds the router: the API, the app's files and its pages.
pub fn router(app: AppState) -> Router {
    let synced = OpenApiRouter::new()
        .routes(routes!(push::push))
        .routes(routes!(pull::pull))
        .routes(routes!(pull::snapshot))
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(QUICK)));
    let (api, mut description) = OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
        .merge(
            OpenApiRouter::new()
                .routes(routes!(session::sign_in, session::who_am_i, session::sign_out))
                .routes(routes!(account::sign_in_with_code))
                .routes(routes!(account::set_up))
                .routes(routes!(account::set_own))
                .routes(routes!(account::set_own_password))
                .layer(DefaultBodyLimit::max(session::LARGEST_BODY)),
        )
        .routes(routes!(users::list, users::add))
        .routes(routes!(users::change))
        .routes(routes!(users::reset))
        .routes(routes!(users::sessions))
        .routes(routes!(users::end_session))
        .routes(routes!(catalogue::catalogue))
        .routes(routes!(catalogue::set_programme))
        .routes(routes!(catalogue::set_activity))
        .routes(routes!(catalogue::set_indicator))
        .routes(routes!(directory::set_organisation))
        .routes(routes!(directory::set_pairing))
        .routes(routes!(periods::list))
        .routes(routes!(periods::set))
        .routes(routes!(catalogue::places))
        .routes(routes!(indicators::indicators))
        .routes(routes!(indicators::series))
        .routes(routes!(map::map))
        .routes(routes!(overview::overview))
        .routes(routes!(year_pack::year_pack))
        .routes(routes!(entries::list))
        .routes(routes!(entries::get))
        .routes(routes!(ledger::list))
        .merge(synced)
        .routes(routes!(live::live))
        .routes(routes!(live::of_overview))
        .routes(routes!(shares::add, shares::list))
        .routes(routes!(shares::revoke))
        .routes(routes!(notices::list))
        .routes(routes!(notices::key, notices::subscribe, notices::unsubscribe))
        .routes(routes!(imports::list))
        .routes(routes!(imports::empty_table))
        .routes(routes!(imports::get, imports::writing::revert))
        .routes(routes!(imports::set_columns))
        .routes(routes!(imports::set_layout))
        .routes(routes!(imports::writing::write))
        .routes(routes!(imports::upload::upload))
        .routes(routes!(attachments::put, attachments::get))
        .routes(routes!(attachments::missing))
        .routes(routes!(audit::list))
        .routes(routes!(audit::csv))
        .routes(routes!(export::entries_csv))
        .routes(routes!(export::entries_xlsx))
        .routes(routes!(export::directory_xlsx))
        .routes(routes!(export::indicators::indicators_xlsx))
        .routes(routes!(export::indicators::indicators_csv))
        .routes(routes!(export::map_geojson))
        .split_for_parts();
    Common.modify(&mut description);
    let description = Arc::new(description);
    let openapi = get(move || async move { Json(description) });
    let pages = leptos_axum::generate_route_list(jiedui_app::shell::root::Root);
    Router::<AppState>::new()
        .merge(api)
        .route("/api/v1/openapi.json", openapi)
        .route("/api/{*path}", axum::routing::any(|| async { Problem::not_found() }))
        .route("/sw.js", get(site::service_worker))
        .route("/shell", get(page::shell))
        .route("/s/{token}", get(shares::open))
        .leptos_routes_with_handler(pages, get(page::page))
        .fallback(site::file_or_no_page)
        .method_not_allowed_fallback(|| async { StatusCode::METHOD_NOT_ALLOWED })
        .with_state(app)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(RequestDecompressionLayer::new())
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, TIMEOUT))
        .layer(CatchPanicLayer::custom(problem::after_panic))
        .layer(from_fn(browser_safety::check_origin))
        .layer(from_fn(problem::write))
        .layer(CompressionLayer::new().quality(CompressionLevel::Precise(SMALL)))
        .layer(from_fn(body::drain_body))
        .layer(from_fn(browser_safety::set_headers))
        .layer(from_fn(health::count))
        .layer(from_fn(request_log::log))
}
