//! The indicators: a card for each, by programme.

use crate::labels::texts::{Texts, fill};
use crate::shell::scheduler::deferred;
use crate::state::{AppState, use_app_state};
use crate::svg::chart::sparkline;
use crate::svg::escaped;
use crate::ui::filter_bar::query_of;
use crate::ui::loading::Loading;
use jiedui_core::catalogue::{Indicator, Programme};
use jiedui_core::figures::breakdown::running_totals;
use jiedui_core::figures::figure::{by_indicator, figure_of};
use jiedui_core::figures::target_status::{TargetStatus, adds_up, shortfall, target_status};
use jiedui_core::figures::{
    contribution::Contribution,
    figure::{Figure, Filter},
    overview::Overview,
};
use jiedui_core::values::{
    field_error::Language,
    month::Month,
    quantity::{Qualifier, Quantity},
};
use leptos::prelude::*;
use std::collections::BTreeMap;
use std::fmt::{Display, Write};
use std::sync::Arc;

/// An amount with how exact it is, in words.
pub fn qualified(texts: &Texts, amount: impl Display, qualifier: Qualifier) -> String {
    let pattern = match qualifier {
        Qualifier::Exact => return amount.to_string(),
        Qualifier::AtLeast => texts.at_least,
        Qualifier::MoreThan => texts.more_than,
        Qualifier::About => texts.about,
    };
    fill(pattern, &[&amount])
}

/// An amount as a screen shows it, with the exact number for programs and for who points at it, where that is another.
pub fn exact(amount: Quantity) -> String {
    let (shown, all) = (amount.shown(), amount.to_string());
    if shown == all {
        return shown;
    }
    let number = all.replace(',', "");
    format!("<data value=\"{number}\" title=\"{all}\">{shown}</data>")
}

/// How many entries stand behind something, in words.
pub fn counted(texts: &Texts, entries: u64) -> String {
    if entries == 0 { texts.no_entries.to_owned() } else { fill(texts.of_entries, &[&entries]) }
}

/// A share in whole percent, in words: from ten times the whole on, how many times it is.
pub fn percent(texts: &Texts, part: Quantity, whole: Quantity) -> Option<String> {
    Some(match part.percent_of(whole)? {
        0 if part > Quantity::ZERO => texts.under_percent.to_owned(),
        times @ 1000.. => fill(texts.times, &[&(times / 100)]),
        percent => fill(texts.percent, &[&percent]),
    })
}

/// What stands in words above and below an indicator's figure.
pub struct FigureLabels<'a> {
    /// The app's state.
    pub model: AppState,
    /// The overview that the figure is of.
    pub overview: &'a Overview,
    /// What is counted.
    pub indicator: &'a Indicator,
    /// The figure.
    pub figure: &'a Figure,
    /// The filter that it is of.
    pub filter: &'a Filter,
}

