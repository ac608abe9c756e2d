//! Place picker: a row that opens a sheet with search, recent and near places, and the tree of places in the user's scope.

use crate::labels::texts::fill;
use crate::state::{AppState, use_app_state};
use crate::ui::chips::{Chip, Chips};
use crate::ui::geolocation::{distance, here, is_permitted};
use crate::ui::pick_field::{PickRow, ignore_enter};
use crate::ui::recent::{Recent, use_recent};
use crate::ui::sheet::Sheet;
use jiedui_core::directory::place::{Level, Place, Places, covers};
use jiedui_core::values::sort::sort_by_key;
use leptos::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// Most places that a search lists.
const LIMIT: usize = 20;
/// Most recent and near places.
const OFFERED: usize = 4;
/// Distance in metres up to which an earlier entry makes its place a near one.
const NEAR: f64 = 1_000.0;

/// Chooses a place in the user's scope.
#[component]
pub fn PlaceField(
    /// Code of the chosen place; empty for none.
    #[prop(into)]
    value: Signal<String>,
    /// Receives the chosen code.
    on_choose: Callback<String>,
    /// Whether the field has an error.
    #[prop(into)]
    invalid: Signal<bool>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let (open, position) = (RwSignal::new(false), RwSignal::new(None::<(f64, f64)>));
    let choose = Callback::new(move |code: String| {
        on_choose.run(code);
        open.set(false);
    });
    let label = Signal::derive(move || {
        let code = value.get();
        let name = |places: &std::sync::Arc<Places>| match places.all().is_empty() {
            true => texts.loading().to_owned(),
            false => places.label(&code),
        };
        (!code.is_empty()).then(|| app.geography.places.with(name))
    });
    Effect::new(move |_| {
        if open.get() && position.with_untracked(Option::is_none) {
            spawn_local(async move {
                if is_permitted().await {
                    position.try_set(here().await);
                }
            });
        }
    });
    let entries = use_recent();
    let recent = Memo::new(move |_| chips(app, &recent_places(app, entries)));
    // The entries may arrive after the position.
    let near = Memo::new(move |_| {
        position.get().map(|position| chips(app, &near_places(entries, position))).unwrap_or_default()
    });
    // One press while nothing is chosen.
    let first = Signal::derive(move || if value.with(String::is_empty) { recent.get() } else { Vec::new() });
    view! {
        <div class:wrong=move || invalid.get()>
            <PickRow field="place" text=label open/>
            <Chips label=texts.recent() options=first value on_choose is_named=true/>
            <Sheet label=texts.place() open>
                <PlaceSheet value choose recent near/>
            </Sheet>
        </div>
    }
}

