//! The shared view: filters, the answers to a leader's questions, the map, and all indicators.

mod amount;
mod attention;
mod export_menu;
mod follow_separate;
mod headline;
mod indicator_row;
mod indicator_table;
mod programmes;
mod ranking;
mod section;
mod share;

use crate::state::use_app_state;
use crate::ui::filter::{FilterBar, use_filter};
use crate::ui::freshness::Freshness;
use crate::ui::loading::LoadingOnline;
use crate::ui::map::Map;
use crate::ui::page::PleaseSignIn;
use export_menu::ExportMenu;
use follow_separate::FollowSeparate;
use leptos::prelude::*;
use section::{Part, Section};

/// The shared view, once an overview is available.
#[component]
pub fn Dashboard() -> impl IntoView {
    let app = use_app_state();
    let filter = use_filter();
    let needs_separate = Memo::new(move |_| app.overviews.needs_separate(&filter.get()));
    // A change of the figures must not rebuild the screen.
    let has_overview = Memo::new(move |_| app.overviews.server.with(Option::is_some));
    move || {
        if has_overview.get() {
            view! {
                <div class="dashboard">
                    <h1 class="unseen">{app.texts.nav_view()}</h1>
                    <div class="dashboard-above">
                        <FilterBar filter/>
                        <ExportMenu/>
                        <Freshness/>
                        <Show when=move || needs_separate.get()><FollowSeparate filter/></Show>
                    </div>
                    <Section part=Part::Brief filter/>
                    <Section part=Part::Attention filter/>
                    <Map filter/>
                    <Section part=Part::Ranking filter/>
                    <Section part=Part::Indicators filter/>
                </div>
            }
            .into_any()
        } else if app.session.user.with(Option::is_some) {
            view! { <LoadingOnline/> }.into_any()
        } else {
            view! { <PleaseSignIn/> }.into_any()
        }
    }
}
