//! One indicator: by month against its target, year against year, by place and by pairing, and the entries beneath.

use crate::features::dashboard::indicator_cards::{FigureLabels, counted, exact, qualified};
use crate::features::map::lists::pair_name;
use crate::labels::texts::fill;
use crate::lazy_screen;
use crate::state::{AppState, use_app_state};
use crate::svg::chart::{Column, Series, column_chart, line_chart};
use crate::svg::escaped;
use crate::ui::entry_list::{entry_list, use_entries};
use crate::ui::filter_bar::{FilterBar, query_of, use_filter};
use crate::ui::loading::LoadingOnline;
use crate::ui::save_image::SaveImage;
use crate::ui::url_state::use_url_state;
use jiedui_core::catalogue::{Aggregation, Indicator};
use jiedui_core::directory::place::Level;
use jiedui_core::entry::Entry;
use jiedui_core::figures::breakdown::{Dimension, Group, Slice, running_totals, split};
use jiedui_core::figures::contribution::contributions;
use jiedui_core::figures::figure::figure_of;
use jiedui_core::figures::{contribution::Contribution, figure::Filter, overview::Overview};
use jiedui_core::values::{month::Month, quantity::Quantity};
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::{use_location, use_params_map};
use std::fmt::Write;
use uuid::Uuid;

/// Entries shown at first, and more at each press.
const LISTED: usize = 30;
/// Years held against each other.
const YEARS: usize = 4;

lazy_screen!(
    /// One indicator.
    IndicatorDetail, render_indicator, IndicatorOf
);

/// The screen.
#[component]
fn IndicatorOf() -> impl IntoView {
    let model = use_app_state();
    let texts = model.texts;
    crate::ui::page::title(texts.indicator);
    let filter = use_filter();
    crate::sync::village::follow(model, filter);
    let address = use_url_state();
    let params = use_params_map();
    let code = Memo::new(move |_| params.with(|params| params.get("code")).unwrap_or_default());
    let entries = use_entries(|| true);
    let listed = RwSignal::new(LISTED);
    let report = move || {
        let overview = model.complete_overview_for(&filter.get())?;
        let indicator = overview.catalogue.indicator(&code.get())?.clone();
        let filter = Filter { programme: None, ..filter.get() };
        Some((overview, indicator, filter))
    };
    let back = move || format!("/{}", address.query());
    let body = move || match report() {
        Some((overview, indicator, filter)) => whole(model, &overview, &indicator, &filter),
        None if model.complete_overview_for(&filter.get()).is_some() => {
            format!("<p class=\"empty\">{}</p>", texts.not_found)
        }
        None => String::new(),
    };
    let beneath = move || {
        let Some((overview, indicator, filter)) = report() else { return (String::new(), 0) };
        let sieve = filter.compile(&overview.catalogue, overview.directory());
        let feeds = |entry: &Entry| {
            let own = contributions(Uuid::nil(), entry, &overview.catalogue);
            own.iter().any(|part| part.indicator == indicator.code && sieve.matches(part))
        };
        let (list, count) = entry_list(model, &overview, entries.get().as_deref(), feeds, listed.get());
        let head = if count == 0 { String::new() } else { format!("<p>{}</p>", fill(texts.of_entries, &[&count])) };
        (head + &list, count)
    };
    // A link to the entries finds them once the page is there.
    let hash = use_location().hash;
    Effect::new(move |is_done: Option<bool>| {
        let is_here = report().is_some();
        if is_here && is_done != Some(true) && hash.get_untracked() == "#entries" {
            request_animation_frame(|| {
                if let Some(entries) = document().get_element_by_id("entries") {
                    entries.scroll_into_view();
                }
            });
        }
        is_done == Some(true) || is_here
    });
    let has_more = move || beneath().1 > listed.get();
    view! {
        <article class="indicator">
            <p class="back"><A href=back>{texts.back_to_view}</A></p>
            <FilterBar filter/>
            <div inner_html=body></div>
            {move || model.complete_overview_for(&filter.get()).is_none().then(|| view! { <LoadingOnline/> })}
            <SaveImage pictures=".indicator svg.chart"/>
            <section class="beneath" id="entries">
                <h2>{texts.entries_beneath}</h2>
                <div inner_html=move || beneath().0></div>
                <Show when=has_more>
                    <button type="button" class="button" on:click=move |_| listed.update(|count| *count += LISTED)>{texts.more}</button>
                </Show>
            </section>
        </article>
    }
}

