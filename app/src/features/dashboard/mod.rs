//! The shared view: the map and the indicators.

pub mod export_menu;
pub mod indicator_cards;
pub mod share;

use crate::features::dashboard::export_menu::ExportMenu;
use crate::features::dashboard::indicator_cards::IndicatorCards;
use crate::features::map::Map;
use crate::features::wall::WallScreen;
use crate::labels::texts::fill;
use crate::labels::time_format::{in_china, minutes_since_1970};
use crate::state::{AppState, use_app_state};
use crate::sync::village::FollowVillage;
use crate::ui::filter_bar::{FilterBar, use_filter};
use crate::ui::loading::LoadingOnline;
use crate::ui::url_state::use_url_state;
use leptos::prelude::*;

/// The first screen.
#[component]
pub fn Dashboard() -> impl IntoView {
    let model = use_app_state();
    crate::ui::page::title(model.texts.nav_view);
    let filter = use_filter();
    let village = Memo::new(move |_| filter.with(|filter| filter.village().is_some()));
    // Present or not: a change of the figures alone must not build the screen anew.
    let there = Memo::new(move |_| model.server_overview.with(Option::is_some));
    let address = use_url_state();
    let wall = Memo::new(move |_| address.get("screen").as_deref() == Some("wall"));
    move || {
        if there.get() && wall.get() {
            WallScreen()
        } else if there.get() {
            view! {
                <div class="dashboard">
                    <h1 class="unseen">{model.texts.nav_view}</h1>
                    <div class="above">
                        <FilterBar filter/>
                        <ExportMenu/>
                        <Freshness/>
                        <Show when=move || village.get()><FollowVillage filter/></Show>
                    </div>
                    <Map filter/>
                    <IndicatorCards filter/>
                </div>
            }
            .into_any()
        } else if model.user.with(Option::is_some) {
            view! { <LoadingOnline/> }.into_any()
        } else {
            view! { <crate::ui::page::PleaseSignIn/> }.into_any()
        }
    }
}

/// How old the figures are, and what of them is this phone's own.
#[component]
pub fn Freshness() -> impl IntoView {
    let model = use_app_state();
    let texts = model.texts;
    let as_of = move || model.server_overview.with(|own| own.as_ref().map(|own| own.as_of.clone())).unwrap_or_default();
    let own =
        move || model.my_entries.with(|journal| journal.as_ref().map_or(0, |journal| journal.not_in_overview.len()));
    view! {
        <p class="freshness" class:old=move || !model.online.get()>
            <span inner_html=move || fill(texts.figures_of, &[&in_china(&as_of())])></span>
            <span inner_html=move || match model.online.get() {
                true => String::new(),
                false => format!(" · {}", fill(texts.offline_since, &[&age(model, &as_of())])),
            }></span>
            {move || (own() > 0).then(|| view! { <strong class="mark">{fill(texts.own_unsent, &[&own()])}</strong> })}
        </p>
    }
}

/// How long ago an instant was by this phone's clock, in words.
fn age(model: AppState, instant: &str) -> String {
    let texts = model.texts;
    let now = (model.now.get() / 60_000.0) as i64;
    match now - minutes_since_1970(instant).unwrap_or(i64::MAX) {
        // A clock that stands before the figures were made says nothing about their age; a minute may be its error.
        ..-1 => texts.age_unknown.to_owned(),
        -1..1 => texts.just_now.to_owned(),
        minutes @ 1..60 => fill(texts.minutes_ago, &[&minutes]),
        minutes @ 60..1440 => fill(texts.hours_ago, &[&(minutes / 60)]),
        minutes => fill(texts.days_ago, &[&(minutes / 1440)]),
    }
}
