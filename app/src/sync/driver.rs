//! Drives the engine of core: performs its outputs and returns the results as inputs.

use super::{offline_readiness, photos};
use crate::api::endpoints;
use crate::state::AppState;
use crate::storage::Result as StoreResult;
use crate::storage::replica_progress::ReplicaProgress;
use crate::storage::tab_lock as lock;
use crate::storage::user_db::UserDb;
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender};
use gloo_timers::future::TimeoutFuture;
use jiedui_core::figures::overview::Overview;
use jiedui_core::storage::Unsent;
use jiedui_core::sync::{Engine, Failure, Input, Output, PullResponse, Status};
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

/// The sync of one person on this phone.
pub struct Driver {
    app: AppState,
    person: UserDb,
    user: Uuid,
    client: Uuid,
    /// Client identifier of the last push.
    sent_as: Cell<Uuid>,
    /// Epoch of the database that answered it.
    answered_in: Cell<Option<u64>>,
    engine: RefCell<Engine>,
    /// Response whose remaining pages are still to be read.
    pages: RefCell<Option<endpoints::Pages>>,
    /// Cursor after which the next page of the response continues.
    asked_after: RefCell<Option<String>>,
    /// Cursor at which the user's entries were last read; another tab may have advanced it since.
    my_entries_at: RefCell<Option<String>>,
    /// Whether records have arrived that the screens do not show yet.
    has_news: Cell<bool>,
    /// Whether to ask the server for missing photos: after a start, and after a reset of the replica.
    ask_for_photos: Cell<bool>,
    sender: UnboundedSender<Input>,
}

impl Driver {
    /// Opens the person's storage.
    pub async fn open(app: AppState, user: Uuid, sender: UnboundedSender<Input>) -> StoreResult<Self> {
        let person = UserDb::open(user).await?;
        let client = person.client().await?;
        let seed = (js_sys::Math::random() * u64::MAX as f64) as u64;
        Ok(Self {
            app,
            person,
            user,
            client,
            sent_as: Cell::new(client),
            answered_in: Cell::default(),
            engine: RefCell::new(Engine::new(seed)),
            pages: RefCell::default(),
            asked_after: RefCell::default(),
            my_entries_at: RefCell::default(),
            has_news: Cell::default(),
            ask_for_photos: Cell::new(true),
            sender,
        })
    }

    /// Runs until the sender of the inputs is dropped, at sign-out.
    pub async fn run(self, mut inputs: UnboundedReceiver<Input>) {
        let driver = Rc::new(self);
        driver.show_my_entries().await;
        if let Some(window) = driver.stored(driver.person.window().await) {
            driver.app.replica.window.set(window);
        }
        if let Some(progress) = driver.stored(driver.person.replica_progress().await) {
            driver.show_progress(progress).await;
        }
        let task = driver.clone();
        // The sync does not wait for the photos to be shown. They are sent after that, or in the next round.
        spawn_local(async move {
            if task.stored(photos::begin(task.app, &task.person).await).is_some() {
                task.stored(photos::send(task.app, &task.person).await);
            }
        });
        while let Some(input) = inputs.next().await {
            let outputs = driver.engine.borrow_mut().handle(input);
            let begins = outputs.iter().any(|output| !matches!(output, Output::Show(_) | Output::Wait(_)));
            if begins {
                let (round, name) = (driver.clone(), format!("jiedui-sync-{}", driver.client));
                lock::with_tab_lock(&name, async move { round.round(outputs).await }).await;
            } else {
                driver.clone().round(outputs).await;
            }
        }
    }

    async fn round(self: Rc<Self>, outputs: Vec<Output>) {
        let mut todo = VecDeque::from(outputs);
        while let Some(output) = todo.pop_front() {
            if let Some(input) = self.perform(output).await {
                todo.extend(self.engine.borrow_mut().handle(input));
            }
        }
    }

