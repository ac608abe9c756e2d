//! Spreadsheet imports: upload, check of each row, mapping of columns, and one transaction that writes all rows or none.
//! An import can be undone.

use crate::clock::last_day;
use crate::db::files::import::{self, Import};
use crate::db::{DbError, instant};
use crate::http::api::export::{XLSX, file, sheet_failed};
use crate::http::extract::body::{Accept, Payload};
use crate::http::extract::current_user::CurrentUser;
use crate::http::extract::query::QueryParams;
use crate::http::problem::Problem;
use crate::import::columns::{PLACE, Target, UNIT};
use crate::import::job_registry::Job;
use crate::import::layout::HeadingRows;
use crate::import::summary::Words;
use crate::import::template::template;
use crate::import::write::{undo, undoing, writing};
use crate::import::{Findings, job};
use crate::state::AppState;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use jiedui_core::access::user::User;
use jiedui_core::api::imports::{
    CellError, ColumnChoice, ImportResponse, ImportsResponse, SetColumnsRequest, SetLayoutRequest, Stage, StartRow,
};
use jiedui_core::api::schema::FileContent;
use jiedui_core::values::field_error::{ErrorCode, FieldError, Language};
use sha2::{Digest, Sha256};
use std::path::Path as FilePath;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::fs;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;
use uuid::Uuid;

/// Maximum size of a file, in bytes: 100,000 rows of CSV.
pub const LARGEST: usize = 32 << 20;
/// Maximum number of unfinished imports per account; older ones are cancelled and their files removed.
const UNFINISHED: usize = 5;
/// Timeout of a write request; then the job continues in the background.
const PATIENCE: Duration = Duration::from_secs(20);

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
    Problem::later(
        StatusCode::TOO_MANY_REQUESTS,
        "您的另一个表格还在检查，请等它完成或先取消",
        "Another table of yours is being checked: wait for it or cancel it",
        2,
    )
}

/// Converts an import to the response type.
fn shaped(app: &AppState, import: Import, language: Language) -> ImportResponse {
    let targets = app.targets_of(&import);
    let (reference, activity) = (app.reference(), app.activity_of(&import));
    let words = Words { reference: &reference, activity: activity.as_ref(), targets: &targets, language };
    let choice = |target: &Target| ColumnChoice {
        path: target.path.clone(),
        label: words.label(&target.path),
        required: target.required,
    };
    let mut mistakes = mistakes_of(&import);
    for mistake in &mut mistakes {
        mistake.error = mistake.error.clone().in_language(language);
        if mistake.column.is_empty() && targets.iter().any(|target| target.path == mistake.error.field) {
            mistake.column = words.label(&mistake.error.field);
        }
    }
    let work = app.imports.of(import.id);
    let findings = import.findings;
    ImportResponse {
        id: import.id,
        activity: import.activity,
        name: import.name,
        stage: import.stage,
        heading: import.heading,
        columns: import.columns,
        choices: targets.iter().map(choice).collect(),
        rows: import.rows,
        waits: work.as_ref().is_some_and(|work| work.waits.load(Ordering::Relaxed)),
        done: work.map(|work| work.done.load(Ordering::Relaxed)),
        wrong_rows: import.wrong_rows,
        wrong: import.wrong,
        mistakes,
        likely: import.likely,
        created_at: instant(import.created_at),
        problem: findings.fault.map(|fault| fault.words(language)),
        sheet: findings.sheet,
        heading_row: findings.heading_rows.row,
        heading_rows: findings.heading_rows.rows,
        units: findings.units.clone(),
        omitted_columns: findings.omitted_columns.iter().map(|column| words.omitted_column(column)).collect(),
        official: findings.official,
        left_out: findings.left_out.clone(),
        left_out_counts: findings.left_out_counts.clone(),
        preview: findings.rows.iter().map(|row| words.preview_row(row)).collect(),
        changes: findings.changes.iter().map(|change| words.change(change)).collect(),
        new: findings.new,
        updates: findings.updates,
        same: findings.same,
        can_undo: findings.can_undo(),
        hidden_rows: findings.hidden_rows,
        uncalculated: findings.uncalculated,
        sheets: findings.sheets,
        start: findings.start.into_iter().map(|(row, cells)| StartRow { row, cells }).collect(),
    }
}

