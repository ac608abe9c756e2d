//! The wall screen: one programme after the other on the whole screen, and the last entries as they arrive.

use crate::api::endpoints;
use crate::lazy_screen;
use crate::state::use_app_state;
use crate::ui::entry_list::short_entry_row;
use crate::ui::filter::{AddressNotice, use_filter};
use crate::ui::freshness::Freshness;
use crate::ui::indicator_cards::IndicatorCards;
use crate::ui::map::Map;
use crate::ui::url_state::{HistoryStep, use_url_state};
use jiedui_core::catalogue::Programme;
use jiedui_core::entry::Entry;
use jiedui_core::figures::figure::Filter;
use leptos::prelude::*;
use std::time::Duration;
use uuid::Uuid;
use wasm_bindgen_futures::spawn_local;

/// Time for which a programme is shown.
const TURN: Duration = Duration::from_secs(15);

lazy_screen!(display:
    /// The wall screen.
    WallScreen, render_wall, Wall
);

/// The screen.
#[component]
fn Wall() -> impl IntoView {
    let app = use_app_state();
    // Without a programme in the filter, all programmes take turns.
    let filter = use_filter();
    crate::sync::separate::follow(app, filter);
    let texts = app.texts;
    let address = use_url_state();
    let turn = RwSignal::new(0_usize);
    let programme = Memo::new(move |_| {
        filter.get().programme.or_else(|| {
            let overview = app.overviews.server.get()?;
            // A programme without indicators has nothing to show.
            let programmes: Vec<&Programme> = overview.catalogue.counted_programmes().collect();
            programmes.get(turn.get() % programmes.len().max(1)).map(|programme| programme.code.clone())
        })
    });
    let turn_filter = Memo::new(move |_| Filter { programme: programme.get(), ..filter.get() });
    let name = move || {
        let overview = app.overviews.server.get()?;
        let programme = overview.catalogue.programme(programme.get()?.as_str())?;
        Some(app.pick(&programme.name, &programme.name_en).to_owned())
    };
    Effect::new(move |_| {
        let beat = set_interval_with_handle(move || turn.update(|turn| *turn += 1), TURN).ok();
        on_cleanup(move || {
            if let Some(beat) = beat {
                beat.clear();
            }
        });
    });
    let entries = RwSignal::new(Vec::<(Uuid, Entry)>::new());
    let year = Memo::new(move |_| filter.get().year);
    Effect::new(move |_| {
        // Each change of the overview may be a new entry.
        app.overviews.server.track();
        let year = year.get();
        if app.session.user.with_untracked(Option::is_some) {
            spawn_local(async move {
                if let Ok(latest) = endpoints::latest_entries(year).await {
                    // A response for the year chosen before can arrive last.
                    if year == filter.try_get_untracked().map_or(year, |filter| filter.year) {
                        entries.try_set(latest);
                    }
                }
            });
        }
    });
    let rows = move || {
        let overview = app.overviews.server.get().unwrap_or_default();
        let row = |(id, entry): &(Uuid, Entry)| short_entry_row(app, &overview, *id, entry).into_string();
        entries.get().iter().map(row).collect::<String>()
    };
    let leave = move |_| address.change(&[("screen", String::new())], HistoryStep::Further);
    view! {
        <div class="wall">
            <header>
                <h1>{texts.wall_title()}</h1>
                <p class="wall-programme">{name}</p>
                <Freshness/>
                <AddressNotice/>
                <button type="button" class="button-quiet" on:click=leave>{texts.wall_leave()}</button>
            </header>
            <Map filter=turn_filter/>
            <IndicatorCards filter=turn_filter/>
            <Show when=move || entries.with(|entries| !entries.is_empty())>
                <section class="wall-latest">
                    <h2>{texts.wall_latest()}</h2>
                    <ul class="latest" inner_html=rows></ul>
                </section>
            </Show>
        </div>
    }
}
