//! Upload of a spreadsheet.

use super::response::accepted;
use super::{busy, conflict};
use crate::db::files::import::{self, Import};
use crate::http::extract::body::Accept;
use crate::http::extract::current_user::CurrentUser;
use crate::http::extract::query::QueryParams;
use crate::http::problem::Problem;
use crate::import::findings::Findings;
use crate::import::job;
use crate::state::AppState;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use futures::StreamExt;
use jiedui_core::api::imports::{ImportResponse, Stage};
use jiedui_core::api::schema::FileContent;
use jiedui_core::values::field_error::ErrorCode;
use sha2::{Digest, Sha256};
use std::path::Path as FilePath;
use tokio::fs;
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

/// Maximum size of a file, in bytes: 100,000 rows of CSV.
pub const LARGEST: usize = 32 << 20;
/// Maximum number of unfinished imports per account; older ones are cancelled and their files removed.
const UNFINISHED: usize = 5;
/// Streams a body to a file and returns its hash.
async fn store(path: &FilePath, body: Body) -> Result<String, Problem> {
    let mut file = fs::File::create(path).await?;
    let (mut digest, mut length) = (Sha256::new(), 0);
    let mut chunks = body.into_data_stream();
    while let Some(chunk) = chunks.next().await {
        let incomplete = Problem::new(StatusCode::BAD_REQUEST, "请求没有完整到达", "The body is incomplete");
        let chunk = chunk.map_err(|_| incomplete)?;
        length += chunk.len();
        if length > LARGEST {
            return Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "文件太大，请分成几个",
                "The file is too large: split it",
            ));
        }
        digest.update(&chunk);
        file.write_all(&chunk).await?;
    }
    file.flush().await?;
    file.sync_all().await?;
    Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Uploads a spreadsheet and starts its check in the background. Without an activity, its rows can only change entries
/// that they name.
#[utoipa::path(post, path = "/api/v1/imports",
    params(("activity" = Option<String>, Query, description = "activity of new entries; without it rows can only change entries"),
        ("name" = Option<String>, Query, description = "the file's name")),
    request_body(content = FileContent, description = "XLSX, XLS, CSV, or a web page with a table", content_type = "application/octet-stream"),
    responses((status = 202, description = "the import; poll it until its stage is no longer `checking`", body = ImportResponse),
        (status = 403, description = "a role that does not record"), (status = 409, description = "this file was imported before"),
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
            "This file has been imported before. To import it again, undo that import first",
        )),
        stored => stored,
    };
    let sha256 = match stored {
        Ok(sha256) => sha256,
        Err(problem) => {
            // Removes the partial file; an error is harmless.
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
        errors: "[]".to_owned(),
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
    // If another import of the account has started meanwhile, this one starts when it is requested.
    let _ = job::begin(&app, &user, &import);
    Ok(accepted(&app, import, wants))
}
