//! Requests for figures: overviews and year packs.

use crate::api::endpoints::{get, send, send_json};
use crate::api::error::ApiError;
use gloo_net::http::Request;
use jiedui_core::api::year_pack::MEDIA_TYPE;
use jiedui_core::figures::figure::Filter;
use jiedui_core::figures::overview::Overview;
use jiedui_core::figures::pack::{Piece, YearPack};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Fetches the overview, or the changes since `base`. An overview of many figures has none: they are in year packs.
pub async fn overview(base: Option<&Overview>) -> Result<Overview, ApiError> {
    let (since, edition) = base.map_or((0, ""), |base| (base.change, base.edition.as_str()));
    send_json(get(&format!("/api/v1/overview?since={since}&edition={edition}&parts=few"))?).await
}

/// Fetches the overview of a filter's village, or the summary of all years at its place.
pub async fn separate_overview(filter: &Filter) -> Result<Overview, ApiError> {
    let query = match (filter.village(), &filter.place) {
        (Some(village), _) => format!("village={village}"),
        (None, Some(place)) => format!("summary=all&place={place}"),
        (None, None) => "summary=all".to_owned(),
    };
    send_json(get(&format!("/api/v1/overview?{query}"))?).await
}

/// Fetches the figures and entry counts of an organisation in all years.
pub async fn organisation_overview(id: Uuid) -> Result<Overview, ApiError> {
    send_json(get(&format!("/api/v1/overview?organisation={id}"))?).await
}

/// Fetches pieces of a year pack. With a pack it fetches their rows that changed since, or whole pieces if the server's figures
/// are of another edition.
pub async fn year_pack(year: i32, pieces: &BTreeSet<Piece>, since: Option<&YearPack>) -> Result<YearPack, ApiError> {
    let pieces: Vec<String> = pieces.iter().map(ToString::to_string).collect();
    let since = since.map(|pack| format!("&since={}&edition={}", pack.change, pack.edition)).unwrap_or_default();
    let request = Request::get(&format!("/api/v1/overview/{year}?pieces={}{since}", pieces.join(",")));
    let request = request.header("accept", MEDIA_TYPE).build().map_err(|_| ApiError::no_answer())?;
    let bytes = send(request).await?.binary().await.map_err(|_| ApiError::no_answer())?;
    YearPack::decode(&bytes).map_err(|_| ApiError::no_answer())
}
