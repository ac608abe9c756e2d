//! Background job that reads and checks a table. Requests ask for its progress.

use crate::clock::last_day;
use crate::db::DbError;
use crate::db::files::column_mapping::{self, heading_key};
use crate::db::files::import::{self, Import};
use crate::db::files::import_entries;
use crate::import::check::SheetChecker;
use crate::import::check_context::CheckContext;
use crate::import::check_result::CheckResult;
use crate::import::column_match::{ColumnMatch, is_omitted_if_hidden, match_columns};
use crate::import::columns::{Heading, named_columns};
use crate::import::file_error::FileError;
use crate::import::heading_rows::HeadingRows;
use crate::import::job_registry::{Busy, Job, JobProgress};
use crate::import::layout::{Sheet, lay_out};
use crate::import::sheet_file::SheetFile;
use crate::import::target::{ColumnTarget, targets};
use crate::import::workbook;
use crate::state::AppState;
use jiedui_core::access::user::User;
use jiedui_core::api::imports::Stage;
use jiedui_core::catalogue::Activity;
use jiedui_core::entry::Entry;
use jiedui_core::entry::duplicate::is_likely_same;
use jiedui_core::values::date::format_date;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::fs;
use tokio::task::spawn_blocking;
use uuid::Uuid;

/// Number of rows that are checked per database query.
const CHUNK: usize = 500;
/// Maximum number of sheets that are tried if the user has chosen none.
const MAX_TRIED: usize = 5;

type Mappings = HashMap<String, Vec<Option<String>>>;

impl AppState {
    /// Returns the path of an import's file, which exists until its entries are written.
    pub fn import_path(&self, id: Uuid) -> PathBuf {
        self.config.storage.data_dir.join("imports").join(id.to_string())
    }

    /// Returns the form of an import; `None` for one that only changes entries.
    pub fn activity_of(&self, import: &Import) -> Option<Activity> {
        self.reference().catalogue.activity(&import.activity).cloned()
    }

    /// Returns the fields that the import's columns may be.
    pub fn targets_of(&self, import: &Import) -> Vec<ColumnTarget> {
        targets(self.reference().catalogue.activity(&import.activity))
    }
}

/// Checks an import in the background. Fails while this import or another of the same account is being checked; a later request
/// for the import starts the check then.
pub fn begin(app: &AppState, user: &User, import: &Import) -> Result<(), Busy> {
    let work = app.imports.begin(user.id, import.id)?;
    let (app, user, mut import) = (app.clone(), user.clone(), import.clone());
    tokio::spawn(async move {
        let checked = read_and_check(&app, &user, &mut import, &work, false).await;
        if let Ok(Some(checked)) = checked {
            apply(&mut import, checked);
        } else if let Err(error) = checked {
            // The next request for the import checks it again.
            tracing::warn!(%error, import = %import.id, "an import could not be checked");
            return;
        }
        if work.progress.is_cancelled() {
            import.stage = Stage::Cancelled;
        }
        if let Err(error) = import::write(&app.db, &import).await {
            tracing::warn!(%error, import = %import.id, "the findings of a check could not be written");
        }
    });
    Ok(())
}

/// Stores the result of a check in an import.
pub fn apply(import: &mut Import, checked: CheckResult) {
    import.rows = checked.rows as u64;
    import.wrong_rows = checked.wrong_rows as u64;
    import.wrong = checked.wrong as u64;
    // Errors are plain data.
    import.errors = serde_json::to_string(&checked.errors).unwrap_or_else(|_| "[]".to_owned());
    import.likely = checked.likely;
    let checked = checked.findings;
    let findings = &mut import.findings;
    (findings.omitted_rows, findings.omission_counts) = (checked.omitted_rows, checked.omission_counts);
    (findings.rows, findings.changes) = (checked.rows, checked.changes);
    (findings.new, findings.updates, findings.same) = (checked.new, checked.updates, checked.same);
    (findings.hidden_rows, findings.uncalculated) = (checked.hidden_rows, checked.uncalculated);
}

/// Reads the file, maps columns that the user has not mapped, and checks every row. `None` after a cancellation, or if no table can
/// be read. With `with_writes`, the result has the planned writes.
pub async fn read_and_check(
    app: &AppState,
    user: &User,
    import: &mut Import,
    work: &Job,
    with_writes: bool,
) -> Result<Option<CheckResult>, DbError> {
    let Ok(_turn) = work.turn().await else { return Ok(None) };
    let progress = &work.progress;
    let (targets, mappings) =
        (app.targets_of(import), column_mapping::mappings(&app.db, user.id, &import.activity).await?);
    if progress.is_cancelled() {
        return Ok(None);
    }
    let sheet = match read(app, import, targets.clone(), mappings.clone()).await? {
        Ok(sheet) => Arc::new(sheet),
        Err(fault) => {
            (import.stage, import.findings.fault) = (fault.stage(), Some(fault));
            return Ok(None);
        }
    };
    let stated = name_columns(import, &sheet, &targets, &mappings);
    import.rows = sheet.rows.len() as u64;
    // Requests show the number of rows during the check.
    import::write(&app.db, import).await?;
    let context = CheckContext {
        actor: user.clone(),
        reference: app.reference(),
        activity: app.activity_of(import),
        columns: import.columns.clone(),
        units: stated,
        last_day: last_day(),
    };
    let mut check = SheetChecker::new(context, sheet, progress.clone(), with_writes);
    while !check.is_over() {
        let named = check.named_entries(CHUNK);
        let reference = app.reference();
        let existing = match named.as_slice() {
            [] => HashMap::new(),
            named => import_entries::existing(&app.db, user, &reference, import.id, named).await?,
        };
        let work = move || {
            let entries = check.check_rows(CHUNK, &existing);
            (check, entries)
        };
        let done = spawn_blocking(work).await;
        let Ok((next, entries)) = done else {
            (import.stage, import.findings.fault) = (Stage::Unreadable, Some(FileError::Damaged));
            return Ok(None);
        };
        check = next;
        check.add_likely(likely(app, user, import, entries, progress).await?);
    }
    import.stage = Stage::Checked;
    Ok(check.end())
}

