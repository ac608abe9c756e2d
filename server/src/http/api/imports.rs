//! Spreadsheet imports: upload, check of each row, mapping of columns, and one transaction that writes all rows or none.
//! An import can be undone.

mod response;
pub mod upload;
pub mod writing;

use crate::db::files::column_mapping;
use crate::db::files::import::{self, Import};
use crate::http::api::export::{XLSX, file, sheet_failed};
use crate::http::extract::body::{Accept, Payload};
use crate::http::extract::current_user::CurrentUser;
use crate::http::extract::query::QueryParams;
use crate::http::problem::Problem;
use crate::import::heading_rows::HeadingRows;
use crate::import::job;
use crate::import::target::{PLACE, UNIT};
use crate::import::template::template;
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiedui_core::access::user::User;
use jiedui_core::api::imports::{ImportResponse, ImportsResponse, SetColumnsRequest, SetLayoutRequest, Stage};
use jiedui_core::api::schema::FileContent;
use jiedui_core::values::field_error::ErrorCode;
use response::{accepted, answer, shaped};
use uuid::Uuid;

impl AppState {
    async fn import_of(&self, user: &User, id: &str) -> Result<Import, Problem> {
        let id = Uuid::parse_str(id).map_err(|_| Problem::not_found())?;
        import::find(&self.db, user.id, id).await?.ok_or(Problem::not_found())
    }
}

fn conflict(chinese: &'static str, english: &'static str) -> Problem {
    Problem::new(StatusCode::CONFLICT, chinese, english)
}

fn busy() -> Problem {
    Problem::retry_after(
        StatusCode::TOO_MANY_REQUESTS,
        "您的另一个表格还在检查，请等它完成或先取消",
        "Another table of yours is being checked: wait for it or cancel it",
        2,
    )
}

/// Lists the user's imports, newest first.
#[utoipa::path(get, path = "/api/v1/imports", responses((status = 200, description = "the imports", body = ImportsResponse)))]
pub async fn list(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    wants: Accept,
) -> Result<Response, Problem> {
    let imports = import::of_account(&app.db, user.id).await?;
    let imports = imports.into_iter().map(|import| shaped(&app, import, wants.language)).collect();
    Ok(wants.answer(&ImportsResponse { imports }))
}

/// Returns an import: its stage, the mapping of columns, and the errors by row.
#[utoipa::path(get, path = "/api/v1/imports/{id}", params(("id" = String, Path)), responses(
    (status = 200, description = "the import", body = ImportResponse), (status = 404, description = "no such import of the user")))]
pub async fn get(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Path(id): Path<String>,
    wants: Accept,
) -> Result<Response, Problem> {
    let import = app.import_of(&user, &id).await?;
    if import.stage == Stage::Checking {
        // Resumes the check after a stop of the server; waits if another import of the account is checked.
        let _ = job::begin(&app, &user, &import);
    }
    Ok(answer(&app, import, wants))
}

/// Maps columns to fields and checks the rows again. The mapping is stored for the user's tables with the same heading.
/// Several columns may form a place; the columns of the official template are fixed.
#[utoipa::path(put, path = "/api/v1/imports/{id}/columns", params(("id" = String, Path)),
    request_body = SetColumnsRequest,
    responses((status = 202, description = "the import, being checked", body = ImportResponse), (status = 400, description = "an invalid field"),
        (status = 409, description = "the import is written already"), (status = 429, description = "another import is being checked")))]
