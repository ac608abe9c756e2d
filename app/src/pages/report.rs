//! A year or a month as a report that can be printed and signed: one page a programme.

use crate::components::address::{Step, use_address};
use crate::components::figures::qualified;
use crate::components::filter_bar::{Unreadable, use_filter};
use crate::components::loading::LoadingOnline;
use crate::drawing::escaped;
use crate::instant::day_in_china;
use crate::model::{Model, use_model};
use crate::texts::fill;
use jiedui_core::domain::figure::figure_of;
use jiedui_core::domain::pace::{Pace, pace};
use jiedui_core::domain::{Aggregation, Figure, Filter, Indicator, Month, Overview, Part, Programme, Quantity};
use leptos::prelude::*;
use leptos_router::components::A;
use std::fmt::Write;

/// The screen.
#[component]
pub fn Report() -> impl IntoView {
    let model = use_model();
    let texts = model.texts;
    super::title(texts.report);
    let filter = use_filter();
    crate::sync::village::follow(model, filter);
    let address = use_address();
    let back = move || format!("/{}", address.query());
    let month = move || address.get("until").and_then(|month| month.parse::<Month>().ok());
    let months = move || {
        let year = filter.get().year.unwrap_or(model.today.year());
        Month::first_of(year)
            .to(Month::last_of(year))
            .map(|month| {
                let text = month.to_string();
                let chosen = address.get("until").as_deref() == Some(text.as_str());
                view! { <option value=text.clone() selected=chosen>{text.clone()}</option> }
            })
            .collect_view()
    };
    let body = move || match model.whole(&filter.get()) {
        Some(overview) => whole(model, &overview, &filter.get(), month()),
        None => String::new(),
    };
    view! {
        <article class="report">
            <p class="actions take-away">
                <A href=back>{texts.back_to_view}</A>
                <label>
                    <span>{texts.report_on}</span>
                    <select on:change=move |event| address.change(&[("until", event_target_value(&event))], Step::Further)>
                        <option value="">{texts.whole_year}</option>
                        {months}
                    </select>
                </label>
                <button type="button" class="button primary scripted-only" on:click=move |_| { let _ = window().print(); }>{texts.print}</button>
            </p>
            <Unreadable/>
            <div inner_html=body></div>
            {move || model.whole(&filter.get()).is_none().then(|| view! { <LoadingOnline/> })}
        </article>
    }
}

/// An indicator's row.
struct Line<'a> {
    indicator: &'a Indicator,
    /// In the year, up to the month where it is a month's report.
    now: Figure,
    /// In the month alone.
    month: Option<Quantity>,
    /// In the same time of the year before.
    before: Option<Quantity>,
    pace: Option<Pace>,
}

fn whole(model: Model, overview: &Overview, filter: &Filter, month: Option<Month>) -> String {
    let year = filter.year.unwrap_or(model.today.year());
    let now = Filter { year: Some(year), from: None, until: month, ..filter.clone() };
    let alone = month.map(|month| Filter { from: Some(month), ..now.clone() });
    let before = Filter { year: Some(year - 1), from: None, until: month.map(Month::year_before), ..filter.clone() };
    let parts_of = |filter: &Filter| -> Vec<&Part> {
        let sieve = filter.sieve(&overview.catalogue, overview.directory());
        overview.parts.iter().filter(|part| sieve.takes(part)).collect()
    };
    let (parts, parts_alone, parts_before) = (parts_of(&now), alone.as_ref().map(parts_of), parts_of(&before));
    let line = |indicator| {
        let figure = figure_of(indicator, &parts, Some(year));
        Line {
            indicator,
            month: parts_alone.as_ref().and_then(|parts| figure_of(indicator, parts, None).actual),
            before: figure_of(indicator, &parts_before, None).actual,
            pace: pace(indicator, &figure, model.today),
            now: figure,
        }
    };
    let place = filter.place.as_deref().and_then(|code| overview.places.iter().find(|place| place.code == code));
    let place = place.map_or(model.texts.all_places, |place| place.name.as_str());
    let programmes = overview.catalogue.programmes.iter();
    let programmes = programmes.filter(|own| filter.programme.as_ref().is_none_or(|code| *code == own.code));
    programmes
        .map(|programme| {
            let own = overview.catalogue.indicators.iter().filter(|own| own.programme == programme.code);
            let lines: Vec<Line<'_>> = own.map(line).collect();
            page(model, programme, &lines, (year, month), place, &overview.as_of)
        })
        .collect()
}