/// Returns the numbers of the rows whose entries are likely recorded already.
async fn likely(
    app: &AppState,
    user: &User,
    import: &Import,
    entries: Vec<(usize, Entry)>,
    progress: &JobProgress,
) -> Result<Vec<usize>, DbError> {
    let mut cells: HashMap<(String, String), Vec<(usize, Entry)>> = HashMap::new();
    for (row, entry) in entries {
        let month = format_date(entry.date).get(..7).unwrap_or_default().to_owned();
        cells.entry((entry.place.clone(), month)).or_default().push((row, entry));
    }
    let mut likely = Vec::new();
    for ((place, month), entries) in cells {
        if progress.is_cancelled() {
            break;
        }
        let recorded = import_entries::recorded(&app.db, user, &import.activity, &place, &month).await?;
        let is_recorded = |entry: &Entry| recorded.iter().any(|earlier| is_likely_same(earlier, entry));
        likely.extend(entries.iter().filter(|(_, entry)| is_recorded(entry)).map(|(row, _)| *row));
    }
    likely.sort_unstable();
    Ok(likely)
}

/// Maps the columns to fields and units. The user's choice for this import precedes the official template, the user's choice for
/// the same heading, and the proposal.
///
/// Returns the stated unit of each column.
fn name_columns(
    import: &mut Import,
    sheet: &Sheet,
    targets: &[ColumnTarget],
    mappings: &Mappings,
) -> Vec<Option<String>> {
    let labels = sheet.labels();
    let is_mapped = import.heading == labels && import.columns.len() == labels.len();
    let chosen = if is_mapped {
        Some(std::mem::take(&mut import.columns))
    } else {
        // The earlier choice did not concern the hidden columns of this file.
        let is_read = |column: usize, path: &str| !sheet.is_hidden(column) || !is_omitted_if_hidden(path);
        let columns = mappings.get(&heading_key(&labels)).cloned();
        columns.map(|columns| {
            let columns = columns.into_iter().enumerate();
            columns.map(|(column, path)| path.filter(|path| is_read(column, path))).collect()
        })
    };
    let ColumnMatch { columns, stated, omitted, official } = match_columns(sheet, targets, chosen);
    import.findings.official = official;
    import.findings.omitted_columns = omitted;
    import.columns = columns;
    import.heading = labels;
    let shown = |(path, unit): (&Option<String>, &Option<String>)| {
        let target = targets.iter().find(|target| Some(&target.path) == path.as_ref())?;
        unit.clone().filter(|unit| *unit != target.unit)
    };
    import.findings.units = import.columns.iter().zip(&stated).map(shown).collect();
    import.findings.sheets.clone_from(&sheet.sheets);
    import.findings.sheet = sheet.sheet;
    import.findings.heading_rows = sheet.heading_rows;
    import.findings.start.clone_from(&sheet.start);
    import.findings.fault = None;
    stated
}

async fn read(
    app: &AppState,
    import: &Import,
    targets: Vec<ColumnTarget>,
    mappings: Mappings,
) -> Result<Result<Sheet, FileError>, DbError> {
    let bytes = fs::read(app.import_path(import.id)).await?;
    let (sheet, heading) = (import.findings.wanted_sheet, import.findings.wanted_heading);
    let heading_score = move |heading: &[Heading]| {
        let labels: Vec<String> = heading.iter().map(|heading| heading.join(" ")).collect();
        // A mapping that the user has stored outweighs every guess.
        let is_mapped = mappings.contains_key(&heading_key(&labels));
        let guessed = named_columns(heading, &targets);
        if is_mapped { 1_000 } else { guessed }
    };
    let read = spawn_blocking(move || read_sheet(&bytes, sheet, heading, heading_score)).await;
    // A file on which the reader panics counts as damaged.
    Ok(read.unwrap_or(Err(FileError::Damaged)))
}

/// Reads a sheet: the chosen one, otherwise the first with columns that match a field, otherwise the first.
fn read_sheet(
    bytes: &[u8],
    wanted: Option<usize>,
    heading: Option<HeadingRows>,
    heading_score: impl Fn(&[Heading]) -> usize,
) -> Result<Sheet, FileError> {
    let book = workbook::read(bytes, wanted)?;
    let others: Vec<usize> = match wanted {
        Some(_) => Vec::new(),
        None => (book.sheet + 1..book.sheets.len()).filter(|at| is_shown(&book, *at)).take(MAX_TRIED).collect(),
    };
    let first = lay_out(book, heading, &heading_score);
    if first.as_ref().is_ok_and(|sheet| heading_score(&sheet.heading) > 1) || others.is_empty() {
        return first;
    }
    let mut tried =
        others.into_iter().filter_map(|at| lay_out(workbook::read(bytes, Some(at)).ok()?, None, &heading_score).ok());
    let better = tried.find(|sheet| heading_score(&sheet.heading) > 1);
    better.map_or(first, Ok)
}

fn is_shown(book: &SheetFile, at: usize) -> bool {
    book.sheets.get(at).is_some_and(|sheet| !sheet.hidden)
}
