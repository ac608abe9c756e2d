//! Spreadsheets brought in: a file is sent and checked row by row, its columns are said, then it is written whole or not at all,
//! and can be taken back.

use super::App;
use super::body::{Received, Wants, unreadable};
use super::export::{XLSX, file, sheet_failed};
use super::problem::Problem;
use super::query::Query;
use crate::attachment_store::hash_of;
use crate::auth::SignedIn;
use crate::clock::last_day;
use crate::db::import::{self, Import, Stage};
use crate::db::{DbError, instant};
use crate::import::columns::Target;
use crate::import::template::template;
use crate::import::{Mistake, Progress, checking, undoing, writing};
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiedui_core::domain::{ErrorCode, FieldError, User};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::fs;
use uuid::Uuid;

/// The largest file, in bytes: 100,000 rows of CSV.
pub const LARGEST: usize = 32 << 20;

impl App {
    async fn import_of(&self, user: &User, id: &str) -> Result<Import, Problem> {
        let id = Uuid::parse_str(id).map_err(|_| Problem::not_found())?;
        import::find(&self.db, user.id, id).await?.ok_or(Problem::not_found())
    }
}

fn conflict(chinese: &'static str, english: &'static str) -> Problem {
    Problem::new(StatusCode::CONFLICT, chinese, english)
}

fn shaped(app: &App, import: &Import, wants: Wants) -> Value {
    let targets = app.targets_of(import);
    let label = |own: &Target| wants.language.pick(&own.label, &own.label_en).to_owned();
    let choices: Vec<Value> =
        targets.iter().map(|own| json!({"path": own.path, "label": label(own), "required": own.required})).collect();
    let mut mistakes: Vec<Mistake> = serde_json::from_str(&import.mistakes).unwrap_or_default();
    for mistake in &mut mistakes {
        mistake.error = mistake.error.clone().in_language(wants.language);
        if mistake.column.is_empty() {
            mistake.column = targets.iter().find(|own| own.path == mistake.error.field).map(label).unwrap_or_default();
        }
    }
    let done = app.imports.of(import.id).map(|own| own.done.load(Ordering::Relaxed));
    json!({
        "id": import.id, "activity": import.activity, "name": import.name, "stage": import.stage, "heading": import.heading,
        "columns": import.columns, "choices": choices, "rows": import.rows, "done": done, "wrong_rows": import.wrong_rows,
        "wrong": import.wrong, "mistakes": mistakes, "likely": import.likely, "created_at": instant(import.created_at),
    })
}

/// Brings a spreadsheet: its bytes are the body. It is read and checked beside; the answer is there at once.
#[utoipa::path(post, path = "/api/v1/imports",
    params(("activity" = String, Query), ("name" = Option<String>, Query, description = "the file's name")),
    request_body(content = Vec<u8>, description = "XLSX, XLS or CSV", content_type = "application/octet-stream"),
    responses((status = 202, description = "the import; ask for it until its stage is no longer `checking`"),
        (status = 403, description = "a role that does not record"), (status = 409, description = "this file was written before"),
        (status = 413, description = "the file is too large")))]
pub async fn bring(
    State(app): State<App>,
    SignedIn(user): SignedIn,
    wants: Wants,
    mut query: Query,
    body: Result<Bytes, BytesRejection>,
) -> Result<Response, Problem> {
    if !user.role.records() {
        return Err(Problem::forbidden());
    }
    let activity = query.code("activity");
    query.done()?;
    let activity = activity.ok_or(Problem::field("activity", ErrorCode::Required))?;
    if app.reference().catalogue.activity(&activity).is_none() {
        return Err(Problem::field("activity", ErrorCode::Unknown));
    }
    let body = body.map_err(unreadable)?;
    let sha256 = hash_of(&body);
    if import::is_done(&app.db, &activity, &sha256).await? {
        return Err(conflict(
            "这个文件已经导入过了。要重新导入，请先撤销上次的导入",
            "This file has been imported before. To do so again, take the last import back first",
        ));
    }
    let import = Import {
        id: Uuid::now_v7(),
        account: user.id,
        activity,
        name: query.word("name").unwrap_or_default().chars().take(200).collect(),
        sha256,
        stage: Stage::Checking,
        heading: Vec::new(),
        columns: Vec::new(),
        rows: 0,
        wrong_rows: 0,
        wrong: 0,
        mistakes: "[]".to_owned(),
        likely: Vec::new(),
        created_at: crate::db::now(),
    };
    let path = app.import_path(import.id);
    fs::create_dir_all(path.parent().unwrap_or(&path)).await?;
    fs::write(&path, &body).await?;
    import::write(&app.db, &import).await?;
    checking::begin(&app, &user, &import);
    let mut response = wants.answer(&shaped(&app, &import, wants));
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}

