//! Reference data that screens wait for: the overview and the places, for labels and validation.

use super::{offline_readiness, overview};
use crate::state::AppState;
use jiedui_core::directory::place::Places;
use jiedui_core::figures::overview::Overview;
use leptos::prelude::*;
use std::sync::Arc;
use wasm_bindgen_futures::spawn_local;

/// Loads the data that labels need: the whole overview, with forms and directory, and the places. Returns once they are on the
/// phone, or cannot be loaded.
pub async fn load_labels(app: AppState) {
    make_ready(app).await;
    // The page may hold a part of the overview only.
    let is_whole =
        |overview: &Option<Arc<Overview>>| overview.as_ref().is_some_and(|overview| overview.partial_for.is_none());
    if !app.overviews.server.with_untracked(is_whole) {
        overview::refresh(app).await;
    }
}

/// Loads the names of towns and villages, so that forms can offer them.
pub fn fetch_places(app: AppState) {
    spawn_local(make_ready(app));
}

pub(super) async fn make_ready(app: AppState) {
    if let Err(error) = offline_readiness::make_ready(app).await {
        app.storage.error.set(Some(error));
    }
}

/// Fetches changes of the overview, if there is a network.
pub async fn refresh_overview(app: AppState) {
    overview::refresh(app).await;
}

/// Returns the overview (catalogue and directory) and the places, which validate answers. Waits until they are loaded; `None`
/// without a network, unless they are stored.
pub async fn reference_data(app: AppState) -> Option<(Arc<Overview>, Arc<Places>)> {
    if app.geography.places.with_untracked(|places| places.all().is_empty()) {
        make_ready(app).await;
    }
    let places = app.geography.places.get_untracked();
    if app.overviews.server.with_untracked(Option::is_none) {
        overview::refresh(app).await;
    }
    app.overviews.server.get_untracked().filter(|_| !places.all().is_empty()).map(|overview| (overview, places))
}
