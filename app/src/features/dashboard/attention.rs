//! Rows that need attention, at most five. Each is a link to where something can be done.

use super::amount::short;
use super::headline::use_briefing;
use crate::labels::texts::fill;
use crate::state::{AppState, use_app_state};
use crate::ui::filter::query_of;
use crate::ui::url_state::{UrlState, use_url_state};
use jiedui_core::figures::briefing::Attention;
use jiedui_core::figures::figure::Filter;
use jiedui_core::figures::overview::Overview;
use jiedui_core::figures::target_status::shortfall;
use jiedui_core::values::language::Language;
use jiedui_core::values::month::Month;
use leptos::prelude::*;
use maud::{Markup, html};

/// Places that a row names.
const NAMED: usize = 4;

/// Identifier of the list of indicators without entries.
pub const REST: &str = "rest";

/// The list.
#[component]
pub fn AttentionList(
    /// Current filter.
    filter: Memo<Filter>,
) -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    let (briefing, address) = (use_briefing(filter), use_url_state());
    let rows = move || {
        let filter = filter.get();
        let overview = app.overviews.local_for(&filter).unwrap_or_default();
        let briefing = briefing.get();
        let rows: Vec<Markup> = briefing
            .iter()
            .flat_map(|briefing| &briefing.attention)
            .filter_map(|item| row(app, &overview, &filter, address, item))
            .collect();
        html! {
            @if rows.is_empty() && app.overviews.are_in_packs() { p class="note" { (texts.attention_in_packs()) } }
            @else if rows.is_empty() { p class="dashboard-calm" { (texts.attention_none()) } }
            @else {
                ul class="dashboard-alerts" { @for row in &rows { li { (row) } } }
            }
        }
        .into_string()
    };
    // The list of indicators without entries is closed at first.
    let open_rest = move |event: leptos::ev::MouseEvent| {
        let target = event.target().and_then(|target| wasm_bindgen::JsCast::dyn_into::<web_sys::Element>(target).ok());
        let is_rest = target.and_then(|element| element.closest("a[href^='#']").ok().flatten()).is_some();
        let rest = document().get_element_by_id(REST).filter(|_| is_rest);
        let _ = rest.map(|rest| rest.set_attribute("open", ""));
    };
    view! {
        <h2>{texts.attention_title()}</h2>
        <div on:click=open_rest inner_html=rows></div>
    }
}

fn row(app: AppState, overview: &Overview, filter: &Filter, address: UrlState, item: &Attention) -> Option<Markup> {
    let texts = app.texts;
    let in_month = |month: Month| vec![("from", month.to_string()), ("until", month.to_string())];
    Some(match item {
        Attention::Short { indicator, lacking, percent, is_missed } => {
            let indicator = overview.catalogue.indicator(indicator)?;
            let unit = app.pick(&indicator.unit, &indicator.unit_en);
            let lacking = short(shortfall(&overview.catalogue, indicator, *lacking), app.language, unit);
            let pattern = if *is_missed { texts.missed() } else { texts.behind() };
            alert(
                "dashboard-alert-ill",
                &format!("/indicators/{}{}", indicator.code, query_of(filter)),
                app.pick(&indicator.name, &indicator.name_en),
                &format!("{} · {}", fill(pattern, &[&lacking, &unit]), fill(texts.attention_percent(), &[percent])),
            )
        }
        Attention::Idle { indicators } => {
            let name = |code: &String| {
                let indicator = overview.catalogue.indicator(code)?;
                Some(app.pick(&indicator.name, &indicator.name_en).to_owned())
            };
            let names: Vec<String> = indicators.iter().take(NAMED).filter_map(name).collect();
            let head = fill(texts.attention_idle(), &[&indicators.len()]);
            alert("", &format!("#{REST}"), &head, &listed(app, &names, indicators.len()))
        }
        Attention::Waiting { month, entries } => {
            // A visitor sees no entries, but the figures of the month.
            let link = match app.session.user.with(Option::is_some) {
                true => {
                    let of_month = Filter { from: Some(*month), until: Some(*month), ..filter.clone() };
                    format!("/list{}&state=submitted", query_of(&of_month))
                }
                false => address.changed(&in_month(*month)),
            };
            let head = fill(texts.attention_waiting(), &[&month, entries]);
            alert("dashboard-alert-wait", &link, &head, texts.attention_waiting_do())
        }
        Attention::Silent { month, places, of } => {
            let head = fill(texts.attention_silent(), &[&month, &places.len(), of]);
            let names: Vec<String> = places.iter().take(NAMED).cloned().collect();
            alert("", &address.changed(&in_month(*month)), &head, &listed(app, &names, places.len()))
        }
    })
}

fn listed(app: AppState, names: &[String], all: usize) -> String {
    let names_text = names.join(app.texts.list_comma());
    // Chinese names the whole number, English the rest.
    let others = match app.language {
        Language::Chinese => all,
        Language::English => all - names.len(),
    };
    if all > names.len() { fill(app.texts.and_others(), &[&names_text, &others]) } else { names_text }
}

fn alert(class: &str, link: &str, head: &str, detail: &str) -> Markup {
    html! {
        a class={ "dashboard-alert " (class) } data-noscroll[link.starts_with("/?")] href=(link) {
            strong { (head) }
            span { (detail) }
        }
    }
}
