//! Figures of one year, which the app stores on the phone.

use crate::db::figures::pack;
use crate::figures::pack_cache;
use crate::figures::queries::year_pack as year_pack_of;
use crate::http::extract::body::Accept;
use crate::http::extract::query::QueryParams;
use crate::http::extract::viewer::Viewer;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use jiedui_core::api::year_pack::{MEDIA_TYPE, YearPackResponse};
use jiedui_core::figures::pack::{Piece, YearPack};
use jiedui_core::values::field_error::ErrorCode;
use jiedui_core::values::month::Year;
use std::collections::BTreeSet;

/// Maximum number of pieces in a request: a county more than there are.
const MAX_PIECES: usize = 32;

/// Returns pieces of a year's figures. With `since` and the current `edition` it is a delta: rows in their current state,
/// without entries where none are left. The size depends on the directory and the catalogue, not on the number of entries.
#[utoipa::path(get, path = "/api/v1/overview/{year}", params(("year" = i32, Path),
    ("pieces" = Option<String>, Query, description = "separated by commas: base (default), the code of a county for its \
        townships, pairings, organisations, subjects"),
    ("since" = Option<i64>, Query, description = "the `change` of the pack that the client has"),
    ("edition" = Option<String>, Query, description = "its `edition`; a pack of another edition is replaced as a whole")),
    responses((status = 200, description = "the figures", content((YearPackResponse = "application/json"),
        (String = "application/vnd.jiedui.year-pack"))),
        (status = 404, description = "not a year")))]
pub async fn year_pack(
    State(app): State<AppState>,
    _: Viewer,
    wants: Accept,
    Path(year): Path<String>,
    headers: HeaderMap,
    mut query: QueryParams,
) -> Result<Response, Problem> {
    let year = year.parse::<Year>().map_err(|_| Problem::not_found())?.get();
    let (names, since, edition) = (query.raw("pieces"), query.parsed("since"), query.raw("edition"));
    query.finish()?;
    let names = names.unwrap_or_else(|| Piece::Base.to_string());
    let pieces: Result<BTreeSet<Piece>, _> = names.split(',').map(str::parse).collect();
    let pieces = pieces.ok().filter(|pieces| pieces.len() <= MAX_PIECES);
    let pieces = pieces.ok_or_else(|| Problem::field("pieces", ErrorCode::Unknown))?;
    let current = pack_cache::edition(app.epoch);
    let pack = match since.filter(|_| edition.as_deref() == Some(&current)) {
        Some(since) => pack::read(&app.db, year, &pieces, Some(since)).await?,
        None => whole(&app, year, &pieces).await?,
    };
    let pack = YearPack { edition: current, ..pack };
    let accepts = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepts.contains(MEDIA_TYPE) {
        return Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], pack.encode()).into_response());
    }
    Ok(wants.answer(&YearPackResponse::from(&pack)))
}

/// Returns pieces of a year from the cache, and the others from the database. Pieces that are read separately may be
/// newer: the pack is as old as the oldest.
async fn whole(app: &AppState, year: i32, pieces: &BTreeSet<Piece>) -> Result<YearPack, Problem> {
    let (cached, others): (BTreeSet<Piece>, BTreeSet<Piece>) = pieces.iter().cloned().partition(pack_cache::has);
    let mut whole = year_pack_of(&app.db, &app.cache, year).await?.pieces(&cached);
    // A county without entries has a piece without figures.
    whole.pieces.extend(cached);
    if !others.is_empty() {
        whole.add_pieces(pack::read(&app.db, year, &others, None).await?);
    }
    Ok(whole)
}
