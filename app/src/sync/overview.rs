//! Refreshes the overview: fetches changes, shows and stores them. The code is in a lazy chunk: a page starts with its figures.

use super::{offline_readiness, packs};
use crate::api::figures;
use crate::page_event;
use crate::state::AppState;
use crate::storage::shared_db::SharedDb;
use crate::storage::time_slice::TimeSlice;
use futures::future::LocalBoxFuture;
use jiedui_core::figures::overview::Overview;
use leptos::prelude::*;
use std::cell::Cell;
use std::sync::Arc;
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

/// Number of entry counts and pairings above which storing an overview takes a while.
const LONG: usize = 1_000;

thread_local! {
    /// Whether a large overview is being stored.
    static IS_STORING: Cell<bool> = const { Cell::new(false) };
}

#[wasm_split(figures, fallible)]
fn refresh_lazily(app: AppState) -> Result<LocalBoxFuture<'static, bool>, SplitLoaderError> {
    Ok(Box::pin(refresh_now(app)))
}

/// Fetches changes of the overview, shows and stores them. Returns false if the server gave none.
pub async fn refresh(app: AppState) -> bool {
    match refresh_lazily(app).await {
        Ok(refreshed) => refreshed.await,
        Err(_) => {
            page_event::dispatch(page_event::NOT_LOADED);
            false
        }
    }
}

async fn refresh_now(app: AppState) -> bool {
    // The page may hold a part of the overview only.
    let whole = || app.overviews.server.get_untracked().filter(|overview| overview.partial_for.is_none());
    let base = match whole() {
        Some(whole) => Some(whole),
        None => async { SharedDb::open().await?.overview().await }.await.ok().flatten().map(Arc::new),
    };
    let mut overview = match figures::overview(base.as_deref()).await {
        Ok(overview) => overview,
        Err(error) => {
            // The link to the shared view has expired or was revoked: its data is removed from the phone.
            if error.status == 401 && app.session.user.with_untracked(Option::is_none) {
                app.overviews.server.set(None);
                let _ = async { SharedDb::open().await?.remove_overview().await }.await;
            }
            return false;
        }
    };
    // Another refresh may have ended meanwhile.
    let base = whole().or(base);
    let is_unchanged = |base: &Arc<Overview>| base.change == overview.change && base.edition == overview.edition;
    if base.as_ref().is_some_and(is_unchanged) && is_stored().await {
        match whole() {
            // A request for its year packs may have failed before.
            Some(whole) if whole.is_reference() => return packs::provide_now(app, whole).await,
            Some(_) => return true,
            None => {}
        }
    }
    if overview.base_change.is_some() {
        let mut updated = match base {
            Some(base) => copy_of(&base).await,
            None => Overview::default(),
        };
        if !updated.apply_delta(overview) {
            // Another response that arrived meanwhile is newer.
            return true;
        }
        overview = updated;
    }
    let overview = Arc::new(overview);
    // A newer one may arrive while this one is copied or stored.
    let is_newest = || whole().is_none_or(|shown| shown.edition != overview.edition || shown.change <= overview.change);
    if !is_newest() {
        return true;
    }
    if overview.is_reference() {
        if app.overviews.server.with_untracked(Option::is_none) {
            // The screens that show no figures need not wait for them.
            app.overviews.server.set(Some(overview.clone()));
        }
        return packs::provide_now(app, overview).await;
    }
    if overview.entry_counts.len() + overview.pairings.len() > LONG {
        // Storing takes a while, so the screens do not wait for it.
        app.overviews.server.set(Some(overview));
        spawn_local(store_shown(app));
    } else {
        // An overview that was shown must be available offline.
        store(app, &overview, is_newest).await;
        if is_newest() {
            app.overviews.server.set(Some(overview.clone()));
        }
    }
    true
}

/// Returns whether an overview is stored or being stored. Also true if the storage fails: writing again would not help.
async fn is_stored() -> bool {
    IS_STORING.get() || async { SharedDb::open().await?.has_overview().await }.await.unwrap_or(true)
}

/// Stores an overview, unless `is_current` returns false before the transaction completes.
async fn store(app: AppState, overview: &Overview, is_current: impl Fn() -> bool) {
    let stored = async {
        SharedDb::open().await?.put_overview(overview, is_current).await?;
        offline_readiness::update(app).await
    };
    if let Err(error) = stored.await {
        app.storage.error.set(Some(error));
    }
}

/// Stores the shown overview, and again if it was replaced meanwhile.
async fn store_shown(app: AppState) {
    if IS_STORING.replace(true) {
        return;
    }
    let shown = || app.overviews.server.get_untracked().filter(|overview| overview.partial_for.is_none());
    let mut stored: Option<Arc<Overview>> = None;
    let is_new = |stored: &Option<Arc<Overview>>, shown: &Arc<Overview>| {
        stored.as_ref().is_none_or(|stored| !Arc::ptr_eq(stored, shown))
    };
    while let Some(overview) = shown().filter(|shown| is_new(&stored, shown)) {
        // An overview that the user may no longer see is not stored.
        store(app, &overview, || shown().is_some()).await;
        stored = Some(overview);
    }
    IS_STORING.set(false);
}

/// Copies an overview in time slices.
async fn copy_of(overview: &Overview) -> Overview {
    let (mut copy, mut slice) = (overview.without_lists(), TimeSlice::begin().await);
    for chunk in overview.chunks() {
        copy.add_chunk(chunk);
        slice.next().await;
    }
    copy
}