impl FigureLabels<'_> {
    fn unit(&self) -> &str {
        self.model.pick(&self.indicator.unit, &self.indicator.unit_en)
    }

    /// The target: at a place below the one that it was set for, with what the place contributes to it.
    pub fn target(&self) -> Option<String> {
        let (texts, target) = (self.model.texts, self.figure.target.as_ref()?);
        let amount = qualified(texts, target.value.shown(), target.qualifier);
        if self.filter.covers_target() {
            return Some(fill(texts.target_is, &[&amount]));
        }
        let mut words = fill(texts.target_of_all, &[&amount]);
        if let Some(actual) = self.figure.actual.filter(|_| adds_up(self.indicator))
            && let Some(percent) = percent(texts, actual, target.value)
        {
            let place = this_place(self.model, self.overview, self.filter);
            words.push_str(&fill(texts.contribution, &[&place, &actual.shown(), &percent]));
        }
        Some(words)
    }

    /// How the figure stands to its target, and whether that is well.
    pub fn pace(&self) -> Option<(String, bool)> {
        let texts = self.model.texts;
        let lacking = |pattern, lacking| {
            let lacking = shortfall(&self.overview.catalogue, self.indicator, lacking).shown();
            (fill(pattern, &[&lacking, &self.unit()]), false)
        };
        Some(match target_status(self.indicator, self.figure, self.filter, self.model.today)? {
            TargetStatus::Reached => (texts.reached.to_owned(), true),
            TargetStatus::OnPace => (texts.on_pace.to_owned(), true),
            TargetStatus::Behind(amount) => lacking(texts.behind, amount),
            TargetStatus::Missed(amount) => lacking(texts.missed, amount),
        })
    }

    /// How much of the figure is verified, and its share in percent. `None` for what does not add up: the mean or the latest of
    /// the verified entries is no part of the figure.
    pub fn verified(&self) -> Option<(String, i64)> {
        let actual = self.figure.actual.filter(|actual| *actual > Quantity::ZERO && adds_up(self.indicator))?;
        let verified = self.figure.verified.unwrap_or_default();
        let (words, share) = (percent(self.model.texts, verified, actual)?, verified.percent_of(actual)?);
        Some((fill(self.model.texts.of_it_verified, &[&verified.shown(), &self.unit(), &words]), share.clamp(0, 100)))
    }

    /// The target and how the figure stands to it, as lines.
    pub fn target_lines(&self) -> String {
        let mut html =
            self.target().map(|own| format!("<p class=\"target\">{}</p>", escaped(&own))).unwrap_or_default();
        let progress = self.figure.actual.zip(self.figure.target.as_ref()).filter(|_| self.filter.covers_target());
        if let Some((actual, target)) = progress
            && let Some(words) = percent(self.model.texts, actual, target.value)
        {
            let width = actual.percent_of(target.value).unwrap_or_default().clamp(0, 100);
            // Writing to a text does not fail.
            let _ = write!(
                html,
                "<p class=\"progress\"><span class=\"track\" aria-hidden=\"true\"><span style=\"width:{width}%\"></span></span><span>{words}</span></p>",
            );
        }
        if let Some((words, well)) = self.pace() {
            let _ = write!(html, "<p class=\"pace {}\">{}</p>", if well { "well" } else { "ill" }, escaped(&words));
        }
        html
    }

    /// How much is verified, as a line below a bar of two tones: solid what is verified, hatched what waits.
    pub fn verified_line(&self) -> String {
        let line = |(words, share): (String, i64)| {
            format!(
                "<p class=\"two-tone\"><span aria-hidden=\"true\"><span style=\"width:{share}%\"></span></span>{}</p>",
                escaped(&words)
            )
        };
        self.verified().map(line).unwrap_or_default()
    }
}

/// What the place of a filter is called from within: this town, this village.
fn this_place(model: AppState, overview: &Overview, filter: &Filter) -> String {
    let code = filter.place.as_deref().unwrap_or_default();
    let upper = overview.places.iter().find(|place| place.code == code).map(|place| place.name.clone());
    let name = upper.unwrap_or_else(|| model.places.with(|places| places.label(code)));
    let kind = PLACE_KINDS.into_iter().find(|kind| name.ends_with(kind));
    match (model.language, kind) {
        (Language::Chinese, Some(kind)) => format!("本{kind}"),
        _ => model.texts.this_place.to_owned(),
    }
}

/// What names of places end in.
const PLACE_KINDS: [&str; 8] = ["街道", "社区", "镇", "乡", "县", "区", "市", "村"];

/// A card: what is in it, and how it looks.
#[derive(Clone, Debug, Default, PartialEq)]
struct Card {
    html: String,
    unsent: bool,
    /// Which of two flashes, one for changes of even numbers and one for odd, so that the next one is seen again.
    flash: Option<&'static str>,
}

impl Card {
    fn html(&self) -> String {
        self.html.clone()
    }

    fn class(&self) -> String {
        format!("card {}{}", self.flash.unwrap_or_default(), if self.unsent { " unsent" } else { "" })
    }
}

type Cards = BTreeMap<String, Card>;

/// What a programme's cards are made from.
#[derive(Clone, Debug)]
struct Seen {
    filter: Filter,
    /// With this phone's own entries.
    shown: Arc<Overview>,
    received: Arc<Overview>,
}