/// Returns the stored mistakes of an import. If they cannot be read, the list has one mistake that says so: an empty list
/// would mean a table without mistakes.
fn mistakes_of(import: &Import) -> Vec<CellError> {
    serde_json::from_str(&import.mistakes).unwrap_or_else(|error| {
        tracing::error!(%error, import = %import.id, "stored mistakes cannot be read");
        let error = FieldError::new("mistakes", ErrorCode::Unreadable);
        vec![CellError { row: 0, column: String::new(), value: String::new(), error }]
    })
}

/// Returns the response with an import.
fn answer(app: &AppState, import: Import, accept: Accept) -> Response {
    accept.answer(&shaped(app, import, accept.language))
}

/// Returns the response with an import that a background job continues.
fn accepted(app: &AppState, import: Import, accept: Accept) -> Response {
    (StatusCode::ACCEPTED, answer(app, import, accept)).into_response()
}

/// Returns the problem for rows that prevent an operation on the whole import, with their number.
fn conflict_of_rows(rows: usize, chinese: &'static str, english: &'static str) -> Problem {
    conflict(chinese, english).with(vec![FieldError::with_limit("rows", ErrorCode::Conflict, rows as f64)])
}

/// Streams a body to a file and returns its hash.
async fn store(path: &FilePath, body: Body) -> Result<String, Problem> {
    let mut file = fs::File::create(path).await?;
    let (mut digest, mut length) = (Sha256::new(), 0);
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let incomplete = Problem::new(StatusCode::BAD_REQUEST, "请求没有完整到达", "The body did not arrive whole");
        let piece = piece.map_err(|_| incomplete)?;
        length += piece.len();
        if length > LARGEST {
            return Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "文件太大，请分成几个",
                "The file is too large: split it",
            ));
        }
        digest.update(&piece);
        file.write_all(&piece).await?;
    }
    file.flush().await?;
    file.sync_all().await?;
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Uploads a spreadsheet and starts its check in the background. Without an activity, its rows can only change entries
/// that they name.
#[utoipa::path(post, path = "/api/v1/imports",
    params(("activity" = Option<String>, Query, description = "what its rows record; without it they can only change entries"),
        ("name" = Option<String>, Query, description = "the file's name")),
    request_body(content = FileContent, description = "XLSX, XLS, CSV, or a web page with a table", content_type = "application/octet-stream"),
    responses((status = 202, description = "the import; ask for it until its stage is no longer `checking`", body = ImportResponse),
        (status = 403, description = "a role that does not record"), (status = 409, description = "this file was written before"),
        (status = 413, description = "the file is too large"),
        (status = 429, description = "another import of the same account is being checked; Retry-After says when to try again")))]
