//! Exports, with the filters that the screens have.

pub mod indicators;

use crate::db::DbError;
use crate::db::audit::{Act, Object};
use crate::db::records::entry::{self, Listed};
use crate::export::entry_row::{EntryCells, EntryRows, HEADINGS};
use crate::export::sheet;
use crate::figures::queries::map_overview;
use crate::http::extract::current_user::CurrentUser;
use crate::http::extract::origin::Origin;
use crate::http::extract::query::QueryParams;
use crate::http::extract::viewer::Viewer;
use crate::http::problem::Problem;
use crate::state::AppState;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream};
use futures::{StreamExt, TryFutureExt, TryStreamExt};
use jiedui_core::access::user::User;
use jiedui_core::api::map::MapResponse;
use jiedui_core::api::schema::FileContent;
use jiedui_core::audit::{Action, ObjectKind};
use jiedui_core::directory::organisation::{Organisation, Pairing};
use jiedui_core::values::csv_cell::neutralise_formula;
use jiedui_core::values::date::format_date;
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use time::Date;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

/// Content type of a workbook.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// Entries read in one query.
const PAGE: i64 = 1_000;
/// Pages that are written at the same time.
const AHEAD: usize = 2;
/// Timeout for the permit to build a workbook.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Converts a workbook error to a problem.
pub fn sheet_failed(error: XlsxError) -> Problem {
    match error {
        XlsxError::IoError(error) => error.into(),
        error => {
            tracing::error!(%error, "a sheet could not be written");
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "表格暂时无法生成", "The sheet cannot be created now")
        }
    }
}

/// Returns a response that the browser saves as a file.
pub fn file(content_type: &'static str, name: &str, body: impl Into<Body>) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [(header::CONTENT_TYPE, content_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    (headers, body.into()).into_response()
}

/// Records an export in the audit trail. `filter` is the query that selects its rows.
pub async fn note_export(app: &AppState, (user, origin): (Option<&User>, Origin), name: &str, filter: String) {
    let by = user.map_or_else(|| origin.anonymous(), |user| origin.by(user));
    let act = Act::new(by, Action::Exported, Object::new(ObjectKind::Export, name, name));
    let act = if filter.is_empty() { act } else { act.with("filter", filter) };
    app.acts.note(&app.db, act).await;
}

/// Rows of an export, a page at a time. While a page is written, the next is read.
type Pages = Pin<Box<dyn Stream<Item = Result<Vec<EntryCells>, DbError>> + Send>>;

/// Starts an export: reads the first page, so that the status reports a database that fails. Later, the body ends early.
async fn begin(
    app: AppState,
    (user, origin): (User, Origin),
    name: &str,
    mut query: QueryParams,
) -> Result<Pages, Problem> {
    let filter = crate::http::api::entries::filter(&mut query);
    query.finish()?;
    note_export(&app, (Some(&user), origin), name, query.described()).await;
    let rows = Arc::new(EntryRows::new(app.reference()));
    let records = async_stream::try_stream! {
        let mut after = None;
        loop {
            let listed = {
                let _turn = app.exports.reads.acquire().await.map_err(|_| DbError::Stopped)?;
                entry::list(app.db.for_long_work(), &user, &filter, after, PAGE).await?
            };
            let is_last = listed.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
            after = listed.last().map(|last| last.key);
            yield listed;
            if is_last {
                break;
            }
        }
    };
    let written = records.map_ok(move |listed: Vec<Listed>| {
        let rows = rows.clone();
        spawn_blocking(move || listed.iter().map(|listed| rows.row(&listed.record)).collect())
            .map_err(|_| DbError::Stopped)
    });
    let mut pages = Box::pin(written.try_buffered(AHEAD).peekable());
    match pages.as_mut().peek_mut().await {
        Some(Err(_)) => Err(pages.next().await.and_then(Result::err).unwrap_or(DbError::Stopped).into()),
        _ => Ok(pages),
    }
}

