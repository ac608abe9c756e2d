//! Refreshes the overview: fetches changes, shows and stores them.

use super::offline_readiness;
use crate::api::endpoints;
use crate::state::AppState;
use crate::storage::shared_db::SharedDb;
use crate::storage::time_slice::TimeSlice;
use jiedui_core::figures::overview::Overview;
use leptos::prelude::*;
use std::cell::Cell;
use std::sync::Arc;
use wasm_bindgen_futures::spawn_local;

/// An overview with more tallies and pairings than this takes a while to be kept.
const LONG: usize = 1_000;

thread_local! {
    /// Whether a long one is being kept.
    static KEEPS: Cell<bool> = const { Cell::new(false) };
}

/// Fetches changes of the overview, shows and stores them. Returns false if the server gave none.
pub async fn refresh(model: AppState) -> bool {
    // What a page was painted from may be a part; the whole is on the phone, or asked for.
    let whole = || model.overviews.server.get_untracked().filter(|own| own.partial_for.is_none());
    let asked = match whole() {
        Some(whole) => Some(whole),
        None => async { SharedDb::open().await?.overview().await }.await.ok().flatten().map(Arc::new),
    };
    let mut overview = match endpoints::overview(asked.as_deref()).await {
        Ok(overview) => overview,
        Err(error) => {
            // A link to the view that has ended or was withdrawn: what it showed goes from this phone.
            if error.status == 401 && model.session.user.with_untracked(Option::is_none) {
                model.overviews.server.set(None);
                let _ = async { SharedDb::open().await?.forget_overview().await }.await;
            }
            return false;
        }
    };
    let known = whole().or(asked);
    let same = |known: &Arc<Overview>| known.change == overview.change && known.edition == overview.edition;
    if known.as_ref().is_some_and(same) && whole().is_some() && is_kept().await {
        return true;
    }
    if overview.base_change.is_some() {
        let mut renewed = match known {
            Some(known) => copied(&known).await,
            None => Overview::default(),
        };
        if !renewed.apply_delta(overview) {
            // Another answer, which came meanwhile, is newer.
            return true;
        }
        overview = renewed;
    }
    let overview = Arc::new(overview);
    // So may one be that came while this one was put together or kept.
    let is_newest = || whole().is_none_or(|shown| shown.edition != overview.edition || shown.change <= overview.change);
    if !is_newest() {
        return true;
    }
    if overview.entry_counts.len() + overview.pairings.len() > LONG {
        // To keep it takes a while, and nobody waits for that.
        model.overviews.server.set(Some(overview));
        spawn_local(keep_shown(model));
    } else {
        // What has been seen is on the phone.
        keep(model, &overview, is_newest).await;
        if is_newest() {
            model.overviews.server.set(Some(overview.clone()));
        }
    }
    true
}

/// Whether one is on the phone or on its way there; where its storage fails, nothing is gained by writing again.
async fn is_kept() -> bool {
    KEEPS.get() || async { SharedDb::open().await?.has_overview().await }.await.unwrap_or(true)
}

/// Keeps an overview on the phone if, once it is written down, it is `still` the one to be kept.
async fn keep(model: AppState, overview: &Overview, still: impl Fn() -> bool) {
    let kept = async {
        SharedDb::open().await?.keep_overview(overview, still).await?;
        offline_readiness::update(model).await
    };
    if let Err(error) = kept.await {
        model.storage.error.set(Some(error));
    }
}

/// Keeps the overview that is shown, and if it is another one by then, that too.
async fn keep_shown(model: AppState) {
    if KEEPS.replace(true) {
        return;
    }
    let shown = || model.overviews.server.get_untracked().filter(|own| own.partial_for.is_none());
    let mut kept: Option<Arc<Overview>> = None;
    while let Some(overview) = shown().filter(|own| kept.as_ref().is_none_or(|kept| !Arc::ptr_eq(kept, own))) {
        // One that may no longer be seen has been forgotten.
        keep(model, &overview, || shown().is_some()).await;
        kept = Some(overview);
    }
    KEEPS.set(false);
}

/// The same overview to be changed.
async fn copied(overview: &Overview) -> Overview {
    let (mut copy, mut slice) = (overview.without_lists(), TimeSlice::begin().await);
    for piece in overview.chunks() {
        copy.add_chunk(piece);
        slice.next().await;
    }
    copy
}
