//! Offline readiness: loads the data that the app needs with no network, and reports whether everything is on the phone.

use crate::api::endpoints;
use crate::state::AppState;
use crate::state::storage::OfflineUse;
use crate::storage::shared_db::SharedDb;
use crate::storage::{Result, local_storage};
use futures::FutureExt;
use futures::future::{LocalBoxFuture, Shared};
use jiedui_core::directory::place::Places;
use js_sys::Reflect;
use leptos::prelude::*;
use std::cell::RefCell;
use std::sync::Arc;

thread_local! {
    /// Load of the places in progress.
    static READS: RefCell<Option<Shared<LocalBoxFuture<'static, Result<()>>>>> = const { RefCell::new(None) };
}

/// Loads the data needed offline, from storage or the server. Concurrent calls share one load.
pub async fn make_ready(app: AppState) -> Result<()> {
    let reads =
        READS.with_borrow_mut(|reads| reads.get_or_insert_with(|| read_or_fetch(app).boxed_local().shared()).clone());
    let read = reads.await;
    READS.take();
    read
}

async fn read_or_fetch(app: AppState) -> Result<()> {
    let stored = async { SharedDb::open().await?.places().await }.await;
    if let Ok(Some(places)) = &stored {
        app.geography.places.set(Arc::new(places.clone()));
    }
    // An earlier release stored no initials.
    let is_current = |places: &Places| places.all().iter().any(|place| !place.initials.is_empty());
    if matches!(&stored, Ok(Some(places)) if is_current(places)) {
        return update(app).await;
    }
    if let Ok(places) = endpoints::places().await {
        // They can be chosen even if they cannot be stored.
        let places = Arc::new(places);
        app.geography.places.set(places.clone());
        let written = async { SharedDb::open().await?.put_places(&places).await }.await;
        return update(app).await.and(written);
    } else if let Err(error) = stored {
        return update(app).await.and(Err(error));
    }
    if let Err(error) = stored {
        return update(app).await.and(Err(error));
    }
    update(app).await
}

/// Returns whether the browser can store the app: service workers need an encrypted connection.
pub fn can_work_offline() -> bool {
    // The server paints the first page and does not know the browser.
    cfg!(not(target_arch = "wasm32"))
        || Reflect::get(&window().navigator(), &"serviceWorker".into()).is_ok_and(|workers| workers.is_object())
}

/// Updates the state of offline use without a request. `public/version.js` writes into the page whether the app files are stored.
pub async fn update(app: AppState) -> Result<()> {
    let has_overview = async { SharedDb::open().await?.has_overview().await }.await;
    let has_places = app.geography.places.with_untracked(|places| !places.all().is_empty());
    let program = document().document_element().and_then(|html| html.get_attribute("data-offline"));
    app.storage.offline_use.set(match (&has_overview, program.as_deref()) {
        // Without local storage, the app would not know the signed-in user.
        (Err(_), _) | (_, Some("never")) => OfflineUse::Impossible,
        _ if local_storage::local_storage().is_none() => OfflineUse::Impossible,
        // A partial replica is not enough.
        (Ok(true), Some("ready")) if has_places && app.replica.is_complete.get_untracked() => OfflineUse::Ready,
        _ => OfflineUse::Preparing,
    });
    has_overview.map(drop)
}