impl PartialEq for Seen {
    /// Overviews are told apart by where they lie: to compare all of their parts would take longer than to draw them.
    fn eq(&self, other: &Self) -> bool {
        self.filter == other.filter
            && Arc::ptr_eq(&self.shown, &other.shown)
            && Arc::ptr_eq(&self.received, &other.received)
    }
}

/// All the figures that the filter leaves.
#[component]
pub fn IndicatorCards(
    /// The filter in force.
    filter: Memo<Filter>,
) -> impl IntoView {
    let model = use_app_state();
    // A change of the figures leaves the focus where it is: what programmes there are changes seldom.
    let programmes = Memo::new(move |_| {
        let programmes = model.server_overview.with(|own| own.as_ref().map(|own| own.catalogue.programmes.clone()));
        programmes.unwrap_or_default()
    });
    let is_there = Memo::new(move |_| model.overview_for(&filter.get()).is_some());
    let all_empty = Memo::new(move |_| {
        let filter = filter.get();
        model.overview_for(&filter).is_some_and(|shown| {
            let sieve = filter.compile(&shown.catalogue, shown.directory());
            !shown.contributions.iter().any(|part| sieve.matches(part))
        })
    });
    view! {
        <Show when=move || is_there.get() fallback=move || view! { <Loading/> }>
            <div class="figures">
                {move || programmes.get().into_iter().map(|programme| view! { <OfProgramme programme filter/> }).collect_view()}
                {move || all_empty.get().then(|| view! { <p class="empty">{years_without(model)}</p> })}
            </div>
        </Show>
    }
}

/// A programme's cards.
#[component]
fn OfProgramme(programme: Programme, filter: Memo<Filter>) -> impl IntoView {
    let model = use_app_state();
    let code = StoredValue::new(programme.code.clone());
    let now = Memo::new(move |_| {
        let filter = filter.get();
        let is_wanted = filter.programme.as_ref().is_none_or(|wanted| code.with_value(|code| wanted == code));
        let (shown, received) =
            is_wanted.then(|| model.overview_for(&filter).zip(model.server_overview_for(&filter))).flatten()?;
        Some(Seen { filter, shown, received })
    });
    let seen = deferred(now);
    let before = StoredValue::new(None::<Before>);
    let cards = Memo::new(move |_| {
        seen.with(|seen| {
            seen.as_ref().map(|seen| {
                before.try_update_value(|before| code.with_value(|code| Arc::new(cards(model, seen, code, before))))
            })
        })
        .flatten()
    });
    let codes = Memo::new(move |_| {
        let own = model.server_overview.get().unwrap_or_default();
        let own = own.catalogue.indicators.iter().filter(|own| code.with_value(|code| own.programme == *code));
        own.map(|indicator| indicator.code.clone()).collect::<Vec<_>>()
    });
    let of = move |code: &str, read: fn(&Card) -> String| {
        cards.with(|cards| cards.as_ref().and_then(|cards| cards.get(code)).map(read)).unwrap_or_default()
    };
    let card = move |code: String| {
        let (look, text) = (code.clone(), code.clone());
        let class = move || of(&look, Card::class);
        view! { <li class=class data-indicator=code inner_html=move || of(&text, Card::html)></li> }
    };
    let is_away = move || seen.with(Option::is_none) || codes.with(Vec::is_empty);
    view! {
        <section class=format!("programme {}", programme.code) hidden=is_away>
            <h2>{model.pick(&programme.name, &programme.name_en).to_owned()}</h2>
            <ul class="cards">{move || codes.get().into_iter().map(card).collect_view()}</ul>
        </section>
    }
}