pub async fn upload(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    wants: Accept,
    mut query: QueryParams,
    body: Body,
) -> Result<Response, Problem> {
    if !user.role.records() {
        return Err(Problem::forbidden());
    }
    let activity = query.code("activity").unwrap_or_default();
    query.finish()?;
    if !activity.is_empty() && app.reference().catalogue.activity(&activity).is_none() {
        return Err(Problem::field("activity", ErrorCode::Unknown));
    }
    if app.imports.is_busy(user.id) {
        return Err(busy());
    }
    let id = Uuid::now_v7();
    let path = app.import_path(id);
    fs::create_dir_all(path.parent().unwrap_or(&path)).await?;
    let stored = match store(&path, body).await {
        Ok(sha256) if import::is_done(&app.db, &activity, &sha256).await? => Err(conflict(
            "这个文件已经导入过了。要重新导入，请先撤销上次的导入",
            "This file has been imported before. To do so again, take the last import back first",
        )),
        stored => stored,
    };
    let sha256 = match stored {
        Ok(sha256) => sha256,
        Err(problem) => {
            // What is left of it is removed; a file that cannot be removed is no loss.
            let _ = fs::remove_file(&path).await;
            return Err(problem);
        }
    };
    let import = Import {
        id,
        account: user.id,
        activity,
        name: query.raw("name").unwrap_or_default().chars().filter(|letter| !letter.is_control()).take(200).collect(),
        sha256,
        stage: Stage::Checking,
        heading: Vec::new(),
        columns: Vec::new(),
        rows: 0,
        wrong_rows: 0,
        wrong: 0,
        mistakes: "[]".to_owned(),
        likely: Vec::new(),
        findings: Findings::default(),
        created_at: crate::db::now(),
    };
    import::write(&app.db, &import).await?;
    for mut older in import::unfinished(&app.db, user.id).await?.into_iter().skip(UNFINISHED) {
        older.stage = Stage::Cancelled;
        import::write(&app.db, &older).await?;
        let _ = fs::remove_file(app.import_path(older.id)).await;
    }
    // Where another of theirs has begun meanwhile, it is begun when it is asked for.
    let _ = job::begin(&app, &user, &import);
    Ok(accepted(&app, import, wants))
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

/// Returns an import: its stage, the mapping of columns, and the mistakes by row.
#[utoipa::path(get, path = "/api/v1/imports/{id}", params(("id" = String, Path)), responses(
    (status = 200, description = "the import", body = ImportResponse), (status = 404, description = "one has no such import")))]
pub async fn one(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Path(id): Path<String>,
    wants: Accept,
) -> Result<Response, Problem> {
    let import = app.import_of(&user, &id).await?;
    if import.stage == Stage::Checking {
        // A server that was stopped meanwhile goes on with it; where another of theirs is checked, it has its turn later.
        let _ = job::begin(&app, &user, &import);
    }
    Ok(answer(&app, import, wants))
}

/// Maps columns to fields and checks the rows again. The mapping is stored for the user's tables with the same heading.
/// Several columns may form a place; the columns of the official template are fixed.
#[utoipa::path(put, path = "/api/v1/imports/{id}/columns", params(("id" = String, Path)),
    request_body = SetColumnsRequest,
    responses((status = 202, description = "the import, being checked", body = ImportResponse), (status = 400, description = "a field is wrong"),
        (status = 409, description = "it is written already"), (status = 429, description = "another import is being checked")))]
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
        (status = 409, description = "it is written already"), (status = 429, description = "another import is being checked")))]
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
    let is_there = |row: &usize| {
        sheet.is_some_and(|sheet| sheet != import.findings.sheet)
            || import.findings.start.iter().any(|(own, _)| own == row)
    };
    if heading_row.is_some_and(|row| !is_there(&row)) || heading_rows.is_some_and(|rows| !(1..=3).contains(&rows)) {
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
        import::remember_mapping(&app.db, &import).await?;
    }
    import::write(&app.db, &import).await?;
    let _ = job::begin(app, user, &import);
    Ok(accepted(app, import, wants))
}

/// Writes all rows in one transaction. The request is idempotent.
#[utoipa::path(post, path = "/api/v1/imports/{id}/write", params(("id" = String, Path)), responses(
    (status = 200, description = "it is written", body = ImportResponse), (status = 202, description = "it is being written: ask for the import", body = ImportResponse),
    (status = 409, description = "some rows are wrong: nothing is written"),
    (status = 429, description = "another import is being checked")))]
