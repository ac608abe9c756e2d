//! State of the import screen, and its requests to the server.

use crate::api::error::ApiError;
use crate::api::imports;
use crate::labels::texts::fill;
use crate::state::AppState;
use gloo_timers::future::TimeoutFuture;
use jiedui_core::api::imports::{ImportResponse, Stage};
use leptos::prelude::*;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

/// First interval in milliseconds between requests for the progress of an import.
const FIRST_INTERVAL: u32 = 300;
/// Longest interval.
const LONGEST_INTERVAL: u32 = 2_000;

/// The steps of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportStep {
    /// The activity and the file.
    Choose,
    /// Selection of sheet, heading and columns.
    Match,
    /// Preview of the entries.
    Preview,
}

/// State of the import screen.
#[derive(Clone, Copy)]
pub struct Panel {
    /// The app's state.
    pub app: AppState,
    /// Import on the screen.
    pub import: RwSignal<Option<ImportResponse>>,
    /// Current step.
    pub step: RwSignal<ImportStep>,
    /// Whether a request is in progress.
    pub busy: RwSignal<bool>,
    /// Error message of the last request.
    pub failed: RwSignal<Option<String>>,
    /// Earlier imports.
    pub earlier: RwSignal<Option<Vec<ImportResponse>>>,
}

impl Panel {
    fn show_error(self, error: ApiError) {
        let texts = self.app.texts;
        let words = error.detail.unwrap_or_else(|| texts.import_no_network().to_owned());
        let more: Vec<String> = error
            .errors
            .iter()
            .filter_map(|error| error.limit)
            .map(|limit| fill(texts.import_so_many(), &[&limit]))
            .collect();
        self.failed.set(Some([vec![words], more].concat().join("。")));
    }

    /// Sends a request, then follows the import until it ends.
    pub fn work(self, request: impl Future<Output = Result<ImportResponse, ApiError>> + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failed.set(None);
        spawn_local(async move {
            match request.await {
                Ok(import) => {
                    let id = import.id;
                    self.show(import);
                    self.follow(id).await;
                }
                Err(error) => {
                    self.show_error(error);
                    // The server checks the rows again if one became invalid meanwhile.
                    if let Some(id) = self.import.with_untracked(|import| import.as_ref().map(|import| import.id)) {
                        self.follow(id).await;
                    }
                }
            }
            self.busy.set(false);
            self.list();
        });
    }

    /// Shows an import. A new result of a check opens the step that needs the user.
    fn show(self, import: ImportResponse) {
        let before = self.import.with_untracked(|import| import.as_ref().map(|import| (import.id, import.stage)));
        let is_other = before.as_ref().is_none_or(|(id, _)| *id != import.id);
        let was_checked = before.is_some_and(|(id, stage)| id == import.id && stage != Stage::Checking);
        if import.stage != Stage::Checking
            && (is_other || !was_checked)
            && self.step.get_untracked() == ImportStep::Choose
        {
            let can_choose = !import.sheets.is_empty() || !import.start.is_empty();
            self.step.set(match import.stage {
                Stage::Checked if import.missing().is_empty() => ImportStep::Preview,
                Stage::Checked => ImportStep::Match,
                Stage::Unreadable | Stage::Empty | Stage::TooMany if can_choose => ImportStep::Match,
                Stage::Unreadable | Stage::Empty | Stage::TooMany => ImportStep::Choose,
                _ => ImportStep::Preview,
            });
        }
        if import.stage == Stage::Cancelled {
            self.step.set(ImportStep::Choose);
        }
        self.import.set(Some(import));
    }

    /// Requests the progress of an import until it ends or another one is shown.
    async fn follow(self, id: Uuid) {
        let mut interval = FIRST_INTERVAL;
        loop {
            let is_shown = self.import.with_untracked(|import| import.as_ref().is_some_and(|import| import.id == id));
            match imports::ask(id).await {
                Ok(import) if is_shown => {
                    let continues = import.is_running();
                    self.show(import);
                    if !continues {
                        return;
                    }
                }
                Ok(_) => return,
                Err(error) if error.status != 0 => return self.show_error(error),
                // The server continues without this page; the next request may succeed.
                Err(_) => {}
            }
            TimeoutFuture::new(interval).await;
            interval = (interval + FIRST_INTERVAL / 3).min(LONGEST_INTERVAL);
        }
    }

    /// Loads the earlier imports. An import that was in progress when the user left the screen is shown again.
    pub fn list(self) {
        spawn_local(async move {
            let Ok(all) = imports::all().await else { return };
            let in_progress = all.first().filter(|import| matches!(import.stage, Stage::Checking | Stage::Writing));
            let id = in_progress.map(|import| import.id).filter(|_| self.import.with_untracked(Option::is_none));
            self.earlier.set(Some(all));
            if let Some(id) = id {
                self.work(async move { imports::ask(id).await });
            }
        });
    }
}