/// What was shown before: under which filter, which figures, and which of them flash.
type Before = (Filter, BTreeMap<String, (Figure, Option<&'static str>)>);

/// The cards of a programme, given what was shown before.
fn cards(model: AppState, seen: &Seen, programme: &str, before: &mut Option<Before>) -> Cards {
    let Seen { filter, shown, received } = seen;
    let query = query_of(filter);
    let filter = &Filter { programme: Some(programme.to_owned()), ..filter.clone() };
    let figures = by_code(shown, filter);
    let sent = if Arc::ptr_eq(shown, received) { None } else { Some(by_code(received, filter)) };
    let earlier = before.take().filter(|(own, _)| own == filter).map(|(_, figures)| figures);
    let now_flashes = if shown.change % 2 == 0 { "flash-even" } else { "flash-odd" };
    // What flashes goes on flashing when the same figure comes once more.
    let flash_of = |code: &str, figure: &Figure| {
        let (own, flash) = earlier.as_ref()?.get(code)?;
        if own == figure { *flash } else { Some(now_flashes) }
    };
    let card = |(code, (figure, parts)): (&String, &(Figure, Vec<&Contribution>))| {
        let indicator = shown.catalogue.indicator(code)?;
        let unsent = sent.as_ref().is_some_and(|sent| sent.get(code).map(|own| &own.0) != Some(figure));
        let flash = flash_of(code, figure);
        let words = FigureLabels { model, overview: shown, indicator, figure, filter };
        let html = card(&words, parts, &query, unsent);
        Some((code.clone(), Card { html, unsent, flash }))
    };
    let cards = figures.iter().filter_map(card).collect();
    let shown = figures.iter().map(|(code, (figure, _))| (code.clone(), (figure.clone(), flash_of(code, figure))));
    *before = Some((filter.clone(), shown.collect()));
    cards
}

/// Figures and the parts that make them, by indicator.
fn by_code<'a>(overview: &'a Overview, filter: &Filter) -> BTreeMap<String, (Figure, Vec<&'a Contribution>)> {
    let sieve = filter.compile(&overview.catalogue, overview.directory());
    let mut parts = by_indicator(&overview.contributions, &sieve);
    let own = overview.catalogue.indicators.iter().filter(|indicator| sieve.matches_programme(&indicator.programme));
    own.map(|indicator| {
        let parts = parts.remove(indicator.code.as_str()).unwrap_or_default();
        (indicator.code.clone(), (figure_of(indicator, &parts, filter.year), parts))
    })
    .collect()
}

fn years_without(model: AppState) -> String {
    let years: Vec<String> = model.years.with(|years| years.iter().map(|year| year.to_string()).collect());
    fill(model.texts.no_figures, &[&years.join("、")])
}

fn card(words: &FigureLabels<'_>, parts: &[&Contribution], query: &str, unsent: bool) -> String {
    let FigureLabels { model, indicator, figure, filter, .. } = *words;
    let texts = model.texts;
    let name = escaped(model.pick(&indicator.name, &indicator.name_en));
    let unit = escaped(model.pick(&indicator.unit, &indicator.unit_en));
    let amount =
        figure.actual.map_or("—".to_owned(), |actual| qualified(texts, actual.shown(), figure.actual_qualifier));
    let inexact = if figure.actual_qualifier == Qualifier::Exact { "" } else { " inexact" };
    let none = if figure.actual.is_none() { " none" } else { "" };
    let link = format!("/indicators/{}{}", escaped(&indicator.code), escaped(query));
    let mut html = format!(
        "<h3><a href=\"{link}\">{name}</a></h3><p class=\"amount{none}{inexact}\"><strong>{amount}</strong> <span class=\"unit\">{unit}</span></p>",
    );
    html.push_str(&words.target_lines());
    let months = || parts.iter().map(|part| part.month);
    if let (Some(first), Some(last)) = (months().min(), months().max()) {
        let range = filter.year.map_or((first, last), |year| (Month::first_of(year), last));
        html.extend(sparkline(&running_totals(indicator, parts, range)));
    }
    html.push_str(&words.verified_line());
    let entries = counted(texts, figure.entries);
    // Writing to a text does not fail.
    let _ = if figure.entries == 0 {
        write!(html, "<p class=\"made-of\">{entries}")
    } else {
        write!(html, "<p class=\"made-of\"><a href=\"{link}#entries\">{entries}</a>")
    };
    if let Some(last) = months().max() {
        let _ = write!(html, "<span>{}</span>", fill(texts.last_in, &[&last]));
    }
    html.push_str("</p>");
    if unsent {
        let _ = write!(html, "<p class=\"mark\">{}</p>", texts.with_unsent);
    }
    html
}
