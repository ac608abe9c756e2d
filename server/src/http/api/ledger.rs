//! Lists of ledger items.

use crate::db::records::ledger::{self, LedgerFilter};
use crate::http::extract::body::Accept;
use crate::http::extract::current_user::CurrentUser;
use crate::http::extract::query::QueryParams;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::State;
use axum::response::Response;
use jiedui_core::api::ledger::LedgerResponse;
use jiedui_core::ledger::Ledger;

/// Lists the ledger items that the user may see, most recently recorded first. `after` is the `next` of the previous page.
#[utoipa::path(get, path = "/api/v1/ledger", params(
    ("ledger" = Option<String>, Query, description = "need or plan"), ("year" = Option<i32>, Query),
    ("programme" = Option<String>, Query), ("place" = Option<String>, Query), ("after" = Option<String>, Query),
    ("limit" = Option<usize>, Query, description = "50 by default, at most 500")),
    responses((status = 200, description = "a page of ledger items", body = LedgerResponse),
        (status = 400, description = "an invalid parameter"), (status = 401, description = "no session")))]
pub async fn list(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    wants: Accept,
    mut query: QueryParams,
) -> Result<Response, Problem> {
    let ledger = query.one_of("ledger", &["need", "plan"]);
    let filter = LedgerFilter {
        ledger: ledger.map(|code| if code == "plan" { Ledger::Plan } else { Ledger::Need }),
        year: query.year(),
        programme: query.code("programme"),
        place: query.place("place"),
    };
    let limit = query.limit(50, 500);
    let after = query.parsed("after");
    query.finish()?;
    let page = ledger::list(&app.db, &user, &filter, after, limit).await?;
    Ok(wants.answer(&LedgerResponse { items: page.items, next: page.next.map(|change| change.to_string()) }))
}
