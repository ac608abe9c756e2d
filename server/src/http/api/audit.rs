//! The audit trail, for those who may read it: pages, and an export.

use super::export::{csv_text, file, note_export};
use crate::clock::CHINA;
use crate::db::DbError;
use crate::db::audit::AuditRow;
use crate::db::audit::list::{self, Filter, Position};
use crate::db::instant;
use crate::db::records::stored;
use crate::http::extract::body::Accept;
use crate::http::extract::current_user::CurrentUser;
use crate::http::extract::origin::Origin;
use crate::http::extract::query::QueryParams;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use futures::StreamExt;
use jiedui_core::access::rights::may_read_audit;
use jiedui_core::access::user::User;
use jiedui_core::api::audit::{AuditActor, AuditItem, AuditObject, AuditResponse};
use jiedui_core::audit::{Action, ObjectKind};
use jiedui_core::values::csv_cell::neutralise_formula;
use jiedui_core::values::date::parse_date;
use jiedui_core::values::field_error::ErrorCode;
use std::io;
use time::{Date, Duration, Time};

/// Rows that an export reads at a time.
const PAGE: usize = 1_000;
/// Headings of the export.
const HEADINGS: [&str; 12] =
    ["序号", "时间", "账号编号", "账号", "来源", "操作", "对象类别", "对象编号", "对象", "之前", "之后", "时间（UTC）"];

/// Rejects users who may not read the trail.
fn check_right(user: &User) -> Result<(), Problem> {
    if may_read_audit(user) { Ok(()) } else { Err(Problem::forbidden()) }
}

/// Parses the filters.
fn filter(query: &mut QueryParams) -> Result<Filter, Problem> {
    let codes: Vec<&str> = Action::ALL.iter().map(|action| action.code()).collect();
    let action = query.one_of("action", &codes).and_then(|code| Action::from_code(&code));
    let (actor, object) = (query.parsed("actor"), query.parsed("object"));
    let day = |name| match query.raw(name).map(|text| parse_date(&text)) {
        Some(None) => Err(Problem::field(name, ErrorCode::WrongType)),
        day => Ok(day.flatten()),
    };
    let (from, until) = (day("from")?, day("until")?);
    let until = until.and_then(|until| until.checked_add(Duration::DAY));
    Ok(Filter { actor, action, object, from: from.map(start_of), until: until.map(start_of) })
}

/// Returns the start of a day in China, in milliseconds since 1970.
fn start_of(day: Date) -> i64 {
    day.with_time(Time::MIDNIGHT).assume_offset(CHINA).unix_timestamp().saturating_mul(1_000)
}

/// Shapes a row as it is sent.
fn shaped(row: AuditRow) -> Result<AuditItem, DbError> {
    let parse = |text: &str| stored::parse("audit", row.number, text);
    let (before, after) = (parse(&row.old_values)?, parse(&row.new_values)?);
    let AuditRow { number, at, account, name, origin, action, object_kind, object, object_name, .. } = row;
    let has_object = object_kind != ObjectKind::None.code();
    Ok(AuditItem {
        number,
        at: instant(at),
        actor: account.map(|id| AuditActor { id, name }),
        origin,
        action,
        object: has_object.then_some(AuditObject { kind: object_kind, id: object, name: object_name }),
        before,
        after,
    })
}

/// Lists the audit trail, the newest rows first. `after` is the `next` of the previous page.
#[utoipa::path(get, path = "/api/v1/audit", params(
    ("actor" = Option<String>, Query, description = "identifier of the account that acted"),
    ("action" = Option<String>, Query, description = "code of an action"),
    ("object" = Option<String>, Query, description = "kind and identifier of an object, such as `account/…` or `month/2026-01`"),
    ("from" = Option<String>, Query, description = "the first day, YYYY-MM-DD"),
    ("until" = Option<String>, Query, description = "the last day, YYYY-MM-DD"),
    ("after" = Option<String>, Query),
    ("limit" = Option<usize>, Query, description = "50 by default, at most 500")),
    responses((status = 200, description = "a page of the trail", body = AuditResponse),
        (status = 400, description = "an invalid parameter"), (status = 401, description = "no session"),
        (status = 403, description = "no administrator")))]
pub async fn list(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    wants: Accept,
    mut query: QueryParams,
) -> Result<Response, Problem> {
    check_right(&user)?;
    let filter = filter(&mut query)?;
    let (after, limit) = (query.parsed::<Position>("after"), query.limit(50, 500));
    query.finish()?;
    let mut rows = list::list(&app.db, &filter, after, limit + 1).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = rows.last().filter(|_| more).map(|last| Position::after(last).to_string());
    let mut items = Vec::with_capacity(rows.len());
    for row in rows {
        items.extend(stored::omit_unreadable(shaped(row))?);
    }
    Ok(wants.answer(&AuditResponse { rows: items, next }))
}

/// Exports the audit trail as CSV, in UTF-8 with a byte-order mark. The export is in the trail itself.
#[utoipa::path(get, path = "/api/v1/audit.csv", params(
    ("actor" = Option<String>, Query), ("action" = Option<String>, Query), ("object" = Option<String>, Query),
    ("from" = Option<String>, Query), ("until" = Option<String>, Query)),
    responses((status = 200, description = "the table", body = String, content_type = "text/csv"),
        (status = 400, description = "an invalid parameter"), (status = 401, description = "no session"),
        (status = 403, description = "no administrator")))]
pub async fn csv(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    origin: Origin,
    mut query: QueryParams,
) -> Result<Response, Problem> {
    check_right(&user)?;
    let filter = filter(&mut query)?;
    query.finish()?;
    note_export(&app, (Some(&user), origin), "audit.csv", query.described()).await;
    let content = async_stream::try_stream! {
        yield csv_text(true, std::iter::once(HEADINGS.map(str::to_owned)))?;
        let mut after = None;
        loop {
            let rows = {
                let _turn = app.exports.reads.acquire().await.map_err(io::Error::other)?;
                list::list(app.db.for_long_work(), &filter, after, PAGE).await.map_err(io::Error::other)?
            };
            let is_last = rows.len() < PAGE;
            after = rows.last().map(Position::after);
            yield csv_text(false, rows.into_iter().map(cells))?;
            if is_last {
                break;
            }
        }
    };
    let content = content.inspect(|part: &io::Result<Vec<u8>>| {
        if let Err(error) = part {
            tracing::error!(%error, "an export was interrupted");
        }
    });
    Ok(file("text/csv; charset=utf-8", "audit.csv", Body::from_stream(content)))
}

fn cells(row: AuditRow) -> [String; 12] {
    let local = time::OffsetDateTime::from_unix_timestamp_nanos(i128::from(row.at) * 1_000_000);
    let format = time::macros::format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let local = local.ok().and_then(|at| at.to_offset(CHINA).format(format).ok()).unwrap_or_default();
    let account = row.account.map(|account| account.to_string()).unwrap_or_default();
    let texts = [
        row.name,
        row.origin,
        row.action,
        row.object_kind,
        row.object,
        row.object_name,
        row.old_values,
        row.new_values,
    ];
    let [name, origin, action, kind, object, object_name, before, after] = texts.map(|text| neutralise_formula(&text));
    let at = instant(row.at);
    [row.number.to_string(), local, account, name, origin, action, kind, object, object_name, before, after, at]
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::date;

    #[test]
    fn day_begins_at_midnight_in_china() {
        assert_eq!(instant(start_of(date!(2026 - 11 - 28))), "2026-11-27T16:00:00.000Z");
    }
}
