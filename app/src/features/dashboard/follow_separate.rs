//! Loads the overview of a selected village or of all years, with code from the lazy chunk.

use crate::state::{AppState, use_app_state};
use crate::sync::separate::follow;
use crate::ui::lazy::lazy;
use futures::FutureExt;
use jiedui_core::figures::figure::Filter;
use leptos::prelude::*;
use wasm_split_helpers::{SplitLoaderError, wasm_split};

#[wasm_split(browse, fallible, preload(load_follow))]
fn follow_lazily(app: AppState, filter: Memo<Filter>) -> Result<AnyView, SplitLoaderError> {
    follow(app, filter);
    Ok(().into_any())
}

/// Keeps the separate overview of the filter up to date while it is on the page; renders nothing.
#[component]
pub fn FollowSeparate(
    /// The filter of the shared view.
    filter: Memo<Filter>,
) -> impl IntoView {
    let app = use_app_state();
    lazy(|| Box::pin(load_follow()), move || follow_lazily(app, filter).now_or_never().and_then(Result::ok))
}
