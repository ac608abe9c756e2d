//! The frame around the features: start, routes and header.

pub mod bootstrap;
pub mod document;
#[cfg(feature = "csr")]
mod form_handover;
mod header;
mod home;
mod not_found;
mod rail;
pub mod root;
#[cfg(feature = "csr")]
mod start;
mod sync_badge;

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// Returns whether the wall screen covers the header and the navigation. Their links must not take the focus.
fn on_wall() -> Signal<bool> {
    let query = use_query_map();
    Signal::derive(move || query.with(|query| query.get_str("screen") == Some("wall")))
}