/// Exports entries as CSV, in UTF-8 with a byte-order mark so that spreadsheet programs read Chinese.
#[utoipa::path(get, path = "/api/v1/export/entries.csv", responses((status = 200, description = "the table", body = String, content_type = "text/csv"), (status = 401, description = "no session")))]
pub async fn entries_csv(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    origin: Origin,
    query: QueryParams,
) -> Result<Response, Problem> {
    let pages = begin(app, (user, origin), "entries.csv", query).await?;
    let headings = stream::once(async { csv_text(true, std::iter::once(HEADINGS.map(str::to_owned))) });
    let rows = pages.map(|page| {
        let page = page.map_err(io::Error::other)?;
        csv_text(false, page.into_iter().map(|row| row.map(|cell| neutralise_formula(&cell))))
    });
    let content = headings.chain(rows).inspect_err(|error| tracing::error!(%error, "an export was interrupted"));
    Ok(file("text/csv; charset=utf-8", "entries.csv", Body::from_stream(content)))
}

/// Encodes rows as CSV, after a byte-order mark at the start of the file.
pub fn csv_text<const N: usize>(is_start: bool, rows: impl Iterator<Item = [String; N]>) -> io::Result<Vec<u8>> {
    let mark = if is_start { "\u{feff}" } else { "" };
    let mut writer = csv::Writer::from_writer(mark.as_bytes().to_vec());
    for row in rows {
        writer.write_record(row).map_err(io::Error::other)?;
    }
    writer.into_inner().map_err(io::Error::other)
}

/// Exports entries as a workbook.
#[utoipa::path(get, path = "/api/v1/export/entries.xlsx", responses((status = 200, description = "the workbook", body = FileContent, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    (status = 401, description = "no session"), (status = 503, description = "another sheet is being created: try again later"), (status = 507, description = "the server has no space for it: try again later")))]
pub async fn entries_xlsx(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    origin: Origin,
    query: QueryParams,
) -> Result<Response, Problem> {
    let folder = app.config.storage.data_dir.clone();
    let sheets = app.exports.sheets.clone();
    // Once the answer has begun, it could only break off.
    sheet::require_room(&folder, 0)?;
    let mut pages = begin(app, (user, origin), "entries.xlsx", query).await?;
    let turn = timeout(TIMEOUT, sheets.acquire_owned()).await;
    let turn = turn.ok().and_then(Result::ok).ok_or_else(|| {
        Problem::retry_after(
            StatusCode::SERVICE_UNAVAILABLE,
            "正在生成另一份表格，请稍后再试",
            "Another sheet is being created: please try again later",
            10,
        )
    })?;
    // A million rows take longer than a request may, so the answer begins now and its content follows.
    let content = async_stream::try_stream! {
        let _turn = turn;
        let (sender, receiver) = mpsc::channel(2);
        let written = spawn_blocking(move || sheet::write(&folder, "填报", &HEADINGS, receiver));
        while let Some(rows) = pages.next().await {
            // Where writing has failed, its result says why.
            if sender.send(Some(rows.map_err(io::Error::other)?)).await.is_err() {
                break;
            }
        }
        // Dropped without this, by a client that has gone, nothing is finished.
        let _ = sender.send(None).await;
        let file = written.await.map_err(io::Error::other)?.map_err(io::Error::other)?;
        for await chunk in sheet::content(file.ok_or_else(|| io::Error::other(DbError::Stopped))?) {
            yield chunk?;
        }
    };
    let content = content.inspect_err(|error: &io::Error| tracing::error!(%error, "an export was interrupted"));
    Ok(file(XLSX, "entries.xlsx", Body::from_stream(content)))
}

