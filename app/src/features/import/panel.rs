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

/// How often the server is asked how far it has come, in milliseconds: often at first, then less and less.
const ASK: u32 = 300;
const ASK_LONGEST: u32 = 2_000;

/// The steps of an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
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
    pub model: AppState,
    /// The import that is looked at.
    pub import: RwSignal<Option<ImportResponse>>,
    /// The step that is shown.
    pub step: RwSignal<Step>,
    /// Whether the server is being asked for something.
    pub busy: RwSignal<bool>,
    /// Why it was not done.
    pub failed: RwSignal<Option<String>>,
    /// Earlier imports.
    pub earlier: RwSignal<Option<Vec<ImportResponse>>>,
}

impl Panel {
    fn tell(self, error: ApiError) {
        let texts = self.model.texts;
        let words = error.detail.unwrap_or_else(|| texts.import_no_network.to_owned());
        let more: Vec<String> =
            error.errors.iter().filter_map(|own| own.limit).map(|own| fill(texts.import_so_many, &[&own])).collect();
        self.failed.set(Some([vec![words], more].concat().join("。")));
    }

    /// Does something with the server, then looks how far it has come until it is done with.
    pub fn work(self, work: impl Future<Output = Result<ImportResponse, ApiError>> + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failed.set(None);
        spawn_local(async move {
            match work.await {
                Ok(import) => {
                    let id = import.id;
                    self.show(import);
                    self.follow(id).await;
                }
                Err(error) => {
                    self.tell(error);
                    // A row may have become wrong meanwhile: it is being checked again.
                    if let Some(id) = self.import.with_untracked(|own| own.as_ref().map(|own| own.id)) {
                        self.follow(id).await;
                    }
                }
            }
            self.busy.set(false);
            self.list();
        });
    }

    /// Shows an import; one that was just checked at the step at which a person has something to look at.
    fn show(self, import: ImportResponse) {
        let before = self.import.with_untracked(|own| own.as_ref().map(|own| (own.id, own.stage)));
        let is_other = before.as_ref().is_none_or(|(id, _)| *id != import.id);
        let was_checked = before.is_some_and(|(id, stage)| id == import.id && stage != Stage::Checking);
        if import.stage != Stage::Checking && (is_other || !was_checked) && self.step.get_untracked() == Step::Choose {
            let can_choose = !import.sheets.is_empty() || !import.start.is_empty();
            self.step.set(match import.stage {
                Stage::Checked if import.missing().is_empty() => Step::Preview,
                Stage::Checked => Step::Match,
                Stage::Unreadable | Stage::Empty | Stage::TooMany if can_choose => Step::Match,
                Stage::Unreadable | Stage::Empty | Stage::TooMany => Step::Choose,
                _ => Step::Preview,
            });
        }
        if import.stage == Stage::Cancelled {
            self.step.set(Step::Choose);
        }
        self.import.set(Some(import));
    }

    async fn follow(self, id: Uuid) {
        let mut pause = ASK;
        loop {
            let is_mine = self.import.with_untracked(|own| own.as_ref().is_some_and(|own| own.id == id));
            match imports::ask(id).await {
                Ok(import) if is_mine => {
                    let goes_on = import.goes_on();
                    self.show(import);
                    if !goes_on {
                        return;
                    }
                }
                Ok(_) => return,
                Err(error) if error.status != 0 => return self.tell(error),
                // The server goes on without us; it is asked again when the line is back.
                Err(_) => {}
            }
            TimeoutFuture::new(pause).await;
            pause = (pause + ASK / 3).min(ASK_LONGEST);
        }
    }

    /// Loads the earlier imports. An import that was in progress when the user left the screen is shown again.
    pub fn list(self) {
        spawn_local(async move {
            let Ok(all) = imports::all().await else { return };
            let under_way = all.first().filter(|own| matches!(own.stage, Stage::Checking | Stage::Writing));
            let id = under_way.map(|own| own.id).filter(|_| self.import.with_untracked(Option::is_none));
            self.earlier.set(Some(all));
            if let Some(id) = id {
                self.work(async move { imports::ask(id).await });
            }
        });
    }
}