/// Content of the sheet.
#[component]
fn PlaceSheet(
    /// Code of the chosen place; empty for none.
    value: Signal<String>,
    /// Receives the chosen code.
    choose: Callback<String>,
    /// Recent places.
    recent: Memo<Vec<Chip>>,
    /// Places of earlier entries near the phone.
    near: Memo<Vec<Chip>>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let (query, level) = (RwSignal::new(String::new()), RwSignal::new(None::<String>));
    let found = move |places: &Places, query: &str| {
        let matches = places.search(query, &scope(app), LIMIT);
        let (is_empty, is_full) = (matches.is_empty(), matches.len() == LIMIT);
        let row = |place: &Place| {
            let code = place.code.clone();
            view! { <li><button type="button" on:click=move |_| choose.run(code.clone())>{places.label(&place.code)}</button></li> }
        };
        view! {
            {matches.into_iter().map(row).collect_view()}
            {is_empty.then(|| view! { <li class="empty">{texts.no_place_found()}</li> })}
            {is_full.then(|| view! { <li class="empty">{fill(texts.more_places(), &[&LIMIT])}</li> })}
        }
        .into_any()
    };
    let tree = move |places: &Places| {
        let tops = places.tops(&scope(app));
        // A scope of one place starts with the places in it.
        let start = match tops.as_slice() {
            [only] if places.children(&only.code).next().is_some() => Some(only.code.clone()),
            _ => None,
        };
        let at = level.get().or_else(|| start.clone());
        let rows = match &at {
            Some(code) => places.children(code).collect(),
            None => tops.clone(),
        };
        let row = |place: &Place| {
            let (code, name) = (place.code.clone(), place.short_name().to_owned());
            let is_above = places.children(&place.code).next().is_some();
            let press = move |_| if is_above { level.set(Some(code.clone())) } else { choose.run(code.clone()) };
            let mark = is_above.then(|| view! { <span class="pick-mark" aria-hidden="true">"›"</span> });
            view! { <li><button type="button" on:click=press><span>{name}</span>{mark}</button></li> }
        };
        let current = at.as_ref().and_then(|code| places.get(code));
        let back = current.filter(|_| at != start).map(|place| {
            let (above, name) = (places.get(&place.parent).map(|above| above.code.clone()), place.short_name().to_owned());
            view! { <li><button type="button" class="place-back" on:click=move |_| level.set(above.clone())><span aria-hidden="true">"‹"</span>{name}</button></li> }
        });
        let whole = current.map(|place| {
            let (code, words) = (place.code.clone(), fill(texts.whole_place(), &[&place.short_name()]));
            view! { <li><button type="button" on:click=move |_| choose.run(code.clone())>{words}</button></li> }
        });
        // A county is seldom the answer.
        let is_town = current.is_some_and(|place| place.level == Level::Township);
        let (first, last) = if is_town { (whole, None) } else { (None, whole) };
        view! { {back}{first}{rows.into_iter().map(row).collect_view()}{last} }.into_any()
    };
    let list = move || {
        let places = app.geography.places.get();
        if places.all().is_empty() {
            return view! { <li class="empty">{texts.loading()}</li> }.into_any();
        }
        let text = query.get();
        if text.trim().is_empty() { tree(&places) } else { found(&places, &text) }
    };
    view! {
        <input type="search" autocomplete="off" placeholder=texts.place_hint() aria-label=texts.search() prop:value=query
            on:input=move |event| query.set(event_target_value(&event)) on:keydown=ignore_enter/>
        <Chips label=texts.recent() options=recent value on_choose=choose is_named=true/>
        <Chips label=texts.near() options=near value on_choose=choose is_named=true/>
        <ul class="place-offers" aria-label=texts.places_found()>{list}</ul>
    }
}

fn scope(app: AppState) -> Vec<String> {
    app.session.user.with(|user| user.as_ref().map(|user| user.scope.places.clone()).unwrap_or_default())
}

fn is_in_scope(scope: &[String], code: &str) -> bool {
    scope.is_empty() || scope.iter().any(|above| covers(above, code))
}

/// Returns the places of the user's last entries, each once, the latest first.
fn recent_places(app: AppState, entries: Recent) -> Vec<String> {
    let scope = scope(app);
    let mut codes = Vec::new();
    entries.with(|entries| {
        let entries = entries.iter().flat_map(|entries| entries.iter());
        for code in entries.map(|entry| &entry.entry.place).filter(|code| is_in_scope(&scope, code)) {
            if codes.len() < OFFERED && !codes.contains(code) {
                codes.push(code.clone());
            }
        }
    });
    codes
}

/// Returns the places of the user's entries near a position, the nearest first.
fn near_places(entries: Recent, position: (f64, f64)) -> Vec<String> {
    let mut codes: Vec<(u64, String)> = entries.with(|entries| {
        let entries = entries.iter().flat_map(|entries| entries.iter());
        let near = entries.filter_map(|entry| {
            let metres = distance(entry.entry.position?, position);
            (metres <= NEAR).then(|| (metres as u64, entry.entry.place.clone()))
        });
        near.collect()
    });
    sort_by_key(&mut codes, |(metres, _)| *metres);
    let mut places = Vec::new();
    for (_, code) in codes {
        if places.len() < OFFERED && !places.contains(&code) {
            places.push(code);
        }
    }
    places
}

fn chips(app: AppState, codes: &[String]) -> Vec<Chip> {
    app.geography.places.with(|places| {
        let chip = |code: &String| Some(Chip { value: code.clone(), text: places.get(code)?.short_name().to_owned() });
        codes.iter().filter_map(chip).collect()
    })
}