fn add_sheet<'a>(
    workbook: &mut Workbook,
    name: &str,
    headings: &[&str],
    rows: impl Iterator<Item = &'a [String]>,
) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    let sheet = workbook.add_worksheet().set_name(name)?;
    for (column, heading) in (0..).zip(headings) {
        sheet.write_string_with_format(0, column, *heading, &bold)?;
    }
    for (number, row) in (1..).zip(rows) {
        for (column, text) in (0..).zip(row) {
            sheet.write_string(number, column, sheet::cell(text))?;
        }
    }
    Ok(())
}

/// Exports the directory as a workbook: a sheet of organisations and a sheet of pairings, ended ones included.
#[utoipa::path(get, path = "/api/v1/export/directory.xlsx", responses((status = 200, description = "the workbook", body = FileContent, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = 401, description = "no session")))]
pub async fn directory_xlsx(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    origin: Origin,
) -> Result<Response, Problem> {
    note_export(&app, (Some(&user), origin), "directory.xlsx", String::new()).await;
    let reference = app.cache.up_to_date(&app.db).await?.0.reference.clone();
    let programme =
        |code: &str| reference.catalogue.programme(code).map_or(code, |programme| &programme.name).to_owned();
    let day = |day: Option<Date>| day.map(format_date).unwrap_or_default();
    let organisation = |org: &Organisation| {
        let place = reference.places.label(&org.place);
        [org.id.to_string(), org.name.clone(), org.name_en.clone(), place, org.place.clone(), programme(&org.programme)]
    };
    let name =
        |id| reference.directory().organisation(id).map(|organisation| organisation.name.clone()).unwrap_or_default();
    let pairing = |pairing: &Pairing| {
        let (a, b) = (name(pairing.organisation_a), name(pairing.organisation_b));
        [pairing.id.to_string(), a, b, programme(&pairing.programme), day(pairing.from), day(pairing.to)]
    };
    let organisations: Vec<_> = reference.organisations.iter().map(organisation).collect();
    let pairings: Vec<_> = reference.pairings.iter().map(pairing).collect();
    let write = || -> Result<Vec<u8>, XlsxError> {
        let mut workbook = Workbook::new();
        let headings = ["编号", "单位", "英文名称", "地点", "地点代码", "工程"];
        add_sheet(&mut workbook, "单位", &headings, organisations.iter().map(|row| row.as_slice()))?;
        let headings = ["编号", "贵阳一方", "罗甸一方", "工程", "开始", "结束"];
        add_sheet(&mut workbook, "结对", &headings, pairings.iter().map(|row| row.as_slice()))?;
        workbook.save_to_buffer()
    };
    Ok(file(XLSX, "directory.xlsx", write().map_err(sheet_failed)?))
}

/// Exports the map as GeoJSON.
#[utoipa::path(get, path = "/api/v1/export/map.geojson", responses((status = 200, description = "the map", body = MapResponse, content_type = "application/geo+json")))]
pub async fn map_geojson(
    State(app): State<AppState>,
    _: Viewer,
    user: Option<CurrentUser>,
    origin: Origin,
    mut query: QueryParams,
) -> Result<Response, Problem> {
    let filter = query.filter();
    query.finish()?;
    let user = user.as_ref().map(|CurrentUser(user)| user);
    note_export(&app, (user, origin), "map.geojson", query.described()).await;
    let overview = map_overview(&app.db, &app.cache, &filter).await?;
    let body = serde_json::to_vec(&crate::http::api::map::geojson(&overview, &filter)).map_err(DbError::from)?;
    Ok(file("application/geo+json", "map.geojson", body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_rows_are_quoted_with_one_byte_order_mark() {
        let rows = |texts: [&str; 2]| std::iter::once(texts.map(str::to_owned));
        assert_eq!(csv_text(true, rows(["编号", "a\"b"])).unwrap(), "\u{feff}编号,\"a\"\"b\"\n".as_bytes());
        assert_eq!(csv_text(false, rows(["1", "x\ny"])).unwrap(), b"1,\"x\ny\"\n");
    }
}
