//! Export menu: files, the report, share links and the wall screen. On a phone, everything is in one menu.

use crate::features::dashboard::share::ShareLinks;
use crate::state::{AppState, use_app_state};
use crate::ui::menu::Menu;
use crate::ui::url_state::use_url_state;
use leptos::ev::KeyboardEvent;
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// Icons of 24 × 24 units: an arrow into a tray, a printer, two links of a chain, a screen.
const EXPORT: &str = "M12 4v11m0 0-4.5-4.5M12 15l4.5-4.5M5 20h14";
const REPORT: &str = "M7 9V4h10v5M7 17H4v-6l2-2h12l2 2v6h-3M7 14h10v6H7z";
const SHARE: &str = "M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.6-5.6l-1 1M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.6 5.6l1-1";
const WALL: &str = "M3 5h18v11H3zM8 20h8M12 16v4";

fn icon(path: &'static str) -> impl IntoView {
    view! { <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d=path></path></svg> }
}

/// The toolbar next to the filters.
#[component]
pub fn ExportMenu() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let sharing = RwSignal::new(false);
    let address = use_url_state();
    let to = move |path: &'static str| move || format!("{path}{}", address.query());
    let wall = move || {
        let query = address.query();
        if query.is_empty() { "/?screen=wall".to_owned() } else { format!("/{query}&screen=wall") }
    };
    let link = move |href: &'static str, words: &'static str| {
        view! { <li role="none"><a role="menuitem" tabindex="-1" rel="external" href=to(href)>{words}</a></li> }
    };
    let picture = move |kind: &'static str, words: &'static str| {
        view! { <li role="none"><button type="button" role="menuitem" tabindex="-1" data-save=kind data-pictures=".map-frame svg">{words}</button></li> }
    };
    let files = move || {
        view! {
            {link("/api/v1/export/indicators.xlsx", texts.as_xlsx())}
            {link("/api/v1/export/indicators.csv", texts.as_csv())}
            {link("/api/v1/export/map.geojson", texts.as_geojson())}
            {picture("png", texts.save_png())}
            {picture("svg", texts.save_svg())}
        }
    };
    let may_share = move || may_share(app);
    let open_share = move |_| sharing.set(true);
    let export =
        view! { {icon(EXPORT)}{texts.export()}<span class="menu-opens" aria-hidden="true">"▾"</span> }.into_any();
    view! {
        <div class="toolbar">
            <Menu label=texts.export() class="wide" face=export>{files()}</Menu>
            <a class="button wide" href=to("/report")>{icon(REPORT)}{texts.open_report()}</a>
            <Show when=may_share>
                <button type="button" class="button wide opens-share scripted-only" aria-expanded=move || sharing.get().to_string()
                    on:click=open_share>{icon(SHARE)}{texts.share()}</button>
            </Show>
            <a class="button wide" href=wall>{icon(WALL)}{texts.wall()}</a>
            <Menu label=texts.more_tools() class="menu-more" face=view! { "⋯" }.into_any()>
                <li role="none"><a role="menuitem" tabindex="-1" href=to("/report")>{icon(REPORT)}{texts.open_report()}</a></li>
                <Show when=may_share>
                    <li role="none"><button type="button" role="menuitem" tabindex="-1" on:click=open_share>{icon(SHARE)}{texts.share()}</button></li>
                </Show>
                <li role="none"><a role="menuitem" tabindex="-1" href=wall>{icon(WALL)}{texts.wall()}</a></li>
                {files()}
            </Menu>
            <Show when=move || sharing.get()><SharePanel sharing/></Show>
        </div>
    }
}

fn may_share(app: AppState) -> bool {
    app.session.user.with(|user| user.as_ref().is_some_and(|user| user.role.shares()))
}

/// Panel for share links, next to the page.
#[component]
fn SharePanel(sharing: RwSignal<bool>) -> impl IntoView {
    let texts = use_app_state().texts;
    let panel = NodeRef::<Div>::new();
    Effect::new(move |_| panel.get().map(|panel| panel.focus()));
    let close = move || {
        sharing.set(false);
        focus_first_visible(".toolbar .opens-share, .toolbar .menu-more > button");
    };
    let press = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            close();
        }
    };
    view! {
        <div class="share" role="dialog" aria-label=texts.share() tabindex="-1" node_ref=panel on:keydown=press>
            <h2>{texts.share()}</h2>
            <button type="button" class="button-quiet close" aria-label=texts.close() on:click=move |_| close()>"×"</button>
            {ShareLinks()}
        </div>
    }
}

fn focus_first_visible(selector: &str) {
    let nodes = document().query_selector_all(selector).ok();
    let element = |number| nodes.as_ref()?.item(number)?.dyn_into::<HtmlElement>().ok();
    let mut all = (0..nodes.as_ref().map_or(0, web_sys::NodeList::length)).filter_map(element);
    let _ = all.find(|element| element.offset_parent().is_some()).map(|element| element.focus());
}