    async fn perform(self: &Rc<Self>, output: Output) -> Option<Input> {
        match output {
            Output::ReadOutbox { limit } => {
                let unsent = self.stored(self.person.unsent(limit, crate::storage::clock::phone()).await);
                let read = unsent.map(|Unsent { client, mutations, held_for }| {
                    self.sent_as.set(client);
                    // The tab that made the mutation may have been closed.
                    if let Some(wait) = held_for.and_then(|wait| u32::try_from(wait).ok()) {
                        let sender = self.sender.clone();
                        spawn_local(async move {
                            TimeoutFuture::new(wait).await;
                            // The receiver is closed once the user has signed out.
                            drop(sender.unbounded_send(Input::Wake));
                        });
                    }
                    Input::OutboxRead(mutations)
                });
                Some(read.unwrap_or(Input::StorageFailed))
            }
            Output::Push(mutations) => {
                let answer = endpoints::push(self.user, self.sent_as.get(), mutations, self.app.language).await;
                Some(Input::Pushed(answer.map(|(results, epoch)| {
                    self.answered_in.set(epoch);
                    results
                })))
            }
            Output::StorePush(results) => {
                let (overview, sent) = (self.overview(), (self.sent_as.get(), self.answered_in.get()));
                let catalogue = overview.as_deref().map(|overview| &overview.catalogue);
                let stored = self.stored(self.person.store_push(catalogue, sent, &results).await);
                self.show_my_entries().await;
                super::changes::notify_other_tabs();
                Some(stored.map_or(Input::StorageFailed, |()| Input::PushStored))
            }
            Output::Pull => match self.stored(self.person.cursor().await) {
                Some(cursor) => Some(Input::Pulled(self.next_page(cursor).await)),
                None => Some(Input::StorageFailed),
            },
            Output::StorePull(pulled) => {
                let before = self.person.cursor().await.ok().flatten();
                let (overview, after) = (self.overview(), self.asked_after.borrow().clone());
                let catalogue = overview.as_deref().map(|overview| &overview.catalogue);
                let stored = self.stored(self.person.store_pull(catalogue, after.as_deref(), &pulled).await);
                let Some(Some(page)) = stored else {
                    // The remaining pages would leave a gap.
                    self.pages.take();
                    // A page of another tab has been stored instead: the next request continues from there.
                    return Some(stored.map_or(Input::StorageFailed, |_| Input::PullStored));
                };
                self.asked_after.replace(Some(pulled.cursor.clone()));
                if pulled.window.is_some() {
                    self.app.replica.window.set(pulled.window.clone());
                }
                if pulled.reset {
                    self.ask_for_photos.set(true);
                }
                if page.is_restored {
                    // The next round sends what the restored server may lack.
                    self.engine.borrow_mut().handle(Input::Wake);
                }
                if page.is_mine {
                    self.app.my_entries.is_stale.set_value(true);
                } else if *self.my_entries_at.borrow() == before {
                    self.my_entries_at.replace(Some(pulled.cursor.clone()));
                }
                if !pulled.records.is_empty() || !pulled.left.is_empty() || pulled.window.is_some() {
                    self.has_news.set(true);
                }
                self.show_progress(page.progress).await;
                Some(Input::PullStored)
            }
            Output::Wait(wait) => {
                let (sender, milliseconds) = (self.sender.clone(), u32::try_from(wait.as_millis()).unwrap_or(u32::MAX));
                spawn_local(async move {
                    TimeoutFuture::new(milliseconds).await;
                    // The receiver is closed once the user has signed out.
                    let _ = sender.unbounded_send(Input::WaitOver);
                });
                None
            }
            Output::Show(status) => {
                if status == Status::Idle && super::overview::refresh(self.app).await {
                    self.stored(self.person.all_counted().await);
                    if self.app.my_entries.summary.with_untracked(|entries| {
                        entries.as_ref().is_some_and(|entries| !entries.not_in_overview.is_empty())
                    }) {
                        self.app.my_entries.is_stale.set_value(true);
                    }
                }
                if !matches!(status, Status::Receiving { .. }) {
                    // Reading all entries takes a while, and most arriving records are other users'.
                    let at = self.person.cursor().await.ok().flatten();
                    if self.app.my_entries.is_stale.get_value() || *self.my_entries_at.borrow() != at {
                        self.show_my_entries().await;
                    }
                    if self.has_news.replace(false) {
                        self.app.replica.version.update(|version| *version += 1);
                    }
                }
                if status == Status::Idle {
                    // Entries go first, and do not wait for photos.
                    let driver = self.clone();
                    spawn_local(async move {
                        if driver.ask_for_photos.take() {
                            driver.stored(photos::look_for_missing(driver.app).await);
                        }
                        driver.stored(photos::send(driver.app, &driver.person).await);
                    });
                }
                self.app.sync.status.set(status);
                None
            }
        }
    }

    /// Returns the next page of the response in progress, or the first page of a new one. An interrupted response is dropped; the
    /// next continues from the stored cursor.
    async fn next_page(&self, cursor: Option<String>) -> Result<PullResponse, Failure> {
        let arriving = self.pages.take();
        let mut pages = match arriving {
            Some(pages) => pages,
            None => {
                self.asked_after.replace(cursor.clone());
                endpoints::Pages::ask(self.user, cursor.as_deref()).await?
            }
        };
        let page = pages.next().await?;
        if page.more {
            self.pages.replace(Some(pages));
        }
        Ok(page)
    }

    /// Returns the overview, whose catalogue decides which records the phone holds.
    fn overview(&self) -> Option<Arc<Overview>> {
        self.app.overviews.server.get_untracked()
    }

    /// Returns the value of a storage operation, or shows its error.
    fn stored<T>(&self, result: StoreResult<T>) -> Option<T> {
        match result {
            Ok(value) => {
                self.app.storage.clear_recovered_error();
                Some(value)
            }
            Err(error) => {
                self.app.storage.error.set(Some(error));
                None
            }
        }
    }

    async fn show_my_entries(&self) {
        self.app.my_entries.is_stale.set_value(false);
        self.my_entries_at.replace(self.person.cursor().await.ok().flatten());
        let Some(mine) = self.stored(self.person.my_entries().await) else {
            self.app.my_entries.is_stale.set_value(true);
            return;
        };
        self.app.show_my_entries(mine);
    }

    /// Shows how much of the feed is on the phone. When the first pull ends, the person's entries are read first: no screen shows
    /// older rows as those of a complete replica.
    async fn show_progress(&self, progress: ReplicaProgress) {
        let before = self.app.replica.progress.get_untracked();
        let is_news = before.is_none_or(|before| before.is_complete != progress.is_complete);
        if is_news
            && self.app.my_entries.summary.with_untracked(|entries| entries.as_ref().map(|entries| entries.is_complete))
                != Some(progress.is_complete)
        {
            self.show_my_entries().await;
        }
        self.app.replica.progress.set(Some(progress));
        if is_news {
            self.stored(offline_readiness::update(self.app).await);
        }
    }
}
