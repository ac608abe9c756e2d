//! Lists of entries, and one entry with its history: `/api/v1/entries`.

use crate::clock::today;
use crate::db::records::by_date::{self, Only};
use crate::db::records::entry;
use crate::db::records::record::scope;
use crate::http::api::entry_subjects::{Subjects, figure_filter};
use crate::http::extract::body::Accept;
use crate::http::extract::current_user::CurrentUser;
use crate::http::extract::query::QueryParams;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::response::Response;
use jiedui_core::api::entries::{EntriesResponse, EntryResponse};
use jiedui_core::entry::State as EntryState;
use jiedui_core::sync::Record;
use jiedui_core::values::field_error::ErrorCode;
use uuid::Uuid;

/// Lists the entries that the user may see, newest first. `after` is the `next` of the previous page.
///
/// With `order=date`, entries are sorted by their dates, and indexes find each page. A page may then contain fewer
/// entries than `limit`, or none, while `next` is not null.
#[utoipa::path(get, path = "/api/v1/entries", params(
    ("order" = Option<String>, Query, description = "`date`: by the date of the entry, instead of the time at which it was recorded"),
    ("author" = Option<String>, Query, description = "`me`: only the user's own entries; requires `order=date`"),
    ("pairing" = Option<String>, Query, description = "only entries of this pairing; requires `order=date`"),
    ("organisation" = Option<String>, Query, description = "only entries of this organisation and of its pairings; requires `order=date`"),
    ("indicator" = Option<String>, Query, description = "only entries that the figure of this indicator counts, under the same filter; requires `order=date`"),
    ("year" = Option<i32>, Query), ("programme" = Option<String>, Query), ("place" = Option<String>, Query),
    ("state" = Option<String>, Query), ("activity" = Option<String>, Query),
    ("include" = Option<String>, Query, description = "`verified`: verified entries only"),
    ("from" = Option<String>, Query, description = "the first month, YYYY-MM"),
    ("until" = Option<String>, Query, description = "the last month, YYYY-MM"), ("after" = Option<String>, Query),
    ("limit" = Option<usize>, Query, description = "50 by default, at most 500")),
    responses((status = 200, description = "a page of entries", body = EntriesResponse),
        (status = 400, description = "an invalid parameter"), (status = 401, description = "no session")))]
pub async fn list(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    wants: Accept,
    mut query: QueryParams,
) -> Result<Response, Problem> {
    let filter = filter(&mut query);
    let limit = query.limit(50, 500);
    let is_by_date = query.one_of("order", &["date"]).is_some();
    let only_own = query.one_of("author", &["me"]).is_some();
    let subjects = Subjects::of(&mut query);
    if is_by_date {
        let after = query.parsed("after");
        query.finish()?;
        let reference = app.reference();
        let figure = figure_filter(&filter);
        let figure = figure.compile(&reference.catalogue, reference.directory());
        let concerns = |record: &Record| subjects.contain(record, &figure, &reference);
        let only = Only {
            own: only_own,
            activities: subjects.activities(&reference)?,
            passing: subjects.first_given().is_some().then_some(&concerns),
        };
        let page = by_date::list(&app.db, &user, &subjects.widened(&filter), &only, after, limit, today()).await?;
        let next = page.next.map(|position| position.to_string());
        return Ok(wants.answer(&EntriesResponse { entries: page.entries, next }));
    }
    let after = query.parsed::<i64>("after");
    query.finish()?;
    if only_own {
        return Err(Problem::field("author", ErrorCode::Unknown));
    }
    if let Some(name) = subjects.first_given() {
        return Err(Problem::field(name, ErrorCode::Unknown));
    }
    let limit_and_one = i64::try_from(limit).unwrap_or(500) + 1;
    let mut page = entry::list(&app.db, &user, &filter, after, limit_and_one).await?;
    let more = page.len() > limit;
    page.truncate(limit);
    let next = page.last().filter(|_| more).map(|last| last.key.to_string());
    let entries = page.into_iter().map(|listed| listed.record).collect();
    Ok(wants.answer(&EntriesResponse { entries, next }))
}

/// Parses the filters of lists and exports.
pub fn filter(query: &mut QueryParams) -> entry::EntryFilter {
    let states = [EntryState::Submitted, EntryState::Verified, EntryState::Returned].map(EntryState::code);
    let verified = query.one_of("include", &["verified", "submitted"]);
    entry::EntryFilter {
        year: query.year(),
        programme: query.code("programme"),
        place: query.place("place"),
        // A list is under the screens' filters, too.
        state: query.one_of("state", &states).or(verified.filter(|include| include == "verified")),
        activity: query.code("activity"),
        from: query.parsed("from"),
        until: query.parsed("until"),
    }
}

/// Returns an entry with its history. A long history is paged, newest first: `older` is the `before` of the next page.
#[utoipa::path(get, path = "/api/v1/entries/{id}", params(("id" = String, Path), ("before" = Option<i64>, Query)), responses(
    (status = 200, description = "the entry", body = EntryResponse),
    (status = 403, description = "not visible to this user"), (status = 404, description = "no such entry")))]
pub async fn get(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    wants: Accept,
    Path(id): Path<String>,
    mut query: QueryParams,
) -> Result<Response, Problem> {
    let id = Uuid::parse_str(&id).map_err(|_| Problem::not_found())?;
    let before = query.parsed::<i64>("before");
    query.finish()?;
    let mut whole = entry::find(&app.db, id, before).await?.ok_or(Problem::not_found())?;
    if !user.sees(whole.author, &whole.programme, &whole.place) {
        return Err(Problem::forbidden());
    }
    let reference = app.cache.up_to_date(&app.db).await?.0.reference.clone();
    whole.hide_from(&user, |fields| scope(fields, &reference.catalogue));
    let Record { kind, id, rev, fields, deleted } = whole.record;
    let (history, older, conflicts) = (whole.history.states, whole.history.older, whole.conflicts);
    Ok(wants.answer(&EntryResponse { kind, id, rev, fields, deleted, history, older, conflicts }))
}
