//! The page at `/`: the shared view, or the wall screen where the address asks for it.

use crate::features::dashboard::Dashboard;
use crate::features::wall::WallScreen;
use crate::state::use_app_state;
use crate::ui::page::title;
use crate::ui::url_state::use_url_state;
use leptos::prelude::*;

/// Chooses between the shared view and the wall screen, which needs an overview.
#[component]
pub fn Home() -> impl IntoView {
    let app = use_app_state();
    title(app.texts.nav_view());
    let address = use_url_state();
    let is_wall = Memo::new(move |_| {
        app.overviews.server.with(Option::is_some) && address.get("screen").as_deref() == Some("wall")
    });
    move || {
        if is_wall.get() { WallScreen() } else { view! { <Dashboard/> }.into_any() }
    }
}
