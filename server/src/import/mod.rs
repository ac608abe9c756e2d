//! Entries out of spreadsheets: a file is read and every row checked before anything is written, then all of it is written in
//! one transaction or nothing, and the whole of it can be taken back. Work goes on beside the requests, which ask how far it
//! has come.

pub mod checking;
pub mod columns;
pub mod row;
pub mod sheet;
pub mod template;

use crate::db::import::{Import, Stage};
use crate::db::push::Push;
use crate::db::reference::Reference;
use crate::db::{DbError, answer};
use jiedui_core::domain::duplicate::is_likely_same;
use jiedui_core::domain::entry::Fields;
use jiedui_core::domain::field_error::add_new;
use jiedui_core::domain::{Entry, ErrorCode, FieldError, User};
use jiedui_core::sync::wire::ENTRY;
use jiedui_core::sync::{Mutation, Op, mistakes};
use row::{Gazetteer, Reading};
use serde::{Deserialize, Serialize};
use sheet::{Cell, Sheet, SheetError};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use time::Date;
use uuid::Uuid;

/// So many mistakes are told; all are counted.
pub const TOLD: usize = 1_000;

/// A mistake in a row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mistake {
    /// The row's number in the spreadsheet.
    pub row: usize,
    /// The column's heading; empty where it is about no column.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// What is wrong with it.
    #[serde(flatten)]
    pub error: FieldError,
}

/// What a check has found.
#[derive(Clone, Debug, Default)]
pub struct Checked {
    /// The entries of the rows that are right.
    pub entries: Vec<Fields>,
    /// The numbers of the rows that are likely recorded already.
    pub likely: Vec<usize>,
    /// The first [`TOLD`] mistakes.
    pub mistakes: Vec<Mistake>,
    /// How many rows have some.
    pub wrong_rows: usize,
    /// How many mistakes there are.
    pub wrong: usize,
}

/// How far a piece of work has come, and whether somebody wants it to end.
#[derive(Debug, Default)]
pub struct Progress {
    /// Rows that are done.
    pub done: AtomicUsize,
    /// Whether to stop.
    pub cancelled: AtomicBool,
}

/// The work that is under way on this server.
#[derive(Debug, Default)]
pub struct UnderWay(Mutex<HashMap<Uuid, Arc<Progress>>>);

impl UnderWay {
    /// Begins work on an import; nothing where there is some already.
    pub fn begin(&self, id: Uuid) -> Option<Arc<Progress>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.contains_key(&id) {
            return None;
        }
        let progress = Arc::new(Progress::default());
        all.insert(id, progress.clone());
        Some(progress)
    }

    /// The work on an import.
    pub fn of(&self, id: Uuid) -> Option<Arc<Progress>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// It is done with.
    pub fn end(&self, id: Uuid) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
    }
}

/// What rows are checked by.
pub struct Against<'a> {
    /// Which field each column is.
    pub columns: &'a [Option<String>],
    /// The activity that they record.
    pub activity: &'a str,
    /// Whose entries they become.
    pub actor: &'a User,
    /// Catalogue, places, directory.
    pub reference: &'a Reference,
    /// What is recorded already.
    pub recorded: &'a Recorded,
    /// The last day that an entry may have.
    pub last_day: Date,
}

/// Checks every row as if its author had typed it into the form. `None` where somebody has cancelled it.
pub fn check(sheet: &Sheet, against: &Against<'_>, progress: &Progress) -> Option<Checked> {
    let Against { columns, activity, actor, reference, recorded, last_day } = *against;
    let mut checked = Checked::default();
    let activity = reference.catalogue.activity(activity)?;
    let gazetteer = Gazetteer::new(&reference.places, &actor.scope);
    let reading = Reading { activity, columns, gazetteer: &gazetteer, directory: reference.directory() };
    let rules = reference.rules(last_day);
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (number, row) in &sheet.rows {
        if progress.cancelled.load(Ordering::Relaxed) {
            return None;
        }
        let (fields, mut errors) = reading.fields(row);
        add_new(&mut errors, mistakes(&fields, actor, rules));
        if let Some(first) = seen.get(&said(&fields)) {
            errors.push(FieldError::with_limit("row", ErrorCode::Twice, *first as f64));
        } else {
            seen.insert(said(&fields), *number);
        }
        checked.wrong += errors.len();
        checked.wrong_rows += usize::from(!errors.is_empty());
        if errors.is_empty() {
            if recorded.has(&fields) {
                checked.likely.push(*number);
            }
            checked.entries.push(fields);
        }
        let room = TOLD.saturating_sub(checked.mistakes.len());
        checked
            .mistakes
            .extend(errors.into_iter().take(room).map(|error| mistake(sheet, columns, *number, row, error)));
        progress.done.fetch_add(1, Ordering::Relaxed);
    }
    Some(checked)
}