fn whole(model: AppState, overview: &Overview, indicator: &Indicator, filter: &Filter) -> String {
    let texts = model.texts;
    let every_year = Filter { year: None, ..filter.clone() };
    let (sieve, all_sieve) = (
        filter.compile(&overview.catalogue, overview.directory()),
        every_year.compile(&overview.catalogue, overview.directory()),
    );
    let own = || overview.contributions.iter().filter(|part| part.indicator == indicator.code);
    let parts: Vec<&Contribution> = own().filter(|part| sieve.matches(part)).collect();
    let all: Vec<&Contribution> = own().filter(|part| all_sieve.matches(part)).collect();
    let figure = figure_of(indicator, &parts, filter.year);
    let unit = escaped(model.pick(&indicator.unit, &indicator.unit_en));
    let name = model.pick(&indicator.name, &indicator.name_en);
    let amount =
        figure.actual.map_or("—".to_owned(), |actual| qualified(texts, exact(actual), figure.actual_qualifier));
    let words = FigureLabels { model, overview, indicator, figure: &figure, filter };
    let count = counted(texts, figure.entries);
    let mut html = format!(
        "<header class=\"programme {}\"><h1>{}</h1><p class=\"amount\"><strong>{amount}</strong> <span class=\"unit\">{unit}</span></p>{}{}",
        escaped(&indicator.programme),
        escaped(name),
        words.target_lines(),
        words.verified_line(),
    );
    // Writing to a text does not fail.
    let _ = if figure.entries == 0 {
        write!(html, "<p class=\"made-of\">{count}</p></header>")
    } else {
        write!(html, "<p class=\"made-of\"><a href=\"#entries\">{count}</a></p></header>")
    };
    if all.is_empty() {
        return html;
    }
    // A target is no line to be reached where only a place's part of it is drawn.
    let target = figure.target.as_ref().filter(|_| filter.covers_target()).map(|target| target.value);
    by_month(&mut html, model, indicator, &parts, filter);
    by_year(&mut html, model, indicator, &all, target, filter);
    let adds_up = if indicator.aggregation == Aggregation::Sum { texts.adds_up } else { texts.adds_not_up };
    let level = match filter.place.as_deref().map(str::len) {
        Some(digits) if digits > Level::City.digits() => Level::Township,
        _ => Level::County,
    };
    let place_name = |code: &str| {
        let upper = overview.places.iter().find(|place| place.code == code).map(|place| place.name.clone());
        upper.unwrap_or_else(|| model.places.with(|places| places.label(code)))
    };
    bars(&mut html, texts.by_place, adds_up, split(indicator, &parts, Dimension::Place(level)), |of| match of {
        Group::Place(code) => {
            let there = Filter { place: Some(code.clone()), ..filter.clone() };
            let link = format!("/indicators/{}{}", indicator.code, query_of(&there));
            (place_name(code), Some(link))
        }
        _ => (String::new(), None),
    });
    bars(&mut html, texts.by_pairing, adds_up, split(indicator, &parts, Dimension::Pairing), |of| match of {
        Group::Pairing(Some(id)) => {
            let pairing = overview.directory().pairing(*id);
            (pairing.map(|own| pair_name(model, overview, own)).unwrap_or_default(), None)
        }
        _ => (texts.no_pairing.to_owned(), None),
    });
    html
}

fn by_month(html: &mut String, model: AppState, indicator: &Indicator, parts: &[&Contribution], filter: &Filter) {
    let shares = split(indicator, parts, Dimension::Month);
    let range = match filter.year {
        Some(year) => Some((Month::first_of(year), Month::last_of(year))),
        None => shares.first().zip(shares.last()).and_then(|(first, last)| match (&first.of, &last.of) {
            (Group::Month(first), Group::Month(last)) => Some((*first, *last)),
            _ => None,
        }),
    };
    let Some((first, last)) = range else { return };
    let share_of = |month| shares.iter().find(|share| share.of == Group::Month(month));
    let name = |month: Month| if filter.year.is_some() { month.number().to_string() } else { month.to_string() };
    let columns_of: Vec<Column> = first
        .to(last)
        .map(|month| {
            let share = share_of(month);
            let (value, verified) = share.map(|share| (share.value, share.verified)).unwrap_or_default();
            Column { name: name(month), value, verified }
        })
        .collect();
    let texts = model.texts;
    let title = texts.by_month;
    let rows: String = columns_of
        .iter()
        .map(|own| {
            format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>",
                own.name,
                exact(own.value),
                exact(own.verified)
            )
        })
        .collect();
    let _ = write!(
        html,
        "<section><h2>{title}</h2>{}<p class=\"legend\"><span class=\"key verified\"></span>{} <span class=\"key hatched\"></span>{}</p>{}</section>",
        column_chart(title, model.language, &columns_of, None),
        texts.verified_part,
        texts.unverified_part,
        table(model, &[title, texts.amount, texts.verified_part], &rows)
    );
}