/// A programme's page.
fn page(
    model: Model,
    programme: &Programme,
    lines: &[Line<'_>],
    (year, month): (i32, Option<Month>),
    place: &str,
    as_of: &str,
) -> String {
    let texts = model.texts;
    let time = month.map_or(year.to_string(), |month| month.to_string());
    let mut html = format!(
        "<section class=\"page programme {}\"><h1>{}</h1><p>{}</p><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\"><table><thead><tr>",
        escaped(&programme.code),
        escaped(&fill(texts.report_title, &[&model.pick(&programme.name, &programme.name_en), &time])),
        escaped(&format!("{place} · {}", fill(texts.figures_of, &[&day_in_china(as_of)]))),
        escaped(model.pick(&programme.name, &programme.name_en)),
    );
    let mut heads = vec![texts.indicator, texts.unit, texts.target, texts.actual];
    heads.extend(month.map(|_| texts.in_month));
    heads.extend([texts.done, texts.verified_part, texts.year_before, texts.change_since]);
    // Writing to a text does not fail.
    for head in heads {
        let _ = write!(html, "<th scope=\"col\">{head}</th>");
    }
    html.push_str("</tr></thead><tbody>");
    let shown = |amount: Option<Quantity>| amount.map_or("—".to_owned(), |amount| amount.to_string());
    for line in lines {
        let (indicator, now) = (line.indicator, &line.now);
        let target = now.target.as_ref().map(|target| qualified(texts, target.value, target.qualifier));
        let actual = now.actual.map(|actual| qualified(texts, actual, now.actual_qualifier));
        let percent = now.progress.map(|progress| format!("{}%", (progress * 100.0).round() as i64));
        let change = now.actual.zip(line.before).map(|(now, before)| now + -before);
        let sign = if change.is_some_and(|change| change > Quantity::ZERO) { "+" } else { "" };
        let dash = || "—".to_owned();
        let mut cells = vec![target.unwrap_or_else(dash), actual.unwrap_or_else(dash)];
        cells.extend(month.map(|_| shown(line.month)));
        cells.extend([
            percent.unwrap_or_else(dash),
            shown(now.verified),
            shown(line.before),
            format!("{sign}{}", shown(change)),
        ]);
        let _ = write!(
            html,
            "<tr><th scope=\"row\">{}</th><td>{}</td>{}</tr>",
            escaped(model.pick(&indicator.name, &indicator.name_en)),
            escaped(model.pick(&indicator.unit, &indicator.unit_en)),
            cells.iter().map(|cell| format!("<td>{cell}</td>")).collect::<String>()
        );
    }
    html.push_str("</tbody></table></div>");
    let lacking: Vec<String> = lines
        .iter()
        .filter_map(|line| {
            let name = model.pick(&line.indicator.name, &line.indicator.name_en);
            let (pattern, lacking) = match line.pace? {
                Pace::Missed(lacking) => (texts.missed, lacking),
                Pace::Behind(lacking) => (texts.behind, lacking),
                Pace::Reached | Pace::OnPace => return None,
            };
            Some(format!(
                "<li>{}：{} {}</li>",
                escaped(name),
                fill(pattern, &[&lacking]),
                escaped(model.pick(&line.indicator.unit, &line.indicator.unit_en))
            ))
        })
        .collect();
    let _ = write!(html, "<h2>{}</h2>", texts.targets_lacking);
    let _ = if lacking.is_empty() {
        write!(html, "<p>{}</p>", texts.none_lacking)
    } else {
        write!(html, "<ul>{}</ul>", lacking.concat())
    };
    if lines.iter().any(|line| matches!(line.indicator.aggregation, Aggregation::Latest | Aggregation::Mean)) {
        let _ = write!(html, "<p class=\"note\">{}</p>", texts.levels_note);
    }
    let _ = write!(
        html,
        "<p class=\"signatures\"><span>{}</span><span>{}</span><span>{}</span></p></section>",
        texts.signed_by_a, texts.signed_by_b, texts.signed_on
    );
    html
}
