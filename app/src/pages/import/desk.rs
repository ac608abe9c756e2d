//! What is done with the server about a table, and how far it has come.

use crate::model::Model;
use crate::sync::api::ApiError;
use crate::sync::import::{self, Import, Stage};
use crate::texts::fill;
use gloo_timers::future::TimeoutFuture;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// How often it is asked how far the server has come, in milliseconds.
const ASK: u32 = 300;

/// What the screen works on.
#[derive(Clone, Copy)]
pub struct Desk {
    /// The app's state.
    pub model: Model,
    /// The import that is looked at.
    pub import: RwSignal<Option<Import>>,
    /// Whether the server is being asked for something.
    pub busy: RwSignal<bool>,
    /// Why it was not done.
    pub failed: RwSignal<Option<String>>,
    /// What was brought before.
    pub earlier: RwSignal<Option<Vec<Import>>>,
}

impl Desk {
    fn tell(self, error: ApiError) {
        let texts = self.model.texts;
        let words = error.detail.unwrap_or_else(|| texts.import_no_network.to_owned());
        let more: Vec<String> =
            error.errors.iter().filter_map(|own| own.limit).map(|own| fill(texts.import_so_many, &[&own])).collect();
        self.failed.set(Some([vec![words], more].concat().join("。")));
    }

    /// Does something with the server, then looks how far it has come until it is done with.
    pub fn work(self, work: impl Future<Output = Result<Import, ApiError>> + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failed.set(None);
        spawn_local(async move {
            match work.await {
                Ok(import) => {
                    let id = import.id.clone();
                    self.import.set(Some(import));
                    self.follow(id).await;
                }
                Err(error) => {
                    self.tell(error);
                    // A row may have become wrong meanwhile: it is being checked again.
                    if let Some(id) = self.import.with_untracked(|own| own.as_ref().map(|own| own.id.clone())) {
                        self.follow(id).await;
                    }
                }
            }
            self.busy.set(false);
            self.list();
        });
    }

    async fn follow(self, id: String) {
        loop {
            let is_mine = self.import.with_untracked(|own| own.as_ref().is_some_and(|own| own.id == id));
            match import::ask(&id).await {
                Ok(import) if is_mine => {
                    let goes_on = matches!(import.stage, Stage::Checking | Stage::Writing) || import.done.is_some();
                    self.import.set(Some(import));
                    if !goes_on {
                        return;
                    }
                }
                Ok(_) => return,
                Err(error) if error.status != 0 => return self.tell(error),
                // The server goes on without us; it is asked again when the line is back.
                Err(_) => {}
            }
            TimeoutFuture::new(ASK).await;
        }
    }

    /// Looks at what was brought before.
    pub fn list(self) {
        spawn_local(async move {
            if let Ok(all) = import::all().await {
                self.earlier.set(Some(all));
            }
        });
    }
}
