//! The indicators: a card for each, by programme.

use crate::model::{Model, use_model};
use crate::texts::{Texts, fill};
use jiedui_core::domain::{Figure, Filter, Indicator, Overview, Qualifier, Quantity};
use leptos::prelude::*;

/// An amount with how exact it is, in words.
pub fn qualified(texts: &Texts, amount: Quantity, qualifier: Qualifier) -> String {
    let pattern = match qualifier {
        Qualifier::Exact => return amount.to_string(),
        Qualifier::AtLeast => texts.at_least,
        Qualifier::MoreThan => texts.more_than,
        Qualifier::About => texts.about,
    };
    fill(pattern, &[&amount])
}

/// All the figures that the filter leaves.
#[component]
pub fn Figures(
    /// The filter in force.
    filter: Memo<Filter>,
) -> impl IntoView {
    let model = use_model();
    let groups = move || {
        let shown = model.shown.get()?;
        let received = model.received.get()?;
        let filter = filter.get();
        let before = received.figures(&filter);
        let figures = shown.figures(&filter);
        let with_unsent = |figure: Figure| (!before.contains(&figure), figure);
        let cards: Vec<(bool, Figure)> = figures.into_iter().map(with_unsent).collect();
        Some((shown, cards))
    };
    move || match groups() {
        None => view! { <p class="empty">{model.texts.loading}</p> }.into_any(),
        Some((overview, cards)) => view! {
            <div class="figures">
                {overview.catalogue.programmes.iter().filter_map(|programme| {
                    let own: Vec<_> = cards.iter().filter_map(|(unsent, figure)| {
                        let indicator = overview.catalogue.indicator(&figure.indicator)?;
                        (indicator.programme == programme.code).then(|| card(model, indicator, figure, *unsent))
                    }).collect();
                    let name = model.pick(&programme.name, &programme.name_en).to_owned();
                    (!own.is_empty()).then(|| view! {
                        <section class=format!("programme {}", programme.code)>
                            <h2>{name}</h2>
                            <ul class="cards">{own}</ul>
                        </section>
                    })
                }).collect_view()}
                {years_without(model, &overview, &cards)}
            </div>
        }
        .into_any(),
    }
}

fn years_without(model: Model, overview: &Overview, cards: &[(bool, Figure)]) -> Option<impl IntoView + use<>> {
    let empty = cards.iter().all(|(_, figure)| figure.actual.is_none());
    let years: Vec<String> = overview.years().into_iter().map(|year| year.to_string()).collect();
    empty.then(|| view! { <p class="empty">{fill(model.texts.no_figures, &[&years.join("、")])}</p> })
}

fn card(model: Model, indicator: &Indicator, figure: &Figure, unsent: bool) -> impl IntoView + use<> {
    let texts = model.texts;
    let name = model.pick(&indicator.name, &indicator.name_en).to_owned();
    let unit = model.pick(&indicator.unit, &indicator.unit_en).to_owned();
    let amount = figure.actual.map_or("—".to_owned(), |actual| qualified(texts, actual, figure.actual_qualifier));
    let inexact = figure.actual_qualifier != Qualifier::Exact;
    let target = figure.target.as_ref().map(|target| qualified(texts, target.value, target.qualifier));
    let percent = figure.progress.map(|progress| (progress * 100.0).round() as i64);
    let unverified = figure.actual.is_some() && figure.verified != figure.actual;
    let verified = figure.verified.unwrap_or(Quantity::ZERO);
    let entries = figure.entries;
    view! {
        <li class="card" class:unsent=unsent data-indicator=indicator.code.clone()>
            <h3>{name}</h3>
            <p class="amount" class:none=figure.actual.is_none() class:inexact=inexact>
                <strong>{amount}</strong>
                <span class="unit">{unit}</span>
            </p>
            {target.map(|target| view! { <p class="target">{fill(texts.target_is, &[&target])}</p> })}
            {percent.map(|percent| view! {
                <p class="progress">
                    <span class="track" aria-hidden="true"><span style=format!("width:{}%", percent.clamp(0, 100))></span></span>
                    <span>{format!("{percent}%")}</span>
                </p>
            })}
            <p class="made-of">
                {if entries == 0 { texts.no_entries.to_owned() } else { fill(texts.of_entries, &[&entries]) }}
                {unverified.then(|| format!(" · {}", fill(texts.of_it_verified, &[&verified])))}
            </p>
            {unsent.then(|| view! { <p class="mark">{texts.with_unsent}</p> })}
        </li>
    }
}