fn by_year(
    html: &mut String,
    model: AppState,
    indicator: &Indicator,
    all: &[&Contribution],
    target: Option<Quantity>,
    filter: &Filter,
) {
    let texts = model.texts;
    let mut years: Vec<i32> = all.iter().map(|part| part.month.year).collect();
    years.extend(filter.year);
    years.sort_unstable_by(|one, other| other.cmp(one));
    years.dedup();
    // The chosen year first: its line is drawn boldly.
    years.sort_by_key(|year| Some(*year) != filter.year);
    years.truncate(YEARS);
    let today = Month::from(model.today);
    let of_year = |year: &i32| {
        let own: Vec<&Contribution> = all.iter().copied().filter(|part| part.month.year == *year).collect();
        let mut values = running_totals(indicator, &own, (Month::first_of(*year), Month::last_of(*year)));
        // What is yet to come is not drawn.
        let future = Month::first_of(*year).to(Month::last_of(*year)).map(|month| month > today);
        values.iter_mut().zip(future).for_each(|(value, future)| *value = value.filter(|_| !future));
        Series { name: year.to_string(), values }
    };
    let lines: Vec<Series> = years.iter().map(of_year).collect();
    let names: Vec<String> = (1..=12).map(|month| month.to_string()).collect();
    let heads: Vec<&str> = std::iter::once(texts.months).chain(lines.iter().map(|line| line.name.as_str())).collect();
    let mut rows = String::new();
    for (number, name) in names.iter().enumerate() {
        let cell = |line: &Series| {
            let value = line.values.get(number).copied().flatten();
            format!("<td>{}</td>", value.map_or("—".to_owned(), exact))
        };
        let _ = write!(rows, "<tr><th scope=\"row\">{name}</th>{}</tr>", lines.iter().map(cell).collect::<String>());
    }
    let _ = write!(
        html,
        "<section><h2>{}</h2>{}{}</section>",
        texts.by_year,
        line_chart(texts.by_year, model.language, &names, &lines, target),
        table(model, &heads, &rows)
    );
}

/// The table behind a chart.
fn table(model: AppState, heads: &[&str], rows: &str) -> String {
    let heads: String = heads.iter().map(|head| format!("<th scope=\"col\">{head}</th>")).collect();
    format!(
        "<details class=\"numbers\"><summary>{}</summary><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></details>",
        model.texts.as_table
    )
}

/// Shares as bars, the largest first: a table in which each row draws its own.
fn bars(
    html: &mut String,
    title: &str,
    note: &str,
    mut shares: Vec<Slice>,
    name: impl Fn(&Group) -> (String, Option<String>),
) {
    shares.sort_by_key(|share| std::cmp::Reverse(share.value));
    let Some(largest) = shares.first().map(|share| share.value) else { return };
    let percent =
        |value: Quantity| value.ratio(largest).map_or(0, |share| (share * 1000.0).round() as i64).clamp(0, 1000);
    let mut rows = String::new();
    for share in &shares {
        let (label, link) = name(&share.of);
        let label = escaped(&label);
        let label = link.map_or(label.clone(), |link| format!("<a href=\"{}\">{label}</a>", escaped(&link)));
        let (whole, solid) = (percent(share.value), percent(share.verified.min(share.value)));
        let _ = write!(
            rows,
            "<tr><th scope=\"row\">{label}</th><td class=\"bar-cell\"><span class=\"verified\" style=\"width:{}.{}%\"></span><span class=\"hatched\" style=\"width:{}.{}%\"></span></td><td class=\"number\">{}</td></tr>",
            solid / 10,
            solid % 10,
            (whole - solid) / 10,
            (whole - solid) % 10,
            exact(share.value)
        );
    }
    let _ = write!(
        html,
        "<section><h2>{title}</h2><p class=\"note\">{note}</p><table class=\"bars\"><tbody>{rows}</tbody></table></section>"
    );
}