/// The entries that there are of an activity, by place and day.
pub struct Recorded(HashMap<(String, Date), Vec<Entry>>);

impl Recorded {
    /// Of these.
    pub fn new(entries: impl Iterator<Item = Entry>) -> Self {
        let mut all: HashMap<(String, Date), Vec<Entry>> = HashMap::new();
        for entry in entries {
            all.entry((entry.place.clone(), entry.date)).or_default().push(entry);
        }
        Self(all)
    }

    /// Whether one of them is likely the same.
    fn has(&self, fields: &Fields) -> bool {
        let Some(entry) = Entry::from_checked(fields) else { return false };
        let there = self.0.get(&(entry.place.clone(), entry.date));
        there.is_some_and(|all| all.iter().any(|own| is_likely_same(own, &entry)))
    }
}

/// What a row says, to find the same again.
fn said(fields: &Fields) -> String {
    serde_json::to_string(fields).unwrap_or_default()
}

fn mistake(sheet: &Sheet, columns: &[Option<String>], number: usize, row: &[Cell], error: FieldError) -> Mistake {
    let at = columns.iter().position(|path| path.as_ref() == Some(&error.field));
    let column = at.and_then(|at| sheet.heading.get(at)).cloned().unwrap_or_default();
    let value = at.and_then(|at| row.get(at)).map(|cell| cell.text().chars().take(60).collect()).unwrap_or_default();
    Mistake { row: number, column, value, error }
}

/// The identifier of an import's entry: its own with the entry's number at the end, so that writing twice writes once.
pub fn entry_id(import: Uuid, number: usize) -> Uuid {
    Uuid::from_u128(import.as_u128() & !0xffff_ffff | number as u128 & 0xffff_ffff)
}

/// The mutations that write an import's entries.
pub fn writing(import: &Import, actor: &User, entries: Vec<Fields>, last_day: Date) -> Result<Push, DbError> {
    let put = |(number, fields)| mutation(import.id, number, number as u64 + 1, 0, Op::Put, fields);
    let mutations = entries.into_iter().enumerate().map(put).collect::<Result<_, _>>()?;
    Ok(Push { actor: actor.clone(), client: import.id, mutations, last_day, whole: true })
}

/// The mutations that take them back.
pub fn undoing(import: &Import, actor: &User, last_day: Date) -> Result<Push, DbError> {
    let rows = usize::try_from(import.rows).unwrap_or_default();
    let delete = |number| mutation(import.id, number, (rows + number) as u64 + 1, 1, Op::Delete, Fields::new());
    let mutations = (0..rows).map(delete).collect::<Result<_, _>>()?;
    Ok(Push { actor: actor.clone(), client: import.id, mutations, last_day, whole: true })
}

fn mutation(
    import: Uuid,
    number: usize,
    seq: u64,
    base_rev: u64,
    op: Op,
    fields: Fields,
) -> Result<(Mutation, answer::MutationDigest), DbError> {
    let id = entry_id(import, number);
    let mutation = Mutation { seq, kind: ENTRY.to_owned(), id, base_rev, op, fields };
    let digest = answer::digest(&mutation)?;
    Ok((mutation, digest))
}

impl From<SheetError> for Stage {
    fn from(error: SheetError) -> Self {
        match error {
            SheetError::Unreadable => Self::Unreadable,
            SheetError::Empty => Self::Empty,
            SheetError::TooMany => Self::TooMany,
        }
    }
}
