//! The directory: organisations, searched by name or by the initials of its pinyin, and one organisation with its current and
//! former partners and its entries. Works offline.

pub mod edit_form;
pub mod organisation_edit;
mod organisation_overview;
pub mod pairing_edit;

use crate::labels::code::{ledger_status, organisation_kind};
use crate::labels::directory::pairing_name;
use crate::labels::number::qualified;
use crate::labels::programme_color::programme_style;
use crate::labels::texts::fill;
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::storage::ledger_view::ItemView;
use crate::storage::lists::{EntryHead, EntryRange, EntryRow};
use crate::svg::static_map;
use crate::ui::entry_list::entry_list;
use crate::ui::ledger_items::use_ledger;
use crate::ui::loading::LoadingOnline;
use crate::ui::older::{Older, RecordList};
use crate::ui::search::{PAGE, SearchField, SearchResults, use_words};
use crate::ui::stored::{Match, scan, use_stored};
use crate::ui::url_state::{HistoryStep, use_url_state};
use jiedui_core::directory::place::covers;
use jiedui_core::directory::{
    organisation::{Organisation, Pairing},
    place::{Level, Side},
};
use jiedui_core::figures::entry_count::EntryCount;
use jiedui_core::figures::{
    figure::{Figure, Filter},
    overview::Overview,
};
use jiedui_core::values::date::format_date;
use jiedui_core::values::sort::collect_sorted;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use maud::{Markup, html};
use organisation_overview::use_own_overview;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Number of listed entries of an organisation.
const LISTED: usize = 20;

lazy_screen!(
    /// The directory.
    OrganisationList, render_organisations, Organisations
);

/// The screen.
#[component]
fn Organisations() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.nav_organisations());
    let address = use_url_state();
    let listed = RwSignal::new(PAGE);
    let side = Memo::new(move |_| address.get("side").unwrap_or_default());
    let words = use_words();
    let body = move || {
        let Some(overview) = app.overviews.server.get() else {
            return view! { <LoadingOnline/> }.into_any();
        };
        let (words, side) = (words.get(), side.get());
        let wanted = |organisation: &&Organisation| {
            (side.is_empty() || side == side_code(organisation.side))
                && organisation.is_named(&words, &place_name(&overview, &organisation.place))
        };
        let matches: Vec<&Organisation> = overview.organisations.iter().filter(wanted).collect();
        let rows: String =
            matches.iter().take(listed.get()).map(|organisation| row(app, &overview, organisation)).collect();
        let more = matches.len() > listed.get();
        view! {
            <SearchResults summary=fill(texts.found_organisations(), &[&matches.len()]) rows more listed/>
        }
        .into_any()
    };
    let actions = move || {
        app.session.user.with(|user| {
            let Some(user) = user else { return String::new() };
            html! {
                @if user.role.coordinates() { a class="button" href="/organisations/new" { (texts.organisation_new()) } }
                a class="button button-quiet" href="/api/v1/export/directory.xlsx" rel="external" { (texts.directory_as_xlsx()) }
            }
            .into_string()
        })
    };
    let side_option = move |option_side: Side, name: &'static str| {
        view! { <option value=side_code(option_side) selected=move || side.get() == side_code(option_side)>{name}</option> }
    };
    view! {
        <section class="list">
            <h1>{texts.nav_organisations()}</h1>
            <p class="actions" inner_html=actions></p>
            <div class="filters">
                <SearchField label=texts.search_organisations()/>
                <label>
                    <span>{texts.side()}</span>
                    <select on:change=move |event| address.change(&[("side", event_target_value(&event))], HistoryStep::Further)>
                        <option value="">{texts.all_places()}</option>
                        {side_option(Side::A, texts.side_a())}
                        {side_option(Side::B, texts.side_b())}
                    </select>
                </label>
            </div>
            {body}
        </section>
    }
}

lazy_screen!(
    /// One organisation.
    OrganisationDetail, render_organisation, OrganisationOf
);