/// One's imports, the newest first.
#[utoipa::path(get, path = "/api/v1/imports", responses((status = 200, description = "imports")))]
pub async fn list(State(app): State<App>, SignedIn(user): SignedIn, wants: Wants) -> Result<Response, Problem> {
    let imports = import::of_account(&app.db, user.id).await?;
    let imports: Vec<Value> = imports.iter().map(|own| shaped(&app, own, wants)).collect();
    Ok(wants.answer(&json!({"imports": imports})))
}

/// An import: how far it has come, which columns are which fields, and what is wrong in which row.
#[utoipa::path(get, path = "/api/v1/imports/{id}", params(("id" = String, Path)), responses(
    (status = 200, description = "the import"), (status = 404, description = "one has no such import")))]
pub async fn one(
    State(app): State<App>,
    SignedIn(user): SignedIn,
    Path(id): Path<String>,
    wants: Wants,
) -> Result<Response, Problem> {
    let import = app.import_of(&user, &id).await?;
    if import.stage == Stage::Checking {
        // A server that was stopped meanwhile goes on with it.
        checking::begin(&app, &user, &import);
    }
    Ok(wants.answer(&shaped(&app, &import, wants)))
}

/// Says which field each column is, or none, and checks the rows again. It is remembered for tables with the same heading.
#[utoipa::path(put, path = "/api/v1/imports/{id}/columns", params(("id" = String, Path)),
    request_body(content = Value, description = "columns: a path or null for each", content_type = "application/json"),
    responses((status = 202, description = "the import, being checked"), (status = 400, description = "a field is wrong"),
        (status = 409, description = "it is written already")))]
pub async fn set_columns(
    State(app): State<App>,
    SignedIn(user): SignedIn,
    Path(id): Path<String>,
    wants: Wants,
    Received(body): Received,
) -> Result<Response, Problem> {
    let mut import = app.import_of(&user, &id).await?;
    if import.stage != Stage::Checked {
        return Err(conflict("这个文件现在不能改列", "The columns of this file cannot be changed now"));
    }
    let columns = body.get("columns").cloned().ok_or(Problem::field("columns", ErrorCode::Required))?;
    let columns: Vec<Option<String>> =
        serde_json::from_value(columns).map_err(|_| Problem::field("columns", ErrorCode::WrongType))?;
    let known = app.targets_of(&import);
    let said: Vec<&String> = columns.iter().flatten().collect();
    let is_known = |path: &&&String| known.iter().any(|own| own.path == ***path);
    let is_once = said.iter().all(|path| said.iter().filter(|own| **own == *path).count() == 1);
    if columns.len() != import.heading.len() || said.iter().filter(is_known).count() != said.len() || !is_once {
        return Err(Problem::field("columns", ErrorCode::Unknown));
    }
    (import.columns, import.stage) = (columns, Stage::Checking);
    import::remember_mapping(&app.db, &import).await?;
    import::write(&app.db, &import).await?;
    checking::begin(&app, &user, &import);
    let mut response = wants.answer(&shaped(&app, &import, wants));
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}

/// Writes all of it in one transaction. Sent again, it changes nothing.
#[utoipa::path(post, path = "/api/v1/imports/{id}/write", params(("id" = String, Path)), responses(
    (status = 200, description = "it is written"), (status = 409, description = "some rows are wrong: nothing is written")))]