pub async fn write(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Path(id): Path<String>,
    wants: Accept,
) -> Result<Response, Problem> {
    let mut import = app.import_of(&user, &id).await?;
    match import.stage {
        Stage::Done => return Ok(answer(&app, import, wants)),
        // A server that was stopped while it wrote has written all or nothing: the same mutations say which.
        Stage::Checked | Stage::Writing if import.wrong == 0 => {}
        Stage::Undone => return Err(conflict("这次导入已经撤销", "This import was undone")),
        _ => return Err(conflict("文件里还有错误，没有导入", "Some rows are wrong: nothing was imported")),
    }
    let work = app.imports.begin(user.id, import.id).map_err(|_| busy())?;
    // The work goes on where nobody waits for its answer any more.
    let mut writing = tokio::spawn({
        let (app, user, mut import) = (app.clone(), user.clone(), import.clone());
        async move {
            let written = check_and_write(&app, &user, &mut import, &work).await;
            if written.is_ok() && import.stage == Stage::Done {
                // Its file is needed no more; what cannot be removed is no loss.
                let _ = fs::remove_file(app.import_path(import.id)).await;
            }
            drop(work);
            written.map(|()| import)
        }
    });
    match timeout(PATIENCE, &mut writing).await {
        Ok(Ok(written)) => Ok(answer(&app, written?, wants)),
        Ok(Err(_)) => Err(Problem::from(DbError::Stopped)),
        Err(_) => {
            import.stage = Stage::Writing;
            Ok(accepted(&app, import, wants))
        }
    }
}

async fn check_and_write(app: &AppState, user: &User, import: &mut Import, work: &Job) -> Result<(), Problem> {
    let checked = job::read_and_check(app, user, import, work, true).await?;
    if work.progress.is_cancelled() {
        import.stage = Stage::Cancelled;
        return Ok(import::write(&app.db, import).await?);
    }
    let right = checked.filter(|checked| checked.wrong == 0);
    let Some(mut checked) = right else {
        import.stage = Stage::Checking;
        import::write(&app.db, import).await?;
        return Err(conflict(
            "文件里有了新的错误，没有导入，请看检查结果",
            "Some rows are wrong by now: nothing was imported",
        ));
    };
    let rows = std::mem::take(&mut checked.writing);
    job::take(import, checked);
    import.stage = Stage::Writing;
    import::write(&app.db, import).await?;
    match app.writer.push(writing(import, user, &rows, last_day())?).await {
        Err(DbError::NotWhole(count)) => {
            import.stage = Stage::Checking;
            import::write(&app.db, import).await?;
            return Err(conflict_of_rows(
                count,
                "有的行不能写入，没有导入",
                "Some rows cannot be written: nothing was imported",
            ));
        }
        written => import.findings.undo = undo(rows, &written?),
    }
    import.stage = Stage::Done;
    Ok(import::write(&app.db, import).await?)
}

/// Cancels an unwritten import, or undoes a written one if none of its entries has changed since.
#[utoipa::path(delete, path = "/api/v1/imports/{id}", params(("id" = String, Path)), responses(
    (status = 200, description = "the import", body = ImportResponse), (status = 409, description = "some of its entries have been changed since")))]
pub async fn revert(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    Path(id): Path<String>,
    wants: Accept,
) -> Result<Response, Problem> {
    let mut import = app.import_of(&user, &id).await?;
    match import.stage {
        Stage::Done if !import.findings.can_undo() => {
            return Err(conflict(
                "这次导入改动的填报太多，不能整批撤销。可以用同样的办法再改回来",
                "This import has changed too many entries to be undone as a whole. Change them again in the same way",
            ));
        }
        Stage::Done => match app.writer.push(undoing(&import, &user, last_day())?).await {
            Err(DbError::NotWhole(count)) => {
                return Err(conflict_of_rows(
                    count,
                    "导入以后有的填报被审核或改动过，不能整批撤销",
                    "Some of its entries were reviewed or changed since: it cannot be taken back whole",
                ));
            }
            undone => {
                undone?;
                import.stage = Stage::Undone;
            }
        },
        Stage::Writing => return Err(conflict("正在导入", "It is being imported")),
        Stage::Undone | Stage::Cancelled => {}
        _ => {
            if let Some(progress) = app.imports.of(import.id) {
                progress.cancelled.store(true, Ordering::Relaxed);
            }
            import.stage = Stage::Cancelled;
            let _ = fs::remove_file(app.import_path(import.id)).await;
        }
    }
    import::write(&app.db, &import).await?;
    Ok(answer(&app, import, wants))
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
