//! One indicator: by month against its target, year against year, by place and by pairing, and its entries.

mod breakdown;
mod report;

use crate::labels::texts::fill;
use crate::lazy_screen;
use crate::state::use_app_state;
use crate::storage::lists::{EntryHead, EntryRange, EntryRow};
use crate::ui::entry_list::entry_list;
use crate::ui::filter::{FilterBar, parameters_of, use_filter};
use crate::ui::loading::LoadingOnline;
use crate::ui::older::{Older, RecordList};
use crate::ui::page::title;
use crate::ui::save_image::SaveImage;
use crate::ui::stored::{Match, scan, use_stored};
use crate::ui::url_state::use_url_state;
use jiedui_core::entry::{Entry, State};
use jiedui_core::figures::contribution::contributions;
use jiedui_core::figures::figure::Filter;
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::{use_location, use_params_map};
use maud::html;
use report::indicator_report;
use uuid::Uuid;

/// Entries shown at first, and added at each press of the button.
const PAGE: usize = 30;

lazy_screen!(
    /// One indicator.
    IndicatorDetail, render_indicator, IndicatorScreen
);

/// The screen.
#[component]
fn IndicatorScreen() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    title(texts.indicator());
    let filter = use_filter();
    crate::sync::separate::follow(app, filter);
    app.overviews.compared.set(report::YEARS);
    let address = use_url_state();
    let params = use_params_map();
    let code = Memo::new(move |_| params.with(|params| params.get("code")).unwrap_or_default());
    let limit = RwSignal::new(PAGE);
    let input = move || {
        let overview = app.overviews.complete_for(&filter.get())?;
        let indicator = overview.catalogue.indicator(&code.get())?.clone();
        let filter = Filter { programme: None, ..filter.get() };
        Some((overview, indicator, filter))
    };
    let entries = use_stored(move |reading| {
        let ((overview, indicator, filter), limit) = (input()?, limit.get());
        Some(async move {
            let compiled = filter.compile(&overview.catalogue, overview.directory());
            let contributes = |entry: &Entry| {
                let parts = contributions(Uuid::nil(), entry, &overview.catalogue);
                parts.iter().any(|part| part.indicator == indicator.code && compiled.matches(part))
            };
            // The head of an entry suffices to reject most.
            let activities = overview.catalogue.activities_feeding(&indicator.code);
            let may_contribute = |head: &EntryHead| {
                let is_verified = head.state == State::Verified;
                activities.contains(head.activity.as_str())
                    && compiled.matches_at(&head.place, head.pairing, head.date.into(), is_verified)
            };
            let is_found = |row: &EntryRow| {
                row.head().is_some_and(|head| may_contribute(&head))
                    && row.view().is_some_and(|view| contributes(&view.entry))
            };
            let matches = |row: &EntryRow| if is_found(row) { Match::Found } else { Match::No };
            let (from, until) = filter.dates();
            let range = EntryRange { from, until, ..EntryRange::all() };
            scan(&reading, &range, limit, matches, |found| (indicator.code.clone(), found)).await
        })
    });
    let back = move || format!("/{}", address.query());
    let report = move || match input() {
        Some((overview, indicator, filter)) => indicator_report(app, &overview, &indicator, &filter).into_string(),
        None if app.overviews.complete_for(&filter.get()).is_some() => {
            html! { p class="empty" { (texts.not_found()) } }.into_string()
        }
        None => String::new(),
    };
    // This phone has the newest entries; the server continues the list.
    let is_open = RwSignal::new(false);
    let query = Signal::derive(move || {
        let filter = Filter { programme: None, ..filter.get() };
        format!("{}&indicator={}", parameters_of(&filter), code.get())
    });
    let first = Signal::derive(move || filter.with(|filter| filter.dates().0));
    let few = Memo::new(move |_| {
        entries.with(|entries| entries.as_ref().is_some_and(|(_, found)| found.are_fewer_than(PAGE)))
    });
    let list = move || {
        let Some((overview, indicator, _)) = input() else { return (String::new(), 0) };
        let found = entries.get().filter(|(code, _)| *code == indicator.code).map(|(_, found)| found);
        let (list, count) = entry_list(app, &overview, found.as_ref(), is_open.get());
        let list = html! {
            @if count > 0 { p { (fill(texts.of_entries(), &[&count])) } }
            (list)
        };
        (list.into_string(), found.map(|found| found.count).unwrap_or_default())
    };
    // A link to the entries can scroll only once the report is rendered.
    let hash = use_location().hash;
    Effect::new(move |is_done: Option<bool>| {
        let is_rendered = input().is_some();
        if is_rendered && is_done != Some(true) && hash.get_untracked() == "#entries" {
            request_animation_frame(|| {
                if let Some(entries) = document().get_element_by_id("entries") {
                    entries.scroll_into_view();
                }
            });
        }
        is_done == Some(true) || is_rendered
    });
    let has_more = move || list().1 > limit.get();
    view! {
        <article class="indicator">
            <p class="back"><A href=back>{texts.back_to_view()}</A></p>
            <FilterBar filter/>
            <div inner_html=report></div>
            {move || app.overviews.complete_for(&filter.get()).is_none().then(|| view! { <LoadingOnline/> })}
            <SaveImage pictures=".indicator svg.chart"/>
            <section class="beneath" id="entries">
                <h2>{texts.entries_beneath()}</h2>
                <div inner_html=move || list().0></div>
                {move || app.session.user.with(Option::is_some).then(|| view! { <Older part=RecordList::Entries query first few is_open/> })}
                <Show when=has_more>
                    <button type="button" class="button" on:click=move |_| limit.update(|limit| *limit += PAGE)>{texts.more()}</button>
                </Show>
            </section>
        </article>
    }
}
