//! Write and revert of an import.

use super::response::{accepted, answer};
use super::{busy, conflict};
use crate::clock::last_day;
use crate::db::DbError;
use crate::db::audit::By;
use crate::db::files::import::{self, Import};
use crate::http::extract::body::Accept;
use crate::http::extract::current_user::CurrentUser;
use crate::http::extract::origin::Origin;
use crate::http::problem::Problem;
use crate::import::job;
use crate::import::job_registry::Job;
use crate::import::write::{undo, undoing, writing};
use crate::state::AppState;
use axum::extract::{Path, State};
use axum::response::Response;
use jiedui_core::access::user::User;
use jiedui_core::api::imports::{ImportResponse, Stage};
use jiedui_core::values::field_error::{ErrorCode, FieldError};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::fs;
use tokio::time::timeout;

/// Timeout of a write request; then the job continues in the background.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Returns the problem for rows that prevent an operation on the whole import, with their number.
fn conflict_of_rows(rows: usize, chinese: &'static str, english: &'static str) -> Problem {
    conflict(chinese, english).with(vec![FieldError::with_limit("rows", ErrorCode::Conflict, rows as f64)])
}

/// Writes all rows in one transaction. The request is idempotent.
#[utoipa::path(post, path = "/api/v1/imports/{id}/write", params(("id" = String, Path)), responses(
    (status = 200, description = "the written import", body = ImportResponse), (status = 202, description = "the write is in progress: poll the import", body = ImportResponse),
    (status = 409, description = "some rows are invalid: nothing is written"),
    (status = 429, description = "another import is being checked")))]
pub async fn write(
    State(app): State<AppState>,
    CurrentUser(user): CurrentUser,
    origin: Origin,
    Path(id): Path<String>,
    wants: Accept,
) -> Result<Response, Problem> {
    let mut import = app.import_of(&user, &id).await?;
    match import.stage {
        Stage::Done => return Ok(answer(&app, import, wants)),
        // A server that was stopped during the write has written all or nothing: the same mutations find out.
        Stage::Checked | Stage::Writing if import.wrong == 0 => {}
        Stage::Undone => return Err(conflict("这次导入已经撤销", "This import was undone")),
        _ => return Err(conflict("文件里还有错误，没有导入", "Some rows are invalid: nothing was imported")),
    }
    let work = app.imports.begin(user.id, import.id).map_err(|_| busy())?;
    // The job continues even if the client no longer waits for the response.
    let mut writing = tokio::spawn({
        let (app, user, by, mut import) = (app.clone(), user.clone(), origin.by(&user), import.clone());
        async move {
            let written = check_and_write(&app, (&user, by), &mut import, &work).await;
            if written.is_ok() && import.stage == Stage::Done {
                // The file is no longer needed; an error is harmless.
                let _ = fs::remove_file(app.import_path(import.id)).await;
            }
            drop(work);
            written.map(|()| import)
        }
    });
    match timeout(TIMEOUT, &mut writing).await {
        Ok(Ok(written)) => Ok(answer(&app, written?, wants)),
        Ok(Err(_)) => Err(Problem::from(DbError::Stopped)),
        Err(_) => {
            import.stage = Stage::Writing;
            Ok(accepted(&app, import, wants))
        }
    }
}

async fn check_and_write(
    app: &AppState,
    (user, by): (&User, By),
    import: &mut Import,
    work: &Job,
) -> Result<(), Problem> {
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
            "Some rows have become invalid: nothing was imported",
        ));
    };
    let rows = std::mem::take(&mut checked.writing);
    job::apply(import, checked);
    import.stage = Stage::Writing;
    import::write(&app.db, import).await?;
    match app.writer.push(writing(import, user, by, &rows, last_day())?).await {
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
    origin: Origin,
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
        Stage::Done => match app.writer.push(undoing(&import, &user, origin.by(&user), last_day())?).await {
            Err(DbError::NotWhole(count)) => {
                return Err(conflict_of_rows(
                    count,
                    "导入以后有的填报被审核或改动过，不能整批撤销",
                    "Some of its entries were reviewed or changed since: the import cannot be undone",
                ));
            }
            undone => {
                undone?;
                import.stage = Stage::Undone;
            }
        },
        Stage::Writing => return Err(conflict("正在导入", "The import is in progress")),
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
