//! Reading and checking a table beside the requests, which ask how far it has come.

use super::columns::{Target, guess, targets};
use super::sheet::{self, Sheet};
use super::{Against, Checked, Progress, Recorded, check};
use crate::clock::last_day;
use crate::db::import::{self, Import, Stage};
use crate::db::{DbError, entry};
use crate::http::App;
use jiedui_core::domain::{Entry, User};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::fs;
use tokio::task::spawn_blocking;
use uuid::Uuid;

impl App {
    /// Where a file lies until its entries are written.
    pub fn import_path(&self, id: Uuid) -> PathBuf {
        self.config.storage.data_dir.join("imports").join(id.to_string())
    }

    /// All that the import's columns may be.
    pub fn targets_of(&self, import: &Import) -> Vec<Target> {
        self.reference().catalogue.activity(&import.activity).map(targets).unwrap_or_default()
    }
}

/// Checks an import beside the requests, unless that is being done already.
pub fn begin(app: &App, user: &User, import: &Import) {
    let Some(progress) = app.imports.begin(import.id) else { return };
    let (app, user, mut import) = (app.clone(), user.clone(), import.clone());
    tokio::spawn(async move {
        let checked = read_and_check(&app, &user, &mut import, progress.clone()).await;
        if let Ok(Some(checked)) = &checked {
            import.wrong_rows = i64::try_from(checked.wrong_rows).unwrap_or(i64::MAX);
            import.wrong = i64::try_from(checked.wrong).unwrap_or(i64::MAX);
            import.mistakes = serde_json::to_string(&checked.mistakes).unwrap_or_default();
            import.likely.clone_from(&checked.likely);
        }
        if progress.cancelled.load(Ordering::Relaxed) {
            import.stage = Stage::Cancelled;
        }
        let written = match checked {
            Ok(_) => import::write(&app.db, &import).await,
            Err(error) => Err(error),
        };
        if let Err(error) = written {
            // It is checked again when it is asked for.
            tracing::warn!(%error, "an import could not be checked");
        }
        app.imports.end(import.id);
    });
}

/// Reads the file, says which column is which field where nobody has, and checks every row.
pub async fn read_and_check(
    app: &App,
    user: &User,
    import: &mut Import,
    progress: Arc<Progress>,
) -> Result<Option<Checked>, DbError> {
    let sheet = match read(app, import).await? {
        Ok(sheet) => sheet,
        Err(stage) => {
            import.stage = stage;
            return Ok(None);
        }
    };
    import.rows = i64::try_from(sheet.rows.len()).unwrap_or(i64::MAX);
    if import.columns.len() != sheet.heading.len() {
        let known = import::mapping(&app.db, &import.activity, &sheet.heading).await?;
        let known = known.filter(|columns| columns.len() == sheet.heading.len());
        let guessed = || guess(&sheet.heading, &app.targets_of(import));
        import.columns = known.unwrap_or_else(guessed);
    }
    import.heading.clone_from(&sheet.heading);
    // The number of rows is told while they are checked.
    import::write(&app.db, import).await?;
    import.stage = Stage::Checked;
    let (reference, user, columns) = (app.reference(), user.clone(), import.columns.clone());
    let (activity, last_day) = (import.activity.clone(), last_day());
    let filter = entry::Filter { activity: Some(activity.clone()), ..entry::Filter::default() };
    let there = entry::list(&app.db, &user, &filter, None, i64::from(i32::MAX)).await?;
    let work = move || {
        let recorded = Recorded::new(there.iter().filter_map(|own| Entry::from_checked(&own.record.fields)));
        let (columns, activity, actor) = (columns.as_slice(), activity.as_str(), &user);
        let against = Against { columns, activity, actor, reference: &reference, recorded: &recorded, last_day };
        check(&sheet, &against, &progress)
    };
    Ok(spawn_blocking(work).await.unwrap_or_default())
}

async fn read(app: &App, import: &Import) -> Result<Result<Sheet, Stage>, DbError> {
    let bytes = fs::read(app.import_path(import.id)).await?;
    let read = spawn_blocking(move || sheet::read(&bytes)).await;
    // A file that makes its reader fail is no file that can be read.
    Ok(read.unwrap_or(Err(sheet::SheetError::Unreadable)).map_err(Stage::from))
}
