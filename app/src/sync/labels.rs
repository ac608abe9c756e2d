//! Reference data that screens wait for: overview and places turn codes into words and validate the forms.

use super::{offline_readiness, overview};
use crate::state::AppState;
use jiedui_core::directory::place::Places;
use jiedui_core::figures::overview::Overview;
use leptos::prelude::*;
use std::sync::Arc;
use wasm_bindgen_futures::spawn_local;

/// Loads what turns codes into words: the whole overview, which holds forms and directory, and the places. Returns once they are
/// on the phone, or cannot be had.
pub async fn load_labels(model: AppState) {
    make_ready(model).await;
    // A page may have been painted from a part of the overview.
    let is_whole = |own: &Option<Arc<Overview>>| own.as_ref().is_some_and(|own| own.partial_for.is_none());
    if !model.overviews.server.with_untracked(is_whole) {
        overview::refresh(model).await;
    }
}

/// Has the names of towns and villages on the phone, to choose among them.
pub fn fetch_places(model: AppState) {
    spawn_local(make_ready(model));
}

pub(super) async fn make_ready(model: AppState) {
    if let Err(error) = offline_readiness::make_ready(model).await {
        model.storage.error.set(Some(error));
    }
}

/// Fetches news of the overview, if there is a network.
pub async fn refresh_overview(model: AppState) {
    overview::refresh(model).await;
}

/// Returns the overview (catalogue and directory) and the places, which validate answers. Waits until they are loaded; `None`
/// where the phone has neither them nor a network.
pub async fn judges(model: AppState) -> Option<(Arc<Overview>, Arc<Places>)> {
    if model.geography.places.with_untracked(|places| places.all().is_empty()) {
        make_ready(model).await;
    }
    let places = model.geography.places.get_untracked();
    if model.overviews.server.with_untracked(Option::is_none) {
        overview::refresh(model).await;
    }
    model.overviews.server.get_untracked().filter(|_| !places.all().is_empty()).map(|overview| (overview, places))
}