pub async fn set_columns(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Path(id): Path<String>,
    wants: Accept,
    body: Payload,
) -> Result<Response, Problem> {
    let mut import = app.import_of(&user, &id).await?;
    if import.stage != Stage::Checked {
        return Err(conflict("这个文件现在不能改列", "The columns of this file cannot be changed now"));
    }
    let SetColumnsRequest { columns } = body.parse()?;
    let targets = app.targets_of(&import);
    let paths: Vec<&String> = columns.iter().flatten().collect();
    let is_target = |path: &&String| targets.iter().any(|target| target.path == **path);
    let is_once =
        |path: &&String| *path == PLACE || *path == UNIT || paths.iter().filter(|other| *other == path).count() == 1;
    if columns.len() != import.heading.len() || !paths.iter().all(|path| is_target(path) && is_once(path)) {
        return Err(Problem::field("columns", ErrorCode::Unknown));
    }
    if import.findings.official && columns != import.columns {
        return Err(Problem::field("columns", ErrorCode::Forbidden));
    }
    import.columns = columns;
    check_again(&app, &user, import, wants, true).await
}

/// Selects the sheet and the heading rows, and reads the file again.
#[utoipa::path(put, path = "/api/v1/imports/{id}/layout", params(("id" = String, Path)),
    request_body = SetLayoutRequest,
    responses((status = 202, description = "the import, being checked", body = ImportResponse), (status = 400, description = "there is no such sheet or row"),
        (status = 409, description = "the import is written already"), (status = 429, description = "another import is being checked")))]
pub async fn set_layout(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Path(id): Path<String>,
    wants: Accept,
    Payload(body): Payload,
) -> Result<Response, Problem> {
    let mut import = app.import_of(&user, &id).await?;
    if !matches!(import.stage, Stage::Checked | Stage::Empty | Stage::TooMany | Stage::Unreadable) {
        return Err(conflict("这个文件现在不能改", "This file cannot be changed now"));
    }
    let SetLayoutRequest { sheet, heading_row, heading_rows } =
        serde_json::from_value(body).map_err(|_| Problem::field("layout", ErrorCode::WrongType))?;
    if sheet.is_some_and(|sheet| sheet >= import.findings.sheets.len()) {
        return Err(Problem::field("sheet", ErrorCode::Unknown));
    }
    let is_shown = |row: &usize| {
        sheet.is_some_and(|sheet| sheet != import.findings.sheet)
            || import.findings.start.iter().any(|(number, _)| number == row)
    };
    if heading_row.is_some_and(|row| !is_shown(&row)) || heading_rows.is_some_and(|rows| !(1..=3).contains(&rows)) {
        return Err(Problem::field("heading_row", ErrorCode::Unknown));
    }
    import.findings.wanted_sheet = sheet.or(import.findings.wanted_sheet);
    import.findings.wanted_heading = heading_row.map(|row| HeadingRows { row, rows: heading_rows.unwrap_or(1) });
    (import.heading, import.columns) = (Vec::new(), Vec::new());
    check_again(&app, &user, import, wants, false).await
}

async fn check_again(
    app: &AppState,
    user: &User,
    mut import: Import,
    wants: Accept,
    remember: bool,
) -> Result<Response, Problem> {
    if app.imports.is_busy(user.id) {
        return Err(busy());
    }
    import.stage = Stage::Checking;
    if remember && !import.findings.official {
        column_mapping::store(&app.db, &import).await?;
    }
    import::write(&app.db, &import).await?;
    let _ = job::begin(app, user, &import);
    Ok(accepted(app, import, wants))
}

/// Returns an empty template for an activity, with its choices.
#[utoipa::path(get, path = "/api/v1/imports/template.xlsx", params(("activity" = String, Query)), responses(
    (status = 200, description = "the workbook", body = FileContent, content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (status = 400, description = "there is no such activity")))]
pub async fn empty_table(
    State(app): State<AppState>,
    CurrentUser(_): CurrentUser,
    wants: Accept,
    mut query: QueryParams,
) -> Result<Response, Problem> {
    let activity = query.code("activity").ok_or(Problem::field("activity", ErrorCode::Required))?;
    query.finish()?;
    let reference = app.reference();
    let activity = reference.catalogue.activity(&activity).ok_or(Problem::field("activity", ErrorCode::Unknown))?;
    let body = template(activity, wants.language).map_err(sheet_failed)?;
    Ok(file(XLSX, &format!("{}.xlsx", activity.code), body))
}
