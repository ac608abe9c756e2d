//! Year packs on the phone, where an overview has no figures. They are read from storage, or fetched when a screen wants them,
//! and renewed by deltas. The code is in a lazy chunk.

use super::offline_readiness;
use super::separate::retry;
use crate::api::figures;
use crate::page_event;
use crate::state::AppState;
use crate::storage::Result as StoreResult;
use crate::storage::shared_db::SharedDb;
use crate::storage::time_slice::TimeSlice;
use futures::future::{LocalBoxFuture, join_all};
use futures::lock::Mutex;
use jiedui_core::figures::overview::Overview;
use jiedui_core::figures::pack::{PackOverviews, Packs, Piece, YearPack, YearPieces, needed_first, needed_offline};
use jiedui_core::figures::source::Attached;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use wasm_bindgen_futures::spawn_local;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

thread_local! {
    /// The packs in memory, by year.
    static HELD: RefCell<BTreeMap<i32, Arc<YearPack>>> = const { RefCell::new(BTreeMap::new()) };
    /// Whether the stored packs have been read.
    static WAS_READ: Cell<bool> = const { Cell::new(false) };
    /// Edition and change of the stored reference data.
    static STORED: RefCell<Option<(String, i64)>> = const { RefCell::new(None) };
}

/// Held while packs change: calls of [`provide_now`] follow each other.
static TURN: Mutex<()> = Mutex::new(());

/// Provides the packs that the screens want, whenever the filter, the reference data or the network changes.
pub fn follow(app: AppState) {
    let retry = retry(app);
    Effect::new(move |_| {
        app.overviews.wanted.track();
        app.overviews.compared.track();
        retry.track();
        if let Some(reference) = app.overviews.server.get().filter(|overview| overview.is_reference()) {
            spawn_local(provide(app, reference));
        }
    });
}

#[wasm_split(figures, fallible)]
fn provide_lazily(app: AppState, reference: Arc<Overview>) -> Result<LocalBoxFuture<'static, bool>, SplitLoaderError> {
    Ok(Box::pin(provide_now(app, reference)))
}

async fn provide(app: AppState, reference: Arc<Overview>) {
    match provide_lazily(app, reference).await {
        Ok(provided) => {
            provided.await;
        }
        Err(_) => page_event::dispatch(page_event::NOT_LOADED),
    }
}

/// Shows reference data with the packs that the screens want, and stores both. Returns whether the stored packs include all changes
/// that the reference data includes.
pub(super) async fn provide_now(app: AppState, reference: Arc<Overview>) -> bool {
    let _turn = TURN.lock().await;
    // Another call may have shown newer ones meanwhile.
    let shown = app.overviews.server.get_untracked().filter(|shown| shown.is_reference());
    let is_newer = |shown: &Arc<Overview>| shown.edition == reference.edition && shown.change > reference.change;
    let reference = shown.filter(is_newer).unwrap_or(reference);
    let (current, years) = (app.today.year(), reference.pack_years.clone().unwrap_or_default());
    let filter = app.overviews.wanted.get_untracked();
    let first = needed_first(current, &filter, app.overviews.compared.get_untracked(), &years);
    if !WAS_READ.replace(true) {
        let stored = async {
            let shared = SharedDb::open().await?;
            STORED.replace(shared.overview_version().await?);
            shared.packs().await
        };
        // Without storage, everything is fetched.
        for bytes in stored.await.unwrap_or_default() {
            TimeSlice::begin().await;
            // A pack that cannot be read is fetched again.
            if let Ok(pack) = YearPack::decode(&bytes) {
                hold(pack);
            }
        }
        show_unless_worse(app, &reference);
    }
    let is_complete = renew(app, &reference, first).await;
    if is_complete {
        // The person waits for the screen only, not for what it needs offline.
        spawn_local(complete(app));
    }
    is_complete
}

/// Fetches what a signed-in person needs offline, and stores the reference data.
async fn complete(app: AppState) {
    let _turn = TURN.lock().await;
    let shown = app.overviews.server.get_untracked().filter(|shown| shown.is_reference());
    let Some(reference) = shown else { return };
    let records = app.session.user.with_untracked(|user| user.as_ref().map(|user| user.role.records()));
    let is_complete = match records {
        Some(records) => {
            let needed = needed_offline(app.today.year(), records, &reference.places);
            renew(app, &reference, needed).await
        }
        None => true,
    };
    if is_complete {
        shown_if_stored(app, store_reference(app, &reference).await);
    }
}