/// The screen.
#[component]
fn OrganisationOf() -> impl IntoView {
    let app = use_app_state();
    let texts = app.texts;
    crate::ui::page::title(texts.organisation());
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| Uuid::parse_str(&id).ok()));
    let items = use_ledger();
    let entries = use_stored(move |reading| {
        let (id, overview) = (id.get()?, app.overviews.server.get()?);
        let pairings: BTreeSet<Uuid> = collect_sorted(overview.directory().pairings_of(id).map(|pairing| pairing.id));
        Some(async move {
            let is_its = |head: &EntryHead| {
                head.organisation == Some(id) || head.pairing.is_some_and(|pairing| pairings.contains(&pairing))
            };
            let matches = |row: &EntryRow| match row.head() {
                Some(head) if is_its(&head) => Match::Found,
                _ => Match::No,
            };
            scan(&reading, &EntryRange::all(), LISTED, matches, |found| (id, found)).await
        })
    });
    // This phone has the newest entries; the server continues the list.
    let is_open = RwSignal::new(false);
    let query = Signal::derive(move || id.get().map(|id| format!("&organisation={id}")).unwrap_or_default());
    let few = Memo::new(move |_| {
        entries.with(|entries| entries.as_ref().is_some_and(|(_, found)| found.are_fewer_than(LISTED)))
    });
    let fetched = use_own_overview(app, id);
    let organisation = move || {
        let Some(overview) = app.overviews.server.get() else {
            return view! { <LoadingOnline/> }.into_any();
        };
        // Year packs have no figures of an organisation.
        let counted_in = if overview.is_reference() { fetched.get() } else { Some(overview.clone()) };
        let directory = overview.directory();
        let Some(shown) = id.get().and_then(|id| directory.organisation(id)) else {
            return view! { <p class="empty">{texts.not_found()}</p> }.into_any();
        };
        let pairings: Vec<&Pairing> = directory.pairings_of(shown.id).collect();
        let is_its = |organisation: Option<Uuid>, pairing: Option<Uuid>| {
            organisation == Some(shown.id) || pairings.iter().any(|partner| pairing == Some(partner.id))
        };
        let found = entries.get().filter(|(of, _)| *of == shown.id).map(|(_, found)| found);
        let (list, listed) = entry_list(app, &overview, found.as_ref(), is_open.get());
        // Users who may not see the entries still see their number.
        let is_counted = |tally: &&EntryCount| is_its(tally.organisation, tally.pairing);
        let counted = || match &counted_in {
            Some(of) => of.entry_counts.iter().filter(is_counted).map(|count| count.entries).sum::<i64>().to_string(),
            None => "—".to_owned(),
        };
        // The server's count applies while the replica is incomplete.
        let is_known = found.is_some_and(|found| found.is_whole) && app.replica.is_complete.get() && !is_open.get();
        let count = if is_known { listed.to_string() } else { counted() };
        let list = list.into_string();
        let needs =
            items.with(|items| items.as_ref().map(|items| needs_at(app, &shown.place, items)).unwrap_or_default());
        let signed_in = app.session.user.with(Option::is_some);
        let map = static_map::partners(&overview, shown.id, app.language, texts.map_label());
        let partners = html! {
            ul class="latest" { @for pairing in &pairings { (partner(app, &overview, pairing)) } }
            @if let Some(map) = map { (map) }
        }
        .into_string();
        let position = if shown.position.is_none() { texts.approximate() } else { "" };
        let style = programme_style(&overview.catalogue, &shown.programme);
        view! {
            <section class="list programme" style=style>
                <h1>{app.pick(&shown.name, &shown.name_en).to_owned()}</h1>
                <p class="note">{format!("{} · {} {position}", organisation_kind(texts, shown.kind), place_name(&overview, &shown.place))}</p>
                <p class="actions">
                    <a class="button" href=format!("/?place={}", shown.place)>{texts.on_the_map()}</a>
                    {signed_in.then(|| view! { <a class="button" href=format!("/needs?place={}", shown.place)>{texts.nav_needs()}</a> })}
                    {crate::ui::page::may_change(|user| shown.forbidden_fields(user)).then(|| view! {
                        <a class="button button-quiet" href=format!("/organisations/{}/edit", shown.id)>{texts.edit()}</a>
                        <a class="button button-quiet" href=format!("/pairings/new?organisation={}", shown.id)>{texts.pairing_new()}</a>
                    })}
                </p>
                <h2>{fill(texts.pairings_shown(), &[&pairings.len()])}</h2>
                <div inner_html=partners></div>
                {match &counted_in {
                    Some(of) => figures_of(app, of, &pairings).into_any(),
                    None => view! { <LoadingOnline/> }.into_any(),
                }}
                <div inner_html=needs></div>
                <h2>{fill(texts.found_entries(), &[&count])}</h2>
                <div inner_html=list></div>
            </section>
        }
        .into_any()
    };
    let is_signed_in = move || app.session.user.with(Option::is_some);
    // Outside the part that is rendered again for each new entry.
    let older = move || {
        let first = Signal::stored(None);
        is_signed_in()
            .then(|| view! { <div class="list"><Older part=RecordList::Entries query first few is_open/></div> })
    };
    view! {
        {organisation}
        {older}
    }
}

