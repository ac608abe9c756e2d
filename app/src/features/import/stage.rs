//! The stage of an import, in words.

use crate::features::import::panel::Panel;
use crate::labels::texts::fill;
use jiedui_core::api::imports::{ImportResponse, Stage};

/// Returns the stage of an import in words, with the number of rows or the problem.
pub fn stage_words(panel: Panel, import: &ImportResponse) -> String {
    let texts = panel.app.texts;
    let rows = import.rows;
    let problem = |usual: &str| import.problem.clone().unwrap_or_else(|| usual.to_owned());
    match import.stage {
        Stage::Checking if import.waits => texts.import_waits().to_owned(),
        Stage::Checking => fill(texts.import_checking(), &[&import.done.unwrap_or_default(), &rows]),
        Stage::Checked if import.wrong == 0 => fill(texts.import_right(), &[&rows]),
        Stage::Checked => fill(texts.import_wrong(), &[&rows, &import.wrong_rows, &import.wrong]),
        Stage::Writing => fill(texts.import_writing(), &[&rows]),
        Stage::Done if import.updates > 0 => fill(texts.import_done_updates(), &[&import.new, &import.updates]),
        Stage::Done => fill(texts.import_done(), &[&rows]),
        Stage::Undone => texts.import_undone().to_owned(),
        Stage::Cancelled => texts.import_cancelled().to_owned(),
        Stage::Unreadable => problem(texts.import_unreadable()),
        Stage::Empty => problem(texts.import_empty()),
        Stage::TooMany => problem(texts.import_too_many()),
    }
}