pub async fn write(
    State(app): State<App>,
    SignedIn(user): SignedIn,
    Path(id): Path<String>,
    wants: Wants,
) -> Result<Response, Problem> {
    let mut import = app.import_of(&user, &id).await?;
    match import.stage {
        Stage::Done => return Ok(wants.answer(&shaped(&app, &import, wants))),
        // A server that was stopped while it wrote has written all or nothing: the same mutations say which.
        Stage::Checked | Stage::Writing if import.wrong == 0 => {}
        _ => return Err(conflict("文件里还有错误，没有导入", "Some rows are wrong: nothing was imported")),
    }
    let Some(progress) = app.imports.begin(import.id) else {
        return Err(conflict("正在导入", "It is being imported"));
    };
    let written = check_and_write(&app, &user, &mut import, progress).await;
    app.imports.end(import.id);
    written?;
    // Its file is needed no more; what cannot be removed is no loss.
    let _ = fs::remove_file(app.import_path(import.id)).await;
    Ok(wants.answer(&shaped(&app, &import, wants)))
}

async fn check_and_write(app: &App, user: &User, import: &mut Import, progress: Arc<Progress>) -> Result<(), Problem> {
    let checked = checking::read_and_check(app, user, import, progress).await?;
    let right = checked.filter(|checked| checked.wrong == 0);
    let Some(checked) = right else {
        import.stage = Stage::Checking;
        import::write(&app.db, import).await?;
        return Err(conflict(
            "文件里有了新的错误，没有导入，请看检查结果",
            "Some rows are wrong by now: nothing was imported",
        ));
    };
    import.stage = Stage::Writing;
    import::write(&app.db, import).await?;
    let push = writing(import, user, checked.entries, last_day())?;
    match app.writer.push(push).await {
        Err(DbError::NotWhole(count)) => {
            import.stage = Stage::Checking;
            import::write(&app.db, import).await?;
            let count = FieldError::with_limit("rows", ErrorCode::Conflict, count as f64);
            return Err(conflict("有的行不能写入，没有导入", "Some rows cannot be written: nothing was imported")
                .with(vec![count]));
        }
        written => drop(written?),
    }
    import.stage = Stage::Done;
    Ok(import::write(&app.db, import).await?)
}

/// Cancels an import that is not written, or takes back all the entries of one that is, where nobody has changed any since.
#[utoipa::path(delete, path = "/api/v1/imports/{id}", params(("id" = String, Path)), responses(
    (status = 200, description = "the import"), (status = 409, description = "some of its entries have been changed since")))]
pub async fn take_back(
    State(app): State<App>,
    SignedIn(user): SignedIn,
    Path(id): Path<String>,
    wants: Wants,
) -> Result<Response, Problem> {
    let mut import = app.import_of(&user, &id).await?;
    match import.stage {
        Stage::Done => match app.writer.push(undoing(&import, &user, last_day())?).await {
            Err(DbError::NotWhole(count)) => {
                let count = FieldError::with_limit("rows", ErrorCode::Conflict, count as f64);
                let changed = conflict(
                    "导入以后有的填报被审核或改动过，不能整批撤销",
                    "Some of its entries were reviewed or changed since: it cannot be taken back whole",
                );
                return Err(changed.with(vec![count]));
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
    Ok(wants.answer(&shaped(&app, &import, wants)))
}

/// An empty table for an activity, with the choices that it offers.
#[utoipa::path(get, path = "/api/v1/imports/template.xlsx", params(("activity" = String, Query)), responses(
    (status = 200, description = "XLSX"), (status = 400, description = "there is no such activity")))]
pub async fn empty_table(
    State(app): State<App>,
    SignedIn(_): SignedIn,
    wants: Wants,
    mut query: Query,
) -> Result<Response, Problem> {
    let activity = query.code("activity").ok_or(Problem::field("activity", ErrorCode::Required))?;
    query.done()?;
    let reference = app.reference();
    let activity = reference.catalogue.activity(&activity).ok_or(Problem::field("activity", ErrorCode::Unknown))?;
    let body = template(activity, wants.language).map_err(sheet_failed)?;
    Ok(file(XLSX, &format!("{}.xlsx", activity.code), body))
}