/// Lists the ledger items of a place by due date.
fn needs_at(app: AppState, place: &str, items: &[ItemView]) -> String {
    let texts = app.texts;
    let items_here: Vec<&ItemView> = items.iter().filter(|item| covers(place, &item.item.place)).collect();
    if items_here.is_empty() {
        return String::new();
    }
    let row = |item: &&ItemView| {
        let due = item.item.due.map(|due| format!(" · {}", fill(texts.need_by(), &[&format_date(due)])));
        html! {
            li {
                strong { a href={ "/needs/" (item.id) } { (item.item.title) } }
                span { (item.item.year) " · " (ledger_status(texts, item.item.status)) (due.unwrap_or_default()) }
            }
        }
    };
    html! {
        h2 { (texts.nav_needs()) " · " (fill(texts.needs_found(), &[&items_here.len()])) }
        ul class="latest needs-here" { @for item in items_here.iter().take(LISTED) { (row(item)) } }
    }
    .into_string()
}

/// Renders the figures of all pairings of an organisation, over all years.
fn figures_of(app: AppState, overview: &Overview, pairings: &[&Pairing]) -> impl IntoView + use<> {
    let texts = app.texts;
    let pairings: Vec<Uuid> = pairings.iter().map(|pairing| pairing.id).collect();
    let all = overview.figures_of_pairings(&pairings, &Filter::default()).unwrap_or_default();
    let row = |figure: &Figure| {
        let indicator = overview.catalogue.indicator(&figure.indicator)?;
        let amount = qualified(texts, figure.actual?.shown(), figure.actual_qualifier);
        let unit = app.pick(&indicator.unit, &indicator.unit_en);
        let (name, value) = (app.pick(&indicator.name, &indicator.name_en).to_owned(), format!("{amount} {unit}"));
        Some(view! { <tr><th scope="row">{name}</th><td>{value}</td></tr> })
    };
    let rows: Vec<_> = all.iter().filter_map(row).collect();
    (!rows.is_empty()).then(
        || view! { <h2>{texts.figures_under_pairings()}</h2><table class="table-amounts"><tbody>{rows}</tbody></table> },
    )
}

fn side_code(side: Side) -> &'static str {
    match side {
        Side::A => "a",
        Side::B => "b",
    }
}

/// Returns the name of a place, or of a village's town: the overview has no villages.
fn place_name(overview: &Overview, code: &str) -> String {
    let code = Level::Township.ancestor_code(code);
    overview.places.iter().find(|place| place.code == code).map(|place| place.name.clone()).unwrap_or_default()
}

fn row(app: AppState, overview: &Overview, organisation: &Organisation) -> String {
    let count = overview.directory().pairings_of(organisation.id).count();
    html! {
        li {
            strong { a href={ "/organisations/" (organisation.id) } { (app.pick(&organisation.name, &organisation.name_en)) } }
            span { (organisation_kind(app.texts, organisation.kind)) " · " (place_name(overview, &organisation.place)) }
            span { (fill(app.texts.pairings_shown(), &[&count])) }
        }
    }
    .into_string()
}

/// Renders a partner with the start and end of the pairing.
fn partner(app: AppState, overview: &Overview, pairing: &Pairing) -> Markup {
    let texts = app.texts;
    let since =
        pairing.from.map_or(texts.since_unknown().to_owned(), |from| fill(texts.since(), &[&format_date(from)]));
    let programme = overview.catalogue.programme(&pairing.programme);
    let programme = programme.map(|programme| app.pick(&programme.name, &programme.name_en)).unwrap_or_default();
    let ended = pairing.to.map(|to| format!(" · {}", fill(texts.ended(), &[&format_date(to)])));
    let agreement = pairing.agreement.as_ref().filter(|_| app.session.user.with(Option::is_some));
    let may_edit = crate::ui::page::may_change(|user| pairing.forbidden_fields(user, overview.directory()));
    html! {
        li {
            strong {
                a href={ "/list?year=all&pairing=" (pairing.id) } { (pairing_name(app.labels(), overview, pairing)) }
            }
            span { (programme) " · " (since) (ended.unwrap_or_default()) }
            @if let Some(agreement) = agreement {
                a class="button button-quiet" href={ "/api/v1/attachments/" (agreement) } rel="external" target="_blank" {
                    (texts.agreement_open())
                }
            }
            @if may_edit { a class="button button-quiet" href={ "/pairings/" (pairing.id) } { (texts.edit()) } }
        }
    }
}
