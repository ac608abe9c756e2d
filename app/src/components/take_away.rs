//! What one may take away of what is shown, and where else it can be seen.

use crate::components::address::use_address;
use crate::components::save_picture::SavePicture;
use crate::later::{Later, Screen};
use crate::model::use_model;
use leptos::prelude::*;

/// Files, the report, the wall screen, and links for others.
#[component]
pub fn TakeAway() -> impl IntoView {
    let model = use_model();
    let texts = model.texts;
    let may_share = move || model.user.with(|user| user.as_ref().is_some_and(|user| user.role.shares()));
    let opened = RwSignal::new(false);
    let address = use_address();
    let to = move |path: &'static str| move || format!("{path}{}", address.query());
    let wall = move || {
        let query = address.query();
        if query.is_empty() { "/?screen=wall".to_owned() } else { format!("/{query}&screen=wall") }
    };
    view! {
        <div class="take-away">
            <details>
                <summary>{texts.take_away}</summary>
                <ul class="choices">
                    <li><a href=to("/report")>{texts.open_report}</a></li>
                    <li><a href=to("/api/v1/export/indicators.xlsx") rel="external">{texts.as_xlsx}</a></li>
                    <li><a href=to("/api/v1/export/indicators.csv") rel="external">{texts.as_csv}</a></li>
                    <li><a href=to("/api/v1/export/map.geojson") rel="external">{texts.as_geojson}</a></li>
                    <li><a href=wall>{texts.wall}</a></li>
                </ul>
                <SavePicture pictures=".map-frame svg"/>
            </details>
            <Show when=may_share>
                <details class="share scripted-only" on:toggle=move |_| opened.set(true)>
                    <summary>{texts.share}</summary>
                    <Show when=move || opened.get()>
                        <Later screen=Screen::Share/>
                    </Show>
                </details>
            </Show>
        </div>
    }
}