/// Fetches missing pieces, and changes of all packs that are older than the reference data. Shows and stores the packs. Returns
/// whether the server has answered everything and the storage has everything.
async fn renew(app: AppState, reference: &Arc<Overview>, mut wanted: YearPieces) -> bool {
    for year in HELD.with_borrow(|held| held.keys().copied().collect::<Vec<i32>>()) {
        wanted.entry(year).or_default();
    }
    let results = join_all(wanted.into_iter().map(|(year, pieces)| async move {
        let held = HELD.with_borrow(|held| held.get(&year).cloned());
        renewed(year, held, &pieces, reference.change).await
    }));
    let results = results.await;
    let is_complete = results.iter().all(Option::is_some);
    if results.iter().any(|result| !matches!(result, Some(None))) {
        app.overviews.is_unreachable.set(!is_complete);
    }
    let mut changed: Vec<YearPack> = results.into_iter().flatten().flatten().collect();
    if !is_complete {
        // Packs of different age would count an entry of this phone twice, or not at all.
        let held_change = |year: i32| HELD.with_borrow(|held| held.get(&year).map(|held| held.change));
        changed.retain(|pack| held_change(pack.year).is_none_or(|change| pack.change <= change));
    }
    let years: Vec<i32> = changed.iter().map(|pack| pack.year).collect();
    changed.into_iter().for_each(hold);
    let is_shown = app.overviews.server.with_untracked(|shown| {
        let shown = shown.as_ref().filter(|shown| shown.packs.0.is_some());
        shown.is_some_and(|shown| shown.change >= reference.change || !is_complete)
    });
    if (!years.is_empty() || !is_shown) && !show_unless_worse(app, reference) {
        return false;
    }
    shown_if_stored(app, store(&years).await) && is_complete
}

/// Returns whether storing has succeeded, and shows its error.
fn shown_if_stored(app: AppState, stored: StoreResult<()>) -> bool {
    if let Err(error) = stored {
        app.storage.error.set(Some(error));
        return false;
    }
    true
}

/// Returns the pack of a year with some pieces, as of a change or later. `Some(None)` means that the held pack suffices, `None` that
/// the server does not answer.
async fn renewed(
    year: i32,
    held: Option<Arc<YearPack>>,
    pieces: &BTreeSet<Piece>,
    change: i64,
) -> Option<Option<YearPack>> {
    let Some(held) = held else { return figures::year_pack(year, pieces, None).await.ok().map(Some) };
    let all: BTreeSet<_> = held.pieces.union(pieces).cloned().collect();
    let missing: BTreeSet<_> = pieces.difference(&held.pieces).cloned().collect();
    let mut pack = None;
    if held.change < change {
        let delta = figures::year_pack(year, &held.pieces, Some(&held)).await.ok()?;
        if delta.base_change.is_none() {
            // The server's figures are of another edition.
            return figures::year_pack(year, &all, None).await.ok().map(Some);
        }
        let mut with_delta = YearPack::clone(&held);
        pack = Some(with_delta.apply_delta(delta).then_some(with_delta)?);
    }
    if !missing.is_empty() {
        let more = figures::year_pack(year, &missing, None).await.ok()?;
        let mut with_pieces = pack.unwrap_or_else(|| YearPack::clone(&held));
        if !with_pieces.add_pieces(more) {
            return figures::year_pack(year, &all, None).await.ok().map(Some);
        }
        pack = Some(with_pieces);
    }
    Some(pack)
}

fn hold(pack: YearPack) {
    HELD.with_borrow_mut(|held| held.insert(pack.year, Arc::new(pack)));
}

/// Shows reference data with the packs in memory. Returns false and changes nothing if the shown page has the figures of the
/// screen and the packs do not.
fn show_unless_worse(app: AppState, reference: &Arc<Overview>) -> bool {
    let packs = HELD.with_borrow(|held| Packs::new(held.values().cloned(), reference));
    let overviews = PackOverviews::new(reference, packs);
    let overview = Overview { packs: Attached(Some(Arc::new(overviews))), ..Overview::clone(reference) };
    let filter = app.overviews.wanted.get_untracked();
    let has_figures = |overview: &Overview| {
        filter.year.is_none() || overview.packs.0.as_ref().is_some_and(|packs| packs.overview_for(&filter).is_some())
    };
    let is_part = app
        .overviews
        .server
        .with_untracked(|shown| shown.as_ref().is_some_and(|shown| shown.partial_for.is_some() && shown.has(&filter)));
    if is_part && !has_figures(&overview) {
        return false;
    }
    app.overviews.server.set(Some(Arc::new(overview)));
    true
}

/// Stores the packs of some years.
async fn store(years: &[i32]) -> StoreResult<()> {
    for year in years {
        TimeSlice::begin().await;
        if let Some(pack) = HELD.with_borrow(|held| held.get(year).cloned()) {
            SharedDb::open().await?.put_pack(&pack).await?;
        }
    }
    Ok(())
}

/// Stores reference data. Its packs are stored before: a stored overview is ready for offline use.
async fn store_reference(app: AppState, reference: &Overview) -> StoreResult<()> {
    let version = (reference.edition.clone(), reference.change);
    let stored = STORED.with_borrow(Clone::clone);
    if stored.as_ref() == Some(&version) {
        return Ok(());
    }
    let shared = SharedDb::open().await?;
    if stored.is_some_and(|(edition, _)| edition == version.0) {
        shared.put_overview_head(reference).await?;
    } else {
        shared.put_overview(reference, || true).await?;
    }
    STORED.replace(Some(version));
    offline_readiness::update(app).await
}
