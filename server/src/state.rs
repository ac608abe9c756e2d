//! The state that every handler and every long-lived task shares.

use crate::auth::throttle::LoginThrottle;
use crate::config::Config;
use crate::db::records::cursor::CursorKey;
use crate::db::reference::load::Reference;
use crate::db::{Db, DbError};
use crate::export::limits::Exports;
use crate::figures::overview_cache::CachedOverview;
use crate::figures::queries;
use crate::import::job_registry::JobRegistry;
use crate::push_writer::{PushWriter, publish};
use crate::reference::cache::Cache;
use crate::repeated_acts::RepeatedActs;
use crate::site::Site;
use crate::supervisor::Supervisor;
use crate::web_push::WebPush;
use axum::extract::FromRef;
use jiedui_core::figures::figure::{Figure, Filter};
use jiedui_core::figures::overview::Overview;
use leptos::config::LeptosOptions;
use std::ops::Deref;
use std::sync::Arc;
use tokio::sync::watch;
use uuid::Uuid;

/// Shared state of a running server.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

/// The state of a running server.
pub struct Inner {
    /// Settings.
    pub config: Config,
    /// Database.
    pub db: Db,
    /// Cached reference data and the views derived from it.
    pub cache: Cache,
    /// Epoch of the database, for cursors.
    pub epoch: i64,
    /// Key that signs cursors.
    pub cursor_key: CursorKey,
    /// Number of the last change, published to listeners.
    pub changes: watch::Sender<i64>,
    /// Becomes true when the server shuts down.
    pub stopping: watch::Sender<bool>,
    /// Long-lived tasks.
    pub tasks: Supervisor,
    /// Running checks and writes of imports.
    pub imports: Arc<JobRegistry>,
    /// Writer of pushes.
    pub writer: PushWriter,
    /// Limits for exports.
    pub exports: Exports,
    /// Web Push to subscribed browsers.
    pub web_push: WebPush,
    /// Hash of the token that creates the first account; `None` if there were accounts at the start.
    pub setup: Option<Vec<u8>>,
    /// Acts of the last minute, for the audit trail.
    pub acts: RepeatedActs,
    /// Limits of signing in.
    pub throttle: Arc<LoginThrottle>,
    /// The app's files.
    pub site: Site,
    /// Options of leptos.
    pub leptos: LeptosOptions,
}

impl Deref for AppState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(app: &AppState) -> Self {
        app.leptos.clone()
    }
}

impl AppState {
    /// Creates the state of a server on an open, filled database.
    pub async fn new(config: Config, db: Db, site: Site, setup: Option<Vec<u8>>) -> Result<Self, DbError> {
        let cache = Cache::load(&db).await?;
        let epoch = crate::db::feed::epoch(&db).await?;
        let (changes, _) = watch::channel(crate::db::feed::last_change(&db).await?);
        let leptos = LeptosOptions::builder().output_name("jiedui").site_addr(config.listen).build();
        let web_push = WebPush::open(&db, config.push_hosts.clone(), config.push_contact.clone()).await?;
        let cursor_key = CursorKey::derive(&web_push.secret());
        let (stopping, until) = watch::channel(false);
        let tasks = Supervisor::new(until);
        let writer = PushWriter::start(&tasks, db.clone(), cache.clone(), changes.clone());
        let state = Inner {
            config,
            db,
            cache,
            epoch,
            cursor_key,
            changes,
            stopping,
            tasks,
            imports: Arc::default(),
            writer,
            exports: Exports::default(),
            web_push,
            setup,
            acts: RepeatedActs::default(),
            throttle: Arc::default(),
            site,
            leptos,
        };
        Ok(Self(Arc::new(state)))
    }

    /// Returns the cached catalogue, places, directory and closed months.
    pub fn reference(&self) -> Arc<Reference> {
        self.cache.current().reference.clone()
    }

    /// Returns the overview of everything committed.
    pub async fn overview(&self) -> Result<Arc<CachedOverview>, DbError> {
        queries::summary(&self.db, &self.cache).await
    }

    /// Returns the years that have entries or targets, latest first.
    pub async fn years(&self) -> Result<Vec<i32>, DbError> {
        queries::years(&self.db, &self.cache).await
    }

    /// Returns the overview of a year, or of all years, at a place down to the township.
    pub async fn summary_for(&self, filter: &Filter) -> Result<Overview, DbError> {
        queries::summary_for(&self.db, &self.cache, filter).await
    }

    /// Returns an overview without figures, which are in year packs.
    pub async fn reference_overview(&self) -> Result<Overview, DbError> {
        queries::reference_overview(&self.db, &self.cache).await
    }

    /// Returns the overview of one organisation and its pairings.
    pub async fn of_organisation(&self, organisation: Uuid) -> Result<Overview, DbError> {
        queries::organisation_summary(&self.db, &self.cache, organisation).await
    }

    /// Returns the overview of one village.
    pub async fn of_village(&self, village: &str) -> Result<Overview, DbError> {
        queries::village_summary(&self.db, &self.cache, village).await
    }

    /// Returns the figures of a year under a filter.
    pub async fn figures(&self, filter: Filter) -> Result<Vec<Figure>, DbError> {
        queries::yearly_figures(&self.db, &self.cache, filter).await
    }

    /// Publishes the last change to listeners.
    pub fn publish(&self, change: i64) {
        publish(&self.changes, change);
    }
}
